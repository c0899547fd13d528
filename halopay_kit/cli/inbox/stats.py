"""`halopay inbox stats`: how many there are of everything, and how late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import inbox_option
from halopay_kit.cli.inbox.shown import moment
from halopay_kit.errors import MalformedEvent

if TYPE_CHECKING:
    from halopay_kit.inbox import Inbox, Stats

_SAMPLE = 1000
_BY = ("kinds", "statuses", "verdicts", "origins", "states")


@click.command
@inbox_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(url: str, as_json: bool) -> None:
    """Show how many events, deliveries and refused requests there are, and how late they came.

    The delay is from an event's own `time` to its first delivery, of the latest thousand. The attempts stand beside
    HaloPay's documented schedule: what came when, counted from the first delivery that was taken in.

    \b
    halopay inbox stats --inbox inbox.sqlite
    """
    from halopay_kit.inbox import Inbox

    with Inbox(url, create=False) as inbox:
        stats = inbox.stats()
        delays = _delays(inbox)
    delay = {"median": _share(delays, 0.5), "p95": _share(delays, 0.95), "longest": _share(delays, 1.0)}
    if as_json:
        output.say_json({**attrs.asdict(stats), "delay": {**delay, "of": len(delays)}})
        return
    _tell(stats, delay, len(delays))


def _tell(stats: Stats, delay: Mapping[str, float | None], of: int) -> None:
    output.fields(
        {
            "events": str(stats.events),
            "deliveries": str(stats.deliveries),
            "duplicates": str(stats.duplicates),
            "of an unknown type": str(stats.unknown),
            "last received": "never" if stats.last_received_at is None else moment(stats.last_received_at),
            "oldest pending": f"{stats.lag:.0f} s ago" if stats.lag else "none",
            "delay": ", ".join(f"{name} {seconds:.0f} s" for name, seconds in delay.items() if seconds is not None)
            + (f" (of the latest {of})" if of else "not known"),
        }
    )
    rows = [(by, what, number) for by in _BY for what, number in getattr(stats, by).items() if number]
    _table(rows, ["events by", "", "number"])
    _table(
        [
            (
                each.number,
                each.deliveries,
                f"{each.after:.0f}",
                "beyond" if each.documented is None else each.documented,
            )
            for each in stats.attempts
        ],
        ["attempt", "deliveries", "seconds after the first", "documented"],
    )
    _table(
        [(day, reason, number) for day, reasons in stats.rejected_by_day.items() for reason, number in reasons.items()],
        ["refused on", "reason", "number"],
    )


def _table(rows: Sequence[Sequence[object]], head: Sequence[str]) -> None:
    if rows:
        output.say()
        output.table(rows, head)


def _delays(inbox: Inbox) -> list[float]:
    """Return the seconds from each event's own time to its first delivery, the shortest first."""
    found = []
    for event in inbox.events(origin="webhook", limit=_SAMPLE):
        try:
            told: Any = getattr(event.data, "time", None)
        except MalformedEvent:  # another kit took it in, and its spec was another
            continue
        if isinstance(told, int):
            found.append(event.received_at - told)
    return sorted(found)


def _share(ordered: Sequence[float], share: float) -> float | None:
    """Return the value below or at which that share of all is."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
