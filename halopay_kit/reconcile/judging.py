"""What is wrong with what was matched: each class of break as a condition, marked as a bit; nothing else is fetched."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

import ibis  # type: ignore[import-untyped]  # it has none

from halopay_kit.reconcile.classes import BITS
from halopay_kit.reconcile.matching import STATUS_CODES, Claimed, code_of, zero
from halopay_kit.reconcile.settings import Settings

PAID, FAIL, OPEN, TIMED_OUT, CANCELLED = (
    STATUS_CODES[word] for word in ("PAID", "FAIL", "TO-BE-PAID", "TIME-OUT", "CANCELLED")
)
_MOST_FOR_FEES = Decimal(10) ** 10  # tokens; times a rate's denominator it still fits DECIMAL(38, 18)


def judged(found: Claimed, ledger: Any, payouts: Any, settings: Settings, as_of: int) -> Any:
    """Return the subjects that have a break, with `bits`; `as_of` is microseconds of unix time."""
    subjects = found.subjects
    booked = _booked(found, ledger)
    rows = subjects.left_join(booked, "subject").drop("subject_right")
    rows = rows.left_join(_journalled(found, payouts), "subject").drop("subject_right")
    rows = rows.left_join(_repeated(subjects), "subject").drop("subject_right")
    total = rows.total.fill_null(zero())
    collected = rows.collected.fill_null(zero())
    rows = rows.mutate(has=rows.n.notnull(), total=total, got=collected, twice=rows.twice.fill_null(0) > 0)
    dedup = _deduplicated(rows, found, ledger)
    rows = rows.left_join(dedup, "subject").drop("subject_right")
    window = int(settings.window * 1_000_000)
    ledger_has_payouts = bool(ledger.filter(ledger.kind == "payout").count().to_pyarrow().as_py())
    ours, theirs = _payments(rows, settings), _payouts(rows, ledger_has_payouts)
    stuck = (rows.status == OPEN) & (rows.last_at < as_of - window)
    bits = [ibis.ifelse((rows.side == "payment") & mark, BITS[name], 0) for name, mark in ours.items()]
    bits += [ibis.ifelse((rows.side == "payout") & mark, BITS[name], 0) for name, mark in theirs.items()]
    bits.append(ibis.ifelse(stuck, BITS["stuck"], 0))
    marked = rows.mutate(bits=reduce(or_, (each.fill_null(0).cast("int64") for each in bits)))
    return marked.filter(marked.bits != 0)


def _payments(rows: Any, settings: Settings) -> dict[str, Any]:
    has, got, total, due = rows.has, rows.got, rows.total, rows.amount
    paid, timed_out = rows.paid, rows.timed_out
    equal = total == got
    gave_up = has & rows.booked_status.isin([TIMED_OUT, CANCELLED]) & paid
    doubled = has & (rows.n > 1) & ~equal & (rows.once == got)
    booked_end = ibis.ifelse(rows.booked_status == CANCELLED, TIMED_OUT, rows.booked_status)
    return {
        "wrong-app": has & (rows.other_app > 0),
        "currency-or-chain-differs": has & (rows.other_currency > 0),
        "paid-after-we-gave-up": gave_up,
        "duplicate-in-ledger": doubled & ~gave_up,
        "amount-differs": has & ~equal & ~gave_up & ~doubled,
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


def _booked(found: Claimed, ledger: Any) -> Any:
    """Return what the ledger says of each subject that an entry claims."""
    claims = found.entries.filter(found.entries.subject.notnull())
    entries = claims.join(ledger, "_row")
    asked = found.subjects.select(
        "subject",
        s_app=found.subjects.app_id.nullif(""),
        s_currency="currency_id",
        s_token=found.subjects.token.upper(),
        s_chain=found.subjects.chain.upper(),
    )
    rows = entries.join(asked, "subject")
    other_currency = (
        (rows.currency_id != rows.s_currency).fill_null(False)
        | (rows.token.upper() != rows.s_token).fill_null(False)
        | (rows.chain.upper() != rows.s_chain).fill_null(False)
    )
    other_app = (rows.app_id != rows.s_app).fill_null(False)
    amount = ibis.ifelse(rows.kind == "payout", rows.amount.abs(), rows.amount).fill_null(zero())
    return rows.group_by("subject").agg(
        n=rows.count(),
        total=amount.sum().cast("decimal(38, 18)"),
        booked_fee=rows.fee.sum().cast("decimal(38, 18)"),
        booked_status=code_of(rows.status).max(),
        booked_at=rows.booked_at.max(),
        other_currency=ibis.ifelse(other_currency, 1, 0).max(),
        other_app=ibis.ifelse(other_app, 1, 0).max(),
    )


def _deduplicated(rows: Any, found: Claimed, ledger: Any) -> Any:
    """Return the sum of each subject's distinct entries, for those that have several and do not add up."""
    asked = rows.filter((rows.n > 1) & (rows.total != rows.got)).select("subject")
    entries = found.entries.semi_join(asked, "subject").join(ledger.select("_row", "amount", "txid"), "_row")
    distinct = entries.select("subject", "amount", txid=entries.txid.fill_null("")).distinct()
    return distinct.group_by("subject").agg(once=distinct.amount.sum().cast("decimal(38, 18)"))


def _journalled(found: Claimed, payouts: Any) -> Any:
    """Return the journal's row of each payout that it claims; of several the first."""
    claims = found.journal.filter(found.journal.subject.notnull())
    first = claims.group_by("subject").agg(journal_row=claims["_row"].min())
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
