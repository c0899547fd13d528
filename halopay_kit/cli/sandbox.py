"""`halopay sandbox`: run a HaloPay of your own on this machine."""

from __future__ import annotations

import json

import click

from halopay_kit.cli import output


@click.command
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 takes a free one.")
@click.option("--seed", type=int, help="The same seed gives the same ids, addresses and AppKey.")
@click.option("--json", "as_json", is_flag=True, help="Print address and credentials as one JSON line.")
def command(port: int, seed: int | None, as_json: bool) -> None:
    """Run a HaloPay of your own on this machine until Ctrl-C.

    It checks AppId, signature and timestamp of every call and signs its answers. Nothing in it is real money.

    \b
    halopay sandbox
    halopay sandbox --port 0 --json
    """
    from halopay_kit.sandbox import Sandbox

    def announce(box: Sandbox) -> None:
        environ = box.environ()
        if as_json:
            output.say(json.dumps({**environ, "control_token": box.control_token}))
            return
        output.say("# HaloPay, in a box. Paste these where you call it from:")
        for name, value in environ.items():
            output.say(f"export {name}={value}")
        output.say(f"# control calls: {box.base_url}/_sandbox/ with Authorization: Bearer {box.control_token}")
        output.note("Running; Ctrl-C ends it.")

    Sandbox(port=port, seed=seed).serve(announce)
