"""The smallest command that click can make; beside `halopay --version` it shows what is ours."""

from __future__ import annotations

import click


@click.command()
@click.version_option("1", prog_name="hello")
def main() -> None:
    """Say hello."""
    click.echo("hello")
