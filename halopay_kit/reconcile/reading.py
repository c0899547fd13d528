"""Read an input into a table of exact values; what cannot be read exactly is an error with file, line and column."""

from __future__ import annotations

from typing import Any

import attrs

from halopay_kit.errors import UnreadableInput
from halopay_kit.reconcile.columns import COLUMNS, Column, Input
from halopay_kit.reconcile.files import Opened, opened, unreadable
from halopay_kit.reconcile.mapping import Mapping, chosen
from halopay_kit.reconcile.typed import ADVICE, MONEY, WHY, Typed, typed

SHOWN = 10  # refused values that an error names
_NULLS = {"money": MONEY, "int": "BIGINT", "time": "BIGINT"}


@attrs.frozen(kw_only=True)
class Read:
    """What was read of one input: how many rows, and by which mapping."""

    what: Input
    name: str
    rows: int
    mapping: Mapping


def read(
    connection: Any, source: Any, what: Input, *, mapping: Mapping | None = None, timezone: str | None = None
) -> Read:
    """Read an input into the table named `what`; times are microseconds of unix time, `_row` counts from 1.

    Raises:
        UnreadableInput: values that cannot be read exactly; it names the first of them.
        ConfigurationError: it is not there, or not what it should be.
    """
    import duckdb

    found = opened(connection, source, what)
    mapping = chosen(found.headers, what, mapping, found.name)
    columns = _typed(found, what, mapping, timezone or mapping.timezone)
    picked = ", ".join(f'{each.value} AS "{name}"' for name, (_, _, each) in columns.items())
    bad = " OR ".join(each.bad for _, _, each in columns.values() if each.bad) or "false"
    in_place = found.in_place and not any(each.parsed for _, _, each in columns.values())
    try:
        if in_place:
            connection.execute(f'CREATE VIEW "{what}" AS SELECT _row, {picked} FROM {found.relation}')  # noqa: S608  # ours
            asked = f"SELECT count(*), count_if({bad}) FROM {found.relation}"  # noqa: S608
        else:
            connection.execute(
                f'CREATE TABLE "{what}" AS SELECT _row, {picked}, ({bad}) AS _bad FROM {found.relation}'  # noqa: S608
            )
            asked = f'SELECT count(*), count_if(_bad) FROM "{what}"'  # noqa: S608
        rows, refused = connection.execute(asked).fetchone()
        problem = _refused(connection, found, what, columns, rows, refused) if refused else None
        if not in_place:
            connection.execute(f'ALTER TABLE "{what}" DROP COLUMN _bad')
    except duckdb.Error as error:
        raise unreadable(found, error) from error
    if problem is not None:
        raise problem
    return Read(what=what, name=found.name, rows=rows, mapping=mapping)


def empty(connection: Any, what: Input) -> None:
    """Make the table of an input that is not given."""
    columns = ", ".join(f'"{column.name}" {_NULLS.get(column.kind, "VARCHAR")}' for column in COLUMNS[what])
    connection.execute(f'CREATE TABLE "{what}" (_row BIGINT, {columns})')


_Columns = dict[str, tuple[Column, int, Typed]]


def _typed(found: Opened, what: Input, mapping: Mapping, timezone: str | None) -> _Columns:
    """Return each column's place in the input, and its SQL; those that the input does not have are NULL."""
    columns: _Columns = {}
    for column in COLUMNS[what]:
        header = mapping.columns.get(column.name)
        if header is None:
            columns[column.name] = (column, -1, Typed(f"CAST(NULL AS {_NULLS.get(column.kind, 'VARCHAR')})", None))
            continue
        place = list(found.headers).index(header)
        words = {"status": mapping.status, "kind": mapping.kind}.get(column.kind)
        made = typed(
            column,
            f"c{place}",
            found.types[place],
            words=words,
            timezone=timezone,
            where=f"{found.name}, column {header}",
        )
        columns[column.name] = (column, place, made)
    return columns


def _refused(
    connection: Any, found: Opened, what: Input, columns: _Columns, rows: int, refused: int
) -> UnreadableInput:
    shown, advice = [], ""
    for column, place, each in columns.values():
        if each.bad is None:
            continue
        query = (
            f"SELECT _row, CAST(c{place} AS VARCHAR) FROM {found.relation} WHERE {each.bad} ORDER BY _row LIMIT {SHOWN}"  # noqa: S608
        )
        for row, value in connection.execute(query).fetchall():
            said = "is empty" if value is None or not value.strip() else f"{ascii(value)[:60]} {WHY[column.kind]}"
            shown.append((row, f"{found.place(row, place)}: {said}"))
            advice = advice or ADVICE[column.kind]
    shown.sort()
    more = f"; in all {refused} of {rows} rows are refused" if rows > 1 else ""
    problems = [text for _, text in shown[:SHOWN]]
    return UnreadableInput(
        f"{problems[0]}{more}",
        advice=f"{advice} Nothing was reconciled.".strip(),
        problems=problems,
        read=rows,
        refused=refused,
        what=what,
    )
