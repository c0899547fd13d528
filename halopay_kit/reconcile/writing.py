"""Write a result into a folder, whole or not at all, and read an earlier one's breaks again."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs

from halopay_kit.errors import ConfigurationError, ExportError
from halopay_kit.inbox.cells import cell_of
from halopay_kit.reconcile.result import Break, Result
from halopay_kit.reconcile.rollforward import RollForward

FILES: Final = ("breaks.parquet", "breaks.csv", "roll-forward.csv", "summary.json", "report.html")
_MONEY = ("ledger_amount", "gateway_amount", "at_stake")
_LISTS = ("events", "entries", "payouts")
_NAMES = tuple(field.name for field in attrs.fields(Break))
COLUMNS: Final = ("id", "class", "severity", *_NAMES[2:])
"""The columns of breaks.parquet and breaks.csv."""


def write(result: Result, folder: str | os.PathLike[str], *, html: str | None = None) -> Path:
    """Write breaks, roll-forward, summary and report into a folder, which is made; return it.

    Files of an earlier run are replaced, all at once; others stay.

    Raises:
        ExportError: it cannot be written; what was there is as it was.
    """
    target = Path(folder)
    rows = [row_of(each) for each in (*result.breaks, *result.timing)]
    try:
        target.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=target))
        try:
            _parquet(part / "breaks.parquet", rows)
            (part / "breaks.csv").write_text(_csv(COLUMNS, rows), "utf-8")
            columns = [field.name for field in attrs.fields(RollForward)]
            forward = [attrs.asdict(each) for each in result.roll_forward]
            (part / "roll-forward.csv").write_text(_csv(columns, forward), "utf-8")
            (part / "summary.json").write_text(json.dumps(summary(result), indent=2) + "\n", "utf-8")
            if html is not None:
                (part / "report.html").write_text(html, "utf-8")
            for file in part.iterdir():
                file.replace(target / file.name)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise ExportError(f"nothing could be written to {target}: {error.strerror or error}") from error
    return target


def earlier(folder: str | os.PathLike[str]) -> list[Break]:
    """Return the breaks of an earlier run.

    Raises:
        ConfigurationError: there is none that can be read.
    """
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it has none

    file = Path(folder) / "breaks.parquet"
    try:
        rows = pq.read_table(file).to_pylist()
        return [_break_of(row) for row in rows]
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no {file}", advice="Give the --out of an earlier run.") from error
    except Exception as error:
        raise ConfigurationError(f"{file} is not what an earlier run wrote ({type(error).__name__})") from error


def summary(result: Result) -> dict[str, Any]:
    """Return what a result comes to, as JSON takes it; amounts are texts, times are ISO in UTC."""
    return {
        "clean": result.is_clean,
        "as_of": _iso(result.as_of),
        "engine": result.engine,
        "version": result.version,
        "subjects": result.subjects,
        "subjects_without_a_break": result.clean,
        "breaks": len(result.breaks),
        "timing": len(result.timing),
        "by_class": dict(result.by_class),
        "at_stake": {name: f"{amount:f}" for name, amount in result.at_stake.items()},
        "new": sum(each.news == "new" for each in result.breaks) if result.resolved is not None else None,
        "aged": sum(each.news == "aged" for each in result.breaks) if result.resolved is not None else None,
        "resolved": None if result.resolved is None else len(result.resolved),
        "rows": [attrs.asdict(each) for each in result.counts],
        "columns": {each.what: dict(each.mapping.columns) for each in result.inputs},
        "roll_forward": [_plain(attrs.asdict(each)) for each in result.roll_forward],
        "settings": _plain(attrs.asdict(result.settings)),
    }


def row_of(each: Break) -> dict[str, Any]:
    """Return a break as a row of `COLUMNS`."""
    row = {name: getattr(each, name) for name in _NAMES[2:]}
    return {"id": each.id, "class": each.class_, "severity": each.severity, **row}


def _break_of(row: Mapping[str, Any]) -> Break:
    values = {name: row["class" if name == "class_" else name] for name in _NAMES}
    values |= {name: tuple(row[name]) for name in _LISTS}
    values["at"] = None if row["at"] is None else row["at"].timestamp()
    return Break(**values)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in values.items()}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def table(breaks: Iterable[Break]) -> Any:
    """Return breaks as a pyarrow table; money is DECIMAL(38, 18), times are UTC."""
    return _table([row_of(each) for each in breaks])


def _table(rows: Sequence[Mapping[str, Any]]) -> Any:
    import pyarrow as pa

    kinds = {name: pa.string() for name in COLUMNS}
    kinds |= {name: pa.decimal128(38, 18) for name in _MONEY}
    kinds |= {"timing": pa.bool_(), "at": pa.timestamp("us", "UTC"), "age": pa.float64(), "currency_id": pa.int64()}
    kinds |= {"events": pa.list_(pa.int64()), "entries": pa.list_(pa.string()), "payouts": pa.list_(pa.string())}
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in COLUMNS}
    columns["at"] = [None if at is None else datetime.fromtimestamp(at, UTC) for at in columns["at"]]
    return pa.table({name: pa.array(values, kinds[name]) for name, values in columns.items()})


def _parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_table(rows), path, compression="zstd")


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(list(_cells(columns, row)) for row in rows)
    return out.getvalue()


def _cells(columns: Sequence[str], row: Mapping[str, Any]) -> Iterator[object]:
    for name in columns:
        value = row[name]
        if isinstance(value, Decimal):
            yield f"{value:f}"
        elif isinstance(value, tuple):
            yield cell_of(" ".join(map(str, value)))
        elif isinstance(value, float) and (name == "at" or name.endswith("_at")):
            yield _iso(value)
        else:
            yield cell_of(value) if isinstance(value, str) else value
