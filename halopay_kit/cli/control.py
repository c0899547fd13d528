"""`halopay sandbox pay` and its kin: act on a sandbox that runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import click

from halopay_kit.cli import output
from halopay_kit.cli.live import outcome

_WHICH = (click.option("--trade-no"), click.option("--out-trade-no"))
_LISTED = ("number", "webhook", "status", "trade_no", "state")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def add_to(group: click.Group) -> None:
    """Add the control calls as subcommands."""
    for name, (options, summary) in _ACTS.items():
        group.add_command(_command(name, options, summary))
    group.add_command(_deliveries)
    group.add_command(_clock)


_ACTS: dict[str, tuple[tuple[Callable[[Any], Any], ...], str]] = {
    "pay": (
        (
            *_WHICH,
            click.option("--address", help="An address to pay to, instead of a number."),
            click.option("--amount", help="Tokens; the rest of the order when not given."),
            click.option("--currency-id", type=int, help="The token that the payer of a hosted order chooses."),
        ),
        "Pay an order or a fixed address, in part, in full or too much.",
    ),
    "expire": (_WHICH, "Let the time of an order be over."),
    "settle": (_WHICH, "Let a payout arrive."),
    "fail": (_WHICH, "Let a payout fail."),
    "fund": (
        (click.argument("currency_id", type=int), click.argument("amount")),
        "Add AMOUNT tokens to the balance of CURRENCY_ID.",
    ),
    "advance": (
        (click.argument("by", required=False), click.option("--to", help="A time, like 2026-03-18T09:00:00Z.")),
        "Move the sandbox's clock forward BY a span like 3h or 24h3m50s; what falls due on the way happens.",
    ),
    "replay": (
        (click.argument("delivery", type=int, required=False), *_WHICH),
        "Send a delivery once more: by its number, or the latest of an order or payout.",
    ),
    "send": (
        (
            *_WHICH,
            click.option("--status", help="A status, also one that it does not have."),
            click.option("--url", help="Where to; the known URL when not given."),
        ),
        "Send a webhook by hand.",
    ),
}


def _command(name: str, options: tuple[Callable[[Any], Any], ...], summary: str) -> click.Command:
    def act(as_json: bool, **fields: object) -> None:
        answer = _call("POST", name, {key: value for key, value in fields.items() if value is not None})
        if as_json:
            output.say_json(answer)
        else:
            attempts = answer.pop("attempts", None)
            output.fields(answer)
            if isinstance(attempts, list) and attempts:
                output.fields({"last attempt": outcome(attempts[-1])})

    for option in reversed((*options, _JSON)):
        option(act)
    return click.command(name, help=summary)(act)


@click.command("deliveries")
@_JSON
def _deliveries(as_json: bool) -> None:
    """List the webhooks that were or will be sent."""
    listed = _call("GET", "deliveries", None)["deliveries"]
    if as_json:
        output.say_json(listed)
        return
    rows = []
    for each in listed:
        tried = each["attempts"]
        last = outcome(tried[-1]) if tried else ""
        rows.append((*(each[name] for name in _LISTED), len(tried), last))
    output.table(rows, [*_LISTED, "attempts", "last"])


@click.command("clock")
@_JSON
def _clock(as_json: bool) -> None:
    """Tell the sandbox's time."""
    told = _call("GET", "clock", None)
    output.say_json(told) if as_json else output.fields(told)


def _call(method: str, name: str, fields: dict[str, object] | None) -> dict[str, Any]:
    import urllib3

    from halopay_kit.connection import is_loopback
    from halopay_kit.errors import ConfigurationError, HaloPayError

    base_url, token = os.environ.get("HALOPAY_BASE_URL"), os.environ.get("HALOPAY_SANDBOX_TOKEN")
    if not base_url or not token:
        raise ConfigurationError(
            "HALOPAY_BASE_URL or HALOPAY_SANDBOX_TOKEN is not set",
            advice="`halopay sandbox` prints both when it starts.",
        )
    try:
        host = urllib3.util.parse_url(base_url).host or ""
        if not is_loopback(host):
            raise ConfigurationError("HALOPAY_BASE_URL is not a sandbox on this machine")
        answer = urllib3.request(
            method,
            f"{base_url}/_sandbox/{name}",
            body=None if fields is None else json.dumps(fields),
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            retries=False,
            timeout=60,
        )
        told: dict[str, Any] = answer.json()
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise HaloPayError(f"no sandbox answers at {base_url}", advice="Start one: halopay sandbox.") from error
    if answer.status != 200:
        raise HaloPayError(str(told.get("error", f"HTTP {answer.status}")))
    return told
