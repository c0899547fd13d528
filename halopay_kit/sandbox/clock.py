"""The sandbox's time; whoever needs it gets this object."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.wire.refusal import ControlError
from halopay_kit.signing import unix

Source = Callable[[], float | datetime]
When = datetime | str | float
Span = timedelta | str | float

_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_UNITS = (86_400, 3600, 60, 1)
_FIRST, _LAST = 10**9, 10**10


class Clock:
    """The machine's time, or one that stands still from `start` on, or flows `speed` times as fast, or a source's.

    Whatever it is, it can be moved forward; what falls due on the way happens then.

    Raises:
        ConfigurationError: a setting that cannot be right.
    """

    def __init__(self, start: When | None = None, source: Source | None = None, speed: float | None = None) -> None:
        if source is not None and not callable(source):
            raise ConfigurationError("the clock must be callable")
        if source is not None and (start is not None or speed is not None):
            raise ConfigurationError("a clock of one's own comes without start and speed")
        if isinstance(speed, bool) or not (speed is None or (isinstance(speed, int | float) and 0 < speed <= 1e6)):
            raise ConfigurationError("speed is a number above 0, at most a million")
        self._source = source
        self._start = None if start is None else instant(start)
        self._speed = speed
        self._offset = 0.0
        self._held: float | None = None
        self._travels = threading.RLock()
        self._work: Callable[[float], None] = lambda _until: None
        self._after: Callable[[], None] = lambda: None
        self.moved: Callable[[], None] = lambda: None
        self._begun = time.monotonic()
        if speed is not None and start is None:
            self._start = self.machine()
        self.now()  # a source that cannot be right is refused here

    @property
    def flows(self) -> bool:
        """Say whether time passes by itself, at a pace that the sandbox knows."""
        return self._source is None and (self._start is None or self._speed is not None)

    @property
    def speed(self) -> float:
        """Return how many of its seconds pass in a second of the machine."""
        return 1.0 if self._speed is None else self._speed

    def now(self) -> float:
        """Return unix seconds.

        Raises:
            ConfigurationError: the source gives something else; a timestamp has ten digits.
        """
        held = self._held
        return self._base() + self._offset if held is None else held

    def second(self) -> int:
        """Return whole unix seconds."""
        return int(self.now())

    def machine(self) -> float:
        """Return the time of the world outside, which does not travel: the machine's, or the source's."""
        now = unix(time.time() if self._source is None else self._source())  # noqa: TID251  # the one place where the sandbox meets the real time
        if not _FIRST <= now < _LAST:
            raise ConfigurationError("the sandbox's clock does not give unix seconds")
        return now

    def advance(self, by: Span) -> None:
        """Move forward by a span like "3h", "24h3m50s", 90 or a timedelta; return when all that fell due is done.

        Raises:
            ControlError: not a span, or one that goes back.
        """
        try:
            span = seconds(by)
        except ConfigurationError as error:
            raise ControlError(error.problem, status=422) from error
        with self._travels:
            self._travel(self.now() + span)

    def travel_to(self, when: When) -> None:
        """Move forward to a time: an aware datetime, ISO text with a zone, or unix seconds.

        Raises:
            ControlError: not a time, or one in the past.
        """
        try:
            until = instant(when)
        except ConfigurationError as error:
            raise ControlError(error.problem, status=422) from error
        with self._travels:
            if until < self.now():
                raise ControlError("time does not go back")
            self._travel(until)

    def let_pass(self, seconds: float) -> None:
        """Move forward, unless somebody else is moving the clock, who may be waiting for the caller."""
        if self._travels.acquire(blocking=False):
            try:
                self._travel(self.now() + seconds)
            finally:
                self._travels.release()

    def mark(self) -> tuple[float, float]:
        """Return the time now and by how much it was moved, to go on from after a new start."""
        now = self.now()
        return now, now - self._base()

    def go_on(self, now: float, moved: float) -> None:
        """Never be before that time; and stay moved that far, where nothing says when to start."""
        self._offset = max(moved if self._start is None else 0.0, now - self._base())

    def works(self, work: Callable[[float], None], after: Callable[[], None]) -> None:
        """Whenever the clock is moved, let `work` do all that is due until a time, and tell `after`."""
        self._work, self._after = work, after

    def hold(self, at: float) -> None:
        """Stand at that time, while what is due then is done; never earlier than it already is."""
        self._held = max(at, self.now())

    def _travel(self, until: float) -> None:
        if until >= _LAST:
            raise ControlError("a timestamp has ten digits: that is too far", status=422)
        self.hold(self.now())
        try:
            self._work(until)
            self.hold(until)
        finally:
            self._offset = self.now() - self._base()
            self._held = None
            self._after()
        self.moved()

    def _base(self) -> float:
        if self._start is None:
            return self.machine()
        return self._start + (0 if self._speed is None else (time.monotonic() - self._begun) * self._speed)


def seconds(value: Span) -> float:
    """Return the seconds of a span.

    Raises:
        ConfigurationError: it is none, or it goes back.
    """
    if isinstance(value, timedelta):
        found = value.total_seconds()
    elif isinstance(value, str):
        match = _SPAN.fullmatch(value.strip())
        if match is None or not any(match.groups()):
            raise ConfigurationError('a span is like "90s", "3h" or "24h3m50s"')
        found = sum(float(digits or 0) * unit for digits, unit in zip(match.groups(), _UNITS, strict=True))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = float(min(value, _LAST))
    else:
        raise ConfigurationError(f"a span is a text, a number or a timedelta, not a {type(value).__name__}")
    if not 0 <= found < _LAST:
        raise ConfigurationError("time does not go back, and not beyond all measure forward")
    return found


def instant(when: When) -> float:
    """Return unix seconds of an aware datetime, of ISO text with a zone, or of unix seconds.

    Raises:
        ConfigurationError: it is none of them, or does not have ten digits.
    """
    if isinstance(when, str):
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            raise ConfigurationError("a time is ISO text like 2026-03-17T12:20:00Z") from None
    second = unix(when)
    if not _FIRST <= second < _LAST:
        raise ConfigurationError("a time has ten digits in unix seconds")
    return second
