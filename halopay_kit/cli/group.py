"""A group whose commands are loaded when they are used, each from a module of its name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Group(click.Group):
    """`table` tells each command in a line; the module of its name in `package` has it as `command`."""

    def __init__(self, *arguments: Any, package: str, table: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.package = package
        self.table = table

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name every command."""
        return list(self.table)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Load a command."""
        if name not in self.table:
            return None
        command: click.Command = import_module(f"{self.package}.{name}").command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Tell every command, without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))
