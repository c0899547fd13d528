"""Payouts as rows of the journal, and back; and as the text that the trail keeps of them."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from halopay_kit.errors import JournalAltered
from halopay_kit.inbox.transitions import plain
from halopay_kit.payouts.causes import CAUSES
from halopay_kit.payouts.payout import Payout
from halopay_kit.payouts.states import STATES

_FIELDS: Final = tuple(field.name for field in attrs.fields(Payout))
_BESIDE: Final = frozenset({"due_at", "asked", "heard"})  # no part of the trail


def values_of(payout: Payout) -> dict[str, Any]:
    """Return a payout's columns."""
    values = {name: getattr(payout, name) for name in _FIELDS}
    return values | {"amount": plain(payout.amount), "seen": int(payout.seen)}


def payout_of(row: Any) -> Payout:
    """Return the payout of a row, a mapping from columns to values.

    Raises:
        JournalAltered: no payout can stand like this.
    """
    try:
        payout = Payout(
            **{**{name: row[name] for name in _FIELDS}, "amount": Decimal(row["amount"]), "seen": bool(row["seen"])}
        )
    except (InvalidOperation, TypeError, ValueError):
        payout = None
    if payout is None or payout.state not in STATES or payout.cause not in CAUSES or not payout.amount.is_finite():
        raise JournalAltered(
            f"the journal's row of {row['out_trade_no']} was edited", out_trade_no=str(row["out_trade_no"])
        )
    return payout


def sealed(payout: Payout) -> str:
    """Return what the trail keeps of a payout: all but when to look at it next."""
    values = {name: value for name, value in values_of(payout).items() if name not in _BESIDE}
    return json.dumps(values, ensure_ascii=True, separators=(",", ":"))
