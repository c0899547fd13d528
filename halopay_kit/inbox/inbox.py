"""The inbox's front door; what stands behind each method is in a module of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from halopay_kit.errors import InboxUnavailable
from halopay_kit.inbox import intake
from halopay_kit.inbox.address import require_sqlalchemy
from halopay_kit.inbox.consume import BACKOFF, Consumed
from halopay_kit.inbox.intake import Arrival, Taken
from halopay_kit.inbox.store import Store
from halopay_kit.inbox.stored import Delivery, Stored

if TYPE_CHECKING:
    from halopay_kit.inbox.interruption import Stop
    from halopay_kit.inbox.off_spec import OffSpec
    from halopay_kit.inbox.tally import Stats


class Inbox:
    """Webhooks that were verified, each kept once; safe to share between threads, and among processes by its URL.

    `url` is `sqlite:///inbox.sqlite`, the path of a file, or `postgresql://user@host/database`. The tables are made
    where they are missing, unless `create` is false, and brought forward where they are older. `clock` gives unix
    seconds.

    Raises:
        ConfigurationError: a URL that cannot be right, a missing extra, tables of a newer kit, no inbox to open.
        InboxUnavailable: the store cannot be reached.
    """

    def __init__(
        self,
        url: str | os.PathLike[str],
        *,
        clock: Callable[[], float] = time.time,  # noqa: TID251  # the inbox owns its clock
        create: bool = True,
    ) -> None:
        try:
            require_sqlalchemy()
            from halopay_kit.inbox.schema import LAYOUT

            self.clock = clock
            self.store = Store(url, LAYOUT, create=create, unavailable=InboxUnavailable)
        finally:
            del url  # it may hold a password, and this frame may be shown in a traceback

    def __repr__(self) -> str:
        return f"<Inbox {self.__dict__.get('store')!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store's connections; whatever comes afterwards raises InboxUnavailable."""
        self.store.close()

    def ping(self) -> None:
        """Ask the store for the least that it can say.

        Raises:
            InboxUnavailable: it does not answer.
        """
        with self.store.reading() as connection:
            connection.exec_driver_sql("SELECT 1 FROM halopay_counts LIMIT 1").all()

    def take(self, arrivals: Sequence[Arrival]) -> list[Taken]:
        """Keep what was verified and say what became of each; all of it in one transaction, durable on return.

        Raises:
            InboxUnavailable: nothing was stored.
            ConfigurationError: something else than an arrival.
        """
        cases = intake.prepare(arrivals)
        return self.store.write(lambda connection: intake.take(connection, cases), together=True)

    def keep(self, deliveries: Sequence[OffSpec]) -> None:
        """Keep genuine bytes that are not what the spec says, each body once; `unknown` returns them.

        Raises:
            InboxUnavailable: nothing was stored.
        """
        from halopay_kit.inbox import off_spec

        self.store.write(lambda connection: off_spec.keep(connection, deliveries))

    def reject(self, reasons: Mapping[str, int]) -> None:
        """Add to the numbers of requests that were not believed; nothing of what they said is kept.

        Raises:
            InboxUnavailable: nothing was added.
        """
        from halopay_kit.inbox import tally

        self.store.write(lambda connection: tally.reject(connection, reasons, self.clock()))

    def expect(
        self,
        *,
        kind: str = "payment",
        out_trade_no: str | None = None,
        trade_no: str | None = None,
        app_id: str | None = None,
    ) -> None:
        """Say that an order (`payment`) or a `payout` is on its way; say it before the call that makes it.

        The sweep asks for it even if every webhook about it is lost. Said again it is one; a trade_no may follow.

        Raises:
            InboxUnavailable: nothing was stored.
            ConfigurationError: no number, or another kind.
        """
        from halopay_kit.inbox import expectation

        self.store.write(
            lambda connection: expectation.expect(
                connection, self.clock(), kind=kind, out_trade_no=out_trade_no, trade_no=trade_no, app_id=app_id
            )
        )

    def events(
        self,
        *,
        status: str | None = None,
        kind: str | None = None,
        trade_no: str | None = None,
        out_trade_no: str | None = None,
        since: datetime | float | None = None,
        until: datetime | float | None = None,
        verdict: str | None = None,
        state: str | None = None,
        origin: str | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> list[Stored]:
        """Return events, newest first; those received from `since` on and before `until`.

        `after` is the id of the event that the page before ended with. `limit` is at most 10,000.

        Raises:
            InboxUnavailable: the store fails.
            ConfigurationError: a filter that cannot be right.
        """
        from halopay_kit.inbox import reading

        filters = {
            "status": status,
            "kind": kind,
            "trade_no": trade_no,
            "out_trade_no": out_trade_no,
            "verdict": verdict,
            "state": state,
            "origin": origin,
        }
        with self.store.reading() as connection:
            return reading.events(connection, since=since, until=until, after=after, limit=limit, **filters)

    def event(self, id: int) -> Stored | None:  # noqa: A002  # what it is called everywhere
        """Return one event, None if there is none with this id.

        Raises:
            InboxUnavailable: the store fails.
        """
        from halopay_kit.inbox import reading

        with self.store.reading() as connection:
            return reading.event(connection, id)

    def deliveries(self, event_id: int, *, limit: int = 1000) -> list[Delivery]:
        """Return the deliveries of an event, the first first.

        Raises:
            InboxUnavailable: the store fails.
        """
        from halopay_kit.inbox import reading

        with self.store.reading() as connection:
            return reading.deliveries(connection, event_id, limit=limit)

    def unknown(self, *, after: int | None = None, limit: int = 100) -> list[Delivery]:
        """Return genuine deliveries that are no events, newest first, those before the one `after`.

        They are of a type that the spec does not know, or not what it says; `problem` tells why.

        Raises:
            InboxUnavailable: the store fails.
        """
        from halopay_kit.inbox import reading

        with self.store.reading() as connection:
            return reading.unknown(connection, after=after, limit=limit)

    def stats(self) -> Stats:
        """Return how many there are of everything, and how far the work on them is.

        Raises:
            InboxUnavailable: the store fails.
        """
        from halopay_kit.inbox import tally

        with self.store.reading() as connection:
            return tally.stats(connection, self.clock())

    def consume(
        self,
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

        Who returns has handled it. Who raises gets it again after `backoff[n]` seconds, and after `attempts` tries it
        is dead: kept with the traceback (no locals, no source, nothing that looks like a key or is in `hidden`), for
        `revive`. Events of one subject come in order, one at a time, whoever works on the inbox from wherever; while
        one waits for another try, those behind it wait too.

        With `transaction` it is `handler(event, connection)`: what is written through the connection and the event's
        end are one transaction, and it happens exactly once. The handler does not end that transaction. On SQLite,
        which has one writer at a time, nothing is taken in while such a handler runs: one that hangs stops the receiver
        (503), other workers and the sweep until it returns; `timeout` does not cut it short.

        One worker calls the handler in this thread, several in threads of their own. A claim holds for `lease` seconds
        and is renewed while the handler runs, for `timeout` seconds if that is given; a worker that was killed or lost
        its lease can no longer finish the event, and another takes it up. `batch` is the most that is claimed at once;
        fast handlers share commits, with `batch=1` each has its own.

        It ends when `stop` is set; with `until_empty` when nothing is due (what waits for another try is left); after
        Ctrl-C or SIGTERM, which then do what they do. The handler that runs is awaited, what was not begun is given
        back. What a handler raises beyond `Exception` ends it too, and is raised here.

        Raises:
            ConfigurationError: terms that cannot be right.
            InboxUnavailable: the store failed for as long as a lease.
        """
        from halopay_kit.inbox.consume import consume

        return consume(
            self,
            handler,
            workers=workers,
            lease=lease,
            batch=batch,
            attempts=attempts,
            backoff=backoff,
            timeout=timeout,
            transaction=transaction,
            until_empty=until_empty,
            stop=stop,
            hidden=hidden,
        )

    def revive(self, event_id: int) -> bool:
        """Put a dead event back, its tries forgotten; say whether it was dead.

        Raises:
            InboxUnavailable: nothing was written.
            ConfigurationError: something else than an id.
        """
        from halopay_kit.inbox.work import revive

        return revive(self, event_id)
