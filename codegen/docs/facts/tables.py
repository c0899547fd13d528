"""A table → rows whose cells are called by what stands in them, and what kind of table it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import attrs

from codegen.docs import columns
from codegen.docs.blocks import Row, Table
from codegen.docs.columns import Role
from codegen.docs.facts.subjects import Names

Sort = Literal["fields", "headers", "codes", "statuses", "fiats", "schedule", "changes", "other"]

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\[\d*\])?(?:\.[A-Za-z_][A-Za-z0-9_-]*(?:\[\d*\])?)*")
_ORNAMENT = re.compile(r"^(?:[\s*`_]*(?:[└├│─—–>»·•↳|+]|-{1,3}(?=\s|[A-Za-z_])))*[\s*`]*")
_NOTE = re.compile(r"\s*[(（\[][^)）\]]*[)）\]]\s*$|[\s*`]+$")
_LONGEST_NAME = 120
_LONGEST_CELL = 2000
_NUMBER = re.compile(r"-?\d{1,6}")
_STATUS = re.compile(r"[A-Z]{2,}(?:[-_][A-Z]+)*")
_FIAT = re.compile(r"[A-Z]{3,4}")
_DATE = re.compile(r"^\D{0,3}(?:20\d\d)[/.年-]\d{1,2}[/.月-]\d{1,2}")


class Illegible(Exception):
    """A table that nobody can read for sure; the text says why."""


@attrs.frozen
class Name:
    """What stands in a column of names: the name, how deep it is set, and whether an asterisk calls it required."""

    text: str
    nested: bool
    starred: bool


@attrs.frozen
class Line:
    """A row: its cells by what they are, and as it stands on the page."""

    cells: Mapping[Role, str]
    row: Row

    @property
    def quoted(self) -> str:
        """Its text."""
        return " | ".join(cell for cell in self.row if cell)


@attrs.frozen
class Grid:
    """A table whose columns are understood."""

    sort: Sort
    lines: tuple[Line, ...]
    roles: frozenset[Role]


def read(table: Table, headers: Names) -> Grid:
    """Read a table.

    Raises: Illegible, where it has merged cells or columns that nobody knows though its rows look like fields.
    """
    if table.broken:
        raise Illegible(f"of a table: {table.broken}")
    upright = _upright(table)
    roles = _unique(columns.roles(upright.head), upright)
    cut = (tuple(cell[:_LONGEST_CELL] for cell in row) for row in upright.rows)
    rows = [row for row in cut if any(row) and (len(row) < 2 or len(set(row)) > 1)]
    lines = tuple(Line(dict(_cells(roles, row)), row) for row in rows)
    return Grid(
        _sort(upright, roles, lines, headers),
        lines,
        frozenset("required" if role == "optional" else role for role in roles if role),
    )


def _cells(roles: Sequence[Role | None], row: Row) -> Iterator[tuple[Role, str]]:
    """Call cells by their roles; a column `Optional` says the reverse of `Required`."""
    for role, cell in zip(roles, row, strict=False):
        if role == "optional":
            said = columns.is_required(cell)
            yield "required", cell if said is None else "no" if said else "yes"
        elif role is not None:
            yield role, cell


def name(cell: str) -> Name | None:
    """Read a cell of a column of names; None if it holds no name."""
    if len(cell) > _LONGEST_NAME:
        return None
    ornament = _ORNAMENT.match(cell)
    drawn = ornament[0] if ornament else ""
    rest = cell[len(drawn) :]
    bare = _NOTE.sub("", _NOTE.sub("", rest)).strip("*`_ ") if not rest.startswith("_") else rest.strip("*` ")
    if not _IDENTIFIER.fullmatch(bare):
        return None
    nested = bool(re.search(r"[└├│─—–>»·•↳|+-]", drawn))
    return Name(re.sub(r"\[\d*\]", "", bare), nested, "*" in drawn or rest.rstrip().endswith("*"))


def _upright(table: Table) -> Table:
    """Turn a table whose first column holds the names of columns."""
    first = [row[0] for row in table.rows if row]
    if (
        len(first) > 1
        and len(table.head) > 2
        and all(columns.roles(first))
        and columns.roles(table.head[1:]).count(None) == len(table.head) - 1
    ):
        whole = [table.head, *table.rows]
        turned = [tuple(row[place] if place < len(row) else "" for row in whole) for place in range(len(table.head))]
        return Table(turned[0], tuple(turned[1:]), table.broken)
    return table


def _unique(roles: Sequence[Role | None], table: Table) -> tuple[Role | None, ...]:
    """Let each role stand for one column: of two that are called names, the one that holds more of them."""
    found: list[Role | None] = list(roles)
    for role in {role for role in roles if role is not None}:
        places = [place for place, one in enumerate(found) if one == role]
        if len(places) < 2:
            continue
        best = max(places, key=lambda place: _names_in(table, place)) if role == "name" else places[0]
        spare: Role | None = "description" if "description" not in found else None
        for place in places:
            if place != best:
                found[place], spare = spare, None
    return tuple(found)


def _names_in(table: Table, place: int) -> int:
    return sum(1 for row in table.rows if place < len(row) and name(row[place]) is not None)


def _column(lines: Sequence[Line], place: int) -> list[str]:
    return [line.row[place].strip("`* ") for line in lines if place < len(line.row) and line.row[place]]


def _mostly(cells: Sequence[str], pattern: re.Pattern[str]) -> bool:
    return len(cells) > 0 and sum(1 for cell in cells if pattern.fullmatch(cell)) * 5 >= len(cells) * 4


def _sort(table: Table, roles: Sequence[Role | None], lines: Sequence[Line], headers: Names) -> Sort:
    first = _column(lines, 0)
    coded = _column(lines, roles.index("code")) if "code" in roles else first
    if first and all(_DATE.match(cell) for cell in first):
        return "changes"
    if "type" not in roles and _mostly(coded, _NUMBER) and "description" in roles:
        return "codes"
    if "type" not in roles and "code" in roles and _mostly(coded, _STATUS):
        return "statuses"
    if "type" not in roles and "required" not in roles and _mostly(first, _FIAT) and len(first) > 4:
        return "fiats"
    named = _column(lines, roles.index("name")) if "name" in roles else []
    if named and sum(1 for cell in named if cell.casefold() in headers) * 2 >= len(named):
        return "headers"
    if named and len(set(roles) - {None}) > 1 and ("type" in roles or _name_something(named)):
        return "fields"
    if "type" in roles and "name" not in roles and "code" in roles:  # `status` may be what a column is called, too
        raise Illegible(_unknown(table))
    if roles.count(None) and sum(1 for cell in first if "_" in cell and _IDENTIFIER.fullmatch(cell)) > 1:
        raise Illegible(_unknown(table))
    return "other"


def _name_something(cells: Sequence[str]) -> bool:
    """Say whether cells could be names of fields: most of products, tokens or people are not."""
    return sum(1 for cell in cells if name(cell) is not None) * 2 >= len(cells)


def _unknown(table: Table) -> str:
    strange = [cell for cell, role in zip(table.head, columns.roles(table.head), strict=True) if role is None]
    return f"a table has columns that nobody knows: {', '.join(strange or table.head)[:100]}"
