"""What an input is read from: CSV, Parquet, a table of a database, a dataframe; as a relation of DuckDB's."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import attrs

from halopay_kit.errors import ConfigurationError

MOST_COLUMNS = 1000
_DELIMITERS = (",", ";", "\t", "|")
_LINE = re.compile(r"\bLine: (\d+)")


@attrs.frozen(kw_only=True)
class Opened:
    """An input that can be selected from.

    Attributes:
        name: how it is called in errors.
        relation: what stands behind FROM; it has a column `_row`, from 1, and `c0`, `c1`, ….
        headers: the names of c0, c1, … in the input.
        types: their types, as DuckDB calls them.
        path: a CSV file, whose lines can be told.
        delimiter: of that file.
        in_place: reading it again costs little, so that no copy of it is needed.
    """

    name: str
    relation: str
    headers: Sequence[str]
    types: Sequence[str]
    path: Path | None = None
    delimiter: str = ","
    in_place: bool = False

    def place(self, row: int, column: int) -> str:
        """Return where a value stands: line and column of a file, else row and column."""
        header = ascii(self.headers[column])[1:-1][:40]
        if self.path is None:
            return f"{self.name}, row {row}, column {header}"
        line = next((line for number, line in _records(self.path, self.delimiter) if number == row), row + 1)
        return f"{self.name}, line {line}, column {column + 1} ({header})"


def opened(connection: Any, source: Any, label: str) -> Opened:
    """Open a file by its name's end, a table `URL#table`, or anything that pyarrow takes for a table.

    Raises:
        ConfigurationError: it is not there, or cannot be read as what it seems to be.
    """
    if isinstance(source, str) and "#" in source and "://" in source:
        return _of_database(connection, source, label)
    if isinstance(source, str | PathLike):
        return _of_file(connection, Path(fspath(source)), label)
    return _of_table(connection, source, label)


def _of_file(connection: Any, path: Path, label: str) -> Opened:
    suffix = path.suffix.lower()
    if not path.is_file():
        raise ConfigurationError(f"{label}: {path} is no file" if path.exists() else f"{label}: there is no {path}")
    if suffix == ".parquet":
        return _of_parquet(connection, path)
    if suffix in (".csv", ".tsv", ".txt"):
        return _of_csv(path)
    raise ConfigurationError(
        f"{label}: {path.name} ends neither in .csv nor in .parquet",
        advice="A table of a database is URL#table, as postgresql://…/shop#ledger.",
    )


def _of_parquet(connection: Any, path: Path) -> Opened:
    source = f"read_parquet({_literal(str(path))}, file_row_number=true)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608  # quoted
    except Exception as error:
        raise ConfigurationError(
            f"{path.name} is no Parquet that can be read: {_told(error)}", advice="Write it again; it may be cut off."
        ) from error
    columns = [(str(row[0]), str(row[1])) for row in described if row[0] != "file_row_number"]
    _check_headers(path.name, [name for name, _ in columns])
    picked = ", ".join(f"{_name(name)} AS c{place}" for place, (name, _) in enumerate(columns))
    return Opened(
        name=path.name,
        relation=f"(SELECT file_row_number + 1 AS _row, {picked} FROM {source})",  # noqa: S608  # quoted
        headers=[name for name, _ in columns],
        types=[kind for _, kind in columns],
        in_place=True,
    )


def _of_csv(path: Path) -> Opened:
    _check_text(path)
    delimiter = _delimiter(path)
    headers = [cell.strip() for cell in next((cells for cells, _ in _rows(path, delimiter)), [])]
    _check_headers(path.name, headers)
    types = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(headers)))
    source = (
        f"read_csv({_literal(str(path))}, columns={{{types}}}, auto_detect=false, header=true, "
        f"delim={_literal(delimiter)}, quote='\"', escape='\"', strict_mode=true, null_padding=false, "
        "max_line_size=4000000)"
    )
    return Opened(
        name=path.name,
        relation=f"(SELECT row_number() OVER () AS _row, * FROM {source})",  # noqa: S608  # quoted
        headers=headers,
        types=["VARCHAR"] * len(headers),
        path=path,
        delimiter=delimiter,
    )


def unreadable(source: Opened, error: BaseException) -> ConfigurationError:
    """Return what DuckDB says of a file as our own error, with its line."""
    text = str(error)
    line = _LINE.search(text)
    where = f"{source.name}, line {line[1]}" if line else source.name
    for sign, problem in (
        ("Expected Number of Columns", "more or fewer cells than columns; the file may be cut off there"),
        ("unterminated quote", "a quote that does not end; the file may be cut off there"),
        ("unquoted value", "a quote in the middle of a cell"),
        ("Maximum line size", "a line of more than four million bytes"),
    ):
        if sign.lower() in text.lower():
            return ConfigurationError(f"{where}: {problem}", advice="Nothing was reconciled. Export the file again.")
    return ConfigurationError(f"{where}: {_told(error)}", advice="Nothing was reconciled.")


def _check_text(path: Path) -> None:
    """Refuse what is not UTF-8 text, with the line."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, empty = 1, True
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise ConfigurationError(f"{path.name}, line 1: it is UTF-16", advice="Save it as UTF-8.")
        file.seek(0)
        while block := file.read(1 << 20):
            empty = empty and not block.strip()
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                at = line + block.count(b"\n", 0, max(error.start, 0))
                raise ConfigurationError(
                    f"{path.name}, line {at}: a byte that is not UTF-8", advice="Save it as UTF-8."
                ) from None
            if b"\0" in block:
                at = line + block.count(b"\n", 0, block.index(b"\0"))
                raise ConfigurationError(f"{path.name}, line {at}: a NUL byte", advice="Export the file again.")
            line += block.count(b"\n")
    if empty:
        raise ConfigurationError(f"{path.name} is empty", advice="A line of column names is the least.")


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline(1 << 22)
    return max(_DELIMITERS, key=head.count)


