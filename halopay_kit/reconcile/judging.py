"""What is wrong with what was matched: each class of break as a condition, marked as a bit; nothing else is fetched."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

import ibis  # type: ignore[import-untyped]  # it has none

from halopay_kit.reconcile.classes import BITS
from halopay_kit.reconcile.matching import STATUS_CODES, Claimed, Claims, Keep, zero
from halopay_kit.reconcile.settings import Settings

PAID, FAIL, OPEN, TIMED_OUT, CANCELLED = (
    STATUS_CODES[word] for word in ("PAID", "FAIL", "TO-BE-PAID", "TIME-OUT", "CANCELLED")
)
_JOURNALLED = {
    "journal_row": "int64",
    "journal_amount": "decimal(38, 18)",
    "journal_currency": "int64",
    **dict.fromkeys(("journal_address", "journal_outcome", "journal_status"), "string"),
    "journal_at": "int64",
}
_MOST_FOR_FEES = Decimal(10) ** 10  # tokens; times a rate's denominator it still fits DECIMAL(38, 18)


def judged(found: Claimed, ledger: Any, payouts: Any, settings: Settings, as_of: int, keep: Keep) -> Any:
    """Return the subjects that have a break, with `bits`; `as_of` is microseconds of unix time."""
    rows = found.subjects.left_join(booked(found), "subject").drop("subject_right")
    rows = rows.left_join(keep(_repeated(found.subjects)), "subject").drop("subject_right")
    if found.journal is None:
        rows = rows.mutate(**{name: ibis.null(kind) for name, kind in _JOURNALLED.items()})
    else:
        rows = rows.left_join(_journalled(found.journal, payouts), "subject").drop("subject_right")
    rows = rows.mutate(
        has=rows.n.notnull(),
        total=rows.total.fill_null(zero()),
        got=rows.collected.fill_null(zero()),
        twice=rows.twice.fill_null(0) > 0,
    )
    window = int(settings.window * 1_000_000)
    ledger_has_payouts = bool(ledger.filter(ledger.kind == "payout").limit(1).count().to_pyarrow().as_py())
    ours, theirs = _payments(rows, settings), _payouts(rows, ledger_has_payouts)
    stuck = (rows.status == OPEN) & (rows.last_at < as_of - window)
    bits = [ibis.ifelse((rows.side == "payment") & mark, BITS[name], 0) for name, mark in ours.items()]
    bits += [ibis.ifelse((rows.side == "payout") & mark, BITS[name], 0) for name, mark in theirs.items()]
    bits.append(ibis.ifelse(stuck, BITS["stuck"], 0))
    rows = rows.mutate(bits=reduce(or_, (each.fill_null(0).cast("int64") for each in bits)))
    marked = keep(rows.filter(rows.bits != 0))
    # Only of the few that do not add up it is asked whether they would without what is there twice.
    marked = marked.left_join(_once(marked, found, ledger), "subject").drop("subject_right")
    doubled = (marked.bits & BITS["amount-differs"] != 0) & (marked.once == marked.got)
    other = marked.bits - BITS["amount-differs"] + BITS["duplicate-in-ledger"]
    return keep(marked.mutate(bits=ibis.ifelse(doubled.fill_null(False), other, marked.bits)).drop("once"))


def _payments(rows: Any, settings: Settings) -> dict[str, Any]:
    has, got, total, due = rows.has, rows.got, rows.total, rows.amount
    paid, timed_out = rows.paid, rows.timed_out
    equal = total == got
    gave_up = has & rows.booked_status.isin([TIMED_OUT, CANCELLED]) & paid
    booked_end = ibis.ifelse(rows.booked_status == CANCELLED, TIMED_OUT, rows.booked_status)
    return {
        "wrong-app": has & (rows.other_app > 0),
        "currency-or-chain-differs": has & (rows.other_currency > 0),
        "paid-after-we-gave-up": gave_up,
        "amount-differs": has & ~equal & ~gave_up,  # or a duplicate in the ledger
        "status-differs": has & equal & ~gave_up & rows.booked_status.notnull() & (booked_end != rows.status),
        "missing-in-ledger": ~has & ((got > 0) | paid) & ~rows.twice,
        "duplicate-payment": rows.twice,
        "underpaid": ~paid & timed_out & (got > 0) & (got < due),
        "overpaid": (due > 0) & (got > due),
        "paid-late": paid & timed_out & ~gave_up,
        "fee-differs": has & equal & _fee_is_off(rows, settings),
        "webhook-never-arrived": ibis.ifelse(
            rows.status == PAID, ~rows.webhook_told, (rows.status == TIMED_OUT) & ~rows.webhook_timed_out
        ),
    }


def _fee_is_off(rows: Any, settings: Settings) -> Any:
    """Compare without a division: fee · 10ⁿ against collected · rate · 10ⁿ, within the tolerance of each payment."""
    rate, tolerance = settings.expected_rate, settings.fee_tolerance
    scale = 10 ** max(0, -int(rate.as_tuple().exponent))
    share = int(rate * scale)
    small = ibis.literal(_MOST_FOR_FEES).cast("decimal(38, 18)")
    money = "decimal(38, 18)"
    off = ((rows.booked_fee * scale).cast(money) - (rows.got * share).cast(money)).cast(money).abs()
    allowed = (rows.parts * ibis.literal(tolerance * scale).cast(money)).cast(money)
    fits = rows.booked_fee.notnull() & (rows.got < small) & (rows.booked_fee < small)
    return ibis.ifelse(fits, off > allowed, False)


def _payouts(rows: Any, ledger_has_payouts: bool) -> dict[str, Any]:
    has, total, sent = rows.has, rows.total, rows.amount
    paid, failed = rows.paid, rows.failed & ~rows.paid
    booked_wrong = has & (
        (paid & (total != sent))
        | (paid & rows.booked_status.isin([FAIL, CANCELLED]))
        | (failed & (total > 0) & ~rows.booked_status.isin([FAIL, CANCELLED]).fill_null(False))
    )
    journal_wrong = rows.journal_row.notnull() & (
        (rows.journal_amount != sent)
        | (rows.journal_currency != rows.currency_id)
        | (rows.journal_address != rows.address)
        | ((rows.journal_outcome == "done") & failed & (rows.journal_status != "FAIL").fill_null(True))
        | ((rows.journal_outcome == "not-done") & paid)
    )
    known = has | rows.journal_row.notnull()
    missing = ~has if ledger_has_payouts else ~known
    return {
        "wrong-app": has & (rows.other_app > 0),
        "currency-or-chain-differs": has & (rows.other_currency > 0),
        "payout-differs": booked_wrong.fill_null(False) | journal_wrong.fill_null(False),
        "missing-in-ledger": paid & missing & ~rows.twice,
        "duplicate-payment": rows.twice,
        "webhook-never-arrived": (paid | failed) & ~rows.webhook_told,
    }


def booked(found: Claimed) -> Any:
    """Return what the ledger says of each subject that an entry claims."""
    rows = found.entries.rows
    return rows.group_by("subject").agg(
        n=rows.count(),
        total=rows.booked.sum().cast("decimal(38, 18)"),
        booked_fee=rows.fee.sum().cast("decimal(38, 18)"),
        booked_status=rows.code.max(),
        booked_at=rows.booked_at.max(),
        other_currency=rows.other_currency.max(),
        other_app=rows.other_app.max(),
    )


def _once(marked: Any, found: Claimed, ledger: Any) -> Any:
    """Return the sum of each subject's distinct entries, for those that have several and do not add up."""
    asked = marked.filter((marked.n > 1) & (marked.total != marked.got)).select("subject")
    claims = found.entries.rows.semi_join(asked, "subject").select("_row", "subject", "booked")
    entries = claims.join(ledger.select("_row", "txid"), "_row")
    distinct = entries.select("subject", "booked", txid=entries.txid.fill_null("")).distinct()
    return distinct.group_by("subject").agg(once=distinct.booked.sum().cast("decimal(38, 18)"))


