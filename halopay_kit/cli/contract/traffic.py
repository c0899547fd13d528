"""`halopay contract traffic`: check what was captured, without sending anything."""

from __future__ import annotations

import itertools
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from halopay_kit.cli import environment, output
from halopay_kit.cli.contract import reporting

if TYPE_CHECKING:
    from halopay_kit.contract.traffic import Traffic
    from halopay_kit.signing import AppKey

_STEP = 100  # entries between two looks at the progress bar


@click.command("traffic")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False))
@reporting.options
def command(files: tuple[str, ...], **given: Any) -> None:
    """Check captured traffic: HAR, VCR cassettes, JSON lines, reports of Schemathesis, exports of an inbox.

    What a FILE is, is told by what stands in it. Signatures, fields, transitions and the webhooks' schedule are judged;
    signatures only where the file has the very bytes, and with the AppKey in HALOPAY_APP_KEY. Whatever is not used is
    counted, with the reason. Nothing is sent.

    \b
    halopay contract traffic session.har
    halopay contract traffic cassettes/*.yaml --report found
    halopay inbox export --inbox sqlite:///inbox.sqlite events.parquet && halopay contract traffic events.parquet

    A line of JSON lines is an exchange or a webhook; a body may be body_base64:

    \b
    {"url": "https://…/api/order/detail", "at": 1773750000.2, "request": {"headers": {}, "body": "{}"},
     "answer": {"status": 200, "headers": {}, "body": "{}"}}
    {"webhook": {"headers": {}, "body": "{}"}, "at": 1773750001, "answered": "Success"}

    Exit codes: 0 the spec is kept, 1 it is broken, 2 usage, or a part of the files could not be read and the rest keeps
    the spec, 3 drift only.
    """
    from halopay_kit.contract import traffic
    from halopay_kit.contract.report import Masking
    from halopay_kit.contract.run import result

    reports = reporting.Reports.of(given)
    keys = _keys()
    with _progress() as progress:
        read = traffic.read(files, app_key=keys, progress=progress)
    found = result(
        read.observed, keys, sift=reports.sift(), rerun=shlex.join(["halopay", "contract", "traffic", *files])
    )
    secrets = (environment.secret(),) if keys else ()
    reports.publish(found, Masking.of(read.observed, secrets=secrets, app_keys=keys), read.counts)
    raise click.exceptions.Exit(found.exit_code or _unread(read))


def _keys() -> tuple[AppKey, ...]:
    if environment.secret():
        return (environment.app_key(),)
    output.note("HALOPAY_APP_KEY is not set: signatures are not judged.")
    return ()


def _unread(read: Traffic) -> int:
    """Return the exit code of traffic that keeps the spec as far as it could be read."""
    refused = sum(count.refused for count in read.counts)
    if not refused:
        return output.DONE
    what = "entry" if refused == 1 else "entries"
    output.note(f"{refused} {what} could not be read; what could be read keeps the spec.")
    return output.USAGE


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(itertools.count(), label="Reading", show_pos=True, file=sys.stderr) as bar:
        yield lambda number: bar.update(_STEP) if number % _STEP == 0 else None
