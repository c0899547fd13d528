"""Write the inbox's events to a file: Parquet, JSON lines or CSV.

One row an event, newest first, as of the moment that it begins. Money in Parquet is DECIMAL(38, 18), and beside it,
in `…_text`, what the wire said; the other formats have the text alone. Times are UTC. Memory stays flat however many
events there are; a file is there whole or not at all. In CSV, what a spreadsheet would take for a formula stands behind
an apostrophe; `cells.text_of` takes it away.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import attrs

from halopay_api import codec
from halopay_kit.errors import ConfigurationError, ExportError
from halopay_kit.inbox.cells import cell_of
from halopay_kit.inbox.interruption import Interruption, interruptible
from halopay_kit.inbox.replacement import in_place_of

if TYPE_CHECKING:
    from halopay_kit.inbox.inbox import Inbox
    from halopay_kit.inbox.reading import Stored

Format = Literal["parquet", "jsonl", "csv"]
Rows = Iterable[Sequence["Stored"]]

BY_SUFFIX: Mapping[str, Format] = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}
PAGE = 5000  # events in memory at a time; a row group of Parquet
_NUMBER = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?", re.ASCII).fullmatch
_WHOLE, _FRACTION = 20, 18  # digits of DECIMAL(38, 18) before and behind the point
_LARGEST = 2**63


def export(
    inbox: Inbox,
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,  # noqa: A002  # what everybody calls it
    unfit: Literal["refuse", "empty"] = "refuse",
    progress: Callable[[int], object] | None = None,
    **filters: Any,
) -> int:
    """Write the events that `Inbox.events` finds with these filters to a file; return how many.

    The format is that of the name's end where it is not given. An amount that DECIMAL(38, 18) does not hold exactly
    is refused, or with `unfit="empty"` left empty beside its text. `progress` is told how many rows were written,
    page by page. A symbolic link is followed; a new file is its owner's alone, one that was there keeps its
    permissions. After Ctrl-C or SIGTERM nothing is left of it.

    Raises:
        ConfigurationError: no such format, a filter that cannot be right, or the extra `parquet` is not installed.
        ExportError: an amount does not fit, or the file cannot be written; a file that was there before is as it was.
        InboxUnavailable: the store fails.
    """
    target = Path(path)
    write = _writer(target, format)
    with interruptible() as stop:
        try:
            with in_place_of(target) as part, closing(pages(inbox, size=PAGE, **filters)) as found:
                return write(part, _until(stop, found), unfit == "empty", progress or (lambda _count: None))
        except _Stopped:
            pass  # the signal has its effect when nothing is left
    raise AssertionError  # it ended us


def pages(inbox: Inbox, *, size: int = PAGE, **filters: Any) -> Generator[Sequence[Stored], None, None]:
    """Yield the events that the filters find, newest first, `size` at a time, all as of the moment of the first."""
    from halopay_kit.inbox import reading

    with inbox.store.reading() as connection:
        if connection.dialect.name == "postgresql":  # SQLite does so anyway
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        page = reading.events(connection, limit=size, **filters)
        while page:
            yield page
            page = (
                reading.events(connection, limit=size, **{**filters, "after": page[-1].id}) if len(page) == size else []
            )


class _Stopped(Exception):
    """A signal came."""


def _until(stop: Interruption, found: Rows) -> Rows:
    for page in found:
        if stop.is_set():
            raise _Stopped
        yield page


def lines(stored: Iterable[Stored]) -> Iterator[dict[str, object]]:
    """Yield each event as JSON shows it: amounts as they were written, times as ISO text."""
    for event in stored:
        fields = _fields(event)
        yield {column.name: _told(column, event, fields) for column in COLUMNS}


# --- columns


@attrs.frozen
class Column:
    """One column: what kind of value it holds, and where in an event that value is."""

    name: str
    kind: Literal["int64", "text", "time", "money"]
    of: Callable[[Stored, Mapping[str, object]], object]


def _own(name: str, kind: Literal["int64", "text", "time"] = "text", attribute: str | None = None) -> Column:
    return Column(name, kind, lambda event, _fields: getattr(event, attribute or name))


def _wire(name: str, kind: Literal["int64", "text", "time", "money"], key: str | None = None) -> Column:
    return Column(name, kind, lambda _event, fields: fields.get(key or name))


COLUMNS = (
    _own("id", "int64"),
    _own("kind"),
    _own("app_id"),
    _own("trade_no"),
    _own("out_trade_no"),
    _own("status"),
    _own("verdict"),
    _own("origin"),
    _own("state"),
    _wire("amount", "money"),
    _wire("amount_collected", "money"),
    _wire("token_amount", "money"),
    _wire("fee", "money"),
    _wire("currency_id", "int64"),
    _wire("token", "text"),
    _wire("chain", "text"),
    _wire("chain_id", "int64"),
    _wire("contract", "text"),
    _wire("address", "text"),
    _wire("pay_address", "text"),
    _wire("txid", "text"),
    _wire("event_time", "time", "time"),
    _own("received_at", "time"),
    _own("attempts", "int64"),
    Column("body", "text", lambda event, _fields: event.body.decode("utf-8", "backslashreplace")),
)


def _fields(event: Stored) -> Mapping[str, object]:
    """Return what the body says, fractions exact."""
    fields = codec.parse(event.body)
    if any(isinstance(value, float) for value in fields.values()):
        fields = codec.parse_exact(event.body)
    return fields  # type: ignore[no-any-return]  # what is stored as an event is an object


def _told(column: Column, event: Stored, fields: Mapping[str, object]) -> object:
    value = _PLAIN[column.kind](column.of(event, fields))
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value, default=str)


def _whole(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value < _LARGEST
    return value if whole else None  # type: ignore[return-value]  # it is an int


def _time(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


_PLAIN: Mapping[str, Callable[[object], object]] = {"int64": _whole, "text": _text, "time": _time, "money": _text}


def _decimal(text: str | None, event: Stored, column: str, *, empty: bool) -> Decimal | None:
    """Return the amount if DECIMAL(38, 18) holds it exactly."""
    if text is None:
        return None
    match = _NUMBER(text) if len(text) < 200 else None
    if match and len(match[1].lstrip("0")) <= _WHOLE and len((match[2] or "").rstrip("0")) <= _FRACTION:
        whole, fraction = match[1].lstrip("0") or "0", (match[2] or "").rstrip("0") or "0"
        return Decimal(f"{'-' if text[0] == '-' else ''}{whole}.{fraction}")
    if empty:
        return None
    shown = ascii(text)[:60]
    raise ExportError(
        f"event {event.id}: DECIMAL(38, 18) does not hold the {column} {shown} exactly",
        advice='Nothing was written. With unfit="empty" (--unfit-empty) it is left empty beside its text.',
        trade_no=event.trade_no,
    )


# --- formats

_Write = Callable[[IO[bytes], Rows, bool, Callable[[int], object]], int]


def _writer(target: Path, given: str | None) -> _Write:
    chosen: str = given or BY_SUFFIX.get(target.suffix.lower()) or ""
    if chosen not in _WRITERS:
        raise ConfigurationError(
            f"{chosen or target.suffix or target.name!r} is no format to export to",
            advice=f"There is {', '.join(_WRITERS)}; the name ends in {', '.join(BY_SUFFIX)}.",
        )
    if chosen == "parquet":
        _import_parquet()  # if it is missing, that is said before anything is read
    return _WRITERS[chosen]


def _import_parquet() -> Any:
    try:
        import pyarrow.parquet  # type: ignore[import-untyped]  # it has none
    except ImportError:
        raise ConfigurationError("Parquet needs pyarrow", advice="pip install 'halopay-kit[parquet]'") from None
    return pyarrow


def _parquet(part: IO[bytes], rows: Rows, empty: bool, progress: Callable[[int], object]) -> int:
    pa = _import_parquet()
    types = {
        "int64": pa.int64(),
        "text": pa.string(),
        "time": pa.timestamp("us", "UTC"),
        "money": pa.decimal128(38, 18),
    }
    fields = []
    for column in COLUMNS:
        fields.append(pa.field(column.name, types[column.kind]))
        if column.kind == "money":
            fields.append(pa.field(f"{column.name}_text", pa.string()))
    schema, count = pa.schema(fields), 0
    with pa.parquet.ParquetWriter(part, schema, compression="zstd") as writer:
        for page in rows:
            read = [(event, _fields(event)) for event in page]
            arrays = []
            for column in COLUMNS:
                values = [_PLAIN[column.kind](column.of(event, said)) for event, said in read]
                if column.kind == "money":
                    exact = [
                        _decimal(text, event, column.name, empty=empty)  # type: ignore[arg-type]  # money is text
                        for text, (event, _) in zip(values, read, strict=True)
                    ]
                    arrays.append(pa.array(exact, types["money"]))
                arrays.append(pa.array(values, pa.string() if column.kind == "money" else types[column.kind]))
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(page)
            progress(count)
    return count


def _json_lines(part: IO[bytes], rows: Rows, _empty: bool, progress: Callable[[int], object]) -> int:
    count = 0
    for page in rows:
        part.write("".join(f"{json.dumps(line)}\n" for line in lines(page)).encode())
        count += len(page)
        progress(count)
    return count


def _csv(part: IO[bytes], rows: Rows, _empty: bool, progress: Callable[[int], object]) -> int:
    import io

    count = 0
    text = io.TextIOWrapper(part, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(column.name for column in COLUMNS)
    for page in rows:
        writer.writerows(map(_cells, lines(page)))
        count += len(page)
        progress(count)
    text.detach()
    return count


def _cells(line: Mapping[str, object]) -> list[object]:
    """Return a line's values; an amount that is a number is no formula."""
    return [
        cell_of(value) if isinstance(value, str) and not (column.kind == "money" and _NUMBER(value)) else value
        for column, value in zip(COLUMNS, line.values(), strict=True)
    ]


_WRITERS: Mapping[str, _Write] = {
    "parquet": _parquet,
    "jsonl": _json_lines,
    "csv": _csv,
}
