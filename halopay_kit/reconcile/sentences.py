"""Say of each break, in a sentence, what is wrong; amounts are shown exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from halopay_kit.reconcile.result import moment

Row = Mapping[str, Any]


def plain(amount: Decimal | None) -> str:
    """Write an amount without zeros at its end."""
    if amount is None:
        return "nothing"
    text = f"{amount:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def _money(row: Row, amount: Decimal | None) -> str:
    return f"{plain(amount)} {row.get('token') or ''}".rstrip()


def _gateway(row: Row) -> str:
    return f"HaloPay {'paid out' if row['side'] == 'payout' else 'collected'} {_money(row, row['gateway_amount'])}"


def _payout(row: Row) -> str:
    told = [f"HaloPay has {_money(row, row.get('amount'))} to {row.get('address')}, {row['gateway_status']}"]
    if row.get("journal_row") is not None:
        journal = f"{plain(row['journal_amount'])} to {row['journal_address']}, {row['journal_outcome']}"
        told.append(f"the journal has {journal}")
    if row.get("has"):
        told.append(f"the ledger has {plain(row['total'])}, {row['ledger_status'] or 'no status'}")
    return "; ".join(told) + "."


SENTENCES: Final[Mapping[str, Callable[[Row], str]]] = {
    "missing-in-ledger": lambda row: f"{_gateway(row)}, and no entry matches.",
    "missing-at-gateway": lambda row: (
        f"The ledger has {_money(row, row['ledger_amount'])}, and no event of HaloPay's has its number."
    ),
    "amount-differs": lambda row: (
        f"{_gateway(row)}, and the {row['n']} {'entry has' if row['n'] == 1 else 'entries add up to'} "
        f"{plain(row['ledger_amount'])}."
    ),
    "currency-or-chain-differs": lambda row: (
        f"HaloPay says {row.get('token') or 'currency'} {row.get('currency_id')} on {row.get('chain')}, "
        "and the entry names another."
    ),
    "wrong-app": lambda row: f"The event is of app {row.get('app_id')}, and the entry names another.",
    "paid-after-we-gave-up": lambda row: (
        f"The ledger has it as {row['ledger_status']}, and {_gateway(row)} afterwards."
    ),
    "duplicate-in-ledger": lambda row: (
        f"{_gateway(row)}, and {row['n']} entries add up to {plain(row['ledger_amount'])}; without those "
        "that are there twice it matches."
    ),
    "status-differs": lambda row: (
        f"The ledger says {row['ledger_status']}, HaloPay {row['gateway_status']}; the amounts agree."
    ),
    "underpaid": lambda row: (
        f"It timed out with {plain(row['got'])} of {_money(row, row.get('amount'))}: "
        f"{plain(row['amount'] - row['got'])} is missing."
    ),
    "overpaid": lambda row: (
        f"{plain(row['got'])} was collected where {_money(row, row.get('amount'))} was due: "
        f"{plain(row['got'] - row['amount'])} too much."
    ),
    "paid-late": lambda row: f"It timed out, and was paid by {moment(row['at'])} UTC all the same.",
    "stuck": lambda row: f"It is {row['gateway_status']}, and nothing moved since {moment(row['at'])} UTC.",
    "fee-differs": lambda row: (
        f"The booked fee is {plain(row['booked_fee'])}; {row['rate']:%} of {plain(row['got'])} is "
        f"{plain(row['got'] * row['rate'])}."
    ),
    "webhook-never-arrived": lambda row: f"A query told that it is {row['gateway_status']}; no webhook did.",
    "duplicate-payment": lambda row: (
        f"{_gateway(row)} for {row.get('out_trade_no')}, which had been paid under another trade_no already."
    ),
    "payout-differs": _payout,
    "unresolved-payout": lambda row: (
        f"The journal says {row['outcome']} of {plain(row['ledger_amount'])} to {row.get('address')}"
        f"{': ' + row['reason'] if row.get('reason') else ''}."
    ),
    "balance-unexplained": lambda row: (
        f"HaloPay tells {plain(row['gateway_amount'])}, and {plain(row['ledger_amount'])} is expected: "
        f"{plain(row['rest'])} is unexplained."
    ),
}
"""One for each class; the row has what the matching found, under its names."""
