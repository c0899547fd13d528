"""A file of payouts, read strictly: what a spreadsheet may have touched is refused, with line, column and reason.

CSV (comma-separated, a line of column names) or JSON lines; UTF-8 without a byte order mark, lines that end in LF, none
of them empty. The columns `out_trade_no`, `currency_id`, `amount` and `address` are all needed; others are not looked
at. In JSON lines an amount is a text, for a JSON number is a float to most who write it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from os import PathLike, fspath
from pathlib import Path
from typing import Final

import attrs

from halopay_kit.errors import FileRefused
from halopay_kit.payouts import addresses
from halopay_kit.payouts.payout import LONGEST, number_problem

NEEDED: Final = ("out_trade_no", "currency_id", "amount", "address")
_CSV, _JSON_LINES = (".csv",), (".jsonl", ".ndjson")
_AMOUNT = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,18}))?", re.ASCII).fullmatch
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+", re.ASCII).fullmatch
_ADVICE: Final = "Nothing was sent. Have a program write the file, not a spreadsheet: see `halopay payout run --help`."
_MOST: Final = 1000  # problems that are told


@attrs.frozen(kw_only=True)
class Row:
    """A payout of the file, and the line that it begins in."""

    line: int
    out_trade_no: str
    currency_id: int
    amount: Decimal
    address: str


@attrs.define
class Problems:
    """What is wrong with a file, in the order of its lines.

    `places` are the columns by name, where there are any; a `single` payout has no lines.
    """

    name: str
    single: bool = False
    places: Mapping[str, int] = attrs.field(factory=dict)
    found: list[tuple[int, str]] = attrs.field(factory=list)

    def add(self, line: int, column: str | int | None, reason: str) -> None:
        """Note a problem at a line, and at a column: its name, or the place of a character."""
        where = f"line {line}"
        if self.single:
            where = str(column)
        elif isinstance(column, int):
            where += f", column {column}"
        elif column is not None:
            where += f", column {self.places[column]} ({column})" if column in self.places else f", column {column}"
        self.found.append((line, f"{where}: {reason}"))

    def refuse(self, advice: str = _ADVICE) -> None:
        """Raise if there is any.

        Raises:
            FileRefused: with all of them.
        """
        if self.found:
            said = tuple(text for _, text in sorted(self.found, key=lambda each: each[0])[:_MOST])
            raise FileRefused(self.name, said, advice=advice)


def read(
    path: str | PathLike[str], *, mixed: bool = False, allowed: frozenset[str] = frozenset()
) -> tuple[list[Row], Problems]:
    """Return what the file says, and where further problems with it can be noted.

    With `mixed` it may hold payouts of several currencies. Addresses that are `allowed` may look like others.

    Raises:
        FileRefused: anything is wrong with it.
    """
    problems = Problems(Path(fspath(path)).name)
    text = _text_of(path, problems)
    suffix = Path(fspath(path)).suffix.lower()
    if suffix not in _CSV + _JSON_LINES:
        raise FileRefused(problems.name, ("its name ends neither in .csv nor in .jsonl",), advice=_ADVICE)
    cells = _csv(text, problems) if suffix in _CSV else _json_lines(text, problems)
    rows = [row for line, values in cells if (row := _row(line, values, problems)) is not None]
    _together(rows, problems, mixed=mixed, allowed=allowed)
    problems.refuse()
    if not rows:
        raise FileRefused(problems.name, ("line 1: there is no payout in it",), advice=_ADVICE)
    return rows, problems


def single(out_trade_no: str, currency_id: int, amount: str, address: str) -> tuple[Row, Problems]:
    """Return a payout that stands in no file, judged as if it did.

    Raises:
        FileRefused: anything is wrong with it.
    """
    problems = Problems("the payout", single=True)
    values = {"out_trade_no": out_trade_no, "currency_id": currency_id, "amount": amount, "address": address}
    row = _row(1, values, problems)
    problems.refuse("Nothing was sent.")
    if row is None:
        raise FileRefused(problems.name, ("it cannot be right",))
    return row, problems


def _text_of(path: str | PathLike[str], problems: Problems) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileRefused(problems.name, (f"it cannot be read: {error.strerror or error}",)) from error
    except ValueError as error:
        raise FileRefused("the file", ("that is not the name of a file",)) from error
    for mark, called in ((b"\xef\xbb\xbf", "a byte order mark"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if content.startswith(mark):
            problems.add(1, 1, f"{called}, which a spreadsheet writes; save it as plain UTF-8")
            content = content.removeprefix(mark) if called != "UTF-16" else b""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        problems.add(before.count(b"\n") + 1, column, "it is not UTF-8")
        text = ""
    for letter, called in (("\r", "a line that ends in CR LF; lines end in LF alone"), ("\0", "a NUL character")):
        place = text.find(letter)
        if place >= 0:
            problems.add(text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place), called)
    if not text:
        problems.refuse()
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _csv(text: str, problems: Problems) -> Iterator[tuple[int, Mapping[str, object]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] | None = None
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                problems.add(line, 1, "an empty line")
            elif columns is None:
                columns = _columns(cells, line, problems)
                problems.places = {name: columns.index(name) + 1 for name in NEEDED if name in columns}
                if len(problems.places) < len(NEEDED):
                    return
            elif len(cells) != len(columns):
                hint = "; an amount with a comma?" if len(cells) > len(columns) else ""
                problems.add(
                    line, min(len(cells), len(columns)), f"{len(cells)} cells under {len(columns)} columns{hint}"
                )
            else:
                yield line, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        problems.add(begins, 1, f"it is not CSV: {error}")


def _columns(cells: list[str], line: int, problems: Problems) -> list[str]:
    for sign, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(cells) == 1 and sign in cells[0]:
            problems.add(line, cells[0].index(sign) + 1, f"the columns are separated by {called}, not by commas")
            return cells
    for name in NEEDED:
        if name not in cells:
            problems.add(line, 1, f"there is no column {name}, only {', '.join(map(_shown, cells[:8]))}")
        elif cells.count(name) > 1:
            problems.add(line, len(cells) - cells[::-1].index(name), f"the column {name} is there twice")
    return cells


def _json_lines(text: str, problems: Problems) -> Iterator[tuple[int, Mapping[str, object]]]:
    for line, written in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        if not written.strip():
            problems.add(line, 1, "an empty line")
            continue
        try:
            row = json.loads(written, object_pairs_hook=_once, parse_float=_Float)
        except json.JSONDecodeError as error:
            problems.add(line, error.colno, f"it is not JSON: {error.msg}")
            continue
        except (ValueError, RecursionError) as error:
            problems.add(line, 1, str(error) if type(error) is ValueError else "it is not JSON that can be read")
            continue
        if isinstance(row, dict):
            yield line, row
        else:
            problems.add(line, 1, "it is not a JSON object")


class _Float(str):
    """A JSON number with a fraction or an exponent, as it was written."""

    __slots__ = ()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("a name stands there twice")
    return row


def _row(line: int, values: Mapping[str, object], problems: Problems) -> Row | None:
    before = len(problems.found)
    texts: dict[str, str] = {}
    for name in NEEDED:
        value = values.get(name)
        reason = _not_a_text(name, value)
        if reason is None:
            texts[name] = str(value)
            reason = _PROBLEMS[name](texts[name])
        if reason:
            problems.add(line, name, reason)
    if len(problems.found) > before:
        return None
    return Row(
        line=line,
        out_trade_no=texts["out_trade_no"],
        currency_id=int(texts["currency_id"]),
        amount=Decimal(texts["amount"]),
        address=texts["address"],
    )


def _not_a_text(name: str, value: object) -> str | None:
    if value is None:
        return "it is missing"
    if isinstance(value, _Float):
        return f"{value[:40]} is a JSON number; write it as a text"
    if isinstance(value, int) and not isinstance(value, bool) and name in {"currency_id", "amount"}:
        return None if abs(value) < 10**30 else "the number is too large"
    if not isinstance(value, str):
        return f"a {type(value).__name__} where a text is expected"
    if not value:
        return "it is empty"
    return "white space at an end" if value != value.strip() else None


def _number_problem(text: str) -> str | None:
    if _SCIENTIFIC(text):
        return f"{_shown(text)} is written as a spreadsheet writes long numbers: digits are lost"
    return number_problem(text)


def _currency_problem(text: str) -> str | None:
    right = text.isascii() and text.isdigit() and len(text) <= 18 and text[0] != "0"
    return None if right else f"{_shown(text)} is no currency_id: that is a whole number, such as 75"


def _amount_problem(text: str) -> str | None:
    if _SCIENTIFIC(text):
        return f"{_shown(text)} is in scientific notation, as a spreadsheet writes it; write all digits"
    if "," in text:
        return f"{_shown(text)} has a comma; the decimal sign is a point, and thousands are not separated"
    if not _AMOUNT(text):
        return f"{_shown(text)} is no amount: that is digits, and perhaps a point and up to 18 more digits"
    return None if Decimal(text) else "it is nothing"


def _address_problem(text: str) -> str | None:
    return f"longer than {LONGEST} characters" if len(text) > LONGEST else addresses.problem(text)


_PROBLEMS: Final = {
    "out_trade_no": _number_problem,
    "currency_id": _currency_problem,
    "amount": _amount_problem,
    "address": _address_problem,
}


def _together(rows: list[Row], problems: Problems, *, mixed: bool, allowed: frozenset[str]) -> None:
    """Note what is wrong with rows beside each other."""
    numbers: dict[str, int] = {}
    for row in rows:
        first = numbers.setdefault(row.out_trade_no, row.line)
        if first != row.line:
            problems.add(row.line, "out_trade_no", f"{_shown(row.out_trade_no)} stands in line {first} already")
        if not mixed and row.currency_id != rows[0].currency_id:
            reason = f"currency {row.currency_id}, but {rows[0].currency_id} in line {rows[0].line}: mixed currencies"
            problems.add(row.line, "currency_id", f"{reason} are refused unless you say --mixed-currencies")
    others = [row for row in rows if addresses.folded(row.address) not in allowed]
    known: dict[str, str] = {}
    for row in rows:
        known.setdefault(row.address, f"that of line {row.line}")
    similar(others, known, problems)


def similar(rows: list[Row], known: Mapping[str, str], problems: Problems) -> None:
    """Note addresses that begin and end like another one, as those do that somebody made up to be mistaken for it."""
    by_ends: dict[str, tuple[str, str]] = {}
    for address, whose in known.items():
        by_ends.setdefault(addresses.ends(address), (address, whose))
    for row in rows:
        address, whose = by_ends.get(addresses.ends(row.address), (row.address, ""))
        if addresses.folded(address) != addresses.folded(row.address):
            reason = f"{row.address} looks like {address}, {whose}, and is another one"
            problems.add(row.line, "address", f"{reason}; if both are right, put them on the allow-list (--allow)")


def _shown(value: object) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
