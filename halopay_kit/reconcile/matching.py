"""Which entry of the ledger is which subject at the gateway: claimed once, in one order, whatever the engine.

A subject is an order, a payout, or one payment to a fixed address: what the events of one number tell. An entry claims
the subject of its trade_no, else of its out_trade_no, else of its txid. Where several subjects share an out_trade_no,
the largest entry claims the largest subject that no trade_no names, and so on; entries beyond that add to the first.
Ids are the smallest event's for a subject, the row's number for an entry, so that every engine gives the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import ibis  # type: ignore[import-untyped]  # it has none

Keep = Callable[[Any], Any]
"""Have a table made of an expression, for as long as the reconciliation lasts."""

QR = "payment-qr-code"
TOLD = ("news", "unknown-status")
STATUS_CODES = {"TO-BE-PAID": 1, "TIME-OUT": 2, "CANCELLED": 3, "FAIL": 4, "PAID": 9}
"""A status as a number: of several entries of one subject the largest counts."""


def code_of(status: Any) -> Any:
    """Return a status column as numbers; NULL for what is none of them."""
    return ibis.cases(*((status == word, code) for word, code in STATUS_CODES.items()), else_=ibis.null("int8"))


def zero() -> Any:
    """Return nothing, as money."""
    return ibis.literal(0).cast("decimal(38, 18)")


@attrs.frozen
class Claimed:
    """What matching comes to: subjects, and for each entry of ledger and journal the subject it claims, or NULL."""

    subjects: Any
    entries: Any
    journal: Any


def claimed(ledger: Any, events: Any, payouts: Any, *, keys: frozenset[str], keep: Keep) -> Claimed:
    """Match; `keys` are the columns among trade_no, out_trade_no, txid that the ledger has anything in."""
    found = keep(subjects(events))
    entries = ledger.mutate(
        side=ibis.ifelse(ledger.kind == "payout", "payout", "payment"), amount=ledger.amount.fill_null(zero())
    )
    mine = _claims(entries, found, [name for name in ("trade_no", "out_trade_no", "txid") if name in keys], keep)
    journal = payouts.mutate(side=ibis.literal("payout"))
    theirs = _claims(journal, found, ["trade_no", "out_trade_no"], keep)
    return Claimed(subjects=found, entries=mine, journal=theirs)


def subjects(events: Any) -> Any:
    """Return one row a subject: where it stands, what was collected, when, and who told."""
    told = events.verdict.isin(TOLD)
    at = ibis.coalesce(events.event_time, events.received_at)
    paid, over, failed = (events.status == word for word in ("PAID", "TIME-OUT", "FAIL"))
    by_webhook = events.origin == "webhook"
    rows = numbered(events).mutate(at=at)
    found = rows.group_by("kind", "side", "app_id", "number").agg(
        subject=rows.id.min(),
        rows=rows.count(),
        parts=rows.id.count(where=told),
        trade_no=rows.trade_no.max(),
        out_trade_no=rows.out_trade_no.max(),
        txid=rows.txid.max(),
        currency_id=rows.currency_id.max(),
        token=rows.token.max(),
        chain=rows.chain.max(),
        address=rows.address.max(),
        collected=rows.amount_collected.max(where=told),
        amount=rows.amount.max(where=told),
        fee=rows.fee.max(where=told),
        paid=(told & paid).fill_null(False).any(),
        timed_out=(told & over).fill_null(False).any(),
        failed=(told & failed).fill_null(False).any(),
        webhook_told=ibis.or_(by_webhook & paid, by_webhook & failed).fill_null(False).any(),
        webhook_timed_out=(by_webhook & over).fill_null(False).any(),
        first_at=rows["at"].min(),
        last_at=rows["at"].max(where=told),
    )
    status = ibis.cases(
        (found.paid, STATUS_CODES["PAID"]),
        (found.failed, STATUS_CODES["FAIL"]),
        (found.timed_out, STATUS_CODES["TIME-OUT"]),
        else_=STATUS_CODES["TO-BE-PAID"],
    ).cast("int8")
    return found.mutate(status=status, last_at=ibis.coalesce(found.last_at, found.first_at))


def numbered(events: Any) -> Any:
    """Return events with what makes a subject of them: kind, side, app_id, number."""
    number = ibis.coalesce(events.trade_no, events.out_trade_no, events.txid, "")
    return events.mutate(
        app_id=events.app_id.fill_null(""),
        number=ibis.ifelse(events.kind == QR, number + "/" + events.txid.fill_null(""), number),
        side=ibis.ifelse(events.kind == "payout", "payout", "payment"),
    )


def _claims(rows: Any, found: Any, keys: list[str], keep: Keep) -> Any:
    """Return _row and subject for each row; one key after the other, each for the rows that are left."""
    left = rows.select("_row", "side", "amount", *keys)
    done: list[Any] = []
    for key in keys:
        step = keep(_by(left, found, key, done, keep))
        done.append(step.filter(step.subject.notnull()))
        unclaimed = step.filter(step.subject.isnull()).select("_row")
        left = keep(left.semi_join(unclaimed, "_row"))
    rest = left.select("_row", subject=ibis.null("int64"))
    return keep(ibis.union(rest, *(each.select("_row", "subject") for each in done))) if done else rest


def _by(left: Any, found: Any, key: str, taken: list[Any], keep: Keep) -> Any:
    """Claim by one key, where a row has it."""
    candidates = found.filter(found[key].notnull())
    if key == "trade_no":
        candidates = candidates.filter(candidates.kind != QR)
    ones = candidates.group_by("side", key).agg(subject=candidates.subject.min(), n=candidates.count())
    joined = left.left_join(ones, ["side", key]).select("_row", "side", "amount", key, "subject", "n")
    several = keep(ones.filter(ones.n > 1).select("side", key))
    if several.count().to_pyarrow().as_py() == 0:
        return joined.select("_row", "subject")
    claimed_before = [each.select("subject") for each in taken]
    ranked = _ranked_subjects(candidates.semi_join(several, ["side", key]), key, claimed_before)
    entries = left.semi_join(several, ["side", key])
    rank = ibis.row_number().over(
        ibis.window(group_by=["side", key], order_by=[entries.amount.desc(), entries["_row"].asc()])
    )
    pairs = entries.mutate(rank=rank).left_join(ranked, ["side", key, "rank"]).select("_row", paired="subject")
    sole = joined.left_join(pairs, "_row")
    return sole.select("_row", subject=ibis.coalesce(sole.paired, sole.subject))


def _ranked_subjects(candidates: Any, key: str, claimed_before: list[Any]) -> Any:
    known = candidates.select("side", key, "subject", "collected", "amount", "kind")
    if claimed_before:
        before = ibis.union(*claimed_before).distinct() if len(claimed_before) > 1 else claimed_before[0].distinct()
        known = known.left_join(before.mutate(before=ibis.literal(1)), "subject").select(*known.columns, "before")
        first = known.before.fill_null(0)
    else:
        first = ibis.literal(0)
    size = ibis.coalesce(known.collected, known.amount, zero())
    rank = ibis.row_number().over(
        ibis.window(group_by=["side", key], order_by=[first.asc(), size.desc(), known.subject.asc()])
    )
    return known.mutate(rank=rank).select("side", key, "rank", "subject")
