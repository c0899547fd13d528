"""What happens in a running sandbox, line by line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_kit.sandbox.record import Row

_COLOURS = {"call": "cyan", "control": "magenta", "event": "yellow", "attempt": "green"}


def as_json(row: Row) -> None:
    """Print the row as a line of JSON."""
    with output.ignore_a_closed_pipe():
        output.say(json.dumps(row.shown()))


def as_line(row: Row) -> None:
    """Print the row as a line for people."""
    shown = row.shown()
    shown |= {"url": row.what["url"]} if "url" in row.what else {}  # with its port, which a recording masks
    time = datetime.fromtimestamp(row.time, UTC).strftime("%H:%M:%S")
    kind = click.style(f"{row.kind:<8}", fg=_COLOURS.get(row.kind))
    with output.ignore_a_closed_pipe():
        output.say(f"{click.style(time, dim=True)}  {kind}{output.plain(_TELLS.get(row.kind, str)(shown))}")


def outcome(attempt: Mapping[str, object]) -> str:
    """Return how an attempt to deliver ended, in a few words."""
    said = "" if attempt["status"] is None else f", HTTP {attempt['status']} {str(attempt['answer'])[:40]!r}"
    return f"{attempt['verdict']}{said}"


def _call(shown: dict[str, object]) -> str:
    faults = f"  faults: {shown['faults']}" if shown.get("faults") else ""
    return f"{shown['operation']}  code {shown['code']}{faults}  {shown['request']}"


def _control(shown: dict[str, object]) -> str:
    rest = {name: value for name, value in shown.items() if name not in ("number", "kind", "time", "name")}
    return f"{shown['name']}  " + "  ".join(f"{name} {value}" for name, value in rest.items())


def _event(shown: dict[str, object]) -> str:
    return f"{shown['webhook']}  {shown['status']}  {shown['trade_no']}"


def _attempt(shown: dict[str, object]) -> str:
    return f"{shown['attempt']}. of delivery {shown['delivery']} to {shown['url']}: {outcome(shown)}"


_TELLS = {"call": _call, "control": _control, "event": _event, "attempt": _attempt}
