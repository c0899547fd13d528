"""Connections that outlive nobody's patience: slow heads are cut, and the slowest make room when there are too many."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from halopay_kit.receiver.metrics import Metrics

if TYPE_CHECKING:
    from halopay_kit.receiver.line import Line

_LOOKS = 4


class Connections:
    """All connections of a server; those without a whole request wait in the order in which they began to."""

    def __init__(self, *, at_most: int, patience: float, metrics: Metrics) -> None:
        self._at_most = at_most
        self._patience = patience
        self._metrics = metrics
        self._lines: set[Line] = set()
        self._incomplete: dict[Line, float] = {}
        self._looking = False

    def opened(self, line: Line) -> None:
        """Take a connection in; if there are too many, the one that has kept us waiting the longest goes."""
        if len(self._lines) >= self._at_most:
            slowest = next(iter(self._incomplete), None) or next((each for each in self._lines if each.is_idle()), line)
            self.cut(slowest, "crowded")
            if slowest is line:
                return
        self._lines.add(line)
        self.waits(line)

    def closed(self, line: Line) -> None:
        """Forget a connection."""
        self._lines.discard(line)
        self._incomplete.pop(line, None)

    def waits(self, line: Line) -> None:
        """Note that a connection has no whole request; its time runs since the first such note."""
        if line not in self._incomplete:
            self._incomplete[line] = line.loop.time()
            if not self._looking:
                self._look_later(line.loop)

    def is_whole(self, line: Line) -> None:
        """Note that a connection's request is whole."""
        self._incomplete.pop(line, None)

    def cut(self, line: Line, reason: str) -> None:
        """Close a connection on its sender."""
        self.closed(line)
        self._metrics.cut(reason)
        line.transport.abort()

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = True
        loop.call_later(self._patience / _LOOKS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = False
        now = loop.time()
        for line, since in list(self._incomplete.items()):
            waited = now - since
            if waited < self._patience:
                break
            if line.is_idle() or waited > 2 * self._patience:  # a living request is told 408 first
                self.cut(line, "slow")
        if self._incomplete:
            self._look_later(loop)
