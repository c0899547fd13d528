"""`halopay inbox`: look into the inbox, work on its events, send them again."""

from __future__ import annotations

from importlib import import_module

import click

_COMMANDS = {
    "export": "Write events to a file: Parquet, JSON lines or CSV.",
    "list": "List events, newest first.",
    "replay": "Send events to a URL, signed afresh.",
    "revive": "Put dead events back.",
    "show": "Show one event with its deliveries.",
    "stats": "Show how many there are of everything, and how late.",
    "work": "Hand events to a command.",
}


class _Commands(click.Group):
    """A group whose commands are loaded when they are used."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"halopay_kit.cli.inbox.{name}").command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands)
def command() -> None:
    """Look into the inbox, work on its events, send them again.

    Each command takes --inbox, or HALOPAY_INBOX from the environment.

    \b
    halopay inbox list --inbox inbox.sqlite --status PAID --since 2h
    halopay inbox show --inbox inbox.sqlite 17
    halopay inbox replay --inbox inbox.sqlite http://127.0.0.1:9000/webhook --out-trade-no T-1001
    halopay inbox export --inbox inbox.sqlite events.parquet
    """
