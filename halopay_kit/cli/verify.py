"""`halopay verify`: verify the signature of a request, an answer or a webhook."""

from __future__ import annotations

import time

import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import app_key, bytes_of


@click.command
@click.argument("body")
@click.option("--timestamp", required=True, help="The X-Timestamp header.")
@click.option("--sign", "signature", required=True, help="The X-Sign header.")
@click.option("--strict", is_flag=True, help="Take two minutes of age, not HaloPay's whole retry window.")
@click.option("--any-age", is_flag=True, help="Take any age; for captured traffic.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(body: str, timestamp: str, signature: str, strict: bool, any_age: bool, as_json: bool) -> None:
    """Verify that BODY and timestamp were signed with the AppKey in HALOPAY_APP_KEY.

    BODY is the text itself, @FILE, or - for standard input; its exact bytes are verified.

    \b
    halopay verify @webhook.json --timestamp 1773750000 --sign 490a7bd0791a7f1a... --any-age
    """
    from halopay_kit import signing, webhooks
    from halopay_kit.errors import OutsideTolerance

    now = time.time()
    signed_at = signing.verify(bytes_of(body), timestamp, signature, app_key())
    if not any_age:
        allowed = webhooks.STRICT if strict else webhooks.RETRY_WINDOW
        try:
            signing.check_age(signed_at, now, past=allowed.past, future=allowed.future)
        except OutsideTolerance as error:
            error.advice = "For captured traffic say --any-age; otherwise check this machine's clock."
            raise
    if as_json:
        output.say_json({"verified": True, "signed_at": signed_at, "age": round(now - signed_at)})
    else:
        output.say(f"The signature is right; signed {now - signed_at:.0f} seconds ago.")
