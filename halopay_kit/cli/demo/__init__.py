"""`halopay demo`: the whole story against a sandbox, from a signed order to a reconciled day."""

from __future__ import annotations

import time
from pathlib import Path

import click

from halopay_kit.cli import output


@click.command
@click.option("--out", metavar="DIR", help="Where its files go; a new folder halopay-demo where not given.")
@click.option("--keep", is_flag=True, help="Leave sandbox, receiver and checkout page running until Ctrl-C.")
def command(out: str | None, keep: bool) -> None:
    """See the whole story on this machine: orders, webhooks, a payout, a sweep, a contract test, a reconciliation.

    A webhook is lost, one comes twice, one is forged, a payout's answer is cut off, and the ledger has a slip of the
    pen: see what becomes of each. Nothing is real money. Its files stay in a folder that it names.

    \b
    halopay demo
    halopay demo --out story --keep
    """
    from halopay_kit.cli.demo.stage import Stage
    from halopay_kit.cli.demo.story import STEPS

    started = time.perf_counter()
    with Stage(_folder(out)) as stage:
        for number, step in enumerate(STEPS, 1):
            told = step(stage)
            output.say(f"{click.style(f'{number:>2}', fg='green')} {click.style(told.what, bold=True)}")
            for line in told.seen:
                output.say(f"   {line}")
            output.say(click.style(f"   {told.why} → {told.read}", dim=True))
        output.say()
        output.say(f"{len(STEPS)} steps in {time.perf_counter() - started:.1f} s. Look at")
        for path in stage.files():
            output.say(f"  {path}")
        if keep:
            _stay(stage.pages())


def _folder(out: str | None) -> Path:
    """Make the folder; one that holds anything already is not touched."""
    name = out or "halopay-demo"
    for number in range(1, 1000):
        folder = Path(name if number == 1 else f"{name}-{number}")
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise click.UsageError(f"{folder} cannot be made: {error.strerror}") from error
            return folder
        if out:
            raise click.UsageError(f"{folder} is there already, and not empty; say another --out")
    raise click.UsageError(f"there are {number} folders of the kind {name}; say --out")


def _stay(pages: dict[str, str]) -> None:
    output.say()
    output.say("Running until Ctrl-C. Click:")
    output.fields(dict(pages))
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        output.say()
