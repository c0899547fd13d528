"""The receiver as an ASGI application."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from halopay_kit.receiver.desk import Desk
from halopay_kit.receiver.keys import AppKeys
from halopay_kit.receiver.outcomes import ELSEWHERE, GONE, NOT_POST, TOO_LARGE, Outcome
from halopay_kit.receiver.receiver import Options, Receiver

if TYPE_CHECKING:
    from halopay_kit.inbox import Inbox

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def asgi(inbox: Inbox, app_key: AppKeys | Mapping[str, AppKeys], **options: Unpack[Options]) -> AsgiApplication:
    """Return an ASGI application that takes webhooks into the inbox.

    `app_key` is one key or several, while it is being changed, or keys by app id where several apps send here. It
    answers `Success` when the event is durable; it closes neither inbox nor anything else of yours.

    Raises:
        ConfigurationError: a key or an option that cannot be right.
    """
    try:
        return AsgiApplication(Receiver(inbox, app_key, **options))
    finally:
        del app_key  # or this frame would show it in a traceback


class AsgiApplication:
    """Serves on any number of event loops; the lifespan protocol is understood and not needed.

    Attributes:
        metrics: what was counted so far.
        receiver: what it shares with the server that knows more than ASGI.
    """

    def __init__(self, receiver: Receiver) -> None:
        self.metrics = receiver.metrics
        self.receiver = receiver
        self._desk: Desk | None = None
        self._desks: dict[asyncio.AbstractEventLoop, Desk] = {}

    def close(self, patience: float = 10.0) -> None:
        """Commit what waits and tell the inbox how many were rejected; it may be used again."""
        self.receiver.commit.close(patience)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._other(scope["type"], receive, send)
            return
        began = time.perf_counter()
        outcome = await self._outcome(scope, receive)
        self.receiver.finish(outcome, began)
        await send({"type": "http.response.start", "status": outcome.status, "headers": list(outcome.headers)})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else outcome.body})

    async def _outcome(self, scope: Scope, receive: Receive) -> Outcome:
        receiver = self.receiver
        if receiver.path is not None and below_mount(scope) != receiver.path:
            return ELSEWHERE
        if scope["method"] != "POST":
            return NOT_POST
        headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
        for name, value in headers:
            if name == b"content-length" and (refused := receiver.refuse_length(value)):
                return refused
        desk = self.desk()
        body = await desk.in_time(_whole(receive, receiver.limit))
        if isinstance(body, Outcome):
            return body
        found = receiver.judge(body, headers)
        if isinstance(found, Outcome):
            return found
        return await desk.committed(found)

    def desk(self) -> Desk:
        """Return what waits on the running event loop."""
        loop = asyncio.get_running_loop()
        desk = self._desk
        if desk is None or desk.loop is not loop:
            desk = self._desks.get(loop)
            if desk is None:
                self._desks = {other: its for other, its in self._desks.items() if not other.is_closed()}
                desk = self._desks[loop] = Desk(loop, self.receiver.commit, self.receiver.timeout)
            self._desk = desk
        return desk

    async def _other(self, kind: str, receive: Receive, send: Send) -> None:
        if kind == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        while kind == "lifespan":
            phase = (await receive())["type"]
            if phase == "lifespan.shutdown":
                await asyncio.to_thread(self.close)
            await send({"type": f"{phase}.complete"})
            if phase == "lifespan.shutdown":
                return


async def _whole(receive: Receive, limit: int) -> bytes | Outcome:
    parts: list[bytes] = []
    size = 0
    while (message := await receive())["type"] == "http.request":
        part = bytes(message.get("body", b""))
        size += len(part)
        if size > limit:
            return TOO_LARGE
        if not message.get("more_body", False):
            return b"".join((*parts, part)) if parts else part
        parts.append(part)
    return GONE


def below_mount(scope: Scope) -> str:
    """Return the path as seen from where the application is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
