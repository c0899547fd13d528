"""What share of the business goes which way: one table for both ways of making a world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import attrs

Kind = Literal["payment", "payment-qr-code", "payout"]

LEAST = 50
"""Orders that a world has at least: every flaw needs one of its own."""
PAYOUTS = 400
"""Payouts to every 10,000 orders."""
LEAST_PAYOUTS = 12


@attrs.frozen
class Fate:
    """What becomes of an order, a payment to a fixed address, or a payout.

    Attributes:
        id: its name.
        share: of every 10,000 of its kind; None takes what is left. There is one at least.
        flaw: the class of break that it is planted for, None where all is well.
        note: what happens.
    """

    id: str
    kind: Kind
    share: int | None
    flaw: str | None
    note: str


_PAYMENTS: Final = (
    Fate("paid", "payment", None, None, "paid in full and booked"),
    Fate("in-parts", "payment", 600, None, "paid in two parts, booked as two entries"),
    Fate("unpaid", "payment", 1200, None, "timed out, nothing was paid"),
    Fate("qr", "payment-qr-code", 500, None, "paid to a fixed address, booked by its txid"),
    Fate("unbooked", "payment", 15, "missing-in-ledger", "paid, and no entry"),
    Fate("qr-unbooked", "payment-qr-code", 5, "missing-in-ledger", "paid to a fixed address, and no entry"),
    Fate("invented", "payment", 10, "missing-at-gateway", "an entry for an order that HaloPay never had"),
    Fate("misbooked", "payment", 15, "amount-differs", "booked with another amount"),
    Fate("wrong-currency", "payment", 10, "currency-or-chain-differs", "booked in another currency"),
    Fate("wrong-app", "payment", 10, "wrong-app", "booked for another app"),
    Fate("given-up", "payment", 15, "paid-after-we-gave-up", "cancelled in the ledger, then paid in time"),
    Fate("booked-twice", "payment", 15, "duplicate-in-ledger", "the same entry twice"),
    Fate("left-open", "payment", 15, "status-differs", "paid and booked, and still open in the ledger"),
    Fate("underpaid", "payment", 40, "underpaid", "paid in part, then timed out"),
    Fate("overpaid", "payment", 25, "overpaid", "paid too much"),
    Fate("stuck", "payment", 10, "stuck", "paid in part; its end was never told nor asked for"),
    Fate("wrong-fee", "payment", 15, "fee-differs", "booked with another fee"),
    Fate("late", "payment", 40, "paid-late", "timed out, and paid afterwards"),
    Fate("lost", "payment", 60, "webhook-never-arrived", "paid; the webhook was lost, a query told"),
    Fate("paid-twice", "payment", 10, "duplicate-payment", "a second order of the same out_trade_no, paid as well"),
)

_PAYOUTS: Final = (
    Fate("sent", "payout", None, None, "paid out and booked"),
    Fate("came-back", "payout", 300, None, "failed, and the money came back"),
    Fate("unknown", "payout", 100, "unresolved-payout", "no answer came, and no query told: unknown in the journal"),
    Fate("review", "payout", 100, "unresolved-payout", "the journal says that somebody must look at it"),
    Fate("booked-otherwise", "payout", 100, "payout-differs", "booked with another amount"),
    Fate("elsewhere", "payout", 100, "payout-differs", "HaloPay tells another address than the journal"),
    Fate("unbooked-payout", "payout", 100, "missing-in-ledger", "paid out, and no entry"),
    Fate("lost-payout", "payout", 200, "webhook-never-arrived", "paid out; the webhook was lost, a query told"),
)


def numbers(orders: int) -> tuple[Sequence[tuple[Fate, int]], Sequence[tuple[Fate, int]]]:
    """Return how many there are of each fate, of orders and of payouts."""
    payouts = max(LEAST_PAYOUTS, orders * PAYOUTS // 10_000)
    return _divided(_PAYMENTS, orders), _divided(_PAYOUTS, payouts)


def flaws() -> Sequence[Fate]:
    """Return the fates that are planted."""
    return tuple(fate for fate in (*_PAYMENTS, *_PAYOUTS) if fate.flaw)


def _divided(fates: Sequence[Fate], total: int) -> Sequence[tuple[Fate, int]]:
    taken = [max(1, total * fate.share // 10_000) for fate in fates if fate.share is not None]
    return [(fates[0], total - sum(taken)), *zip(fates[1:], taken, strict=True)]
