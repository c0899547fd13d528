"""The one place that prints and exits."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from halopay_kit.errors import HaloPayError

DONE, NOT_DONE, USAGE, UNKNOWN, INTERRUPTED = 0, 1, 2, 3, 130


def run(command: click.Command) -> NoReturn:
    """Run a command and exit with its code; every error is said in one voice, on stderr."""
    as_json = "--json" in sys.argv
    try:
        code = command.main(prog_name="halopay", standalone_mode=False, color=_color())
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        click.echo("Interrupted.", err=True)
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except OSError as error:
        click.echo(f"Error: the result could not be written: {error.strerror}", err=True)
        code = NOT_DONE
    except Exception as error:
        from halopay_kit.errors import HaloPayError
        from halopay_kit.extras import missing

        told = missing(error) if isinstance(error, ImportError) else error
        if not isinstance(told, HaloPayError):
            raise
        code = _fail(told, as_json=as_json)
    sys.exit(code if isinstance(code, int) else DONE)


@contextmanager
def ignore_a_closed_pipe() -> Iterator[None]:
    """A reader that has seen enough is no error."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str = "") -> None:
    """Print a line of the result."""
    click.echo(text)


def note(text: str) -> None:
    """Print a line beside the result."""
    click.secho(_cell(text), err=True, fg="yellow")


def say_json(value: Any) -> None:
    """Print the result as JSON."""
    click.echo(json.dumps(value, indent=2, default=str))


def table(rows: Iterable[Sequence[object]], head: Sequence[str]) -> None:
    """Print rows in columns; numbers stand to the right."""
    head = [_cell(name) for name in head]
    lines = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    right = [bool(lines) and all(line[column].isdigit() for line in lines) for column in range(len(head))]

    def laid_out(line: Sequence[str]) -> str:
        cells = (
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        )
        return "  ".join(cells).rstrip()

    click.secho(laid_out(head), bold=True)
    for line in lines:
        click.echo(laid_out(line))


def fields(values: dict[str, object]) -> None:
    """Print one thing as a list of its fields."""
    shown = {_cell(name): value for name, value in values.items()}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        click.echo(f"{click.style(name.ljust(width), dim=True)}  {_cell(value)}")


def agreed(question: str) -> bool:
    """Ask; no answer is a no."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        return False


def is_terminal() -> bool:
    """Say whether a person looks on."""
    return sys.stdout.isatty()


def verdict(passed: bool) -> str:
    """Return the mark of what passed or failed."""
    return click.style("✓", fg="green") if passed else click.style("✗", fg="red")


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on stderr, if that is a terminal; tell it how much is done, and of how much if that is known."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, of: int | None) -> None:
            bar.length = max(of or 0, done, 1)
            bar.label = label if of else f"{label} {done}"
            bar.update(done - bar.pos)

        yield show


def plain(text: str) -> str:
    """Return foreign text without what could steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _cell(value: object) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _fail(error: HaloPayError, *, as_json: bool) -> int:
    from halopay_kit.errors import ConfigurationError, InvalidRequest, OutcomeUnknown

    if as_json:
        known = {
            "error": type(error).__name__,
            "problem": error.problem,
            "advice": error.advice,
            "operation": error.operation,
            "code": error.code,
            "msg": error.msg,
            "verified": error.verified,
            "trade_no": error.trade_no,
            "out_trade_no": error.out_trade_no,
        }
        click.echo(json.dumps({name: value for name, value in known.items() if value is not None}), err=True)
    else:
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {plain(str(error))}", err=True, color=_color())
    if isinstance(error, OutcomeUnknown):
        return UNKNOWN
    return USAGE if isinstance(error, ConfigurationError | InvalidRequest) else NOT_DONE


def _color() -> bool | None:
    """Return False where NO_COLOR asks for it, else None: click looks at the terminal."""
    return False if os.environ.get("NO_COLOR") else None
