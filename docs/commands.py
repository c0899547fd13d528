"""Write commands.md: what every command says of itself; `--check` only compares. It is `make docs`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from halopay_kit.cli import halopay

PAGE = Path(__file__).with_name("commands.md")
HEAD = "# The commands\n\nWritten by `make docs` from the commands' own help; `make check` compares.\n"


def reference() -> str:
    """Return the page."""
    return "\n".join([HEAD, *_sections(halopay, None, "halopay")])


def _sections(command: click.Command, parent: click.Context | None, name: str) -> Iterator[str]:
    context = click.Context(command, parent=parent, info_name=name, terminal_width=100, max_content_width=100)
    context.help_option_names = ["-h", "--help"]
    context.color = False
    text = click.unstyle(command.get_help(context)).rstrip()
    yield f"## {context.command_path}\n\n```text\n{text}\n```\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            if (found := command.get_command(context, each)) is not None and not found.hidden:
                yield from _sections(found, context, each)


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(reference(), "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != reference():
        raise SystemExit("docs/commands.md is not what the commands say: make docs")
