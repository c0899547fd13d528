"""What can be wrong between ledger and gateway: one table that drives matching, report and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import attrs

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low")


@attrs.frozen
class BreakClass:
    """One kind of break.

    Attributes:
        id: its name in tables and reports.
        severity: how much it presses.
        title: a few words.
        when: what it means that a row is of this class.
        remedy: what to do about it.
        resolves: whether a young one may resolve by itself, and is kept apart as a timing difference.
    """

    id: str
    severity: Severity
    title: str
    when: str
    remedy: str
    resolves: bool = False


_ALL = (
    BreakClass(
        "unresolved-payout",
        "critical",
        "Unresolved payout",
        "The payout journal does not know what became of it, or it needs review.",
        "`halopay payout resume`, then `halopay payout review`; do not pay again before.",
        resolves=True,
    ),
    BreakClass(
        "duplicate-payment",
        "critical",
        "Paid twice",
        "Two orders or payouts of one out_trade_no took money.",
        "Refund or credit the second; find out why a second order or payout was made.",
    ),
    BreakClass(
        "payout-differs",
        "critical",
        "Payout differs",
        "Amount, address, currency or end of a payout is another in the journal or ledger than at HaloPay.",
        "Compare with `payout/detail` and the chain; correct the book, or raise it with HaloPay.",
        resolves=True,
    ),
    BreakClass(
        "missing-in-ledger",
        "high",
        "Missing in the ledger",
        "HaloPay took or paid out money, and no entry of the ledger matches.",
        "Book it; if it is nobody's, find out who paid.",
        resolves=True,
    ),
    BreakClass(
        "missing-at-gateway",
        "high",
        "Missing at HaloPay",
        "An entry of the ledger has money that no event of HaloPay's tells of.",
        "`halopay sweep --ledger`; if HaloPay does not know it either, the entry is wrong.",
        resolves=True,
    ),
    BreakClass(
        "amount-differs",
        "high",
        "Amount differs",
        "The entries add up to another amount than HaloPay collected or paid out.",
        "Correct the entry, or raise it with HaloPay.",
        resolves=True,
    ),
    BreakClass(
        "currency-or-chain-differs",
        "high",
        "Currency or chain differs",
        "The entry names another currency, token or chain than HaloPay.",
        "Correct the entry.",
    ),
    BreakClass(
        "wrong-app",
        "high",
        "Wrong app",
        "The entry names another AppId than the event with its number.",
        "Book it under the app that took the money.",
    ),
    BreakClass(
        "paid-after-we-gave-up",
        "high",
        "Paid after we gave up",
        "The ledger has it as cancelled or timed out, and HaloPay says PAID.",
        "Deliver or refund; the money is there.",
        resolves=True,
    ),
    BreakClass(
        "balance-unexplained",
        "high",
        "Balance unexplained",
        "Opening, collected, fees and payouts do not come to the balance that HaloPay tells.",
        "Look at the breaks of just that amount, then ask HaloPay for a statement.",
    ),
    BreakClass(
        "duplicate-in-ledger",
        "medium",
        "Twice in the ledger",
        "The same entry is there more than once, and once is enough to match.",
        "Remove the entry that is one too many.",
    ),
    BreakClass(
        "status-differs",
        "medium",
        "Status differs",
        "The amounts agree, and the ledger's status is another than HaloPay's.",
        "Bring the ledger's status up to date.",
        resolves=True,
    ),
    BreakClass(
        "underpaid",
        "medium",
        "Underpaid",
        "The order timed out with less than was due.",
        "Ask the payer for the rest, or refund.",
    ),
    BreakClass(
        "overpaid",
        "medium",
        "Overpaid",
        "More was collected than was due; HaloPay credits the excess to the merchant.",
        "Refund or credit the excess.",
    ),
    BreakClass(
        "stuck",
        "medium",
        "Stuck",
        "It has come to no end for longer than the window.",
        "`halopay sweep`; if it stays, raise it with HaloPay.",
    ),
    BreakClass(
        "fee-differs",
        "low",
        "Fee differs",
        "The booked fee is another than the rate times what was collected.",
        "Check the rate and who bears it; correct the entry.",
    ),
    BreakClass(
        "paid-late",
        "low",
        "Paid late",
        "The order timed out first and was paid afterwards.",
        "Check that it was delivered.",
    ),
    BreakClass(
        "webhook-never-arrived",
        "low",
        "Known by query only",
        "No webhook told how it ended; a query did.",
        "Check the receiver's log for that time; keep the sweep running.",
        resolves=True,
    ),
)

CLASSES: Final[Mapping[str, BreakClass]] = MappingProxyType({each.id: each for each in _ALL})
"""Every class by its id, the most pressing first within a severity."""

BITS: Final[Mapping[str, int]] = MappingProxyType({each.id: 1 << place for place, each in enumerate(_ALL)})
"""What the matching marks a row with: it may have several breaks."""
