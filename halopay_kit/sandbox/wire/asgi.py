"""ASGI in its barest form: the types, a body of limited size, a plain answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_LIMIT = 1024 * 1024
_DRAIN_LIMIT = 64 * BODY_LIMIT


async def read(receive: Receive) -> bytes | None:
    """Return the body, or None if it is larger than a mebibyte; then it is read to its end and forgotten.

    Raises:
        Gone: the caller went away, or the server stops.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        try:
            message = await receive()
        except asyncio.CancelledError:  # the server stops and does not wait for a half-open connection
            raise Gone from None
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_LIMIT:
            parts.append(part)
        if not message.get("more_body", False) or size > _DRAIN_LIMIT:
            return b"".join(parts) if size <= BODY_LIMIT else None


class Gone(Exception):
    """The caller went away; there is nobody to answer."""


async def answer(send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def begin(send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Send an answer whose end is still to come."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def cut(receive: Receive) -> None:
    """Close the connection without another byte; return when it is closed."""
    receive.__self__.transport.close()  # type: ignore[attr-defined]  # uvicorn's; ASGI itself has no word for this
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except asyncio.CancelledError:
        raise Gone from None


async def plain(send: Send, status: int, text: str, *more: tuple[bytes, bytes]) -> None:
    """Send one line of text."""
    body = f"{text}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *more]
    await answer(send, status, body, headers)
