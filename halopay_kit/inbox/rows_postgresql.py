"""Taking events in on PostgreSQL: writers of one subject wait in line, those of others do not meet.

Subjects are locked in the order of their keys, before any other row, so that nobody waits in a circle; before that
whoever takes in orders stands in their queues, see `adoption`. Rows travel as
one JSON parameter: a statement is the same for any number of them, and arrays cost the driver more.
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

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

_TYPES: Final[Mapping[str, str]] = {
    "key": "bytea",
    "body": "bytea",
    "subject_id": "bigint",
    "event_id": "bigint",
    "id": "bigint",
    "attempt": "bigint",
    "signed_at": "bigint",
    "received_at": "float8",
    "changed_at": "float8",
    "due_at": "float8",
}


def _values(row: Any) -> tuple[str, str]:
    """Return the fields, and a table of them in the order given."""
    types = {field: _TYPES.get(field, "text") for field in row._fields}
    told = ", ".join(f"{field} {'text' if type_ == 'bytea' else type_}" for field, type_ in types.items())
    read = ", ".join(f"decode({field}, 'base64')" if type_ == "bytea" else field for field, type_ in types.items())
    return read, f"ROWS FROM (json_to_recordset(%s) AS ({told})) WITH ORDINALITY AS n ({', '.join(types)}, place)"


def _insert_into(table: str, row: Any, rest: str = "") -> str:
    read, values = _values(row)
    fields = ", ".join(row._fields)
    return f"INSERT INTO {table} ({fields}) SELECT {read} FROM {values} ORDER BY place{rest}"  # noqa: S608  # our names


_ENTER: Final = _insert_into(
    "halopay_subjects",
    SubjectRow,
    " ON CONFLICT (key) DO UPDATE SET key = excluded.key "  # no change; it locks and returns what is there
    f"RETURNING key, id, xmax = 0, {STANDS.removeprefix('id, key, ')}",
)
_INSERT: Final = _insert_into(
    "halopay_events", EventRow, " ON CONFLICT (subject_id, key) DO NOTHING RETURNING subject_id, key, id"
)
_FIND: Final = (
    f"SELECT {FOUND} FROM json_to_recordset(%s) AS w (subject_id bigint, key text) "  # noqa: S608  # our names
    "JOIN halopay_events e ON e.subject_id = w.subject_id AND e.key = decode(w.key, 'base64')"
)
_REDELIVER: Final = _insert_into("halopay_redeliveries", RedeliveryRow)
_KEEP: Final = _insert_into("halopay_unknown", UnknownRow)
_MOVE: Final = (
    f"UPDATE halopay_subjects AS s SET {', '.join(f'{name} = n.{name}' for name in MoveRow._fields if name != 'id')} "  # noqa: S608  # our names
    f"FROM {_values(MoveRow)[1]} WHERE s.id = n.id"
)


_CLASS: Final = 0x68616C6F  # of the advisory locks
_QUEUE: Final = {
    alone: f"SELECT {function}({_CLASS}, number) FROM unnest(%s::integer[]) AS number"  # noqa: S608  # our names
    for alone, function in ((True, "pg_advisory_xact_lock"), (False, "pg_advisory_xact_lock_shared"))
}
_LACKS: Final = "s.trade_no IS NULL AND s.out_trade_no IS NOT NULL"  # as the partial index says it
_HAS_UNNAMED: Final = (  # in the index's order, so that whatever the statistics say nothing else is read
    f"SELECT 1 FROM halopay_subjects s WHERE {_LACKS} "  # noqa: S608  # our names
    "ORDER BY s.app_id, s.kind, s.out_trade_no LIMIT 1"
)
_IS_ORDER: Final = "s.app_id = n.app_id AND s.kind = n.kind AND s.out_trade_no = n.out_trade_no"
_UNNAMED: Final = (
    f"SELECT n.app_id, n.kind, n.out_trade_no FROM {_values(OrderRow)[1]} "  # noqa: S608  # our names
    f"WHERE EXISTS (SELECT 1 FROM halopay_subjects s WHERE {_LACKS} AND {_IS_ORDER})"
)
_NAMESAKES: Final = (
    f"SELECT n.app_id, n.kind, n.out_trade_no, s.id, s.key, s.trade_no FROM {_values(OrderRow)[1]}, LATERAL "  # noqa: S608  # our names
    f"(SELECT * FROM halopay_subjects s WHERE {_IS_ORDER} ORDER BY s.id LIMIT {NAMESAKES}) s ORDER BY s.id"
)


class PostgresqlRows(Rows):
    """See `Rows`."""

    def __init__(self, connection: Connection) -> None:
        self._driver = driver_of(connection)
        self._saved = False

    def queue(self, numbers: Collection[int], *, alone: bool) -> None:  # noqa: D102  # the protocol says it
        if self._saved:
            self._driver.execute(
                "ROLLBACK TO SAVEPOINT halopay_queue"
            )  # to wait for more and stay where one is would be a deadlock
        elif not alone:
            self._driver.execute("SAVEPOINT halopay_queue")
            self._saved = True
        self._driver.execute(_QUEUE[alone], (sorted(numbers),))

    def has_unnamed(self) -> bool:  # noqa: D102  # likewise
        return self._driver.execute(_HAS_UNNAMED).fetchone() is not None

    def unnamed(self, orders: Collection[OrderRow]) -> list[OrderRow]:  # noqa: D102  # likewise
        return [OrderRow(*row) for row in self._run(_UNNAMED, OrderRow._fields, list(orders)).fetchall()]

    def namesakes(self, orders: Sequence[OrderRow]) -> list[Namesake]:  # noqa: D102  # likewise
        found = self._run(_NAMESAKES, OrderRow._fields, orders).fetchall()
        return [Namesake(OrderRow(*order), id_, bytes(key), trade_no) for *order, id_, key, trade_no in found]

    def known(self, keys: Sequence[bytes]) -> set[bytes]:  # noqa: D102  # likewise
        found = self._driver.execute("SELECT key FROM halopay_subjects WHERE key = ANY(%s)", (list(keys),))
        return {bytes(key) for (key,) in found.fetchall()}

    def name(self, rows: Sequence[NameRow]) -> None:  # noqa: D102  # likewise
        for row in rows:
            self._driver.execute("UPDATE halopay_subjects SET key = %s, trade_no = %s WHERE id = %s", row)

    def enter(self, rows: Sequence[SubjectRow]) -> dict[bytes, Entered]:  # noqa: D102  # likewise
        if self._saved:
            self._driver.execute("RELEASE SAVEPOINT halopay_queue")
            self._saved = False
        entered = self._run(_ENTER, SubjectRow._fields, rows).fetchall()
        return {bytes(key): Entered(*rest) for key, *rest in entered}

    def insert(self, rows: Sequence[EventRow]) -> dict[Key, int]:  # noqa: D102  # likewise
        inserted = self._run(_INSERT, EventRow._fields, rows).fetchall()
        return {(subject_id, bytes(key)): id_ for subject_id, key, id_ in inserted}

    def find(self, keys: Sequence[Key]) -> dict[Key, Found]:  # noqa: D102  # likewise
        found = self._run(_FIND, ("subject_id", "key"), keys).fetchall()
        return {(subject_id, bytes(key)): Found(*rest) for subject_id, key, *rest in found}

    def deliver_again(self, rows: Sequence[RedeliveryRow]) -> None:  # noqa: D102  # likewise
        self._run(_REDELIVER, RedeliveryRow._fields, rows)

    def keep_unknown(self, rows: Sequence[UnknownRow]) -> None:  # noqa: D102  # likewise
        self._run(_KEEP, UnknownRow._fields, rows)

    def move(self, rows: Sequence[MoveRow]) -> None:  # noqa: D102  # likewise
        self._run(_MOVE, MoveRow._fields, rows)

    def _run(self, statement: str, fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Any:
        told = json.dumps([dict(zip(fields, row, strict=True)) for row in rows], default=_base64)
        return self._driver.execute(statement, (told,))


def _base64(value: bytes) -> str:
    return b2a_base64(value, newline=False).decode("ascii")
