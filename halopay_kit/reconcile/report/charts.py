"""Bars as inline SVG; what they show stands in figures beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from markupsafe import Markup

_WIDTH: Final = 1000  # the unit of a bar; the page stretches it
_LEAST: Final = 6  # so that one of 100,000 can be seen
_COLUMNS: Final = 62  # two months of days; more are put together
_HIGH: Final = 120


def stacked(parts: Sequence[tuple[str, int]], whole: int) -> Markup:
    """Draw parts, each with its tone, side by side in a bar that `whole` would fill."""
    rects, x = [], 0.0
    for tone, number in parts:
        if number and whole:
            width = max(number * _WIDTH / whole, _LEAST)
            rects.append(_rect(tone, x, width))
            x += width
    return _bar(rects, max(x, _WIDTH))


def step(tone: str, start: Decimal, end: Decimal, low: Decimal, high: Decimal) -> Markup:
    """Draw a step of a waterfall on a scale from `low` to `high`."""
    span = high - low
    if not span:
        return _bar([], _WIDTH)
    left, right = sorted(float((each - low) / span) * _WIDTH for each in (start, end))
    width = max(right - left, _LEAST) if start != end else 0
    return _bar([_rect(tone, min(left, _WIDTH - width), width)] if width else [], _WIDTH)


def days(moments: Sequence[float]) -> tuple[Markup, str, str, int, int] | None:
    """Draw how many moments, unix seconds, are in each day; return picture, first and last day, days a column, most.

    None where there are fewer than two days.
    """
    if not moments:
        return None
    first, last = (datetime.fromtimestamp(each, UTC).date() for each in (min(moments), max(moments)))
    span = (last - first).days + 1
    if span < 2:
        return None
    each = -(-span // _COLUMNS)
    counts = [0] * -(-span // each)
    origin = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()
    for moment in moments:
        counts[int((moment - origin) // 86_400) // each] += 1
    most = max(counts)
    shapes = []
    for place, number in enumerate(counts):
        if number:
            day = first + timedelta(days=place * each)
            tall = max(number * _HIGH / most, 2)
            shapes.append(
                Markup(
                    '<rect class="tone" x="{}" y="{:.1f}" width="8" height="{:.1f}"><title>{}: {}</title></rect>'
                ).format(
                    place * 10 + 1, _HIGH - tall, tall, f"{day}" if each == 1 else f"{each} days from {day}", number
                )
            )
    picture = Markup(
        '<svg class="days" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(
        len(counts) * 10,
        _HIGH,
        f"Breaks by the day that they arose, from {first} to {last}; at most {most} in a column.",
        Markup("").join(shapes),
    )
    return picture, str(first), str(last), each, most


def _bar(rects: Sequence[Markup], width: float) -> Markup:
    return Markup(
        '<svg class="bar" viewBox="0 0 {:.0f} 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(width, Markup("").join(rects))


def _rect(tone: str, x: float, width: float) -> Markup:
    return Markup('<rect class="{}" x="{:.1f}" y="0" width="{:.1f}" height="10"/>').format(tone, x, width)
