"""What waits on one event loop: for bodies, and for the store."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Protocol

from halopay_kit.receiver.group_commit import GroupCommit, Waiting
from halopay_kit.receiver.outcomes import BUSY, TOO_SLOW, UNAVAILABLE, Outcome

if TYPE_CHECKING:
    from halopay_kit.inbox import Arrival

_STEPS = 10
_COLLECT = 0.001
# Under uvloop a thread hardly ever gets Python's lock from a busy event loop: it is woken up each time that the loop
# lets go of it for a moment, and comes too late. So the loop stands aside for the thread that commits.
_STAND_ASIDE, _AND_AGAIN, _EVERY = 0.003, 0.001, 0.003


class Ticket(Protocol):
    """Somebody who waits for the store."""

    def settle(self, outcome: Outcome) -> None:
        """Take the outcome; a second one means nothing."""


class Desk:
    """Gives each who waits `patience` seconds, by one timer for all: one for each costs more than the waiting."""

    def __init__(self, loop: asyncio.AbstractEventLoop, commit: GroupCommit, patience: float) -> None:
        self.loop = loop
        self._commit = commit
        self._patience = patience
        self._since: dict[Ticket, float] = {}  # the longest waiting first
        self._collected: list[Waiting] = []
        self._counted = 0
        self._collect_until = 0.0
        self._looking = False
        self._standing_aside = False

    def submit(self, arrival: Arrival, ticket: Ticket) -> None:
        """Have an arrival committed, with all that come together."""
        if self._commit.is_full():
            ticket.settle(BUSY)
            return
        if not self._collected:
            self._counted, self._collect_until = 0, time.perf_counter() + _COLLECT
            self.loop.call_soon(self._hand_over)
        self._collected.append(Waiting(arrival, self._told, ticket))
        self._begin(ticket)

    def is_collecting(self) -> bool:
        """Say whether there are arrivals that are about to be handed over."""
        return bool(self._collected)

    async def committed(self, arrival: Arrival) -> Outcome:
        """Have an arrival committed and wait for it."""
        ticket = _Awaited(self.loop.create_future())
        self.submit(arrival, ticket)
        return await ticket.future

    async def in_time(self, reading: Awaitable[bytes | Outcome]) -> bytes | Outcome:
        """Return what is read, unless it takes too long."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # an ASGI server runs each request in a task
        limit = _Cancelled(task)
        self._begin(limit)
        try:
            return await reading
        except asyncio.CancelledError:
            if limit.is_mine():
                return TOO_SLOW
            raise
        finally:
            self._since.pop(limit, None)

    def _hand_over(self) -> None:
        if len(self._collected) > self._counted and time.perf_counter() < self._collect_until:
            self._counted = len(self._collected)  # another turn of the loop, as long as each brings more
            self.loop.call_soon(self._hand_over)
            return
        collected, self._collected = self._collected, []
        self._commit.submit(collected)
        if not self._standing_aside:
            self._stand_aside(_STAND_ASIDE)

    def _stand_aside(self, seconds: float) -> None:
        self._standing_aside = not self._commit.is_done(seconds)
        if self._standing_aside:
            self.loop.call_later(_EVERY, self._stand_aside, _AND_AGAIN)

    def _told(self, settled: Sequence[tuple[Ticket, Outcome]]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._settle, settled)

    def _settle(self, settled: Sequence[tuple[Ticket, Outcome]]) -> None:
        for ticket, outcome in settled:
            if self._since.pop(ticket, None) is not None:
                ticket.settle(outcome)

    def _begin(self, ticket: Ticket) -> None:
        self._since[ticket] = self.loop.time()
        if not self._looking:
            self._look_later()

    def _look_later(self) -> None:
        self._looking = True
        self.loop.call_later(self._patience / _STEPS, self._look)

    def _look(self) -> None:
        overdue = self.loop.time() - self._patience
        late = []
        for ticket, since in self._since.items():
            if since > overdue:
                break
            late.append(ticket)
        self._settle([(ticket, UNAVAILABLE) for ticket in late])
        self._looking = False
        if self._since:
            self._look_later()


class _Awaited:
    """A coroutine that waits for the store."""

    __slots__ = ("future",)

    def __init__(self, future: asyncio.Future[Outcome]) -> None:
        self.future = future

    def settle(self, outcome: Outcome) -> None:
        if not self.future.done():
            self.future.set_result(outcome)


class _Cancelled:
    """A coroutine that waits for a body; it is cancelled when that takes too long."""

    __slots__ = ("_settled", "_task")

    def __init__(self, task: asyncio.Task[object]) -> None:
        self._task = task
        self._settled = False

    def settle(self, _outcome: Outcome) -> None:
        self._settled = True
        self._task.cancel()

    def is_mine(self) -> bool:
        """Say whether nobody else cancelled the task."""
        return self._settled and self._task.uncancel() == 0
