"""Names: which fields of the spec are missing, which came that it does not know, and which of these are the same."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.rows import Row
from halopay_kit.contract.judge.spec import Field, Shape, bare
from halopay_kit.contract.judge.values import safe_name, sketch, type_of

_ALIKE = 0.75
_DISTINCT = 6  # characters of a value that is nobody else's
_AT_ONCE = 2  # fields that one change of spelling explains

Rows = Sequence[Row]
Places = dict[str, list[int]]  # name → numbers of rows


@attrs.define
class _Found:
    absent: Places
    unknown: Places
    renamed: dict[str, str] = attrs.field(factory=dict)  # the spec's name → the one that came
    moved: dict[str, tuple[str, str]] = attrs.field(factory=dict)  # the spec's name → object and name in it


def put_right(shape: Shape, rows: Rows, docket: Docket) -> Places:
    """Give the rows' fields the spec's names, tell what was changed; return which fields are missing in which rows."""
    found = _compare(shape, rows)
    if found.unknown:
        _pair(shape, rows, found)
        _find_inside(rows, found)
        _tell_renamed(shape, rows, found, docket)
        _tell_moved(shape, rows, found, docket)
        _tell_added(shape, rows, found, docket)
        _rename(rows, found)
    return found.absent


def _compare(shape: Shape, rows: Rows) -> _Found:
    names = shape.fields.keys()
    absent: Places = {}
    unknown: Places = {}
    for index, row in enumerate(rows):
        came = row.fields.keys()
        if came != names:
            for name in names - came:
                absent.setdefault(name, []).append(index)
            for name in came - names:
                unknown.setdefault(name, []).append(index)
    return _Found(absent, unknown)


def _pair(shape: Shape, rows: Rows, found: _Found) -> None:
    """Take an unknown name for a missing one where they never meet and are alike."""
    lacks = {name: frozenset(numbers) for name, numbers in found.absent.items()}
    scored = [
        (_likeness(shape.fields[name], other, [rows[number] for number in numbers]), name, other)
        for other, numbers in found.unknown.items()
        for name in lacks
        if lacks[name].issuperset(numbers)
    ]
    for score, name, other in sorted(scored, reverse=True):
        if score and name not in found.renamed and other not in found.renamed.values():
            found.renamed[name] = other
    for name, other in found.renamed.items():
        _is_no_longer(found, name, found.unknown.pop(other))


def _likeness(field: Field, other: str, rows: Rows) -> float:
    """Say how much speaks for it that `other` is the field under another name."""
    name, new = bare(field.name), bare(other)
    if new == name:
        return 5
    if new in {f"new{name}", f"{name}new", f"{name}v2", f"{name}2"}:
        return 4
    values = [row.fields[other] for row in rows]
    if any(type_of(value) not in field.types for value in values if value is not None):
        return 0
    if all(_is_distinct(value) and value == row.sent.get(field.name) for value, row in zip(values, rows, strict=True)):
        return 3
    ours, theirs = set(field.name.split("_")), set(other.replace("-", "_").lower().split("_"))
    if ours < theirs or theirs < ours:
        return 2
    ratio = difflib.SequenceMatcher(None, name, new).ratio()
    return ratio if ratio >= _ALIKE else 0


def _is_distinct(value: object) -> bool:
    return isinstance(value, str) and len(value) >= _DISTINCT


def _find_inside(rows: Rows, found: _Found) -> None:
    """Look for missing fields inside of unknown objects."""
    for other, numbers in list(found.unknown.items()):
        objects = [rows[number].fields[other] for number in numbers]
        if not all(isinstance(value, dict) for value in objects):
            continue
        inside = {bare(name): name for value in objects for name in value}
        for name in list(found.absent):
            if bare(name) in inside and frozenset(found.absent[name]).issuperset(numbers):
                found.moved[name] = (other, inside[bare(name)])
        ours = {inner for into, inner in found.moved.values() if into == other}
        if ours:
            for name in [name for name, (into, _) in found.moved.items() if into == other]:
                _is_no_longer(found, name, numbers)
            if ours.issuperset(inside.values()):
                del found.unknown[other]


def _is_no_longer(found: _Found, name: str, numbers: Iterable[int]) -> None:
    left = sorted(set(found.absent[name]) - set(numbers))
    if left:
        found.absent[name] = left
    else:
        del found.absent[name]


def _tell_renamed(shape: Shape, rows: Rows, found: _Found, docket: Docket) -> None:
    style = _style(shape, rows, found)
    if style:
        names = {name: safe_name(other) for name, other in sorted(found.renamed.items())}
        guessed = all(shape.fields[name].guessed for name in names)
        numbers = sorted({number for other in found.renamed.values() for number in _having(rows, other)})
        _report(
            "fields-recased", shape.place, rows, numbers, docket,
            pointer=shape.pointer, guessed=guessed, seen={"style": style, "names": names},
        )  # fmt: skip
        return
    for name, other in found.renamed.items():
        field = shape.fields[name]
        _report(
            "field-renamed", field.place, rows, _having(rows, other), docket,
            pointer=field.pointer, guessed=field.guessed, seen={"name": safe_name(other), "spec": name},
        )  # fmt: skip


def _having(rows: Rows, name: str) -> list[int]:
    return [number for number, row in enumerate(rows) if name in row.fields]


def _style(shape: Shape, rows: Rows, found: _Found) -> str:
    """Return the one spelling that all names of several words have now, "" where there is no such thing."""
    if len(found.renamed) < _AT_ONCE:
        return ""
    kept = {name for row in rows for name in row.fields if name in shape.fields and "_" in name}
    styles = {_style_of(name, other) for name, other in found.renamed.items()}
    return styles.pop() if not kept and len(styles) == 1 else ""


def _style_of(name: str, other: str) -> str:
    first, *more = name.split("_")
    spelled = {
        first + "".join(part.capitalize() for part in more): "camelCase",
        "".join(part.capitalize() for part in (first, *more)): "PascalCase",
        "-".join((first, *more)): "kebab-case",
        name.upper(): "UPPER_CASE",
        name.replace("_", ""): "flatcase",
    }
    return spelled.get(other, "")


def _tell_moved(shape: Shape, rows: Rows, found: _Found, docket: Docket) -> None:
    for name, (into, inner) in found.moved.items():
        field = shape.fields[name]
        seen = {"into": safe_name(into), "name": safe_name(inner)}
        _report(
            "field-moved", field.place, rows, _having(rows, into), docket,
            pointer=field.pointer, guessed=field.guessed, seen=seen,
        )  # fmt: skip


def _tell_added(shape: Shape, rows: Rows, found: _Found, docket: Docket) -> None:
    for other, numbers in found.unknown.items():
        ours = {inner for into, inner in found.moved.values() if into == other}
        values = [rows[number].fields[other] for number in numbers]
        if not ours:
            _tell_one(shape, f"{shape.place}.{safe_name(other)}", other, values, rows, numbers, docket)
            continue
        for inner in dict.fromkeys(name for value in values for name in value if name not in ours):
            place = f"{shape.place}.{safe_name(other)}.{safe_name(inner)}"
            held = [value[inner] for value in values if inner in value]
            _tell_one(shape, place, inner, held, rows, numbers, docket)


def _tell_one(
    shape: Shape, place: str, name: str, values: list[Any], rows: Rows, numbers: list[int], docket: Docket
) -> None:
    schema = sketch(values)
    seen = {"name": safe_name(name), "type": schema["type"], "schema": schema}
    _report("field-added", place, rows, numbers, docket, pointer=shape.pointer, guessed=False, seen=seen)


def _rename(rows: Rows, found: _Found) -> None:
    """Let every row have the spec's names."""
    old = {other: name for name, other in found.renamed.items()}
    for row in rows:
        fields = {old.get(name, name): value for name, value in row.fields.items()}
        for name, (into, inner) in found.moved.items():
            inside = fields.get(into)
            if isinstance(inside, dict) and inner in inside:
                fields.setdefault(name, inside[inner])
        row.fields = fields


def _report(
    kind: str,
    place: str,
    rows: Rows,
    numbers: Iterable[int],
    docket: Docket,
    *,
    pointer: str,
    guessed: bool,
    seen: Mapping[str, Any],
) -> None:
    evidence = [rows[number].evidence for number in numbers]
    docket.report(kind, place, evidence, pointer=pointer, guessed=guessed, seen=seen)
