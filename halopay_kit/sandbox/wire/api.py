"""HaloPay's API as an ASGI application: method, path and size are judged here, the rest at the desk."""

from __future__ import annotations

import asyncio
import contextlib

from halopay_kit.sandbox.wire import asgi
from halopay_kit.sandbox.wire.answer import Answer
from halopay_kit.sandbox.wire.desk import Call, Desk


class Api:
    """Serves the paths of the spec."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer one call."""
        with contextlib.suppress(asgi.Gone):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        operation = self._desk.operation(scope["path"])
        if operation is None:
            await asgi.plain(send, 404, "Not Found")
        elif scope["method"] != "POST":
            await asgi.plain(send, 405, "Method Not Allowed", (b"allow", b"POST"))
        elif (body := await asgi.read(receive)) is None:
            await asgi.plain(send, 413, "Content Too Large", (b"connection", b"close"))
        else:
            headers: dict[bytes, bytes | None] = {}
            for name, value in scope["headers"]:
                headers[name] = None if name in headers else value
            call = self._desk.take(operation, headers, body)
            await self._desk.deliveries.before_answer()
            if "delay" in call.faults:
                await self._hold(call)
            try:
                await _send(send, receive, self._desk.answer(call))
            finally:
                self._desk.deliveries.after_answer()

    async def _hold(self, call: Call) -> None:
        try:
            await asyncio.sleep(self._desk.wait(call))
            await asyncio.to_thread(self._desk.pass_time, call)
        except asyncio.CancelledError:  # the server stops
            raise asgi.Gone from None


async def _send(send: asgi.Send, receive: asgi.Receive, answer: Answer) -> None:
    if answer.status is None:
        await asgi.cut(receive)
    elif answer.half:
        await asgi.begin(send, answer.status, answer.sent, answer.headers)
        await asgi.cut(receive)
    else:
        await asgi.answer(send, answer.status, answer.body, answer.headers)
