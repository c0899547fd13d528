"""Write the journal's payouts to a file: Parquet, CSV or JSON lines, for reports and reconciliation.

One row a payout, oldest first. Money in Parquet is DECIMAL(38, 18), with the text beside it; times are UTC. A file is
there whole or not at all.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any, Final, Literal

from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox.cells import cell_of
from halopay_kit.inbox.replacement import in_place_of
from halopay_kit.payouts.journal import Journal
from halopay_kit.payouts.payout import COLUMNS

Format = Literal["parquet", "csv", "jsonl"]

BY_SUFFIX: Final[Mapping[str, Format]] = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_TIMES: Final = ("created_at", "changed_at")
_WHOLE: Final = ("currency_id", "attempts")
_PAGE: Final = 5000

Rows = Iterator[dict[str, Any]]


def export(
    journal: Journal,
    path: str | PathLike[str],
    *,
    states: Collection[str] | None = None,
    app_id: str | None = None,
) -> int:
    """Write payouts to a file, in the format of its name's end; return how many.

    Raises:
        ConfigurationError: no such format, or the extra `parquet` is not installed.
        ExportError: the file cannot be written; one that was there before is as it was.
        JournalUnavailable: the store fails.
    """
    target = Path(fspath(path))
    chosen = BY_SUFFIX.get(target.suffix.lower())
    if chosen is None:
        raise ConfigurationError(
            f"{target.suffix or target.name!r} is no format to export to", advice=f"There is {', '.join(BY_SUFFIX)}."
        )
    if chosen == "parquet":
        _import_parquet()  # if it is missing, that is said before anything is read
    rows = journal.rows(states=states, app_id=app_id)
    with in_place_of(target) as file:
        return {"parquet": _parquet, "csv": _csv, "jsonl": _json_lines}[chosen](file, rows)


def _json_lines(file: IO[bytes], rows: Rows) -> int:
    count = 0
    for row in rows:
        file.write(json.dumps(row | {name: _iso(row[name]) for name in _TIMES}).encode() + b"\n")
        count += 1
    return count


def _csv(file: IO[bytes], rows: Rows) -> int:
    count = 0
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        told = row | {name: _iso(row[name]) for name in _TIMES}
        writer.writerow([cell_of(value) if isinstance(value, str) else value for value in told.values()])
        count += 1
    text.detach()
    return count


def _parquet(file: IO[bytes], rows: Rows) -> int:
    pa = _import_parquet()
    names = [*COLUMNS[: COLUMNS.index("amount") + 1], "amount_text", *COLUMNS[COLUMNS.index("amount") + 1 :]]
    kinds = {
        **dict.fromkeys(names, pa.string()),
        **dict.fromkeys(_WHOLE, pa.int64()),
        **dict.fromkeys(_TIMES, pa.timestamp("us", tz="UTC")),
        "amount": pa.decimal128(38, 18),
    }
    schema = pa.schema([(name, kinds[name]) for name in names])
    count = 0
    with pa.parquet.ParquetWriter(file, schema) as writer:
        while page := [_columned(row) for row in islice(rows, _PAGE)]:
            writer.write_table(pa.Table.from_pylist(page, schema=schema))
            count += len(page)
    return count


def _columned(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromtimestamp(row[name], UTC) for name in _TIMES}
    return row | times | {"amount": Decimal(row["amount"]), "amount_text": row["amount"]}


def _iso(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def _import_parquet() -> Any:
    try:
        import pyarrow.parquet  # type: ignore[import-untyped]  # it has none
    except ImportError:
        raise ConfigurationError("Parquet needs pyarrow", advice="pip install 'halopay-kit[parquet]'") from None
    return pyarrow
