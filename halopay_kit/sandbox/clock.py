"""The sandbox's time; whoever needs it gets this object."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import unix


class Clock:
    """Reads one source: a callable that returns unix seconds or an aware datetime; the system's time by default."""

    __slots__ = ("_source",)

    def __init__(self, source: Callable[[], float | datetime] | None = None) -> None:
        if not (source is None or callable(source)):
            raise ConfigurationError("the clock must be callable")
        self._source = source or time.time  # noqa: TID251  # the one place where the sandbox meets the real time

    def now(self) -> float:
        """Return unix seconds.

        Raises:
            ConfigurationError: the source gives something else; a timestamp has ten digits.
        """
        now = unix(self._source())
        if not 10**9 <= now < 10**10:
            raise ConfigurationError("the sandbox's clock does not give unix seconds")
        return now

    def second(self) -> int:
        """Return whole unix seconds."""
        return int(self.now())
