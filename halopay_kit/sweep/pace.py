"""The rhythm of a sweep, shared by all that query: whoever is told to slow down slows everybody down."""

from __future__ import annotations

import threading
from collections.abc import Callable

FIRST_GAP = 0.25  # seconds between two queries, once HaloPay has asked for less of them
LONGEST_GAP = 30.0
_EASING = 0.95  # of the gap is left after each answer
_NAP = 0.5  # seconds, at most, before looking again whether it is over
_NO_GAP = 0.001


class Pace:
    """When the next query may go out; thread-safe.

    `rate` is queries a second at most. `clock` is in seconds from anywhere, `sleep` returns once they passed, or
    earlier. `over` says that nobody may go on.
    """

    def __init__(
        self,
        *,
        rate: float | None,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        over: Callable[[], bool],
    ) -> None:
        self._clock, self._sleep, self._over = clock, sleep, over
        self._least = self._gap = 1 / rate if rate else 0.0
        self._next = clock()
        self._lock = threading.Lock()
        self.slowed = 0

    def turn(self) -> int | None:
        """Wait until a query may go out; return how often everybody was slowed down so far, None where it is over."""
        while not self._over():
            with self._lock:
                now = self._clock()
                wait = self._next - now
                if wait <= 0:
                    self._next = now + self._gap
                    return self.slowed
            self._sleep(min(wait, _NAP))
        return None

    def slow(self, asked: float, turn: int, longest: float = LONGEST_GAP) -> bool:
        """Let everybody pause, `asked` seconds at least, and then go more slowly; `turn` is what `turn` returned.

        What went out together is one reason, not many: return whether this was a new one.
        """
        with self._lock:
            new = turn == self.slowed
            if new:
                self._gap = max(min(max(self._gap * 2, FIRST_GAP), longest), self._least)
                self.slowed += 1
            self._next = max(self._next, self._clock() + max(asked, self._gap))
            return new

    def ease(self) -> None:
        """Go a little faster again: a query was answered."""
        with self._lock:
            eased = self._gap * _EASING
            self._gap = max(self._least, eased if eased > _NO_GAP else 0.0)
