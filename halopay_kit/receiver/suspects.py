"""Senders who were refused wait behind those who were not, so that nobody queues behind a flood of forged requests."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

_AT_A_TURN = 8


class Suspects:
    """Judges few of them at each turn of the event loop, and none while `is_pressing` says that others wait."""

    def __init__(self, is_pressing: Callable[[], bool]) -> None:
        self._is_pressing = is_pressing
        self._waiting: deque[Callable[[], None]] = deque()

    def wait(self, loop: asyncio.AbstractEventLoop, judge: Callable[[], None]) -> None:
        """Have a request judged in its turn."""
        if not self._waiting:
            loop.call_soon(self._work, loop)
        self._waiting.append(judge)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._is_pressing():
            for _ in range(min(_AT_A_TURN, len(self._waiting))):
                self._waiting.popleft()()
        if self._waiting:
            loop.call_soon(self._work, loop)
