"""A connection of the server: uvicorn's, that bounds what it reads and answers a whole webhook without a detour.

ASGI gives each request a task, two messages in and two out. A webhook that arrived in one piece, as nearly all do,
needs none of it: it is judged at once, and the answer written when the commit is done. Every other request goes the
way of ASGI, and so do all of them under a uvicorn that has changed its inner parts.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from halopay_kit.receiver.asgi_application import AsgiApplication
from halopay_kit.receiver.connections import Connections
from halopay_kit.receiver.outcomes import OUTCOMES, Outcome
from halopay_kit.receiver.suspects import Suspects

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Protocol
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
else:
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Protocol
    except ImportError:  # uvicorn alone brings h11
        from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol

_HEAD = 64 * 1024
_REST = 16 * 1024 * 1024  # of a body that was refused: read and forgotten, so that the sender sees the refusal
_AHEAD = 64  # requests sent before the first was answered
_LAST_CALL = 0.05
_STATUS = {
    each.status: f"HTTP/1.1 {each.status} {HTTPStatus(each.status).phrase}\r\n".encode() for each in OUTCOMES.values()
}


class Line(Protocol):
    """uvicorn's connection, known to `Connections`."""

    known: Connections  # these are set by `lines`
    webhooks: AsgiApplication
    suspects: Suspects

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._loose = 0
        self._stopping = False
        self._reading = False
        self._suspect = False
        self._next: tuple[RequestResponseCycle, Any] | None = None

    def is_idle(self) -> bool:
        """Say whether no request is being read or answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take the connection in."""
        super().connection_made(transport)
        self.known.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.known.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, start the request that begins in there, and note whether it is whole."""
        before = self.cycle
        self._reading = True
        super().data_received(data)
        self._reading = False
        cycle = self.cycle
        if cycle is not None and cycle is not before and not cycle.more_body:
            self._loose = 0
            self.known.is_whole(self)
        else:
            self._bound(data, before)
        if self._stopping and cycle is not None:
            cycle.keep_alive = False
        if self._next is not None:
            self._start()

    def _bound(self, data: bytes, before: object) -> None:
        """Bound what comes without being a request's head or the body that somebody waits for."""
        cycle = self.cycle
        if cycle is not before:
            self._loose = 0
        elif self.is_idle():
            self._loose += len(data)
            if self._loose > (_REST if cycle is not None and cycle.more_body else _HEAD):
                self.known.cut(self, "large")
                return
        elif not cycle.more_body:
            self.known.is_whole(self)
            return
        self.known.waits(self)

    def shutdown(self) -> None:
        """Stop after the request that is here, or is on its way through the machine."""
        self._stopping = True
        if self.is_idle():
            self.loop.call_later(_LAST_CALL, self._hang_up)
        else:
            super().shutdown()

    def _hang_up(self) -> None:
        if self.is_idle():
            self.transport.close()

    # --- the way without a detour

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._next = (cycle, app)
        if not self._reading:  # the one before was answered; others have their turn first
            self.loop.call_soon(self._start)

    def _start(self) -> None:
        if self._next is None or self.transport.is_closing():
            return
        cycle, app = self._next
        self._next = None
        if cycle.more_body or cycle.access_log or self.flow.write_paused or not self._is_webhook(cycle):
            super()._start_asgi_task(cycle, app)
            return
        if len(self.pipeline) > _AHEAD:
            self.known.cut(self, "large")
            return
        if self._suspect:
            self.suspects.wait(self.loop, partial(self._judge, cycle))
        else:
            self._judge(cycle)

    def _judge(self, cycle: RequestResponseCycle) -> None:
        exchange = _Exchange(self, cycle)
        found = self.webhooks.receiver.judge(bytes(cycle.body), cycle.scope["headers"])
        self._suspect = isinstance(found, Outcome)
        if isinstance(found, Outcome):
            exchange.settle(found)
        else:
            self.webhooks.desk().submit(found, exchange)

    def _is_webhook(self, cycle: RequestResponseCycle) -> bool:
        receiver, scope = self.webhooks.receiver, cycle.scope
        return (
            scope["method"] == "POST"
            and (receiver.path is None or scope["path"] == receiver.path)
            and len(cycle.body) <= receiver.limit
        )

    def answer(self, cycle: RequestResponseCycle, outcome: Outcome) -> None:
        """Write a whole answer, as uvicorn would."""
        if cycle.disconnected or self.transport.is_closing():
            return
        lines = [_STATUS[outcome.status]]
        for name, value in (*self.server_state.default_headers, *outcome.headers):
            lines += (name, b": ", value, b"\r\n")
        if not cycle.keep_alive:
            lines.append(b"connection: close\r\n")
        lines += (b"\r\n", outcome.body)
        self.transport.write(b"".join(lines))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


class _Exchange:
    """A webhook that waits for its answer."""

    __slots__ = ("_began", "_cycle", "_line")

    def __init__(self, line: Line, cycle: RequestResponseCycle) -> None:
        self._line = line
        self._cycle = cycle
        self._began = time.perf_counter()

    def settle(self, outcome: Outcome) -> None:
        self._line.webhooks.receiver.finish(outcome, self._began)
        self._line.answer(self._cycle, outcome)


def lines(known: Connections, webhooks: AsgiApplication) -> type[Line]:
    """Return the class of connections that these know and that webhooks go through."""
    suspects = Suspects(lambda: webhooks.desk().is_collecting())
    return type("KnownLine", (Line,), {"known": known, "webhooks": webhooks, "suspects": suspects})
