"""What `halopay inbox export` writes: JSON lines, CSV or Parquet, a row an event.

An event's bytes are there, the headers that it came with are not: schema, values and transitions are judged,
signature, freshness and schedule cannot be.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TextIO

from halopay_kit.contract.traffic.body import Body
from halopay_kit.contract.traffic.opened import LONGEST
from halopay_kit.contract.traffic.recorded import Entry, Passed, Recorded, Refused, seconds_of, text
from halopay_kit.errors import ConfigurationError, UnreadableTraffic
from halopay_kit.inbox.cells import text_of

_COLUMNS: Final = ("id", "kind", "origin", "verdict", "received_at", "body")
_BATCH: Final = 2000  # rows in memory at a time


def is_row(row: Mapping[str, Any]) -> bool:
    """Say whether a row is one of the inbox's."""
    return all(name in row for name in _COLUMNS)


def entry(row: Mapping[str, Any], where: str) -> Entry:
    """Read one row.

    Raises:
        UnreadableTraffic: its body is no text.
    """
    if row["origin"] == "query":
        return Passed(where, "an event that a query gave, no webhook")
    at = row["received_at"]
    number = str(row["id"])
    return Recorded(
        where=where,
        sort="delivery",
        at=at.timestamp() if isinstance(at, datetime) else seconds_of(at),
        request=Body(text=text(row["body"], "its body")),
        has_headers=False,
        order=int(number) if number.isascii() and number.isdigit() and len(number) < 20 else None,
    )


def csv_entries(file: TextIO) -> Iterator[Entry]:
    """Yield each row of an export in CSV."""
    usual = csv.field_size_limit(LONGEST)
    try:
        rows = csv.DictReader(file)
        for number, row in enumerate(rows, 1):
            where = f"row {number}"
            if not is_row(row) or row["body"] is None:
                yield Refused(where, "it has fewer columns than the first line")
                continue
            yield entry({name: text_of(row[name] or "") for name in _COLUMNS}, where)
    except csv.Error as error:
        yield Refused(f"line {rows.line_num + 1}", f"the file is unreadable from here on: {error}")
    finally:
        csv.field_size_limit(usual)


def parquet_entries(path: Path) -> Iterator[Entry]:
    """Yield each row of an export in Parquet.

    Raises:
        UnreadableTraffic: it is no Parquet, or not from an inbox.
        ConfigurationError: the extra `parquet` is not installed.
    """
    try:
        pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigurationError("Parquet needs pyarrow", advice="pip install 'halopay-kit[parquet]'") from error
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            missing = set(_COLUMNS) - set(file.schema_arrow.names)
            if missing:
                raise UnreadableTraffic(f"it is Parquet without the columns {', '.join(sorted(missing))} of an inbox")
            for batch in file.iter_batches(_BATCH, columns=list(_COLUMNS)):
                for row in batch.to_pylist():
                    number += 1
                    yield _checked(row, f"row {number}")
    except (pyarrow.ArrowException, OSError) as error:
        if not number:
            raise UnreadableTraffic("it is no Parquet that can be read, or cut off") from error
        yield Refused(f"row {number + 1}", "the file is unreadable from here on")


def _checked(row: Mapping[str, Any], where: str) -> Entry:
    try:
        return entry(row, where)
    except UnreadableTraffic as error:
        return Refused(where, error.problem)
