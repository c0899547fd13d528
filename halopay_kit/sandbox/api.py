"""HaloPay's API as an ASGI application: method, path and size are judged here, the rest at the desk."""

from __future__ import annotations

import contextlib

from halopay_kit.sandbox import asgi
from halopay_kit.sandbox.desk import Desk


class Api:
    """Serves the paths of the spec."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer one call."""
        with contextlib.suppress(asgi.Gone):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        path = scope["path"]
        if not self._desk.serves(path):
            await asgi.plain(send, 404, "Not Found")
        elif scope["method"] != "POST":
            await asgi.plain(send, 405, "Method Not Allowed", (b"allow", b"POST"))
        elif (body := await asgi.read(receive)) is None:
            await asgi.plain(send, 413, "Content Too Large", (b"connection", b"close"))
        else:
            headers: dict[bytes, bytes | None] = {}
            for name, value in scope["headers"]:
                headers[name] = None if name in headers else value
            await asgi.answer(send, 200, *self._desk.answer(path, headers, body))
