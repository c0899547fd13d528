"""Changes that HaloPay might make to its pages, each with the one drift that it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from tests.codegen.docs.parts import Bullets, Grid, Part, Prose, Sample, Title

Pages = dict[str, list[Part]]
Change = Callable[[Pages], None]


@attrs.frozen
class Seed:
    """A change of the pages: the kind of drift, what it is about, the page; `quiet` is what no exit code tells."""

    name: str
    kind: str
    place: str
    page: str
    change: Change


def row(pages: Pages, page: str, name: str, at: int = 0) -> tuple[int, int]:
    """Find a row by what stands in its first column: the place of its table on the page, its place in the table."""
    found = [
        (place, index)
        for place, part in enumerate(pages[page])
        if isinstance(part, Grid)
        for index, cells in enumerate(part.rows)
        if cells[0].strip("`").removeprefix("data.").removeprefix("data[].") == name
    ]
    return found[at]


def edited(page: str, name: str, change: Callable[[dict[str, str]], dict[str, str] | None], at: int = 0) -> Change:
    """Change the cells of a row, which are given by the names of their columns, or take the row away."""

    def apply(pages: Pages) -> None:
        place, index = row(pages, page, name, at)
        grid = pages[page][place]
        assert isinstance(grid, Grid)
        cells = change(dict(zip(grid.head, grid.rows[index], strict=True)))
        rows = list(grid.rows)
        rows[index : index + 1] = [] if cells is None else [tuple(cells[head] for head in grid.head)]
        pages[page][place] = Grid(grid.head, tuple(rows))

    return apply


def added(page: str, after: str, change: Callable[[dict[str, str]], dict[str, str]], at: int = 0) -> Change:
    """Put a row behind another, made of its cells."""

    def apply(pages: Pages) -> None:
        place, index = row(pages, page, after, at)
        grid = pages[page][place]
        assert isinstance(grid, Grid)
        cells = change(dict(zip(grid.head, grid.rows[index], strict=True)))
        new = tuple(cells[head] for head in grid.head)
        pages[page][place] = Grid(grid.head, (*grid.rows[: index + 1], new, *grid.rows[index + 1 :]))

    return apply


def put(**cells: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """Return what puts texts into columns: into `Type` what is given as `type`."""

    def change(row: dict[str, str]) -> dict[str, str]:
        heads = {head.casefold(): head for head in row}
        first = next(iter(row))
        named = {
            first if name == "name" else heads[name]: text for name, text in cells.items() if name in (*heads, "name")
        }
        return {**row, **named}

    return change


def gone(_: dict[str, str]) -> None:
    """Take a row away."""


def reworded(old: str, new: str, *pages: str) -> Change:
    """Put other words into paragraphs, lists, samples and tables, on some pages or all."""

    def apply(all_pages: Pages) -> None:
        count = 0
        for page in pages or all_pages:
            for place, part in enumerate(all_pages[page]):
                changed = _reworded(part, old, new)
                count += changed != part
                all_pages[page][place] = changed
        assert count, f"{old!r} stands nowhere"

    return apply


def _reworded(part: Part, old: str, new: str) -> Part:
    match part:
        case Prose(text):
            return Prose(text.replace(old, new))
        case Bullets(items):
            return Bullets(tuple(item.replace(old, new) for item in items))
        case Sample(language, text):
            return Sample(language, text.replace(old, new))
        case Grid(head, rows):
            return Grid(head, tuple(tuple(cell.replace(old, new) for cell in cells) for cells in rows))
    return attrs.evolve(part, text=part.text.replace(old, new))


def example(page: str, name: str, value: Any, beside: str = "") -> Change:
    """Give a field of an example another value, or add one beside another."""

    def change(pages: Pages) -> None:
        places = [
            place
            for place, part in enumerate(pages[page])
            if isinstance(part, Sample) and part.language == "json" and f'"{beside or name}"' in part.text
        ]
        sample = pages[page][places[0]]
        assert isinstance(sample, Sample)
        body = json.loads(sample.text)
        body.get("data", body)[name] = value
        pages[page][places[0]] = Sample("json", json.dumps(body, indent=2))

    return change


def cut(page: str, begin: str, end: str) -> Change:
    """Take away what stands from one heading, with it, to another, without it."""

    def change(pages: Pages) -> None:
        first, last = (_heading(pages[page], text) for text in (begin, end))
        del pages[page][first:last]

    return change


def _heading(parts: list[Part], text: str) -> int:
    return next(place for place, part in enumerate(parts) if isinstance(part, Title) and text in part.text)


def inserted(page: str, before: str, *parts: Part) -> Change:
    """Put parts before a heading; at the end where there is none."""

    def change(pages: Pages) -> None:
        place = _heading(pages[page], before) if before else len(pages[page])
        pages[page][place:place] = parts

    return change


def all_of(*changes: Change) -> Change:
    """Do several."""

    def apply(pages: Pages) -> None:
        for change in changes:
            change(pages)

    return apply


_NEW_PATH = "https://api.pay.halochat.io/api/order/refund"
_REFUND = (
    Title(2, "10. Refund an order", "📘"),
    Prose(f"Request URL: `POST {_NEW_PATH}`"),
    Title(3, "Request parameters"),
    Grid(
        ("Field", "Type", "Required", "Description"),
        (("`trade_no`", "string", "Y", "Order to refund."), ("`refund_amount`", "string", "N", "How much of it.")),
    ),
)
_DISPUTES = (
    Title(2, "Dispute notification", "💰"),
    Grid(
        ("Field", "Type", "Description"),
        (("`dispute_id`", "string", "Id of the dispute."), ("`dispute_reason`", "string", "Why.")),
    ),
)

SEEDS: tuple[Seed, ...] = (
    Seed(
        "a field more in an answer",
        "field-added",
        "order.create/response.network_fee",
        "native",
        added(
            "native",
            "amount",
            put(name="`data.network_fee`", type="String", description="Fee of the chain.", example="1"),
        ),
    ),
    Seed(
        "a field more in a webhook",
        "field-added",
        "webhook.payment.block_height",
        "webhook",
        added(
            "webhook",
            "txid",
            put(name="`block_height`", type="integer", required="N", description="Block that has it."),
        ),
    ),
    Seed(
        "a field more that must be sent",
        "required-field-added",
        "order.create/request.customer_id",
        "native",
        added(
            "native", "fiat_amount", put(name="`customer_id`", required="Yes", type="string", description="Who pays.")
        ),
    ),
    Seed(
        "a field less in a request",
        "field-removed",
        "order.create/request.callback_url",
        "native",
        edited("native", "callback_url", gone),
    ),
    Seed(
        "a field less in an answer",
        "field-removed",
        "order.create/response.equity",
        "native",
        edited("native", "equity", gone),
    ),
    Seed(
        "another name in an answer",
        "field-renamed",
        "order.create/response.pay_address",
        "native",
        edited("native", "pay_address", put(name="`data.payment_address`")),
    ),
    Seed(
        "another name in a request",
        "field-renamed",
        "entrust.pre_create/request.describe",
        "hosted",
        edited("hosted", "describe", put(name="`product_desc`")),
    ),
    Seed(
        "another type in a webhook",
        "field-retyped",
        "webhook.payment.currency_id",
        "webhook",
        edited("webhook", "currency_id", put(type="string")),
    ),
    Seed(
        "another type in an answer",
        "field-retyped",
        "order.create/response.decimal",
        "native",
        edited("native", "decimal", put(type="string")),
    ),
    Seed(
        "a field that must be sent now",
        "became-required",
        "order.create/request.fiat_name",
        "native",
        edited("native", "fiat_name", put(required="Yes")),
    ),
    Seed(
        "a field that may be left out now",
        "became-optional",
        "webhook.payment.chain_id",
        "webhook",
        edited("webhook", "chain_id", put(required="N")),
    ),
    Seed(
        "other words",
        "description-changed",
        "order.create/request.time_out",
        "native",
        edited(
            "native", "time_out", put(description="Expiry, absolute unix seconds; 0 means the default of 60 minutes.")
        ),
    ),
    Seed(
        "a value more",
        "value-added",
        "webhook.payment.status",
        "webhook",
        reworded("TO-BE-PAID/PAID/TIME-OUT", "TO-BE-PAID/PAID/TIME-OUT/REFUNDED", "webhook"),
    ),
    Seed(
        "a fiat more",
        "value-added",
        "order.create/request.fiat_name",
        "native",
        reworded("/ THB", "/ THB / PLN", "fiat-list", "native"),
    ),
    Seed(
        "a code more",
        "code-added",
        "codes.20011",
        "error-code",
        added("error-code", "20009", put(name="20011", description="amount below the minimum")),
    ),
    Seed(
        "a code in other words",
        "code-reworded",
        "codes.10004",
        "error-code",
        edited("error-code", "10004", put(description="order not found")),
    ),
    Seed(
        "a code less",
        "code-removed",
        "codes.20009",
        "error-code",
        all_of(edited("error-code", "20009", gone), edited("skill", "20009", gone)),
    ),
    Seed(
        "a status more",
        "status-added",
        "status.FROZEN",
        "skill",
        added("skill", "TIME-OUT", put(name="FROZEN", description="held back")),
    ),
    Seed("a path more", "path-added", "/api/order/refund", "native", inserted("native", "", *_REFUND)),
    Seed(
        "a path moved",
        "path-moved",
        "order.create",
        "native",
        reworded("/api/order/create", "/api/order/create-native", "native", "introduction", "skill"),
    ),
    Seed(
        "another method",
        "method-changed",
        "order.create",
        "native",
        reworded(
            "POST https://api.pay.halochat.io/api/order/create",
            "PUT https://api.pay.halochat.io/api/order/create",
            "native",
        ),
    ),
    Seed(
        "a header more",
        "header-added",
        "headers/webhook.X-Nonce",
        "webhook",
        added(
            "webhook", "X-Sign", put(name="X-Nonce", required="N", description="Drawn anew each time.", example="a1")
        ),
    ),
    Seed(
        "a header less",
        "header-removed",
        "headers/webhook.X-EventType",
        "webhook",
        edited("webhook", "X-EventType", gone),
    ),
    Seed(
        "a header of another type",
        "header-retyped",
        "headers/webhook.X-EventType",
        "webhook",
        edited("webhook", "X-EventType", put(type="int")),
    ),
    Seed(
        "a header that may be left out",
        "header-became-optional",
        "headers/webhook.X-EventType",
        "webhook",
        edited("webhook", "X-EventType", put(required="N")),
    ),
    Seed(
        "another schedule",
        "schedule-changed",
        "webhook.retries",
        "webhook",
        reworded("5s、15s、30s、3m", "5s、30s、1m、3m", "webhook"),
    ),
    Seed(
        "another window",
        "window-changed",
        "headers/request.X-Timestamp",
        "signature",
        all_of(reworded("2 minutes", "5 minutes", "common-rules"), reworded("two minutes", "five minutes")),
    ),
    Seed(
        "another answer to a webhook",
        "acknowledgement-changed",
        "webhook.body",
        "webhook",
        reworded("Success", "OK", "webhook", "skill"),
    ),
    Seed(
        "another content that is signed",
        "signature-changed",
        "signature.sample/go",
        "signature",
        all_of(
            reworded("string(body) + timestamp", "timestamp + string(body)", "signature"),
            reworded("content = body + timestamp", "content = timestamp + body", "signature"),
        ),
    ),
    Seed(
        "an example of another type",
        "example-disagrees",
        "order.create/response.need_confirms",
        "native",
        example("native", "need_confirms", "19"),
    ),
    Seed(
        "an example with a field more",
        "example-disagrees",
        "order.create/request.coupon",
        "native",
        example("native", "coupon", "SPRING", beside="fiat_name"),
    ),
    Seed(
        "an entry of the change record",
        "change-announced",
        "changes.2026-06-30",
        "change-record",
        inserted("change-record", "2026/05/22", Title(2, "2026/06/30"), Bullets(("Payouts: added `memo`",))),
    ),
    Seed(
        "a section that nobody knows",
        "section-unknown",
        "webhook#dispute-notification",
        "webhook",
        inserted("webhook", "Retry", *_DISPUTES),
    ),
    Seed(
        "two pages, two types",
        "contradiction",
        "headers/request.X-Appid",
        "signature",
        edited("signature", "X-Appid", put(type="int")),
    ),
    Seed("an operation less", "operation-gone", "order.create", "native", cut("native", "1. Create", "2. Order")),
    Seed(
        "a table less",
        "table-gone",
        "order.create/request",
        "native",
        cut("native", "Request parameters", "Request example"),
    ),
    Seed(
        "a guess that is documented",
        "guess-documented",
        "order.create/request.redirect_url",
        "native",
        added("native", "callback_url", put(name="`redirect_url`", description="Where the payer goes afterwards.")),
    ),
)


def by_name() -> Mapping[str, Seed]:
    """Return the seeds by their names."""
    return {seed.name: seed for seed in SEEDS}
