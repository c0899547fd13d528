"""A file of the merchant's own book: which orders and payouts there are.

CSV, comma-separated with a line of column names, or JSON lines; UTF-8. The columns `out_trade_no` and `trade_no` name
an order or payout, one of them is enough; `kind` is `payment` or `payout`, a payment where it is empty or missing.
Other columns are not looked at. A file with anything wrong in it is refused as a whole.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Literal, cast

import attrs

from halopay_kit.errors import ConfigurationError

Kind = Literal["payment", "payout"]
KINDS: tuple[Kind, ...] = ("payment", "payout")
_NUMBERS = ("out_trade_no", "trade_no")
_LONGEST = 256  # characters of a number; HaloPay's own have 32
_CSV, _JSON_LINES = (".csv",), (".jsonl", ".ndjson")


@attrs.frozen(kw_only=True)
class Known:
    """An order (`payment`) or payout that the merchant knows of, by one or both of its numbers.

    Raises:
        ConfigurationError: no number, or one that cannot be right; another kind.
    """

    kind: Kind = "payment"
    out_trade_no: str | None = None
    trade_no: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigurationError(f"kind: {_shown(self.kind)} is none of {', '.join(KINDS)}")
        if self.out_trade_no is None and self.trade_no is None:
            raise ConfigurationError(f"{' and '.join(_NUMBERS)}: both are empty")
        for column in _NUMBERS:
            problem = _problem_of(getattr(self, column))
            if problem:
                raise ConfigurationError(f"{column}: {problem}")


def read_ledger(path: str | PathLike[str]) -> list[Known]:
    """Return what a ledger file names.

    Raises:
        ConfigurationError: with file, line and column of what cannot be right.
    """
    name = Path(fspath(path)).name
    text = _text_of(path, name)
    suffix = Path(fspath(path)).suffix.lower()
    if suffix not in _CSV + _JSON_LINES:
        raise _refusal(name, "its name ends neither in .csv nor in .jsonl", None)
    rows = _csv_rows(text, name) if suffix in _CSV else _json_rows(text, name)
    found: list[Known] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in rows:
        try:
            known = _known(row)
        except ConfigurationError as error:
            raise _refusal(name, error.problem, line) from None
        for column in _NUMBERS:
            number = getattr(known, column)
            if number is not None and (first := seen.setdefault((known.kind, column, number), line)) != line:
                raise _refusal(name, f"{column}: {_shown(number)} stands in line {first} already", line)
        found.append(known)
    if not found:
        raise _refusal(name, "it names no order and no payout", None)
    return found


def _known(row: Mapping[str, object]) -> Known:
    values = {column: row.get(column) for column in (*_NUMBERS, "kind")}
    for column, value in values.items():
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(f"{column}: a {type(value).__name__} where a text is expected")
    texts = {column: value.strip() or None for column, value in values.items() if isinstance(value, str)}
    kind = cast("Kind", (texts.get("kind") or "payment").lower())
    return Known(kind=kind, out_trade_no=texts.get("out_trade_no"), trade_no=texts.get("trade_no"))


def _text_of(path: str | PathLike[str], name: str) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise _refusal(name, f"it cannot be read: {error.strerror}", None) from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal(name, "it is UTF-16", 1, "Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")  # the mark that Excel puts in front of UTF-8 says nothing else
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refusal(name, f"byte {error.start} is not UTF-8", line, "Save it as UTF-8.") from None


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    if "\0" in text:
        raise _refusal(name, "a NUL byte", text.count("\n", 0, text.index("\0")) + 1)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    columns: list[str] | None = None
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(cells, name, line)
            elif len(cells) != len(columns):
                raise _refusal(name, f"{len(cells)} cells under {len(columns)} columns", line)
            else:
                yield line, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise _refusal(name, f"it is not CSV: {error}", begins) from None


def _columns(cells: list[str], name: str, line: int) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    if not set(_NUMBERS) & set(columns):
        for sign, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if any(sign in cell for cell in cells):
                raise _refusal(name, f"column 1: the columns are separated by {called}, not by commas", line)
        shown = ", ".join(map(_shown, columns[:5]))
        raise _refusal(name, f"there is no column out_trade_no and no column trade_no, only {shown}", line)
    for column in (*_NUMBERS, "kind"):
        if columns.count(column) > 1:
            raise _refusal(name, f"the column {column} is there twice", line)
    return columns


def _json_rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    for line, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            row = json.loads(written, object_pairs_hook=_once)
        except ConfigurationError as error:
            raise _refusal(name, error.problem, line) from None
        except (ValueError, RecursionError) as error:
            where = f"column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "not readable"
            raise _refusal(name, f"it is not JSON, {where}", line) from None
        if not isinstance(row, dict):
            raise _refusal(name, "it is not a JSON object", line)
        yield line, row


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ConfigurationError("a name stands there twice")
    return row


def _problem_of(number: object) -> str | None:
    if number is None:
        return None
    if not isinstance(number, str):
        return f"a {type(number).__name__} where a text is expected"
    if not number:
        return "empty"
    if len(number) > _LONGEST:
        return f"longer than {_LONGEST} characters"
    if not number.isprintable():  # half a surrogate pair is not printable either
        return f"{_shown(number)} holds a character that no number has"
    return None


def _shown(value: object) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _refusal(name: str, problem: str, line: int | None, advice: str | None = None) -> ConfigurationError:
    where = f"{name}, line {line}" if line else name
    said = advice or "A ledger is CSV (comma-separated, with a line of column names) or JSON lines."
    return ConfigurationError(f"{where}: {problem}", advice=f"Nothing was sent. {said}")
