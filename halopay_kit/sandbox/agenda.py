"""What is due when: expiries, confirmations, payouts that settle by themselves, attempts to deliver."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from halopay_kit.sandbox.clock import Clock
from halopay_kit.sandbox.wire.refusal import ControlError

_LONGEST_WAIT = 3600.0


class Due(NamedTuple):
    """Something to do at a second: `what` is the kind, `key` says of which row."""

    at: int
    number: int
    what: str
    key: str | int


class Posting(Protocol):
    """What sends; `launch` hands over all that is ready, in one batch to wait for or each by itself."""

    def launch(self, *, together: bool = True) -> Callable[[], None]:
        """Send, and return how to wait for it."""

    def wait(self) -> None:
        """Wait until nothing is under way."""


class Agenda:
    """A heap, by time and then in the order of adding; whoever adds to it holds the lock.

    It is worked off in order when the clock is moved, and by a thread as time passes, between `start` and `stop`.
    """

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self.does: dict[str, Callable[[str | int], None]] = {}
        self._clock = clock
        self._lock = lock
        self._heap: list[Due] = []
        self._number = 0
        self._posting: Posting | None = None
        self.tell: Callable[[Due, bool], None] = lambda _due, _there: None
        self._turn = threading.RLock()
        self._changed = threading.Condition(lock)
        self._thread: threading.Thread | None = None
        self._over = False

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Due]:
        return iter(sorted(self._heap))

    def posts_with(self, posting: Posting) -> None:
        """Send with this what becomes ready to be sent."""
        self._posting = posting

    def add(self, at: float, what: str, key: str | int) -> None:
        """Have it done at that time."""
        self._number += 1
        due = Due(int(at), self._number, what, key)
        heapq.heappush(self._heap, due)
        self.tell(due, True)
        if self._heap[0] is due:
            self._changed.notify_all()

    def put_back(self, dues: list[Due]) -> None:
        """Begin with these, which were there before."""
        self._heap = sorted(dues)
        self._number = max((due.number for due in dues), default=0)

    def start(self) -> None:
        """Work in a thread on what falls due as time passes."""
        self._thread = threading.Thread(target=self._run, name="halopay-agenda", daemon=True)
        self._thread.start()

    def halt(self) -> None:
        """Begin nothing more until `stop` is through."""
        self._over = True
        self.wake()

    def stop(self) -> None:
        """End the thread; what is due later stays on the agenda."""
        self.halt()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        with self._turn:
            self._over = False

    def wake(self) -> None:
        """Have the thread look at what is due."""
        with self._lock:
            self._changed.notify_all()

    def is_due(self) -> bool:
        """Say whether something is due by now."""
        heap = self._heap
        return bool(heap) and heap[0].at <= self._clock.now()

    def catch_up(self) -> None:
        """Do what is due by now, where no thread knows of it; return when it is done."""
        unknown = self._thread is None or not self._clock.flows
        if unknown and self.is_due() and self._turn.acquire(blocking=False):
            try:
                self._work(self._clock.now())
            finally:
                self._turn.release()

    def look(self) -> None:
        """Catch up before somebody looks, while the sandbox runs."""
        if self._thread is not None:
            self.catch_up()

    def work(self, until: float) -> None:
        """Do all that falls due until then, in order, the clock standing at the second of each; wait for replies.

        Raises:
            ControlError: the sandbox was stopped meanwhile.
        """
        with self._turn:
            if self._posting is not None:
                self._posting.launch()()
                self._posting.wait()
            self._work(until, holding=True)

    def _work(self, until: float, *, holding: bool = False) -> None:
        while True:
            with self._lock:
                if self._over:
                    raise ControlError("the sandbox was stopped on the way")
                taken = self._take(until)
                if not taken:
                    return
                if holding:
                    self._clock.hold(taken[0].at)
                wait = self._do(taken)
            wait()

    def _do(self, taken: list[Due], *, together: bool = True) -> Callable[[], None]:
        for due in taken:
            self.does[due.what](due.key)
        return (lambda: None) if self._posting is None else self._posting.launch(together=together)

    def _take(self, until: float) -> list[Due]:
        taken: list[Due] = []
        while self._heap and self._heap[0].at <= until and (not taken or self._heap[0].at == taken[0].at):
            taken.append(heapq.heappop(self._heap))
            self.tell(taken[-1], False)
        return taken

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._over and not self.is_due():
                    self._changed.wait(self._pause())
                if self._over:
                    return
            with self._turn, self._lock:
                self._do(self._take(self._clock.now()), together=False)

    def _pause(self) -> float | None:
        if not self._heap or not self._clock.flows:
            return None
        return min((self._heap[0].at - self._clock.now()) / self._clock.speed, _LONGEST_WAIT)
