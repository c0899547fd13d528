"""`halopay inbox revive`: put dead events back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import inbox_option

if TYPE_CHECKING:
    from halopay_kit.inbox import Inbox

_PAGE = 1000


@click.command
@inbox_option
@click.argument("ids", metavar="[ID]...", type=int, nargs=-1)
@click.option("--all", "every", is_flag=True, help="Whatever is dead.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(url: str, ids: tuple[int, ...], every: bool, as_json: bool) -> None:
    """Put the dead events ID back to be handled, with all their tries.

    \b
    halopay inbox list --inbox inbox.sqlite --state dead
    halopay inbox revive --inbox inbox.sqlite 17 18
    """
    if bool(ids) == every:
        raise click.UsageError("Give IDs, or --all.")
    from halopay_kit.inbox import Inbox

    with Inbox(url, create=False) as inbox:
        asked = list(dict.fromkeys(ids)) or list(_dead(inbox))
        revived = [id_ for id_ in asked if inbox.revive(id_)]
    others = sorted(set(asked) - set(revived)) if ids else []
    if as_json:
        output.say_json({"revived": revived, "not_dead": others})
    else:
        output.say(f"{len(revived)} revived")
        for id_ in others:
            output.note(f"event {id_} was not dead")
    if others:
        raise click.exceptions.Exit(output.NOT_DONE)


def _dead(inbox: Inbox) -> Iterator[int]:
    after = None
    while page := inbox.events(state="dead", after=after, limit=_PAGE):
        yield from (event.id for event in page)
        after = page[-1].id
