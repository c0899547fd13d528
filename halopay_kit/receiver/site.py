"""What the server answers: webhooks, /healthz, /metrics."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import MutableMapping
from typing import Any

from halopay_kit.receiver.asgi_application import AsgiApplication, Receive, Scope, Send
from halopay_kit.receiver.health import Health, Probe
from halopay_kit.receiver.metrics import CONTENT_TYPE
from halopay_kit.receiver.outcomes import STOPPING, Outcome

_READ = ("GET", "HEAD")
_FRESH = 1.0  # seconds that the text of the metrics is told again: it costs as much as many webhooks


class Site:
    """An ASGI application around the receiver; what the server cuts off at its end is told so, without `Success`."""

    def __init__(self, receiver: AsgiApplication, probe: Probe) -> None:
        self._receiver = receiver
        self._health = Health(probe)
        self._told: tuple[float, bytes] | None = None
        self._pages = {"/healthz": self._healthz, "/metrics": self._metrics}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def tell(message: MutableMapping[str, Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the connection was closed on us, or an answer had begun
                await send(message)

        page = self._pages.get(scope["path"]) if scope["type"] == "http" and scope["method"] in _READ else None
        try:
            if page is None:
                await self._receiver(scope, receive, tell)
            else:
                await _answer(scope, tell, *await page())
        except asyncio.CancelledError:  # the server ends and has waited long enough
            if scope["type"] == "http":
                await _answer(scope, tell, *_plain(STOPPING))

    async def _healthz(self) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        good = await self._health.is_good()
        return _text(200, b"ok\n") if good else _text(503, b"unavailable\n")

    async def _metrics(self) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        now = time.monotonic()
        if self._told is None or now - self._told[0] >= _FRESH:
            self._told = (now, self._receiver.metrics.text())
        return _text(200, self._told[1], CONTENT_TYPE)


def _plain(outcome: Outcome) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    return outcome.status, outcome.body, list(outcome.headers)


def _text(
    status: int, body: bytes, content_type: str = "text/plain; charset=utf-8"
) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    length = str(len(body)).encode()
    return status, body, [(b"content-type", content_type.encode()), (b"content-length", length)]


async def _answer(scope: Scope, send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
