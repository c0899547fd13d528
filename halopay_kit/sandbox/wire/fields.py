"""The fields of a call: JSON read strictly, values taken out by type."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from halopay_kit.sandbox.business import money
from halopay_kit.sandbox.wire.refusal import PARAMETER_ERROR, Refused


class Fields:
    """One JSON object. A value that is not what the caller asks for is refused with 10003, naming the field."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, object]) -> None:
        self.values = values

    def optional_text(self, name: str) -> str | None:
        """Return the string, or None where the field is missing."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise refused(name, "expected a string")
        return value

    def text(self, name: str) -> str:
        """Return the string."""
        value = self.optional_text(name)
        if value is None:
            raise refused(name, "missing")
        return value

    def optional_whole(self, name: str) -> int | None:
        """Return the whole number, or None where the field is missing."""
        value = self.values.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise refused(name, "expected an integer")
        return value

    def whole(self, name: str) -> int:
        """Return the whole number."""
        value = self.optional_whole(name)
        if value is None:
            raise refused(name, "missing")
        return value

    def optional_amount(self, name: str) -> Decimal | None:
        """Return the amount of money, or None where the field is missing."""
        text = self.optional_text(name)
        if text is None:
            return None
        if not money.is_plain(text):
            raise refused(name, "expected a plain decimal")
        amount = Decimal(text)
        if not amount:
            raise refused(name, "zero")
        return amount

    def amount(self, name: str) -> Decimal:
        """Return the amount of money."""
        value = self.optional_amount(name)
        if value is None:
            raise refused(name, "missing")
        return value


def refused(name: str, problem: str) -> Refused:
    """Return the refusal of one field."""
    return Refused(PARAMETER_ERROR, f"{name}: {problem}")


def parse(body: bytes) -> Fields:
    """Return the fields of a JSON object.

    Raises:
        Refused: the body is not UTF-8, not JSON, not an object, says a key twice, or holds NaN or Infinity.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_decimal, parse_constant=_constant)
        if "\\u" in text:  # an escape may be half of a character
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError):
        raise Refused(PARAMETER_ERROR, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Refused(PARAMETER_ERROR, "the body is not a JSON object")
    return Fields(value)


def _unique(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Refused(PARAMETER_ERROR, "the body says a key twice")
    return values


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Refused(PARAMETER_ERROR, "the body holds a number beyond all measure") from None


def _constant(_text: str) -> NoReturn:
    raise Refused(PARAMETER_ERROR, "the body holds a number that JSON does not have")
