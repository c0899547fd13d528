"""The rows that take events in, and what both databases do with them: a few statements, however many rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from halopay_kit.inbox.transitions import Verdict

if TYPE_CHECKING:
    from sqlalchemy import Connection

Key = tuple[int, bytes]
"""What an event is told apart by: its subject's id and its key."""


class SubjectRow(NamedTuple):
    """A subject as it is entered."""

    key: bytes
    app_id: str
    kind: str
    trade_no: str | None
    out_trade_no: str | None
    status: str | None
    amount_collected: str | None
    others: str | None
    phase: str
    changed_at: float


class Entered(NamedTuple):
    """A subject of the store, locked until the transaction ends; `new` if it was not there before."""

    id: int
    new: bool
    status: str | None
    amount_collected: str | None
    others: str | None
    changed_at: float
    trade_no: str | None
    out_trade_no: str | None


class MoveRow(NamedTuple):
    """Where a subject stands now."""

    status: str | None
    amount_collected: str | None
    others: str | None
    phase: str
    changed_at: float
    trade_no: str | None
    out_trade_no: str | None
    id: int


class EventRow(NamedTuple):
    """An event as it is inserted."""

    subject_id: int
    key: bytes
    app_id: str
    kind: str
    trade_no: str | None
    out_trade_no: str | None
    txid: str | None
    status: str | None
    amount_collected: str | None
    verdict: str
    origin: str
    received_at: float
    signed_at: int
    headers: str | None
    body: bytes
    state: str
    due_at: float


class Found(NamedTuple):
    """An event of the store; `attempts` deliveries of it are there."""

    id: int
    verdict: Verdict
    received_at: float
    attempts: int


class RedeliveryRow(NamedTuple):
    """A delivery of an event that was there already."""

    event_id: int
    attempt: int
    received_at: float
    signed_at: int
    headers: str


class UnknownRow(NamedTuple):
    """A delivery of an unknown type."""

    app_id: str
    received_at: float
    signed_at: int
    headers: str
    body: bytes


class OrderRow(NamedTuple):
    """An order or a payout, by the merchant's number."""

    app_id: str
    kind: str
    out_trade_no: str


class Namesake(NamedTuple):
    """A subject that goes by the merchant's number of an order."""

    order: OrderRow
    id: int
    key: bytes
    trade_no: str | None


class NameRow(NamedTuple):
    """What a subject is called now."""

    key: bytes
    trade_no: str
    id: int


class Rows(Protocol):
    """What both databases can do within a transaction; every method is one step of taking in."""

    def __init__(self, connection: Connection) -> None: ...

    def queue(self, numbers: Collection[int], *, alone: bool) -> None:
        """Wait until nobody else is in these queues, or nobody who would be there `alone`; stay until the end.

        Who asks again, to be there alone, leaves them first.
        """

    def has_unnamed(self) -> bool:
        """Say whether there is any order without a trade_no."""

    def unnamed(self, orders: Collection[OrderRow]) -> list[OrderRow]:
        """Return those of which there is a subject without a trade_no."""

    def namesakes(self, orders: Sequence[OrderRow]) -> list[Namesake]:
        """Return the subjects of orders, the first first; of each order a few."""

    def known(self, keys: Sequence[bytes]) -> set[bytes]:
        """Return which of these keys of subjects are there."""

    def name(self, rows: Sequence[NameRow]) -> None:
        """Give subjects a trade_no, and the key that goes with it."""

    def enter(self, rows: Sequence[SubjectRow]) -> dict[bytes, Entered]:
        """Insert the subjects that are not there, and lock those that are; `rows` are in the order of their keys."""

    def insert(self, rows: Sequence[EventRow]) -> dict[Key, int]:
        """Insert the events that are not there, all of them others; return the ids of those alone."""

    def find(self, keys: Sequence[Key]) -> dict[Key, Found]:
        """Return the events that are there."""

    def deliver_again(self, rows: Sequence[RedeliveryRow]) -> None:
        """Insert deliveries of events that were there already."""

    def keep_unknown(self, rows: Sequence[UnknownRow]) -> None:
        """Insert deliveries of unknown types."""

    def move(self, rows: Sequence[MoveRow]) -> None:
        """Write where subjects stand."""


FOUND = (
    "e.subject_id, e.key, e.id, e.verdict, e.received_at, "
    "coalesce((SELECT max(d.attempt) FROM halopay_redeliveries d WHERE d.event_id = e.id), "
    "CASE WHEN e.headers IS NULL THEN 0 ELSE 1 END)"
)
"""What `Rows.find` selects."""

NAMESAKES: Final = 50  # subjects of one order that are looked at
STANDS = "id, key, status, amount_collected, others, changed_at, trade_no, out_trade_no"
"""What `Rows.enter` selects."""


def driver_of(connection: Connection) -> Any:
    """Return the driver's connection, for statements that are said so often that what is in between counts."""
    return connection.connection.driver_connection


def rows_of(connection: Connection) -> Rows:
    """Return what speaks with this connection's database."""
    if connection.dialect.name == "sqlite":
        from halopay_kit.inbox.rows_sqlite import SqliteRows

        return SqliteRows(connection)
    from halopay_kit.inbox.rows_postgresql import PostgresqlRows

    return PostgresqlRows(connection)
