"""Send stored events to a URL, signed afresh, as HaloPay would: the way to try a handler on one's own machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import attrs
import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as NoAnswer

from halopay_api.policy import ACKNOWLEDGEMENT
from halopay_kit.connection import is_loopback
from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import AppKey, sign

if TYPE_CHECKING:
    from halopay_kit.inbox.reading import Stored

Keys = AppKey | Mapping[str, AppKey]

PATIENCE = 10.0  # seconds for an answer
_LONGEST_ANSWER = 4096  # bytes that are looked at; the acknowledgement has seven
_SHOWN = 200  # characters of an answer


@attrs.frozen(kw_only=True)
class Replayed:
    """What came of sending one event: an answer, its text cut, or in `problem` why there is none.

    `acknowledged` means what HaloPay takes for it: HTTP 2xx and the body `Success`, nothing around it.
    """

    event_id: int
    status: int | None = None
    answer: str = ""
    problem: str | None = None
    acknowledged: bool = False


def replay(
    events: Iterable[Stored],
    url: str,
    app_key: Keys,
    *,
    clock: Callable[[], float],
    remote: bool = False,
    timeout: float = PATIENCE,
) -> Iterator[Replayed]:
    """Send each event in turn, and tell what was answered; nothing is sent before the first is asked for.

    The bytes are those that are stored; X-Timestamp is `clock`'s unix seconds, X-Sign is made for it with the app's
    key: `app_key`, or what a mapping has for the event's app. Redirects are not followed. Only to this machine unless
    `remote`: what is sent verifies as HaloPay's own.

    Raises:
        ConfigurationError: the URL cannot be right or is another machine's; no key for an event's app.
    """
    target = _target(url, remote=remote)

    def sent() -> Iterator[Replayed]:
        with urllib3.PoolManager(num_pools=1, retries=False, timeout=timeout) as pool:
            for event in events:
                headers = _headers(event, _key_of(app_key, event.app_id), clock())
                yield _sent(pool, target, event, headers, timeout)

    return sent()


def _sent(pool: urllib3.PoolManager, url: str, event: Stored, headers: Mapping[str, str], patience: float) -> Replayed:
    try:
        answer = pool.request("POST", url, body=event.body, headers=headers, redirect=False, preload_content=False)
        try:
            content = _read(answer, patience)
        finally:
            answer.close()
    except (HTTPError, OSError, ValueError) as error:
        return Replayed(event_id=event.id, problem=_problem_of(error))
    fine = 200 <= answer.status < 300
    acknowledged = fine and content == ACKNOWLEDGEMENT.encode()
    wrong = f"the body is not {ACKNOWLEDGEMENT}" if fine else f"HTTP {answer.status}"
    return Replayed(
        event_id=event.id,
        status=answer.status,
        answer=content.decode("utf-8", "backslashreplace")[:_SHOWN],
        problem=None if acknowledged else wrong,
        acknowledged=acknowledged,
    )


def _read(answer: urllib3.BaseHTTPResponse, patience: float) -> bytes:
    """Return the body's beginning, which shows whether it is the acknowledgement; no longer than `patience` seconds."""
    content, deadline = b"", time.monotonic() + patience
    while len(content) < _LONGEST_ANSWER and (chunk := answer.read1(_LONGEST_ANSWER, decode_content=False)):
        content += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
    return content


def _headers(event: Stored, key: AppKey, now: float) -> dict[str, str]:
    timestamp = f"{int(now):010d}"
    headers = {
        "Content-Type": "application/json",
        "X-Appid": event.app_id,
        "X-Timestamp": timestamp,
        "X-Sign": sign(event.body, timestamp, key),
    }
    if event.status:
        headers["X-EventType"] = event.status.title()
    return headers


def _key_of(app_key: Keys, app_id: str) -> AppKey:
    if isinstance(app_key, AppKey):
        return app_key
    try:
        return app_key[app_id]
    except KeyError:
        raise ConfigurationError(
            f"there is no AppKey for the app {app_id}, which an event is of", advice="Give one for each app."
        ) from None


def _target(url: str, *, remote: bool) -> str:
    advice = "Give it as http://127.0.0.1:9000/webhook."
    try:
        target = urlsplit(url)
        host, _ = target.hostname, target.port
        readable = url.isascii() and url.isprintable() and " " not in url
    except (ValueError, AttributeError, TypeError):
        raise ConfigurationError("the URL cannot be read", advice=advice) from None
    if not readable:
        raise ConfigurationError("the URL cannot be read", advice=advice)
    if target.scheme not in ("http", "https") or not host:
        raise ConfigurationError("the URL has no http(s) scheme or no host", advice=advice)
    if target.username is not None or target.fragment:
        raise ConfigurationError("the URL holds more than scheme, host, port, path and query", advice=advice)
    if not remote and not is_loopback(host):
        raise ConfigurationError(
            "the URL is another machine's, and what is sent verifies there as HaloPay's own",
            advice="Nothing was sent. Replay to this machine, or say that it may be remote.",
        )
    return url


def _problem_of(error: Exception) -> str:
    if isinstance(error, NewConnectionError):
        return "the connection was refused"
    if isinstance(error, NoAnswer | TimeoutError):
        return "no answer in time"
    return f"the connection broke ({type(error).__name__})"
