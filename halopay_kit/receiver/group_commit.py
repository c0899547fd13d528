"""All that wait for the store at one time share one transaction, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from halopay_kit import signing
from halopay_kit.errors import HaloPayError
from halopay_kit.receiver.metrics import Metrics
from halopay_kit.receiver.outcomes import SUCCESS, UNAVAILABLE, Outcome

if TYPE_CHECKING:
    from halopay_kit.inbox import Arrival, Inbox
    from halopay_kit.inbox.off_spec import OffSpec

_log = logging.getLogger(__name__)
_AT_ONCE = 256
_WAITING_AT_MOST = 8192
_SLOW = 1.0  # a store that took this long to fail is not asked again for each arrival by itself
_REJECTIONS_EVERY = 5.0
_IDLE = 30.0
_OFF_SPEC_AT_MOST = 64  # bodies that wait to be kept; HaloPay sends the others again
_OFF_SPEC_AGAIN = 5.0
_SEEN = 1024  # bodies that are known to be kept

Told = Callable[[Sequence[tuple[Any, Outcome]]], object]


class Waiting(NamedTuple):
    """An arrival, and who is told (with which ticket) how it ended."""

    arrival: Arrival
    told: Told
    ticket: Any


class _Todo(NamedTuple):
    """What the thread does next."""

    batch: list[Waiting]
    off_spec: list[OffSpec]
    rejections: Counter[str]


class GroupCommit:
    """Hands arrivals to the inbox; its thread runs while there is something to do, and a while longer."""

    def __init__(self, inbox: Inbox, metrics: Metrics) -> None:
        self._inbox = inbox
        self._metrics = metrics
        self._waiting: deque[Waiting] = deque()
        self._rejections: Counter[str] = Counter()
        self._rejections_due = 0.0
        self._off_spec: list[OffSpec] = []
        self._off_spec_due = 0.0
        self._seen: dict[bytes, None] = {}  # the oldest first
        lock = threading.Lock()
        self._news = threading.Condition(lock)
        self._calm = threading.Condition(lock)
        self._busy = False
        self._thread: threading.Thread | None = None
        self._closing = False
        self._failing = False

    def is_full(self) -> bool:
        """Say whether so many wait already that another would wait in vain."""
        return len(self._waiting) >= _WAITING_AT_MOST

    def submit(self, entries: Sequence[Waiting]) -> None:
        """Have the arrivals committed, together with what else waits; callable from any thread."""
        with self._news:
            self._busy = True
            self._waiting.extend(entries)
            self._wake()

    def is_done(self, patience: float) -> bool:
        """Wait, in seconds, until everything that was submitted has ended; say whether it has."""
        with self._calm:
            return self._calm.wait_for(lambda: not self._busy, patience)

    def reject(self, reason: str) -> None:
        """Count an unverified request; the inbox is told now and then, never request by request."""
        with self._news:
            self._rejections[reason] += 1
            if self._rejections.total() == 1:
                self._wake()

    def keep(self, genuine: OffSpec) -> None:
        """Have genuine bytes kept that are no event, and say so in the log; once, however often they come."""
        digest = genuine.digest
        with self._news:
            if digest in self._seen or len(self._off_spec) >= _OFF_SPEC_AT_MOST:
                return
            self._seen[digest] = None
            if len(self._seen) > _SEEN:
                del self._seen[next(iter(self._seen))]
            self._off_spec.append(genuine)
            self._wake()
        _log.error("a webhook with the right signature is not what the spec says: %s", signing.hide(genuine.problem))

    def close(self, patience: float = 10.0) -> None:
        """Commit what waits, tell the inbox the rest, end the thread; it starts anew when needed."""
        with self._news:
            thread, self._closing = self._thread, True
            self._news.notify()
        if thread is not None:
            thread.join(patience)

    def _wake(self) -> None:
        if self._thread is None or not self._thread.is_alive():  # a fork leaves it behind
            self._closing = False
            self._thread = threading.Thread(target=self._run, name="halopay-receiver", daemon=True)
            self._thread.start()
        else:
            self._news.notify()

    def _run(self) -> None:
        while (todo := self._next()) is not None:
            if todo.batch:
                self._commit(todo.batch)
            if todo.off_spec:
                self._keep(todo.off_spec)
            if todo.rejections:
                self._flush(todo.rejections)

    def _next(self) -> _Todo | None:
        """Wait for something to do; None ends the thread."""
        with self._news:
            if not self._waiting:
                self._busy = False
                self._calm.notify_all()
            idle_until = time.monotonic() + _IDLE
            while not (self._waiting or self._closing):
                due = self._rejections_due if self._rejections else idle_until
                rest = min(due, self._off_spec_due if self._off_spec else due) - time.monotonic()
                if rest <= 0:
                    break
                self._news.wait(rest)
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
            off_spec: list[OffSpec] = []
            if self._off_spec and (self._closing or time.monotonic() >= self._off_spec_due):
                self._off_spec, off_spec = off_spec, self._off_spec
            rejections: Counter[str] = Counter()
            if self._rejections and (self._closing or time.monotonic() >= self._rejections_due):
                self._rejections, rejections = rejections, self._rejections
                self._rejections_due = time.monotonic() + _REJECTIONS_EVERY
            if not batch and not off_spec and not rejections:
                self._thread = None
                return None
            return _Todo(batch, off_spec, rejections)

    def _commit(self, batch: list[Waiting]) -> None:
        began = time.perf_counter()
        if self._take(batch):
            outcomes = [SUCCESS] * len(batch)
        elif len(batch) == 1 or time.perf_counter() - began > _SLOW:
            outcomes = [UNAVAILABLE] * len(batch)
        else:
            outcomes = self._one_by_one(batch)
        told: dict[Told, list[tuple[Any, Outcome]]] = {}
        for waiting, outcome in zip(batch, outcomes, strict=True):
            told.setdefault(waiting.told, []).append((waiting.ticket, outcome))
        for tell, each in told.items():
            tell(each)

    def _one_by_one(self, batch: list[Waiting]) -> list[Outcome]:
        """Keep one that the store cannot take from failing the others; two such in a row are the store's failure."""
        outcomes: list[Outcome] = []
        for waiting in batch:
            lost = outcomes[-2:] == [UNAVAILABLE, UNAVAILABLE]
            outcomes.append(SUCCESS if not lost and self._take([waiting]) else UNAVAILABLE)
        return outcomes

    def _take(self, batch: list[Waiting]) -> bool:
        began = time.perf_counter()
        try:
            taken = self._inbox.take([waiting.arrival for waiting in batch])
        except HaloPayError as error:
            if not self._failing:
                _log.error("the inbox takes nothing: %s", error)
        except Exception:  # noqa: BLE001  # whatever it is, nobody is told Success, and the thread goes on
            _log.exception("the inbox did not take %d deliveries", len(batch))
        else:
            if self._failing:
                _log.warning("the inbox takes deliveries again")
            self._failing = False
            self._metrics.committed(taken, time.perf_counter() - began)
            return True
        self._failing = True
        return False

    def _keep(self, off_spec: list[OffSpec]) -> None:
        try:
            self._inbox.keep(off_spec)
        except Exception as error:  # noqa: BLE001  # nobody was told Success: HaloPay sends them again
            _log.warning("genuine bytes that are no events could not be kept: %s", error)
            with self._news:
                if self._closing:
                    for each in off_spec:
                        self._seen.pop(each.digest, None)
                else:
                    self._off_spec = off_spec + self._off_spec
                    self._off_spec_due = time.monotonic() + _OFF_SPEC_AGAIN

    def _flush(self, rejections: Counter[str]) -> None:
        try:
            self._inbox.reject(rejections)
        except Exception as error:  # noqa: BLE001  # they are numbers: kept for later, or lost at the end
            _log.warning("rejected requests could not be counted in the inbox: %s", error)
            with self._news:
                if not self._closing:
                    self._rejections.update(rejections)
