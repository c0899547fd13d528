"""`halopay inbox work`: hand events to a command."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress

import attrs
import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import inbox_option

_SAID = {"done": "done", "again": "to be tried again", "dead": "dead", "late": "handled too late, by a lost lease"}


@click.command(context_settings={"allow_interspersed_args": False})
@inbox_option
@click.option("--once", is_flag=True, help="End when nothing is due.")
@click.option("--workers", type=click.IntRange(1, 24), default=1, show_default=True, help="Processes at a time.")
@click.option("--attempts", type=click.IntRange(1), default=10, show_default=True, help="Tries before it is dead.")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), help="Seconds a process may take; then it is ended."
)
@click.option(
    "--lease",
    type=click.FloatRange(1),
    default=60.0,
    show_default=True,
    help="Seconds until events of a killed worker are tried again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the sums as JSON; what COMMAND prints goes to stderr.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    url: str,
    once: bool,
    workers: int,
    attempts: int,
    timeout: float | None,
    lease: float,
    as_json: bool,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND once for each event, until SIGTERM or Ctrl-C; the process under way then is awaited.

    It gets the event as one line of JSON on its standard input, and HALOPAY_EVENT_ID, _KIND, _STATUS, _TRADE_NO,
    _OUT_TRADE_NO, _TXID, _APP_ID, _VERDICT, _ORIGIN and _ATTEMPTS in its environment, where HALOPAY_APP_KEY is taken
    out. Exit code 0 says that the event was handled. Else it is tried again, later and later, and dead in the end, with
    the last lines of stderr as its error. Events of one order come in order and one at a time. A worker that is killed
    takes its COMMAND along, with what that started and did not put into a session of its own, and leaves the event to
    the next one: COMMAND must not mind to get one twice, or to be ended halfway. If the whole machine stands still for
    longer than the lease, the same event may be under way at the same time, here and elsewhere.

    \b
    halopay inbox work --inbox inbox.sqlite -- ./ship.sh
    halopay inbox work --inbox postgresql://shop@db/shop --workers 4 --timeout 60 -- python ship.py
    halopay inbox work --inbox inbox.sqlite --once -- jq .body.status
    """
    if shutil.which(command[0]) is None:
        raise click.BadParameter(f"{command[0]} is not a command", param_hint="COMMAND")
    from halopay_kit.cli.inbox.child import Child
    from halopay_kit.inbox import Inbox
    from halopay_kit.inbox.interruption import interruptible

    _meet_keys()
    child = Child(command, os.environ, timeout=timeout, stdout=sys.stderr.buffer if as_json else None)
    with Inbox(url, create=False) as inbox, interruptible(passes_on=False) as stop:
        if not once and not as_json:
            output.note(f"Working on {inbox.store.name}; Ctrl-C ends it.")
        try:
            consumed = inbox.consume(
                child,
                stop=stop,
                until_empty=once,
                workers=workers,
                lease=lease,
                attempts=attempts,
                batch=1,  # what a process did is written down before the next one starts
            )
        finally:
            child.end()
    told = attrs.asdict(consumed)
    if as_json:
        output.say_json(told)
    else:
        output.say(", ".join(f"{told[what]} {said}" for what, said in _SAID.items() if told[what] or what == "done"))
    if once and stop.is_set():
        raise click.Abort
    if once and consumed.done < sum(told.values()):
        raise click.exceptions.Exit(output.NOT_DONE)


def _meet_keys() -> None:
    """Make the keys of our environment known, so that no error of a command is kept with one in it."""
    from halopay_kit.errors import ConfigurationError
    from halopay_kit.signing import AppKey

    pairs = os.environ.get("HALOPAY_APP_KEYS", "").split(",")
    for key in (os.environ.get("HALOPAY_APP_KEY", ""), *(pair.partition("=")[2].strip() for pair in pairs)):
        with suppress(ConfigurationError):
            AppKey(key)
