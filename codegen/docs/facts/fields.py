"""Rows of a table → facts about fields, headers, codes, statuses and fiats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from codegen.docs import columns
from codegen.docs.facts import durations, enumerations, samples, tables
from codegen.docs.facts.fact import Fact, Kind
from codegen.docs.facts.place import Place
from codegen.docs.facts.subjects import Known, Names
from codegen.docs.facts.tables import Grid, Illegible, Line

_NOTHING = frozenset({"", "-", "–", "—", "/", "n/a", "none", "无", "無"})
_AROUND = ("code", "msg")
_HOLDS = frozenset({"object", "array"})


def headers(grid: Grid, place: Place) -> Iterator[Fact]:
    """Read a table of headers; the prose about X-Timestamp and X-Sign tells how long and what is signed."""
    required = frozenset(line.cells.get("required", "").strip() for line in grid.lines)
    marked = _is_marked(grid, required)
    for line in grid.lines:
        name = tables.name(line.cells.get("name", ""))
        if name is None:
            continue
        says = _says(line, required, starred=name.starred, marked=marked)
        yield place.fact("header", name.text, says, line.quoted)
        told = says.get("description", "")
        folded = name.text.casefold()
        if folded == "x-timestamp" and len(lasts := durations.durations(told)) == 1:
            yield place.fact("window", name.text, {"seconds": lasts[0].seconds}, line.quoted)
        recipe = samples.prose(told) if folded == "x-sign" else None
        if recipe is not None:
            yield place.fact("signature", "prose", _recipe(recipe), line.quoted)


def _recipe(recipe: samples.Recipe) -> dict[str, Any]:
    said = {"content": list(recipe.content), "key": recipe.key, "algorithm": recipe.algorithm}
    return {key: value for key, value in said.items() if value}


def fields(grid: Grid, place: Place, known: Known, names: Names) -> tuple[Fact, ...]:
    """Read a table of fields; those around an answer's `data` are told as fields of the envelope.

    Raises: Illegible, where it names a field twice.
    """
    found: list[Fact] = []
    read = [(tables.name(line.cells.get("name", "")), line) for line in grid.lines]
    named = [(name, line) for name, line in read if name is not None]
    if len(named) * 2 < len(read):
        raise Illegible("a table of fields has too few rows that name one")
    texts = [name.text for name, _ in named]
    wrapped = place.direction == "response" and any(
        text == "data" or text.startswith("data.") or (text in _AROUND and text not in names) for text in texts
    )
    required = frozenset(line.cells.get("required", "").strip() for line in grid.lines)
    marked = _is_marked(grid, required)
    within: list[str] = []
    for name, line in named:
        says = _says(line, required, starred=name.starred, marked=marked)
        if name.text.casefold() in known.headers and "-" in name.text:
            found.append(
                place.about(f"headers/{place.direction or 'request'}").fact("header", name.text, says, line.quoted)
            )
            continue
        parts = name.text.split(".")
        if wrapped and len(parts) == 1 and not name.nested and not within and parts[0] in known.envelope:
            found.append(place.envelope().fact("field", parts[0], says, line.quoted))
            within = ["data"] if parts[0] == "data" else []
            continue
        if wrapped and within and parts[0] in known.envelope - {"data"} and not name.nested and parts[0] not in names:
            found.append(place.envelope().fact("field", parts[0], says, line.quoted))
            continue
        if wrapped and parts[0] == "data":
            parts = parts[1:]
        elif name.nested and found and within != ["data"] and len(parts) == 1:
            parts = [*within, *parts]
        if not parts:
            continue
        found.append(place.fact("field", ".".join(parts), says, line.quoted))
        if not name.nested and within != ["data"]:
            within = parts if says.get("type") in _HOLDS else []
    twice = [key for key, count in Counter((fact.subject, fact.name) for fact in found).items() if count > 1]
    if twice:
        raise Illegible(f"a table names {twice[0][1]} twice")
    return tuple(found)


def _is_marked(grid: Grid, cells: frozenset[str]) -> bool:
    """Say whether a table only marks what is required, and leaves the cell empty where it is not."""
    return "required" in grid.roles and "" in cells and len(cells) == 2 and not (cells & columns.NO)


def _says(line: Line, column: frozenset[str], *, starred: bool, marked: bool) -> dict[str, Any]:
    cells = line.cells
    said: dict[str, Any] = {}
    written = cells.get("type", "").strip("`* ")
    kind = columns.wire_type(written)
    if kind is None and written and written.isascii():
        kind = written.casefold()
    if kind:
        said["type"], said["written"] = kind, written
    required = columns.is_required(cells["required"], column) if "required" in cells else None
    if required is None and (starred or marked):
        required = starred or bool(cells.get("required", "").strip())
    if required is not None:
        said["required"] = required
    for role in ("value", "example"):
        if cells.get(role, "").strip("`") and cells[role].casefold() not in _NOTHING:
            said[role] = cells[role].strip("`")
    if "description" in cells:
        said["description"] = cells["description"]
    said.update(_values(cells))
    return said


def _values(cells: Mapping[Any, str]) -> dict[str, Any]:
    for role in ("description", "value", "example"):
        found = enumerations.find(cells.get(role, ""))
        if found is not None:
            said: dict[str, Any] = {"values": list(found.values)}
            if found.more:
                said["more"] = True
            if role == "description":
                said["description"] = found.text
            return said
    return {}


def codes(grid: Grid, place: Place) -> Iterator[Fact]:
    """Read a table of result codes or of statuses."""
    kind: Kind = "code" if grid.sort == "codes" else "status"
    for line in grid.lines:
        code = (line.cells.get("code") or line.row[0]).strip("`* ")
        said = line.cells.get("description", "")
        if code and code not in _NOTHING:
            yield place.fact(kind, code, {"description": said} if said else {}, line.quoted)


def fiats(grid: Grid, place: Place) -> Iterator[Fact]:
    """Read a table of fiats."""
    for line in grid.lines:
        yield place.fact("fiat", line.row[0].strip("`* "), {}, line.quoted)
