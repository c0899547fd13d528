"""Exact decimals: amounts of money are added, multiplied and rounded here."""

from __future__ import annotations

import decimal
import re
from decimal import ROUND_DOWN, ROUND_UP, Decimal

ZERO = Decimal(0)

_PLAIN = re.compile(r"[0-9]{1,60}(\.[0-9]{1,60})?")
_EXACT = decimal.Context(
    prec=400, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.Overflow, decimal.DivisionByZero]
)
_UP = decimal.Context(prec=200, rounding=ROUND_UP)
_DOWN = decimal.Context(prec=200, rounding=ROUND_DOWN)


def is_plain(text: str) -> bool:
    """Say whether the text is an unsigned decimal without exponent, of ASCII digits."""
    return _PLAIN.fullmatch(text) is not None


def plain(amount: Decimal) -> str:
    """Return the amount as it goes on the wire: no exponent, no zeros that say nothing."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def add(one: Decimal, other: Decimal) -> Decimal:
    """Return the exact sum."""
    return _EXACT.add(one, other)


def subtract(one: Decimal, other: Decimal) -> Decimal:
    """Return the exact difference."""
    return _EXACT.subtract(one, other)


def negate(amount: Decimal) -> Decimal:
    """Return the amount with the other sign; a bare minus would round it to 28 digits."""
    return amount.copy_negate()


def multiply(one: Decimal, other: Decimal) -> Decimal:
    """Return the exact product."""
    return _EXACT.multiply(one, other)


def divide_up(amount: Decimal, rate: Decimal, places: int) -> Decimal:
    """Return the quotient, rounded up to that many decimals."""
    return _UP.quantize(_UP.divide(amount, rate), unit(places))


def round_down(amount: Decimal, places: int) -> Decimal:
    """Return the amount, rounded down to that many decimals."""
    return _DOWN.quantize(amount, unit(places))


def unit(places: int) -> Decimal:
    """Return the smallest amount that has that many decimals."""
    return Decimal((0, (1,), -places))


def places(amount: Decimal) -> int:
    """Return how many decimals the amount has, final zeros not counted."""
    _, _, fraction = plain(amount).partition(".")
    return len(fraction)
