"""`halopay inbox replay`: send events to a URL, signed afresh."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import attrs
import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import app_key, app_keys, inbox_option
from halopay_kit.cli.inbox.filters import filtered, filters_of

if TYPE_CHECKING:
    from halopay_kit.inbox import Inbox, Stored
    from halopay_kit.inbox.replay import Replayed


@click.command
@inbox_option
@click.argument("target", metavar="TARGET_URL")
@click.option("--id", "ids", type=int, multiple=True, help="This event; may be given several times.")
@filtered
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="The newest, at most.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True, help="Seconds.")
@click.option("--remote", is_flag=True, help="Send to another machine, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON.")
def command(
    url: str,
    target: str,
    ids: tuple[int, ...],
    limit: int,
    timeout: float,
    remote: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Send events to TARGET_URL as HaloPay would, oldest first, and tell what was answered.

    The bodies are those that are stored, X-Timestamp is the present time, X-Sign is made with the AppKey in
    HALOPAY_APP_KEY, or in HALOPAY_APP_KEYS (id=key,id=key) for other apps' events. Only to this machine, unless
    --remote. Exit code 1: not all of them were answered with `Success`.

    \b
    halopay inbox replay --inbox inbox.sqlite http://127.0.0.1:9000/webhook --id 17
    halopay inbox replay --inbox inbox.sqlite http://127.0.0.1:9000/webhook --state dead
    """
    from halopay_kit.inbox import Inbox
    from halopay_kit.inbox.replay import replay

    filters = filters_of(given)
    if ids and filters:
        raise click.UsageError("--id goes with no filter")
    replayed: list[Replayed] = []
    keys = {app_id: several[0] for app_id, several in app_keys().items()} or app_key()
    with Inbox(url, create=False) as inbox:
        events = _by_id(inbox, ids) if ids else _found(inbox, limit, filters)
        answers = replay(events, target, keys, clock=time.time, remote=remote, timeout=timeout)
        try:
            for answer in answers:
                replayed.append(answer)
                if not as_json:
                    _tell(answer)
        finally:
            if as_json:
                output.say_json([attrs.asdict(each) for each in replayed])
    acknowledged = sum(each.acknowledged for each in replayed)
    if not as_json:
        output.say(f"{acknowledged} of {len(events)} were answered with Success")
    if acknowledged < len(events):
        raise click.exceptions.Exit(output.NOT_DONE)


def _by_id(inbox: Inbox, ids: tuple[int, ...]) -> list[Stored]:
    events = []
    for number in sorted(set(ids)):
        event = inbox.event(number)
        if event is None:
            raise click.ClickException(f"there is no event {number}; nothing was sent")
        events.append(event)
    return events


def _found(inbox: Inbox, limit: int, filters: dict[str, Any]) -> list[Stored]:
    events = inbox.events(limit=limit, **filters)
    if len(events) == limit:
        output.note(f"The newest {limit}; --limit says how many.")
    return events[::-1]


def _tell(answer: Replayed) -> None:
    said = answer.problem or "Success"
    shown = f": {answer.answer!r}" if answer.problem and answer.answer else ""
    output.say(f"{output.verdict(answer.acknowledged)} event {answer.event_id}: {output.plain(said + shown)}")
