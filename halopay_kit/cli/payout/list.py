"""`halopay payout list`: payouts, as a table, as JSON or in a file."""

from __future__ import annotations

import click

from halopay_kit.cli import output
from halopay_kit.cli.payout import shown
from halopay_kit.cli.payout.options import journal_option, json_option
from halopay_kit.payouts.states import STATES


@click.command
@journal_option
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only these; may be given often.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="How many.")
@click.option("--export", "file", metavar="FILE", help="Write all of them to FILE: .parquet, .csv or .jsonl.")
@json_option
def command(url: str, states: tuple[str, ...], limit: int, file: str | None, as_json: bool) -> None:
    """List payouts, oldest first.

    \b
    halopay payout list --journal pay.sqlite --state unknown --state needs-review
    halopay payout list --journal pay.sqlite --export payouts.parquet
    """
    from halopay_kit.payouts import Journal
    from halopay_kit.payouts.export import export

    with Journal(url, create=False) as journal:
        if file is not None:
            rows = export(journal, file, states=states or None)
            output.say_json({"file": file, "rows": rows}) if as_json else output.say(f"{rows} payouts are in {file}")
            return
        found = list(journal.payouts(states=states or None, limit=limit))
    if as_json:
        output.say_json([shown.as_json(payout) for payout in found])
    else:
        output.table([shown.row(payout) for payout in found], shown.HEAD)
    if len(found) == limit:
        output.note(f"The oldest {limit}; --limit says how many.")
