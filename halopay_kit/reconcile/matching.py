"""Which entry of the ledger is which subject at the gateway: claimed once, in one order, whatever the engine.

A subject is an order, a payout, or one payment to a fixed address: what the events of one number tell. An entry claims
the subject of its trade_no, else of its out_trade_no, else of its txid. Where several subjects share a number, the
largest entry claims the largest subject that no earlier key claims, and so on; entries beyond that add to the first.
Ids are the smallest event's for a subject, the row's number for an entry, so that every engine gives the same ones.

Every pass over all rows costs, so there are few: one over the events, one over the ledger; what they leave is small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import ibis  # type: ignore[import-untyped]  # it has none

Keep = Callable[[Any], Any]
"""Have a table made of an expression, for as long as the reconciliation lasts."""

QR = "payment-qr-code"
TOLD = ("news", "unknown-status")
STATUS_CODES = {"TO-BE-PAID": 1, "TIME-OUT": 2, "CANCELLED": 3, "FAIL": 4, "PAID": 9}
"""A status as a number: of several entries of one subject the largest counts."""

_PAID, _TIMED_OUT, _FAILED, _WEBHOOK_ENDED, _WEBHOOK_TIMED_OUT = 1, 2, 4, 8, 16
_ASKED = ("app_id", "currency_id", "token", "chain")  # of a subject, to compare an entry with


def code_of(status: Any) -> Any:
    """Return a status column as numbers; NULL for what is none of them."""
    return ibis.cases(*((status == word, code) for word, code in STATUS_CODES.items()), else_=ibis.null("int8"))


def zero() -> Any:
    """Return nothing, as money."""
    return ibis.literal(0).cast("decimal(38, 18)")


@attrs.frozen
class Claims:
    """What claims what.

    Attributes:
        rows: one a claimed row, with `subject`, what it says, and whether it names another app or currency.
        free: the rows that claim nothing, as they were read.
    """

    rows: Any
    free: Any


@attrs.frozen
class Claimed:
    """What matching comes to."""

    subjects: Any
    entries: Claims
    journal: Claims | None


def claimed(ledger: Any, events: Any, payouts: Any | None, *, keys: frozenset[str], keep: Keep) -> Claimed:
    """Match; `keys` are the columns among trade_no, out_trade_no, txid that the ledger has anything in."""
    found = keep(subjects(events, keep))
    entries = ledger.mutate(
        side=ibis.ifelse(ledger.kind == "payout", "payout", "payment"),
        booked=ibis.ifelse(ledger.kind == "payout", ledger.amount.abs(), ledger.amount).fill_null(zero()),
        code=code_of(ledger.status),
    )
    mine = _claims(
        entries, found, events, [name for name in ("trade_no", "out_trade_no", "txid") if name in keys], keep
    )
    theirs = None
    if payouts is not None:
        journal = payouts.mutate(
            side=ibis.literal("payout"),
            booked=payouts.amount,
            code=ibis.null("int8"),
            fee=ibis.null("decimal(38, 18)"),
            booked_at=payouts.changed_at,
            token=ibis.null("string"),
            chain=ibis.null("string"),
        )
        theirs = _claims(journal, found.filter(found.side == "payout"), events, ["trade_no", "out_trade_no"], keep)
    return Claimed(subjects=found, entries=mine, journal=theirs)


def subjects(events: Any, keep: Keep) -> Any:
    """Return one row a subject: where it stands, what was collected, when, and who told."""
    told = events.verdict.isin(TOLD)
    by_webhook = events.origin == "webhook"
    at = ibis.coalesce(events.event_time, events.received_at)
    ends = ibis.cases(
        (events.status == "PAID", _PAID), (events.status == "TIME-OUT", _TIMED_OUT), (events.status == "FAIL", _FAILED),
        else_=0,
    )  # fmt: skip
    heard = ibis.cases(
        (events.status == "PAID", _WEBHOOK_ENDED), (events.status == "FAIL", _WEBHOOK_ENDED),
        (events.status == "TIME-OUT", _WEBHOOK_TIMED_OUT), else_=0,
    )  # fmt: skip
    marks = ibis.ifelse(told, ends, 0) | ibis.ifelse(by_webhook, heard, 0)
    rows = events.mutate(
        app_id=events.app_id.fill_null(""),
        at=at,
        told_at=ibis.ifelse(told, at, ibis.null("int64")),
        told=ibis.ifelse(told, 1, 0),
        marks=marks.fill_null(0).cast("int32"),
        amount=ibis.ifelse(told, events.amount, ibis.null("decimal(38, 18)")),
        amount_collected=ibis.ifelse(told, events.amount_collected, ibis.null("decimal(38, 18)")),
        one=1,
        # Each is a key, for a key costs less than the largest text of a group, and can be put on disk.
        txid=ibis.ifelse(events.kind == QR, events.txid, ibis.null("string")),
        address=ibis.ifelse(events.kind == "payout", events.address, ibis.null("string")),
    )
    names = ("trade_no", "out_trade_no", "txid", "currency_id", "token", "chain", "address")
    sums = {"id": "min", "one": "sum", "told": "sum", "marks": "bit_or", "at": "min", "told_at": "max"}
    sums |= {"amount": "max", "amount_collected": "max"}

    def gathered(table: Any) -> dict[str, Any]:
        return {name: getattr(table[name], how)() for name, how in sums.items()}

    parts = keep(rows.group_by("kind", "app_id", *names).agg(**gathered(rows)))
    found = numbered(parts)
    # An order that is told of now with its out_trade_no and now without is two parts.
    asked = found.select("kind", "app_id", "number")
    if asked.count().to_pyarrow().as_py() != asked.distinct().count().to_pyarrow().as_py():
        found = found.group_by("kind", "app_id", "number").agg(
            **gathered(found), **{name: found[name].max() for name in names}
        )

    def has(mark: int) -> Any:
        return (found.marks & mark) != 0

    return found.select(
        "kind", "app_id", "number", *names, "amount",
        side=ibis.ifelse(found.kind == "payout", "payout", "payment"),
        subject=found.id,
        rows=found.one.cast("int64"),
        parts=found.told.cast("int64"),
        collected=found.amount_collected,
        paid=has(_PAID),
        timed_out=has(_TIMED_OUT),
        failed=has(_FAILED),
        webhook_told=has(_WEBHOOK_ENDED),
        webhook_timed_out=has(_WEBHOOK_TIMED_OUT),
        last_at=ibis.coalesce(found.told_at, found["at"]),
        status=ibis.cases(
            (has(_PAID), STATUS_CODES["PAID"]),
            (has(_FAILED), STATUS_CODES["FAIL"]),
            (has(_TIMED_OUT), STATUS_CODES["TIME-OUT"]),
            else_=STATUS_CODES["TO-BE-PAID"],
        ).cast("int8"),
    )  # fmt: skip


def numbered(events: Any) -> Any:
    """Return events with what makes a subject of them: kind, app_id, number."""
    number = ibis.coalesce(events.trade_no, events.out_trade_no, events.txid, "")
    return events.mutate(
        app_id=events.app_id.fill_null(""),
        number=ibis.ifelse(events.kind == QR, number + "/" + events.txid.fill_null(""), number),
    )


def _claims(rows: Any, found: Any, events: Any, keys: Sequence[str], keep: Keep) -> Claims:
    """Claim by one key after the other, each for the rows that the keys before left."""
    left, done = rows, []
    for key in keys or ["out_trade_no"]:
        candidates = _candidates(left, found, events, key, keep)
        step = keep(_joined(left, candidates, key))
        counts = step.agg(
            rows=step.count(), different=step["_row"].nunique(), free=step.count(where=step.subject.isnull())
        ).to_pyarrow().to_pylist()[0]  # fmt: skip
        if counts["rows"] != counts["different"]:
            step = keep(_exclusive(step, left, candidates, key, done, keep))
        done.append(step.filter(step.subject.notnull()))
        left = keep(left.semi_join(step.filter(step.subject.isnull()).select("_row"), "_row"))
        if not counts["free"]:
            break
    return Claims(rows=ibis.union(*done) if len(done) > 1 else done[0], free=left)


def _candidates(left: Any, found: Any, events: Any, key: str, keep: Keep) -> Any:
    """Return the subjects that have a key, which may be several with the same."""
    names = ("side", "subject", "collected", "amount", *_ASKED)
    if key != "txid":
        have = found.filter(found[key].notnull() & (found.kind != QR) if key == "trade_no" else found[key].notnull())
        return have.select(key, *names)
    # A subject may have been paid by several transactions.
    told = numbered(events.filter(events.txid.notnull()).semi_join(left.select("txid"), "txid"))
    paid_by = keep(told.select("kind", "app_id", "number", "txid").distinct())
    return found.drop("txid").join(paid_by, ["kind", "app_id", "number"]).select(key, *names)


def _joined(left: Any, candidates: Any, key: str) -> Any:
    """Return each row with each subject that it could claim, and whether they name the same app and currency."""
    asked = candidates.select("side", key, "subject", **{f"s_{name}": name for name in _ASKED})
    both = left.left_join(asked, ["side", key])
    other_currency = (
        (both.currency_id != both.s_currency_id).fill_null(False)
        | (both.token.upper() != both.s_token.upper()).fill_null(False)
        | (both.chain.upper() != both.s_chain.upper()).fill_null(False)
    )
    other_app = (both.app_id != both.s_app_id.nullif("")).fill_null(False)
    return both.select(
        "_row", "subject", "booked", "fee", "code", "booked_at",
        other_currency=ibis.ifelse(other_currency, 1, 0),
        other_app=ibis.ifelse(other_app, 1, 0),
    )  # fmt: skip


def _exclusive(step: Any, left: Any, candidates: Any, key: str, done: Sequence[Any], keep: Keep) -> Any:
    """Return the rows with one subject each: by size where several share a key."""
    counted = step.group_by("_row").agg(n=step.count())
    several = keep(counted.filter(counted.n > 1).select("_row"))
    entries = left.semi_join(several, "_row").select("_row", "side", "booked", key)
    shared = candidates.semi_join(entries, ["side", key]).select("side", key, "subject", "collected", "amount")
    first = shared.group_by("side", key).agg(sole=shared.subject.min())
    rank = ibis.row_number().over(
        ibis.window(group_by=["side", key], order_by=[entries.booked.desc(), entries["_row"].asc()])
    )
    ranked = _ranked(shared, key, [each.select("subject").distinct() for each in done])
    pairs = entries.mutate(rank=rank).left_join(ranked, ["side", key, "rank"]).select("_row", "side", key, "subject")
    both = pairs.join(first, ["side", key])
    chosen = keep(both.select("_row", subject=ibis.coalesce(both.subject, both.sole)))
    return ibis.union(step.anti_join(several, "_row"), step.semi_join(chosen, ["_row", "subject"]))


def _ranked(shared: Any, key: str, claimed_before: Sequence[Any]) -> Any:
    earlier: Any = ibis.literal(0)
    if claimed_before:
        before = ibis.union(*claimed_before).distinct() if len(claimed_before) > 1 else claimed_before[0]
        shared = shared.left_join(before.mutate(before=1), "subject").select(*shared.columns, "before")
        earlier = shared.before.fill_null(0)
    size = ibis.coalesce(shared.collected, shared.amount, zero())
    rank = ibis.row_number().over(
        ibis.window(group_by=["side", key], order_by=[earlier.asc(), size.desc(), shared.subject.asc()])
    )
    return shared.mutate(rank=rank).select("side", key, "rank", "subject")
