"""A server that costs little: signed order answers, one per second, and an answer for Stripe's client.

Runs as a process of its own (`python -m benchmarks.server`), so that its CPU is not counted; prints its port, and
ends when its standard input does, so that it never outlives who started it.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure import ROOT
from benchmarks.messages import compact, example, halopay_headers, stripe_answer

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_ORDER = compact(example("order.create")["answer"])
_CUSTOMER = stripe_answer(len(_ORDER))


class Connection(asyncio.Protocol):
    """One keep-alive connection; reads requests by their Content-Length."""

    signed_at = 0
    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n") + 4) > 3:
            length = _LENGTH.search(self._received, 0, end)
            stop = end + (int(length[1]) if length else 0)
            if len(self._received) < stop:
                return
            customer = self._received.startswith(b"POST /v1/")
            self._received = self._received[stop:]
            self._transport.write(_http(_CUSTOMER, {}) if customer else self._order())

    def _order(self) -> bytes:
        now = int(time.time())  # noqa: TID251  # the other side of the wire has a clock
        if now != Connection.signed_at:
            Connection.signed_at, Connection.answer = now, _http(_ORDER, halopay_headers(_ORDER, now))
        return Connection.answer


def _http(body: bytes, headers: dict[str, str]) -> bytes:
    every = {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in every.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body


@contextmanager
def serving() -> Iterator[int]:
    """Start the server, give its port, stop it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the one who measures
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
