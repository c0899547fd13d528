"""Load on a server over keep-alive connections: as fast as it answers, or at a given rate."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence

LINES = 32
_GOOD, _END = b"HTTP/1.1 200 ", b"\r\n\r\nSuccess"


class Refused(Exception):
    """An answer that is not `Success`."""


def flat_out(port: int, requests: Sequence[bytes], lines: int = LINES) -> float:
    """Return how many requests a second are answered with `Success`, each connection with one under way."""
    with _Lines(port, lines) as open_lines:
        waiting = iter(requests)
        begun = time.perf_counter()
        for line in open_lines.all:
            line.sendall(next(waiting))
        answered = 0
        while answered < len(requests):
            for line in open_lines.ready():
                _answer(line)
                answered += 1
                request = next(waiting, None)
                if request is not None:
                    line.sendall(request)
        return len(requests) / (time.perf_counter() - begun)


def paced(port: int, requests: Sequence[bytes], rate: float, lines: int = LINES) -> list[float]:
    """Return the seconds from when each request was due, at so many a second, to its answer, in ascending order."""
    taken: list[float] = []
    with _Lines(port, lines) as open_lines:
        idle, due_at = list(open_lines.all), {}
        begun = time.perf_counter()
        sent = 0
        while len(taken) < len(requests):
            now = time.perf_counter()
            while idle and sent < len(requests) and begun + sent / rate <= now:
                line = idle.pop()
                due_at[line] = begun + sent / rate
                line.sendall(requests[sent])
                sent += 1
            rest = begun + sent / rate - time.perf_counter() if idle and sent < len(requests) else 1.0
            for line in open_lines.ready(max(0.0, rest)):
                _answer(line)
                taken.append(time.perf_counter() - due_at[line])
                idle.append(line)
    return sorted(taken)


class _Lines:
    def __init__(self, port: int, number: int) -> None:
        self.all = [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]
        self._selector = selectors.DefaultSelector()
        for line in self.all:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(line, selectors.EVENT_READ, line)

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for line in self.all:
            line.close()

    def ready(self, timeout: float | None = None) -> list[socket.socket]:
        return [key.data for key, _ in self._selector.select(timeout)]


def _answer(line: socket.socket) -> None:
    received = line.recv(4096)
    while received.startswith(_GOOD[: len(received)]) and not received.endswith(_END):
        more = line.recv(4096)
        if not more:
            break
        received += more
    if not (received.startswith(_GOOD) and received.endswith(_END)):
        raise Refused(received.decode(errors="replace"))