def _rows(path: Path, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Yield each record's cells and the line that it begins in; empty lines are none."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        begins = 1
        try:
            for cells in reader:
                if cells:
                    yield cells, begins
                begins = reader.line_num + 1
        except csv.Error as error:
            raise ConfigurationError(f"{path.name}, line {begins}: it is not CSV: {error}") from None


def _records(path: Path, delimiter: str) -> Iterator[tuple[int, int]]:
    """Yield the number of each record behind the header, from 1, and its line."""
    for number, (_, line) in enumerate(_rows(path, delimiter)):
        yield number, line


def _check_headers(name: str, headers: Sequence[str]) -> None:
    if len(headers) > MOST_COLUMNS:
        raise ConfigurationError(
            f"{name} has {len(headers)} columns; {MOST_COLUMNS} are the most", advice="Export those that matter."
        )
    if not headers or not any(headers):
        raise ConfigurationError(f"{name} has no line of column names")
    seen: dict[str, int] = {}
    for place, header in enumerate(headers, 1):
        if header and seen.setdefault(header.lower(), place) != place:
            raise ConfigurationError(
                f"{name}, line 1: the column {ascii(header)[1:-1][:40]} is there twice, "
                f"as column {seen[header.lower()]} and {place}",
                advice="Which one counts? Name each once.",
            )


def _of_table(connection: Any, source: Any, label: str) -> Opened:
    import pyarrow as pa  # type: ignore[import-untyped]  # it has none

    try:
        table = source if isinstance(source, pa.Table) else pa.table(source)
    except Exception as error:
        raise ConfigurationError(
            f"{label}: a {type(source).__name__} is no table that can be read: {_told(error)}",
            advice="Give a file's path, URL#table, or a dataframe of pandas, polars or pyarrow.",
        ) from error
    headers = [str(name) for name in table.column_names]
    _check_headers(label, headers)
    numbered = table.rename_columns([f"c{place}" for place in range(len(headers))]).append_column(
        "_row", pa.array(range(1, table.num_rows + 1), pa.int64())
    )
    view = f"given_{re.sub('[^a-z]', '', label)}"
    connection.register(view, numbered)
    described = connection.execute(f"DESCRIBE SELECT * EXCLUDE (_row) FROM {view}").fetchall()  # noqa: S608  # ours
    return Opened(name=label, relation=view, headers=headers, types=[str(row[1]) for row in described])


def _of_database(connection: Any, source: str, label: str) -> Opened:
    url, _, table = source.rpartition("#")
    from halopay_kit.reconcile.database import read

    return attrs.evolve(_of_table(connection, read(url, table), label), name=table)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _told(error: BaseException) -> str:
    return io.StringIO(str(error)).readline().strip()[:200] or type(error).__name__