def _journalled(journal: Claims, payouts: Any) -> Any:
    """Return the journal's row of each payout that it claims; of several the first."""
    first = journal.rows.group_by("subject").agg(journal_row=journal.rows["_row"].min())
    named = payouts.select(
        "_row",
        journal_amount="amount",
        journal_currency="currency_id",
        journal_address="address",
        journal_outcome=outcome_of(payouts),
        journal_status="status",
        journal_at="changed_at",
    )
    return first.join(named, first.journal_row == named["_row"]).drop("_row")


def outcome_of(payouts: Any) -> Any:
    """Return what a state of the journal means: its column `outcome`, or the state itself where there is none."""
    return ibis.coalesce(payouts.outcome, payouts.state).replace(" ", "-")


def _repeated(subjects: Any) -> Any:
    """Return the subjects that took money though an earlier one of the same out_trade_no did."""
    took = subjects.filter(
        subjects.out_trade_no.notnull()
        & ((subjects.collected > 0).fill_null(False) | (subjects.paid & (subjects.side == "payout")))
    )
    several = took.group_by("side", "app_id", "out_trade_no").agg(first=took.subject.min(), many=took.count())
    several = several.filter(several.many > 1)
    joined = took.join(several, ["side", "app_id", "out_trade_no"])
    return joined.filter(joined.subject != joined["first"]).select("subject", twice=ibis.literal(1))
