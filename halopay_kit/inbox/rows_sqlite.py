"""Taking events in on SQLite: one process writes at a time, so what is read stays true until its transaction ends.

The driver lets go of Python's lock at every step of a statement and then has to wait for it, beside a busy server for
long. So statements are few, have many rows each, and return as little as can be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeVar

from halopay_kit.inbox.rows import (
    FOUND,
    NAMESAKES,
    STANDS,
    Entered,
    EventRow,
    Found,
    Key,
    MoveRow,
    NameRow,
    Namesake,
    OrderRow,
    RedeliveryRow,
    Rows,
    SubjectRow,
    UnknownRow,
    driver_of,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

R = TypeVar("R", bound=tuple[Any, ...])

_CHUNK: Final = 32  # rows of a statement: each number of rows is another one, and the driver keeps them prepared
_MOVE: Final = (
    "UPDATE halopay_subjects SET status = ?, amount_collected = ?, others = ?, phase = ?, changed_at = ?, "
    "trade_no = ?, out_trade_no = ? WHERE id = ?"
)
_LACKING: Final = (  # SQLite would take the index of all orders
    "SELECT 1 FROM halopay_subjects INDEXED BY halopay_subjects_unnamed "
    "WHERE trade_no IS NULL AND out_trade_no IS NOT NULL"
)
_HAS_UNNAMED: Final = f"{_LACKING} LIMIT 1"
_UNNAMED: Final = f"{_LACKING} AND app_id = ? AND kind = ? AND out_trade_no = ? LIMIT 1"
_NAMESAKES: Final = (
    "SELECT id, key, trade_no FROM halopay_subjects WHERE +app_id = ? AND +kind = ? AND out_trade_no = ? "  # noqa: S608  # our names
    f"ORDER BY id LIMIT {NAMESAKES}"
)
_KNOWN: Final = "SELECT 1 FROM halopay_subjects WHERE key = ?"
_NAME: Final = "UPDATE halopay_subjects SET key = ?, trade_no = ? WHERE id = ?"
_LAST: Final = "SELECT subject_id, key, id FROM halopay_events ORDER BY id DESC LIMIT ?"


class SqliteRows(Rows):
    """See `Rows`."""

    def __init__(self, connection: Connection) -> None:
        self._driver = driver_of(connection)

    def queue(self, numbers: Collection[int], *, alone: bool) -> None:  # noqa: D102  # the protocol says it
        pass

    def has_unnamed(self) -> bool:  # noqa: D102  # likewise
        return self._driver.execute(_HAS_UNNAMED).fetchone() is not None

    def unnamed(self, orders: Collection[OrderRow]) -> list[OrderRow]:  # noqa: D102  # likewise
        return [order for order in orders if self._driver.execute(_UNNAMED, order).fetchone() is not None]

    def namesakes(self, orders: Sequence[OrderRow]) -> list[Namesake]:  # noqa: D102  # likewise
        return [Namesake(order, *row) for order in orders for row in self._driver.execute(_NAMESAKES, order).fetchall()]

    def known(self, keys: Sequence[bytes]) -> set[bytes]:  # noqa: D102  # likewise
        return {key for key in keys if self._driver.execute(_KNOWN, (key,)).fetchone() is not None}

    def name(self, rows: Sequence[NameRow]) -> None:  # noqa: D102  # likewise
        self._driver.executemany(_NAME, rows)

    def enter(self, rows: Sequence[SubjectRow]) -> dict[bytes, Entered]:  # noqa: D102  # likewise
        entered = {}
        for part in _parts(rows):
            new, last = self._insert("halopay_subjects", SubjectRow, part, " ON CONFLICT (key) DO NOTHING")
            if new == len(part):
                for id_, row in enumerate(part, last - new + 1):
                    stands = row.status, row.amount_collected, row.others, row.changed_at
                    entered[row.key] = Entered(id_, True, *stands, row.trade_no, row.out_trade_no)
                continue
            keys = [row.key for row in part]
            found = sorted(self._driver.execute(_select_subjects(len(keys)), keys).fetchall(), reverse=True)
            for place, (id_, key, *rest) in enumerate(found):  # ids rise, so the new ones are first
                entered[key] = Entered(id_, place < new, *rest)
        return entered

    def insert(self, rows: Sequence[EventRow]) -> dict[Key, int]:  # noqa: D102  # likewise
        inserted: dict[Key, int] = {}
        for part in _parts(rows):
            new, last = self._insert("halopay_events", EventRow, part, " ON CONFLICT (subject_id, key) DO NOTHING")
            if new == len(part):
                inserted |= {(row.subject_id, row.key): id_ for id_, row in enumerate(part, last - new + 1)}
            elif new:
                for subject_id, key, id_ in self._driver.execute(_LAST, (new,)):
                    inserted[subject_id, key] = id_
        return inserted

    def find(self, keys: Sequence[Key]) -> dict[Key, Found]:  # noqa: D102  # likewise
        return {
            (subject_id, key): Found(*found)
            for part in _parts(keys)
            for subject_id, key, *found in self._driver.execute(_select_events(len(part)), _flat(part))
        }

    def deliver_again(self, rows: Sequence[RedeliveryRow]) -> None:  # noqa: D102  # likewise
        for part in _parts(rows):
            self._insert("halopay_redeliveries", RedeliveryRow, part)

    def keep_unknown(self, rows: Sequence[UnknownRow]) -> None:  # noqa: D102  # likewise
        for part in _parts(rows):
            self._insert("halopay_unknown", UnknownRow, part)

    def move(self, rows: Sequence[MoveRow]) -> None:  # noqa: D102  # likewise
        self._driver.executemany(_MOVE, rows)

    def _insert(self, table: str, row: type[R], part: Sequence[R], on_conflict: str = "") -> tuple[int, int]:
        """Insert rows; return how many that was, and the id of the last: those of one statement follow each other."""
        cursor = self._driver.execute(_insert_into(table, row, len(part)) + on_conflict, _flat(part))
        return cursor.rowcount, cursor.lastrowid


def _parts(rows: Sequence[R]) -> Iterator[Sequence[R]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]


def _flat(rows: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(rows))


@cache
def _insert_into(table: str, row: Any, length: int) -> str:
    fields = row._fields
    values = f"({', '.join('?' * len(fields))})"
    return f"INSERT INTO {table} ({', '.join(fields)}) VALUES {', '.join([values] * length)}"  # noqa: S608  # our names


@cache
def _select_subjects(length: int) -> str:
    return f"SELECT {STANDS} FROM halopay_subjects WHERE key IN ({', '.join('?' * length)})"  # noqa: S608  # our names


@cache
def _select_events(length: int) -> str:
    wanted = ", ".join(["(?, ?)"] * length)
    return (  # CROSS JOIN: SQLite keeps the order of the two, and looks each up in the index
        f"WITH wanted (subject_id, key) AS (VALUES {wanted}) SELECT {FOUND} "  # noqa: S608  # our names
        "FROM wanted w CROSS JOIN halopay_events e ON e.subject_id = w.subject_id AND e.key = w.key"
    )
