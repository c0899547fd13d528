"""What a sweep has to ask for, one after the other, and what it notes of each: all of it in the inbox's store."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update

from halopay_kit.inbox import intake
from halopay_kit.inbox.expectation import KINDS, expect
from halopay_kit.inbox.intake import Arrival, Taken
from halopay_kit.inbox.schema import events, expected, subjects
from halopay_kit.sweep import history
from halopay_kit.sweep.ledger import Kind, Known

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from halopay_kit.inbox import Inbox
    from halopay_kit.webhooks import Event

LATE = 48 * 3600.0  # seconds for which an order that timed out may still be paid
_PAGE = 500
_TABLES = (subjects, expected)


@attrs.frozen
class Due:
    """An order or payout to ask for; `table` and `id` say where it stands."""

    table: Any
    id: int
    kind: Kind
    trade_no: str | None
    out_trade_no: str | None

    def numbers(self) -> dict[str, str]:
        """Return the numbers that are known."""
        both = {"trade_no": self.trade_no, "out_trade_no": self.out_trade_no}
        return {name: number for name, number in both.items() if number}

    def asks(self) -> dict[str, str]:
        """Return what a query says: one number, for which of two counts is not known; HaloPay's if there is one."""
        return dict(list(self.numbers().items())[:1])


class Agenda:
    """Thread-safe. What was asked for since the sweep began is not asked for again.

    `resumed` says whether it goes on where one that was stopped left off.
    """

    def __init__(self, inbox: Inbox, app_id: str, *, late: float, afresh: bool) -> None:
        self._inbox, self._store, self._app_id = inbox, inbox.store, app_id
        history.LAYOUT.settle(self._store)
        now = inbox.clock()
        self._late_since = now - late
        self._begun_at, self.resumed = self._store.write(
            lambda connection: history.begin(connection, app_id, now, afresh=afresh)
        )
        self._latest = self._begun_at
        self._lock = threading.Lock()
        self._items = self._read()
        self._left = 0
        self._read_all = False

    def add(self, orders: Iterable[Known]) -> None:
        """Announce orders and payouts, and put aside those that the inbox has heard of, for it stands for them."""
        waiting = iter(orders)
        while page := list(itertools.islice(waiting, _PAGE)):
            self._store.write(partial(self._expect, page))
        last = 0
        while (upto := self._last_of_a_page(last)) is not None:
            here = and_(expected.c.settled_at.is_(None), expected.c.id > last, expected.c.id <= upto)
            self._store.write(partial(self._settle, here))
            last = upto

    def count(self) -> int:
        """Say how many there are to ask for."""
        with self._store.reading() as connection:
            return sum(
                connection.execute(select(func.count()).select_from(table).where(self._due(table))).scalar_one()
                for table in _TABLES
            )

    def elsewhere(self) -> int:
        """Say how many are open and another app's."""
        open_ = and_(subjects.c.phase != "final", subjects.c.phase == "open", subjects.c.kind.in_(KINDS))
        query = select(func.count()).select_from(subjects).where(open_, subjects.c.app_id != self._app_id)
        with self._store.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def next(self) -> Due | None:
        """Return the next one, None if there is no other."""
        with self._lock:
            for due in self._items:
                if not self._heard_of_since(due):
                    return due
            self._read_all = True
            return None

    def put_back(self) -> None:
        """Note that one was not dealt with."""
        with self._lock:
            self._left += 1

    def exhausted(self) -> bool:
        """Say, when nobody asks any more, whether all of them were dealt with."""
        return not self._left and (self._read_all or self.next() is None)

    def close(self) -> None:
        """Note that there is nothing to go on with."""
        now = self._now()
        self._store.write(lambda connection: history.end_all(connection, self._app_id, now))

    def before(self, due: Due) -> bytes | None:
        """Return the body of the last event about it."""
        if due.table is not subjects:
            return None
        asked = due.asks()
        found = self._inbox.events(
            kind=due.kind, trade_no=asked.get("trade_no"), out_trade_no=asked.get("out_trade_no"), limit=1
        )
        return found[0].body if found else None

    def learned(self, due: Due, event: Event) -> Taken:
        """Take in what was learned, and note that it was asked for, in one transaction."""
        now = self._now()
        cases = intake.prepare([Arrival(event=event, received_at=now, origin="query")])

        def write(connection: Connection) -> Taken:
            taken = intake.take(connection, cases)[0]
            for facts in filter(None, (case.facts for case in cases)):
                asked = update(subjects).where(subjects.c.key == facts.subject).values(queried_at=now)
                connection.execute(asked)
            self._note(connection, due, now, told=True)
            return taken

        return self._store.write(write)

    def missing(self, due: Due) -> None:
        """Note that HaloPay does not know it."""
        now = self._now()
        self._store.write(lambda connection: self._note(connection, due, now, told=False))

    def _now(self) -> float:
        """Return the time, never one before the sweep's own, whatever the clock does."""
        with self._lock:
            self._latest = max(self._latest, self._inbox.clock())
            return self._latest

    def _note(self, connection: Connection, due: Due, now: float, *, told: bool) -> None:
        values: dict[str, float] = {"queried_at": now}
        if told and due.table is expected:
            values["settled_at"] = now  # from here on its subject stands for it
        connection.execute(update(due.table).where(due.table.c.id == due.id).values(values))
        history.answered(connection, self._app_id, now)

    def _expect(self, orders: Iterable[Known], connection: Connection) -> None:
        now = self._inbox.clock()
        for known in orders:
            expect(
                connection,
                now,
                kind=known.kind,
                out_trade_no=known.out_trade_no,
                trade_no=known.trade_no,
                app_id=self._app_id,
            )

    def _last_of_a_page(self, last: int) -> int | None:
        page = select(expected.c.id).where(expected.c.settled_at.is_(None), expected.c.id > last)
        with self._store.reading() as connection:
            ids = page.order_by(expected.c.id).limit(_PAGE).subquery()
            found: int | None = connection.execute(select(func.max(ids.c.id))).scalar()
        return found

    def _settle(self, these: ColumnElement[bool], connection: Connection) -> None:
        settled = update(expected).where(these, self._heard_of()).values(settled_at=self._inbox.clock())
        connection.execute(settled)

    def _heard_of(self) -> ColumnElement[bool]:
        """Say of an announced one whether an event about it is there."""
        by_out_trade_no = exists().where(
            subjects.c.out_trade_no == expected.c.out_trade_no,
            subjects.c.kind == expected.c.kind,
            subjects.c.app_id == self._app_id,
        )
        by_trade_no = exists().where(
            events.c.trade_no == expected.c.trade_no,
            func.coalesce(events.c.kind, "") == expected.c.kind,  # so that SQLite takes the index of trade_no
            events.c.app_id == self._app_id,
        )
        return and_(expected.c.app_id.in_(("", self._app_id)), or_(by_out_trade_no, by_trade_no))

    def _heard_of_since(self, due: Due) -> bool:
        """Say whether it needs not be asked for: announced twice, by another number, and asked for already."""
        if due.table is subjects:
            return False
        this = expected.c.id == due.id
        with self._store.reading() as connection:
            if connection.execute(select(expected.c.id).where(this, self._heard_of())).first() is None:
                return False
        self._store.write(partial(self._settle, this))
        return True

    def _read(self) -> Iterator[Due]:
        for table in _TABLES:
            last = 0
            while page := self._page(table, last):
                yield from page
                last = page[-1].id

    def _page(self, table: Any, last: int) -> list[Due]:
        columns = (table.c.id, table.c.kind, table.c.trade_no, table.c.out_trade_no)
        query: Select[Any] = select(*columns).where(self._due(table), table.c.id > last)
        with self._store.reading() as connection:
            return [Due(table, *row) for row in connection.execute(query.order_by(table.c.id).limit(_PAGE))]

    def _due(self, table: Any) -> ColumnElement[bool]:
        asked_before = or_(table.c.queried_at.is_(None), table.c.queried_at < self._begun_at)
        named = or_(table.c.trade_no != "", table.c.out_trade_no != "")
        wanted = and_(table.c.kind.in_(KINDS), named, asked_before)
        if table is expected:
            return and_(wanted, table.c.settled_at.is_(None), table.c.app_id.in_(("", self._app_id)))
        late = and_(table.c.phase == "late", table.c.changed_at >= self._late_since)
        return and_(
            wanted, table.c.phase != "final", table.c.app_id == self._app_id, or_(table.c.phase == "open", late)
        )
