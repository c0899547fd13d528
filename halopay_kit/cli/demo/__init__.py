"""`halopay demo`: the whole story against a sandbox, from a signed order to a reconciled day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import chain, count
from pathlib import Path

import click

from halopay_kit.cli import output
from halopay_kit.errors import ConfigurationError

_NEEDED = ("base58", "duckdb", "ibis", "pyarrow", "schemathesis", "segno", "sqlalchemy", "uvicorn")


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
    _require()
    from halopay_kit.cli.demo.stage import Stage
    from halopay_kit.cli.demo.story import STEPS

    started = time.perf_counter()
    with _folder(out) as folder, Stage(folder) as stage:
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


def _require() -> None:
    """Say at once what is missing, rather than step by step."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"the demo needs {', '.join(missing)}", advice="Install them: pip install 'halopay-kit[all]'."
        )


@contextmanager
def _folder(out: str | None) -> Iterator[Path]:
    """Make the folder; one that holds anything already is not touched, one that stays empty is removed."""
    folder = Path(out or _free())
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise click.UsageError(f"{folder} is there already, and not empty; say another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be made: {error.strerror}") from error
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


def _free() -> str:
    """Return a name that nothing has."""
    names = (f"halopay-demo-{number}" for number in count(2))
    return next(name for name in chain(["halopay-demo"], names) if not Path(name).exists())


def _stay(pages: dict[str, str]) -> None:
    output.say()
    output.say("Running until Ctrl-C. Click:")
    output.fields(dict(pages))
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        output.say()
