"""Rows of the book as JSON text, and back: money and bytes as text, an event by its number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from halopay_kit.sandbox.agenda import Due
from halopay_kit.sandbox.business.book import Attempt, Delivery, Entry, Event, Order, Payment, Payout, QrCode

R = TypeVar("R")

# What is kept, each as a table of its own.
TABLES: Mapping[str, type] = {
    "orders": Order,
    "payouts": Payout,
    "qr_codes": QrCode,
    "payments": Payment,
    "entries": Entry,
    "events": Event,
    "deliveries": Delivery,
    "attempts": Attempt,
    "agenda": Due,
}

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Rows:
    """Writes any row; reads one of a delivery once its event is among `events`."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._converter = converter = Converter(detailed_validation=False)
        converter.register_unstructure_hook(Decimal, str)
        converter.register_structure_hook(Decimal, lambda text, _: Decimal(text))
        converter.register_unstructure_hook(bytes, lambda raw: raw.decode("latin-1"))
        converter.register_structure_hook(bytes, lambda text, _: text.encode("latin-1"))
        event = override(
            unstruct_hook=lambda event: event.number, struct_hook=lambda number, _: _numbered(events, number)
        )
        apart = override(omit=True)  # attempts are rows of their own, and none is under way after a new start
        faults = override(struct_hook=lambda faults, _: dict(faults))
        converter.register_unstructure_hook(
            Delivery, make_dict_unstructure_fn(Delivery, converter, event=event, attempts=apart, under_way=apart)
        )
        converter.register_structure_hook(
            Delivery,
            make_dict_structure_fn(Delivery, converter, event=event, attempts=apart, under_way=apart, faults=faults),
        )

    def written(self, row: object) -> str:
        """Return the row as text."""
        return _encode(list(row) if isinstance(row, Due) else self._converter.unstructure(row))

    def read(self, table: str, text: str) -> Any:
        """Return the row of a text.

        Raises:
            ValueError: it is none.
        """
        kind = TABLES[table]
        try:
            value = json.loads(text)
            return Due(*value) if kind is Due else self._converter.structure(value, kind)
        except Exception as error:  # whatever stands in the file
            raise ValueError(f"{type(error).__name__} in {table}") from error


def _numbered(events: Sequence[Event], number: int) -> Event:
    if not 0 < number <= len(events):
        raise ValueError("no such event")
    return events[number - 1]
