"""The receiver as a WSGI application."""

from __future__ import annotations

import http
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from halopay_kit.receiver.group_commit import Waiting
from halopay_kit.receiver.keys import AppKeys
from halopay_kit.receiver.outcomes import (
    BUSY,
    ELSEWHERE,
    GONE,
    NOT_POST,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    Outcome,
)
from halopay_kit.receiver.receiver import Options, Receiver

if TYPE_CHECKING:
    from halopay_kit.inbox import Inbox

_PIECE = 8192
_HOP_BY_HOP = frozenset({b"connection"})  # the server's own business, says PEP 3333

Environ = dict[str, Any]
StartResponse = Callable[..., object]


def wsgi(inbox: Inbox, app_key: AppKeys | Mapping[str, AppKeys], **options: Unpack[Options]) -> WsgiApplication:
    """Return a WSGI application that takes webhooks into the inbox; the arguments are those of `asgi`.

    The requests of all threads share commits. A body's time is looked at between its pieces: that a sender who sends
    nothing at all holds no thread for ever is the server's business.

    Raises:
        ConfigurationError: a key or an option that cannot be right.
    """
    try:
        return WsgiApplication(Receiver(inbox, app_key, **options))
    finally:
        del app_key  # or this frame would show it in a traceback


class WsgiApplication:
    """Serves in any number of threads.

    Attributes:
        metrics: what was counted so far.
    """

    def __init__(self, receiver: Receiver) -> None:
        self.metrics = receiver.metrics
        self._receiver = receiver

    def close(self, patience: float = 10.0) -> None:
        """Commit what waits and tell the inbox how many were rejected; it may be used again."""
        self._receiver.commit.close(patience)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        began = time.perf_counter()
        outcome = self._outcome(environ)
        self._receiver.finish(outcome, began)
        headers = [
            (name.decode("ascii").title(), value.decode("ascii"))
            for name, value in outcome.headers
            if name not in _HOP_BY_HOP
        ]
        start_response(f"{outcome.status} {http.HTTPStatus(outcome.status).phrase}", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [outcome.body]

    def _outcome(self, environ: Environ) -> Outcome:
        receiver = self._receiver
        if receiver.path is not None and environ.get("PATH_INFO", "") != receiver.path:
            return ELSEWHERE
        if environ.get("REQUEST_METHOD") != "POST":
            return NOT_POST
        body = self._read(environ)
        if isinstance(body, Outcome):
            return body
        found = receiver.judge(body, _headers(environ))
        if isinstance(found, Outcome):
            return found
        if receiver.commit.is_full():
            return BUSY
        ticket = _Ticket()
        receiver.commit.submit([Waiting(found, _tell, ticket)])
        return ticket.outcome if ticket.settled.wait(receiver.timeout) else UNAVAILABLE

    def _read(self, environ: Environ) -> bytes | Outcome:
        receiver, told = self._receiver, environ.get("CONTENT_LENGTH") or ""
        if told and (refused := receiver.refuse_length(told.encode("latin-1", "replace"))):
            return refused
        if not told and not environ.get("wsgi.input_terminated"):
            return b""  # nothing says where a body would end
        rest = int(told) if told else receiver.limit + 1
        until = time.monotonic() + receiver.timeout
        parts: list[bytes] = []
        try:
            while rest and (part := environ["wsgi.input"].read(min(rest, _PIECE))):
                parts.append(part)
                rest -= len(part)
                if time.monotonic() > until:
                    return TOO_SLOW
        except Exception:  # noqa: BLE001  # each server has its own for a sender that hangs up or breaks off
            return GONE
        if told:
            return GONE if rest else b"".join(parts)
        return b"".join(parts) if rest else TOO_LARGE


class _Ticket:
    def __init__(self) -> None:
        self.settled = threading.Event()
        self.outcome = UNAVAILABLE


def _tell(settled: Sequence[tuple[_Ticket, Outcome]]) -> None:
    for ticket, outcome in settled:
        ticket.outcome = outcome
        ticket.settled.set()


def _headers(environ: Environ) -> list[tuple[bytes, bytes]]:
    """Return the headers as ASGI would: WSGI spells `X-Sign` as `HTTP_X_SIGN`, and two of a name are joined."""
    found = []
    for name, value in environ.items():
        if isinstance(value, str) and (name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")):
            wire = name.removeprefix("HTTP_").replace("_", "-").lower()
            found.append((wire.encode("latin-1", "replace"), value.encode("latin-1", "replace")))
    return found
