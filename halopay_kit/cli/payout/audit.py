"""`halopay payout audit`: verify the journal's chain."""

from __future__ import annotations

import attrs
import click

from halopay_kit.cli import output
from halopay_kit.cli.payout.options import journal_option, json_option


@click.command
@journal_option
@click.option("--anchor", metavar="NUMBER:HASH", help="What an earlier audit printed: the trail must go on from there.")
@json_option
def command(url: str, anchor: str | None, as_json: bool) -> None:
    """Verify that no transition was edited or taken out, and that every payout is what its transitions say.

    Each transition holds the hash of the one before, so that an edited row is named. Who could write all of them anew
    could hide it: keep the anchor that this prints elsewhere, and hand it to the next audit. Exit code 1: it is broken.

    \b
    halopay payout audit --journal pay.sqlite
    halopay payout audit --journal pay.sqlite --anchor 1204:9f2c...
    """
    from halopay_kit.payouts import Journal

    with Journal(url, create=False) as journal:
        found = journal.audit(anchor=anchor)
    if as_json:
        output.say_json({"whole": found.whole, **attrs.asdict(found)})
    else:
        output.say(f"{output.verdict(found.whole)} {found.rows} transitions of {found.payouts} payouts")
        for each in found.broken:
            output.say(
                output.plain(f"{each.place}: {each.problem}") + (f" ({each.out_trade_no})" if each.out_trade_no else "")
            )
        output.say(f"anchor {found.anchor}")
    if not found.whole:
        raise click.exceptions.Exit(output.NOT_DONE)
