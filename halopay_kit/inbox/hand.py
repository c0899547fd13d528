"""What one worker holds: events claimed and not begun, the one it works on, and what became of others.

The worker and the keeper share it. The keeper sees to it that nothing waits behind a slow handler: what is finished is
written, what was not begun is given back, and the lease of what is under way begins anew.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from halopay_kit.inbox.stored import Stored
from halopay_kit.inbox.work import Outcome, Work

GROUP = 0.02  # seconds; outcomes of this long share a commit
_NEVER = float("inf")
_log = logging.getLogger(__name__)


class Hand:
    """One worker's; `longest` is for how many seconds an event is kept before its lease is left to run out."""

    def __init__(self, work: Work, longest: float | None) -> None:
        self.settled: Counter[str] = Counter()
        self.began = 0  # events of the last claim
        self._work = work
        self._longest = _NEVER if longest is None else longest
        self._lock = threading.Lock()  # of what stands below
        self._writing = threading.Lock()  # one transaction of this hand at a time; never asked for under _lock
        self._claimed: deque[Stored] = deque()
        self._outcomes: list[Outcome] = []
        self._turned_at = 0.0
        self._good_until = 0.0
        self._claimed_at = 0.0  # by the monotonic clock: the other one may be put back
        self._running: Stored | None = None
        self._since = self._renewed_at = 0.0

    def turn(self, most: int) -> int:
        """Write what is finished, give back what was not begun, claim up to `most`; return how many those are.

        Raises:
            InboxUnavailable: nothing was written, and nothing forgotten.
        """
        with self._writing:
            return self._turn(most)

    def begin(self) -> Stored | None:
        """Return the next event to work on; None if it is time for another turn."""
        now = time.monotonic()
        with self._lock:
            late = self.began and now - self._turned_at > GROUP
            stale = now - self._claimed_at > self._work.lease / 2 or self._work.inbox.clock() > self._good_until
            if not self._claimed or late or stale:
                return None
            self.began += 1
            self._running = self._claimed.popleft()
            self._since = self._renewed_at = now
            return self._running

    def join(self) -> AbstractContextManager[Connection | None]:
        """Open the transaction that the event under way is to join; the keeper leaves its lease alone from here on."""
        with self._lock:
            event, self._renewed_at = self._running, _NEVER
        assert event is not None  # noqa: S101  # begun before
        return self._work.joined(event)

    def end(self, outcome: Outcome | None = None) -> None:
        """Say what became of the event under way; None if it is written already."""
        with self._lock:
            self._running = None
            if outcome is not None:
                self._outcomes.append(outcome)

    def count(self, what: str) -> None:
        """Count an outcome that is written already."""
        with self._lock:
            self.settled[what] += 1

    def drop(self) -> None:
        """Give the event under way back, if there is one: its try does not count."""
        with self._lock:
            event = self._running
        if event is not None:
            self.end(Outcome(event, "back"))

    def when(self) -> float:
        """Return when the keeper is needed next, by the monotonic clock."""
        with self._lock:
            waits = self._turned_at + GROUP if self._claimed or self._outcomes else _NEVER
            return waits if self._running is None else min(waits, self._renewal())

    def keep(self) -> None:
        """Do what is due while the handler runs.

        Raises:
            InboxUnavailable: it could not be done.
        """
        now = time.monotonic()
        with self._lock:
            event = self._running
            waits = event is not None and now - self._turned_at > GROUP and (self._claimed or self._outcomes)
            renew = event is not None and now >= self._renewal()
        if waits and self._writing.acquire(blocking=False):
            try:
                self._turn(0)
            finally:
                self._writing.release()
        if renew and event is not None:
            stands = self._work.renew(event)
            with self._lock:
                if self._running is event and self._renewed_at != _NEVER:
                    self._renewed_at = now if stands else _NEVER

    def _renewal(self) -> float:
        due = self._renewed_at + self._work.lease / 3
        return due if due - self._since <= self._longest else _NEVER

    def _turn(self, most: int) -> int:
        with self._lock:
            outcomes = self._outcomes + [Outcome(event, "back") for event in self._claimed]
            self._outcomes = []
            self._claimed.clear()
        if not outcomes and not most:
            return 0
        asked_at = time.monotonic()
        try:
            claimed, settled = self._work.turn(outcomes, most)
        except BaseException:
            with self._lock:
                self._outcomes = outcomes + self._outcomes
            raise
        if settled["late"]:
            _log.warning("%d handled events were no longer this worker's: its lease had run out", settled["late"])
        with self._lock:
            self.settled += settled
            self._claimed.extend(claimed)
            if most:
                self.began = 0
                self._turned_at, self._claimed_at = time.monotonic(), asked_at
                self._good_until = self._work.inbox.clock() + self._work.lease / 2
        return len(claimed)
