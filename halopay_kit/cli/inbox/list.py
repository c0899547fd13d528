"""`halopay inbox list`: events, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import inbox_option
from halopay_kit.cli.inbox import shown
from halopay_kit.cli.inbox.filters import filtered, filters_of


@click.command
@inbox_option
@filtered
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
@click.option("--after", type=int, metavar="ID", help="Go on behind the last one of the page before.")
@click.option(
    "--unknown",
    is_flag=True,
    help="Genuine webhooks that are no events: of an unknown type, or not what the spec says.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, with the signed bodies.")
def command(url: str, limit: int, after: int | None, unknown: bool, as_json: bool, **given: Any) -> None:
    """List events, newest first.

    \b
    halopay inbox list --inbox inbox.sqlite
    halopay inbox list --inbox inbox.sqlite --state dead
    halopay inbox list --inbox inbox.sqlite --unknown
    halopay inbox list --inbox inbox.sqlite --kind payout --status FAIL --since 7d --json
    """
    from halopay_kit.inbox import Inbox

    filters = filters_of(given)
    if unknown and filters:
        raise click.UsageError("--unknown goes with no filter: of such a webhook nothing is known")
    with Inbox(url, create=False) as inbox:
        if unknown:
            deliveries = inbox.unknown(after=after, limit=limit)
        else:
            events = inbox.events(after=after, limit=limit, **filters)
    if unknown:
        lines = [shown.unknown_as_json(each) for each in deliveries]
        rows = [
            (each.id, shown.moment(each.received_at), each.problem or "unknown type", shown.text(each.body))
            for each in deliveries
        ]
        _print(lines if as_json else None, rows, ("id", "received", "why", "body"), limit)
    else:
        _print(
            [shown.as_json(event) for event in events] if as_json else None,
            [shown.row(event) for event in events],
            shown.HEAD,
            limit,
        )


def _print(as_json: list[str] | None, rows: Sequence[Sequence[object]], head: Sequence[str], limit: int) -> None:
    if as_json is not None:
        output.say("[" + ",\n ".join(as_json) + "]")
    else:
        output.table(rows, head)
    if len(rows) == limit:
        output.note(f"To go on: --after {rows[-1][0]}")
