"""The sandbox's time; whoever needs it gets this object."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from halopay_kit.signing import unix


class Clock:
    """Reads one source: a callable that returns unix seconds or an aware datetime; the system's time by default."""

    __slots__ = ("_source",)

    def __init__(self, source: Callable[[], float | datetime] | None = None) -> None:
        self._source = source or time.time  # noqa: TID251  # the one place where the sandbox meets the real time

    def now(self) -> float:
        """Return unix seconds."""
        return unix(self._source())

    def second(self) -> int:
        """Return whole unix seconds."""
        return int(self.now())
