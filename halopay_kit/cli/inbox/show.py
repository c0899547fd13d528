"""`halopay inbox show`: one event with its deliveries."""

from __future__ import annotations

import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import inbox_option
from halopay_kit.cli.inbox import shown


@click.command
@inbox_option
@click.argument("id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the signed body.")
def command(url: str, id: int, as_json: bool) -> None:  # noqa: A002  # the argument's name in the help
    """Show the event ID: what it says, how it came, how often, and how far the work on it is.

    \b
    halopay inbox show --inbox inbox.sqlite 17
    """
    from halopay_kit.inbox import Inbox

    with Inbox(url, create=False) as inbox:
        event = inbox.event(id)
        if event is None:
            raise click.ClickException(f"there is no event {id}")
        deliveries = inbox.deliveries(id)
    if as_json:
        output.say(shown.as_json(event, deliveries))
        return
    output.fields({**shown.fields(event), "body": shown.text(event.body)})
    if deliveries:
        output.say()
        rows = [
            (each.attempt, shown.moment(each.received_at), f"{each.received_at - deliveries[0].received_at:.0f}")
            for each in deliveries
        ]
        output.table(rows, ["attempt", "received", "seconds after the first"])
