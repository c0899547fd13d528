"""`halopay inbox`: look into the inbox, work on its events, send them again."""

from __future__ import annotations

import click

from halopay_kit.cli.group import Group

_COMMANDS = {
    "export": "Write events to a file: Parquet, JSON lines or CSV.",
    "list": "List events, newest first.",
    "replay": "Send events to a URL, signed afresh.",
    "revive": "Put dead events back.",
    "show": "Show one event with its deliveries.",
    "stats": "Show how many there are of everything, and how late.",
    "work": "Hand events to a command.",
}


@click.group(cls=Group, package=__name__, table=_COMMANDS)
def command() -> None:
    """Look into the inbox, work on its events, send them again.

    Each command takes --inbox, or HALOPAY_INBOX from the environment.

    \b
    halopay inbox list --inbox inbox.sqlite --status PAID --since 2h
    halopay inbox show --inbox inbox.sqlite 17
    halopay inbox replay --inbox inbox.sqlite http://127.0.0.1:9000/webhook --out-trade-no T-1001
    halopay inbox export --inbox inbox.sqlite events.parquet
    """
