"""`halopay sign`: sign a body, as HaloPay or a merchant would."""

from __future__ import annotations

import os
import time

import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import app_key, bytes_of


@click.command
@click.argument("body")
@click.option("--timestamp", help="Unix seconds; now when not given.")
@click.option("--app-id", help="For X-Appid; HALOPAY_APP_ID when not given.")
@click.option("--json", "as_json", is_flag=True, help="Print the headers as a JSON object.")
def command(body: str, timestamp: str | None, app_id: str | None, as_json: bool) -> None:
    """Sign BODY with the AppKey in HALOPAY_APP_KEY and print the headers that go with it.

    BODY is the text itself, @FILE, or - for standard input; its exact bytes are signed.

    \b
    halopay sign '{"out_trade_no":"T1"}'
    halopay sign @webhook.json --timestamp 1773750000 --json
    """
    from halopay_kit.signing import sign

    content = bytes_of(body)
    at = timestamp or str(int(time.time()))
    headers = {"X-Appid": app_id or os.environ.get("HALOPAY_APP_ID", ""), "X-Timestamp": at}
    headers["X-Sign"] = sign(content, at, app_key())
    if as_json:
        output.say_json(headers)
    else:
        for name, value in headers.items():
            output.say(f"{name}: {value}")
