"""`halopay receive`: take webhooks into the inbox."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from halopay_kit.cli import environment, output

if TYPE_CHECKING:
    from halopay_kit.signing import AppKey


@click.command
@environment.inbox_option
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 listens to other machines.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--path", help="Take webhooks at this path only; any when not given.")
@click.option("--limit", type=click.IntRange(1), default=65536, show_default=True, help="Largest body in bytes.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds for a request to arrive, and then for the store.",
)
@click.option("--grace", type=click.IntRange(1), default=20, show_default=True, help="Seconds for the end.")
@click.option("--connections", type=click.IntRange(1), default=4096, show_default=True, help="Open at one time.")
@click.option("--access-log", is_flag=True, help="Write a line for each request to stderr.")
@click.option("--json", "as_json", is_flag=True, help="Print the line at the start as JSON.")
def command(
    url: str,
    host: str,
    port: int,
    path: str | None,
    limit: int,
    timeout: float,
    grace: int,
    connections: int,
    access_log: bool,
    as_json: bool,
) -> None:
    """Take webhooks into the inbox until SIGTERM or Ctrl-C; what is in flight then is finished.

    A webhook is answered with `Success` once it is stored; anything that does not verify is refused, and counted. What
    verifies and is not what the spec says is refused too (400), told on stderr, and kept: `halopay inbox list
    --unknown`. HALOPAY_APP_ID and HALOPAY_APP_KEY say whose webhooks; HALOPAY_APP_KEYS names more, as `id=key,id=key`:
    other apps, or a second key of the same app while it is being changed.

    /healthz says whether the store answers, /metrics is for Prometheus, at most a second old. Both are open to whoever
    reaches the port: where that should not be everybody, let the proxy in front, which speaks TLS, pass webhooks alone.

    \b
    halopay receive --inbox inbox.sqlite
    halopay receive --inbox postgresql://shop@db/shop --host 0.0.0.0 --path /webhooks/halopay
    """
    from halopay_kit.inbox import Inbox
    from halopay_kit.receiver import asgi
    from halopay_kit.receiver.server import serve

    keys = _keys()
    if access_log:
        _log_access()
    with Inbox(url) as inbox:

        def announce(address: str) -> None:
            told = {"url": address + (path or "/"), "apps": list(keys), "inbox": inbox.store.name}
            if as_json:
                output.say(json.dumps(told))
            else:
                output.say(f"Receiving at {told['url']} for {', '.join(keys)} into {told['inbox']}")

        receiver = asgi(inbox, keys, limit=limit, timeout=timeout, path=path)
        serve(
            receiver,
            inbox.ping,
            host=host,
            port=port,
            timeout=timeout,
            grace=grace,
            connections=connections,
            access_log=access_log,
            announce=announce,
        )


def _keys() -> dict[str, list[AppKey]]:
    """Return the keys of each app that the environment names."""
    from halopay_kit.errors import ConfigurationError

    app_id = os.environ.get("HALOPAY_APP_ID", "")
    if os.environ.get("HALOPAY_APP_KEY") and not app_id:
        raise ConfigurationError("HALOPAY_APP_ID is not set", advice="It is on the dashboard's appManage page.")
    keys = environment.app_keys()
    if app_id and app_id not in keys:
        keys[app_id] = [environment.app_key()]
    if not keys:
        raise ConfigurationError(
            "no app is named", advice="Set HALOPAY_APP_ID and HALOPAY_APP_KEY; `halopay sandbox` prints both."
        )
    return keys


def _log_access() -> None:
    import logging

    log = logging.getLogger("uvicorn.access")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
    log.propagate = False
