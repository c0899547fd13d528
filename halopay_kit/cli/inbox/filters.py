"""Which events: the filters that list, replay and export share."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_SPAN = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII).fullmatch
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class _Time(click.ParamType[float]):
    """A time as unix seconds: ISO text, UTC where it names no zone, or a span before now."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return unix seconds."""
        if isinstance(value, float):
            return value
        span = _SPAN(value.strip())
        if span:
            return time.time() - int(span[1]) * _SECONDS[span[2]]
        try:
            when = datetime.fromisoformat(value.strip())
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: say 2026-11-23, 2026-11-23T09:00:00Z or 2h (ago).", param, ctx)


TIME = _Time()

_OPTIONS = (
    click.option("--status", metavar="STATUS", help="PAID, TO-BE-PAID, TIME-OUT, FAIL."),
    click.option("--kind", type=click.Choice(["payment", "payment-qr-code", "payout"])),
    click.option("--trade-no", metavar="NUMBER", help="HaloPay's number."),
    click.option("--out-trade-no", metavar="NUMBER", help="The merchant's number."),
    click.option("--since", type=TIME, help="Received at that time or later: 2026-11-23T09:00:00Z, 2h."),
    click.option("--until", type=TIME, help="Received before that time."),
    click.option(
        "--verdict", type=click.Choice(["news", "repeat", "regress", "conflict", "unknown-status"]), help="What it was."
    ),
    click.option(
        "--state",
        type=click.Choice(["pending", "claimed", "done", "dead", "passed"]),
        help="How far the work on it is.",
    ),
    click.option("--origin", type=click.Choice(["webhook", "query"]), help="How it came."),
)
_NAMES = ("status", "kind", "trade_no", "out_trade_no", "since", "until", "verdict", "state", "origin")


def filtered(function: F) -> F:
    """Add the filters to a command; `filters_of` takes them out of its arguments."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def filters_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return the filters that were given."""
    return {name: given[name] for name in _NAMES if given.get(name) is not None}
