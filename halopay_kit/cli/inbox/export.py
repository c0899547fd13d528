"""`halopay inbox export`: write events to a file."""

from __future__ import annotations

from typing import Any

import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import inbox_option
from halopay_kit.cli.inbox.filters import filtered, filters_of


@click.command
@inbox_option
@click.argument("file")
@filtered
@click.option("--format", type=click.Choice(["parquet", "jsonl", "csv"]), help="That of the name's end if not given.")
@click.option("--unfit-empty", is_flag=True, help="Leave amounts empty that DECIMAL(38, 18) does not hold exactly.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(url: str, file: str, format: str | None, unfit_empty: bool, as_json: bool, **given: Any) -> None:  # noqa: A002  # the option's name
    """Write events to FILE, newest first, one row each: Parquet, JSON lines or CSV.

    In Parquet, money is DECIMAL(38, 18), with the text of the wire beside it; times are UTC. FILE is there whole or
    not at all; one that was there before is replaced.

    \b
    halopay inbox export --inbox inbox.sqlite events.parquet
    halopay inbox export --inbox inbox.sqlite november.csv --since 2026-11-01 --until 2026-12-01
    """
    from halopay_kit.inbox import Inbox
    from halopay_kit.inbox.export import export

    filters = filters_of(given)
    with Inbox(url, create=False) as inbox, output.progress("Writing") as progress:
        total = None if filters else inbox.stats().events
        rows = export(
            inbox,
            file,
            format=format,  # type: ignore[arg-type]  # click has seen to it
            unfit="empty" if unfit_empty else "refuse",
            progress=lambda done: progress(done, total),
            **filters,
        )
    if as_json:
        output.say_json({"file": file, "rows": rows})
    else:
        output.say(f"{rows} events are in {file}")
