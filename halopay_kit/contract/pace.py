"""How fast calls go out: at a rate, and slower whenever HaloPay says that it is too fast."""

from __future__ import annotations

import time
from collections.abc import Callable

SLOWEST = 60.0  # seconds between two calls
_FIRST_PAUSE = 1.0


class Pace:
    """Waits before a call; `rate` is calls a second, None does not wait."""

    def __init__(
        self,
        rate: float | None = None,
        *,
        tick: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._tick = tick
        self._sleep = sleep
        self._next = 0.0

    def wait(self) -> None:
        """Return when the next call may go out."""
        now = self._tick()
        if now < self._next:
            self._sleep(self._next - now)
            now = max(self._tick(), self._next)
        self._next = now + self._gap

    def slow_down(self, asked: float | None = None) -> None:
        """Double the gap from here on, and wait at least as long as HaloPay asks for."""
        self._gap = min(max(self._gap * 2, _FIRST_PAUSE), SLOWEST)
        self._next = self._tick() + max(self._gap, min(asked or 0.0, SLOWEST))
