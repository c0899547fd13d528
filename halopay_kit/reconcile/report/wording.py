"""Amounts, ages and counts as the page says them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import attrs

from halopay_kit.reconcile.sentences import plain

MINUS: Final = "\N{MINUS SIGN}"
MINUTE, HOUR, DAY = 60, 3_600, 86_400


@attrs.frozen
class Ageing:
    """A span of ages, in seconds, from and before; the last one has no end."""

    label: str
    since: int
    until: int | None


AGES: Final[Sequence[Ageing]] = (
    Ageing("up to 1 day", 0, DAY),
    Ageing("1 to 3 days", DAY, 3 * DAY),
    Ageing("3 to 7 days", 3 * DAY, 7 * DAY),
    Ageing("7 to 30 days", 7 * DAY, 30 * DAY),
    Ageing("over 30 days", 30 * DAY, None),
)
UNKNOWN_AGE: Final = "without a time"


def ageing(age: float | None) -> str:
    """Return the label of the span that an age is in."""
    if age is None:
        return UNKNOWN_AGE
    return next(each.label for each in AGES if each.until is None or age < each.until)


def money(amount: Decimal | None) -> str:
    """Write an amount exactly, with thousands separators; nothing where there is none."""
    if amount is None:
        return ""
    sign, text = (MINUS, plain(-amount)) if amount < 0 else ("", plain(amount))
    whole, dot, rest = text.partition(".")
    return f"{sign}{count(int(whole))}{dot}{rest}"


def count(number: int) -> str:
    """Write a number with thousands separators."""
    return f"{number:,}"


def several(number: int, one: str, many: str) -> str:
    """Write a number with its noun."""
    return f"{count(number)} {one if number == 1 else many}"


def age(seconds: float | None) -> str:
    """Write an age in the largest unit of which there are two."""
    if seconds is None:
        return ""
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return f"{count(int(seconds // unit))} {name}"
    return "a minute" if seconds >= MINUTE else "just now"


def share(part: int, whole: int) -> str:
    """Write a share in percent, rounded down: 100% is all of them."""
    hundredths = part * 10_000 // whole if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}%" if hundredths < 10_000 else "100%"
