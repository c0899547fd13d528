"""Hand the inbox's events to a function: each until it was handled, those of one subject in order and one at a time.

Without `transaction` an event is handled at least once: whoever is killed after the handler returned, and before that
was written (within some 20 ms), has it handled again. With it, what the handler writes through the connection and the
event's end are one transaction: exactly once. SQLite has one writer at a time: there such a handler should be quick,
for while it runs nothing is taken in, and one that hangs stops the receiver. On PostgreSQL it holds up its own subject
alone.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from halopay_kit.errors import ConfigurationError, HaloPayError
from halopay_kit.inbox import failure
from halopay_kit.inbox.stored import Stored
from halopay_kit.inbox.work import Outcome

if TYPE_CHECKING:
    from halopay_kit.inbox.inbox import Inbox
    from halopay_kit.inbox.interruption import Stop

BACKOFF: Final = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 3 * 3600.0, 6 * 3600.0)
"""Seconds to the next try, after the first, second, … that failed; each a fifth more or less."""

_JITTER = 0.2
_PLAIN: Final = "Give a plain function, such as lambda event: asyncio.run(handle(event))."


@attrs.frozen
class Consumed:
    """What became of the events that were handed out.

    `done` were handled, `again` counts the tries that failed and will be repeated, `dead` are the events that went to
    the dead letters, `late` those whose handler ended when they were no longer its own.
    """

    done: int = 0
    again: int = 0
    dead: int = 0
    late: int = 0


@attrs.frozen(kw_only=True)
class Terms:
    """On what terms events are handed out; see `consume`.

    Raises:
        ConfigurationError: something that cannot be right.
    """

    handler: Callable[..., object]
    workers: int
    lease: float
    batch: int
    attempts: int
    backoff: Sequence[float]
    timeout: float | None
    transaction: bool
    until_empty: bool
    hidden: Iterable[str] = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if not callable(self.handler):
            raise ConfigurationError(f"the handler is a {type(self.handler).__name__}, not a function")
        if _is_lazy(self.handler):
            raise ConfigurationError(
                "the handler is asynchronous or a generator: calling it does nothing",
                advice=_PLAIN,
            )
        for name, most in (("workers", 24), ("batch", 5000), ("attempts", 1_000_000)):
            number = getattr(self, name)
            if type(number) is not int or not 1 <= number <= most:
                raise ConfigurationError(f"{name} is not a whole number from 1 to {most}")
        waits = self.backoff if isinstance(self.backoff, (list, tuple)) and self.backoff else (None,)
        for name, seconds, least in (
            ("lease", self.lease, 0.1),
            ("timeout", 1.0 if self.timeout is None else self.timeout, 0.001),
            *(("backoff", wait, 0.0) for wait in waits),
        ):
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not least <= seconds <= 10**8:
                raise ConfigurationError(f"{name} is not a number of seconds from {least:g}, or is none at all")

    def outcome(self, event: Stored, error: BaseException) -> Outcome:
        """Return what becomes of an event that failed."""
        text = failure.told(error, self.hidden)
        if event.attempts >= self.attempts:
            return Outcome(event, "dead", text)
        wait = self.backoff[min(event.attempts, len(self.backoff)) - 1]
        wait *= random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # spreads load, guards nothing
        wish = error.retry_after if isinstance(error, HaloPayError) else None
        return Outcome(event, "again", text, max(wait, wish or 0.0))


def consume(
    inbox: Inbox,
    handler: Callable[..., object],
    *,
    workers: int = 1,
    lease: float = 60.0,
    batch: int = 256,
    attempts: int = len(BACKOFF) + 1,
    backoff: Sequence[float] = BACKOFF,
    timeout: float | None = None,
    transaction: bool = False,
    until_empty: bool = False,
    stop: Stop | None = None,
    hidden: Iterable[str] = (),
) -> Consumed:
    """Call `handler(event)` for each event that is due, until there is a reason to end; return what became of them.

    Who returns has handled it. Who raises gets it again after `backoff[n]` seconds, and after `attempts` tries it is
    dead: kept with the traceback (no locals, no source, nothing that looks like a key or is in `hidden`), for
    `Inbox.revive`. Events of one subject come in order, one at a time, whoever works on the inbox from wherever; while
    one waits for another try, those behind it wait too.

    With `transaction` it is `handler(event, connection)`: what is written through the connection and the event's end
    are one transaction, and it happens exactly once. The handler does not end that transaction. On SQLite, which has
    one writer at a time, nothing is taken in while such a handler runs: one that hangs stops the receiver (503), other
    workers and the sweep until it returns; `timeout` does not cut it short.

    One worker calls the handler in this thread, several in threads of their own. A claim holds for `lease` seconds and
    is renewed while the handler runs, for `timeout` seconds if that is given; a worker that was killed or lost its
    lease can no longer finish the event, and another takes it up. `batch` is the most that is claimed at once; fast
    handlers share commits, with `batch=1` each has its own.

    It ends when `stop` is set; with `until_empty` when nothing is due (what waits for another try is left); after
    Ctrl-C or SIGTERM, which then do what they do. The handler that runs is awaited, what was not begun is given back.
    What a handler raises beyond `Exception` ends it too, and is raised here.

    Raises:
        ConfigurationError: terms that cannot be right.
        InboxUnavailable: the store failed for as long as a lease.
    """
    from halopay_kit.inbox.crew import Crew

    terms = Terms(
        handler=handler,
        workers=workers,
        lease=lease,
        batch=batch,
        attempts=attempts,
        backoff=backoff,
        timeout=timeout,
        transaction=transaction,
        until_empty=until_empty,
        hidden=hidden,
    )
    return Crew(inbox, terms, stop).run()


def refuse_lazy(answer: object) -> None:
    """Refuse what a handler returned if it stands for work that was not done.

    Raises:
        ConfigurationError: it is awaitable, or a generator.
    """
    if answer is None or not (inspect.isawaitable(answer) or inspect.isgenerator(answer) or inspect.isasyncgen(answer)):
        return
    if inspect.iscoroutine(answer) or inspect.isgenerator(answer):
        answer.close()
    raise ConfigurationError(f"the handler returned a {type(answer).__name__}: nothing was done", advice=_PLAIN)


def _is_lazy(handler: Callable[..., object]) -> bool:
    found = [handler, getattr(handler, "__call__", None)]  # noqa: B004  # it is what an object of a class does
    tests = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(test(one) for one in found for test in tests)
