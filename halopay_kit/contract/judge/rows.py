"""Rows: what the judge compares with the spec field by field, and the story that they are part of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from halopay_kit.contract.judge.docket import Evidence
from halopay_kit.contract.judge.values import amount_of

Subject = Literal["order", "payout", "address", ""]

# Operation or webhook → what it is about; each has numbers of its own.
SUBJECTS: Mapping[str, Subject] = {
    "entrust.pre_create": "order",
    "order.create": "order",
    "order.detail": "order",
    "webhook.payment": "order",
    "payout.create": "payout",
    "payout.detail": "payout",
    "webhook.payout": "payout",
    "payment_qr_code.create": "address",
    "webhook.payment_qr_code": "address",
}
_CREATED_BY = ("order.create", "entrust.pre_create", "payout.create", "payment_qr_code.create")
_NUMBERS = ("trade_no", "out_trade_no")


@attrs.define(eq=False)
class Row:
    """One object of an answer, or a webhook's body.

    Attributes:
        fields: by the spec's names, once `names` has put them right.
        sent: what the call said.
        subject: what it is about.
        wrong: names of fields whose value is not what the spec says.
    """

    evidence: Evidence
    fields: dict[str, Any]
    sent: Mapping[str, Any]
    subject: Subject = ""
    wrong: set[str] = attrs.field(factory=set)

    def clean(self, name: str) -> Any:
        """Return a field's value, None where it is missing or not what the spec says."""
        return None if name in self.wrong else self.fields.get(name)


@attrs.frozen(eq=False)
class Creation:
    """What made an order, a payout or a fixed address."""

    operation: str
    row: Row


class Story:
    """What was created, by its numbers."""

    def __init__(self) -> None:
        self._by_number: dict[tuple[Subject, str, str], Creation | None] = {}
        self._used: Counter[tuple[Subject, str]] = Counter()

    def tell(self, operation: str, row: Row) -> None:
        """Note a creation. A number that two creations have names nothing any more."""
        if operation not in _CREATED_BY:
            return
        made = Creation(operation, row)
        numbers = {"trade_no": row.clean("trade_no"), "out_trade_no": row.sent.get("out_trade_no")}
        for name, number in numbers.items():
            if isinstance(number, str) and number:
                key = (row.subject, name, number)
                known = self._by_number.get(key, made)
                same = known is not None and known.row.clean("trade_no") == row.clean("trade_no")
                self._by_number[key] = known if same else None
                self._used[row.subject, number] += name == "out_trade_no"

    def was_used_twice(self, row: Row) -> bool:
        """Say whether the merchant's number stood in more than one creation."""
        return self._used[row.subject, str(row.sent.get("out_trade_no"))] > 1

    def of(self, row: Row) -> Creation | None:
        """Return what made the order or payout that a row is about, if that was seen."""
        return self.find(row.subject, row.fields)

    def find(self, subject: Subject, fields: Mapping[str, object]) -> Creation | None:
        """Return what made the one with these numbers."""
        for name in _NUMBERS:
            number = fields.get(name)
            if isinstance(number, str) and (found := self._by_number.get((subject, name, number))) is not None:
                return found
        return None


def collected(row: Row) -> bool:
    """Say whether something was paid."""
    amount = amount_of(row.fields.get("amount_collected"))
    return row.fields.get("status") == "PAID" or (amount is not None and amount > 0)
