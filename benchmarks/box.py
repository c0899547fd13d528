"""A sandbox in a process of its own, or the receiver of its webhooks: `python -m benchmarks.box serve|due|receive`.

Each prints one line of JSON when it is ready, or done, and one for each line of its standard input; it ends with it.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.messages import APP_ID, APP_KEY

BLOCKS = 20
_ADDRESSES = 1000


class Process:
    """Says a line, gets a line."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.ready = self._line()

    def ask(self) -> Any:
        """Return what it says next."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline() or "null")


@contextmanager
def running(*arguments: str) -> Iterator[Process]:
    """Start one, stop it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.box", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the one who measures
    )
    try:
        yield Process(process)
    finally:
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Receiver(asyncio.Protocol):
    """Says `Success` to whatever has come in full."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport, self._received = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n") + 4) > 3:
            length = re.search(rb"\r\ncontent-length: *([0-9]+)", self._received[:end], re.IGNORECASE)
            stop = end + (int(length[1]) if length else 0)
            if len(self._received) < stop:
                return
            self._received = self._received[stop:]
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nSuccess")


async def _receive() -> None:
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
    _say(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


def _serve(state: str | None = None) -> None:
    from halopay_kit.sandbox import Sandbox

    with Sandbox(app_id=APP_ID, app_key=APP_KEY, state=state) as box:
        _say(box.base_url)
        for _ in sys.stdin:
            _say(_peak())


def _due(url: str, count: int) -> None:
    """Let so many payments be confirmed in one second, and tell how long their webhooks took."""
    from halopay_kit import HaloPay
    from halopay_kit.sandbox import Sandbox, Unknowns

    unknowns = Unknowns(need_confirms=BLOCKS)
    with Sandbox(webhook_url=url, start=time.time(), unknowns=unknowns) as box:  # noqa: TID251  # or the client is late
        with HaloPay(box.app_id, box.app_key, box.base_url) as client:
            made = [client.payment_qr_code.create(currency_id=75).pay_address for _ in range(min(_ADDRESSES, count))]
        _say(len(made))
        for _ in sys.stdin:
            before = len(box.deliveries)
            for index in range(count):
                box.pay(address=made[index % len(made)], amount=1)
            begun = time.perf_counter()
            box.clock.advance("1h")
            seconds = time.perf_counter() - begun
            sent = [delivery for delivery in box.deliveries[before:] if len(delivery.attempts) == 1]
            _say({"seconds": seconds, "delivered": sum(delivery.state == "delivered" for delivery in sent)})


def _peak() -> int:
    """Return the largest memory that this process had so far, in bytes; `getrusage` would count the starter's too."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        found = None
    peak = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", *state]:
            _serve(*state)
        case ["due", url, number]:
            _due(url, int(number))
        case _:
            asyncio.run(_receive())
