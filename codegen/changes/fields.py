"""Two bodies → what changed in their fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from codegen.changes import renames
from codegen.changes.change import Change, Side, on_wire
from codegen.changes.reading import LIMITS, Field

_KNOWN_BEST = ("documented", "example", "observed", "skill", "inferred")
_GUESS = "inferred"
_DIGITS = re.compile(r"\^\[0-9\]\{1,(\d+)\}(?:\(\\\.\[0-9\]\{1,(\d+)\}\)\?)?\$")


class Described(Protocol):
    """What has a description and a mark of how well it is known."""

    @property
    def description(self) -> str: ...  # noqa: D102 - a field

    @property
    def provenance(self) -> str: ...  # noqa: D102 - a field

    @property
    def pointer(self) -> str: ...  # noqa: D102 - a field


def compare_bodies(side: Side, owner: str, old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Change]:
    """Compare the fields of one body, by their names; what is below a field that is gone or new goes without saying."""
    gone = _topmost([field for name, field in old.items() if name not in new])
    fresh = _topmost([field for name, field in new.items() if name not in old])
    moved = renames.pairs(gone, fresh, name=lambda field: field.name, alike=_alike)
    for before, after, confidence in moved:
        guess = side != "request" and before.provenance == _GUESS
        kind = "guess-renamed" if guess else "field-renamed"
        place = f"{owner}.{before.name}"
        yield on_wire(kind, side, place, after.pointer, now=after.name, confidence=confidence)
        yield from _compare(side, f"{owner}.{after.name}", before, after)
    for field in gone:
        if not any(field is before for before, _, _ in moved):
            guess = side != "request" and field.provenance == _GUESS
            yield on_wire("guess-removed" if guess else "field-removed", side, f"{owner}.{field.name}", field.pointer)
    for field in fresh:
        if not any(field is after for _, after, _ in moved):
            kind = "required-field-added" if field.required else "field-added"
            yield on_wire(kind, side, f"{owner}.{field.name}", field.pointer)
    for name in old:
        if name in new:
            yield from _compare(side, f"{owner}.{name}", old[name], new[name])


def compare_values(
    side: Side, place: str, pointer: str, old: Sequence[str | int], new: Sequence[str | int]
) -> Iterator[Change]:
    """Compare two lists of values; their order means nothing."""
    for value in new:
        if value not in old:
            yield on_wire("value-added", side, place, pointer, now=value)
    for value in old:
        if value not in new:
            yield on_wire("value-removed", side, place, pointer, was=value)


def described(side: Side, place: str, old: Described, new: Described) -> Iterator[Change]:
    """Compare what is said about something, and how well it is known."""
    if old.provenance != new.provenance:
        ranks = [_KNOWN_BEST.index(mark) if mark in _KNOWN_BEST else 0 for mark in (old.provenance, new.provenance)]
        kind = "provenance-raised" if ranks[1] < ranks[0] else "provenance-lowered"
        yield on_wire(kind, side, place, new.pointer, was=old.provenance, now=new.provenance)
    if old.description != new.description:
        yield on_wire("reworded", side, place, new.pointer)


def _compare(side: Side, place: str, old: Field, new: Field) -> Iterator[Change]:
    if old.required != new.required:
        yield on_wire("became-required" if new.required else "became-optional", side, place, new.pointer)
    if old.types != new.types:
        kind = "type-widened" if old.types < new.types else "type-narrowed" if new.types < old.types else "type-changed"
        if kind == "type-changed" and side != "request" and old.provenance == _GUESS:
            kind = "guess-retyped"
        yield on_wire(kind, side, place, new.pointer, was=_types(old), now=_types(new))
    else:
        for limit in LIMITS:
            if old.limits.get(limit) != new.limits.get(limit):
                was, now = old.limits.get(limit), new.limits.get(limit)
                yield on_wire(_limit(limit, was, now), side, place, new.pointer, name=limit, was=was, now=now)
    if old.values is None and new.values is not None:
        yield on_wire("list-of-values-added", side, place, new.pointer)
    elif old.values is not None and new.values is None:
        yield on_wire("list-of-values-removed", side, place, new.pointer)
    elif old.values is not None and new.values is not None and not (old.shared and old.shared == new.shared):
        yield from compare_values(side, place, new.pointer, old.values, new.values)
    yield from described(side, place, old, new)


def _alike(old: Field, new: Field) -> float:
    """Say how much two fields resemble each other beside their names: they stand at one place and are of one type."""
    if old.name.rpartition(".")[0] != new.name.rpartition(".")[0] or old.types != new.types:
        return 0.0
    alike = [0.5, 0.2 * (old.required == new.required), 0.3 * (old.description == new.description)]
    return sum(alike)


def _topmost(fields: list[Field]) -> list[Field]:
    names = [field.name for field in fields]
    return [field for field in fields if not any(field.name.startswith((f"{name}.", f"{name}[]")) for name in names)]


def _types(field: Field) -> str:
    return " or ".join(sorted(field.types))


def _limit(limit: str, was: Any, now: Any) -> str:
    if was is None or now is None:
        return "limit-tightened" if was is None else "limit-loosened"
    if limit in ("minimum", "minLength"):
        return "limit-tightened" if now > was else "limit-loosened"
    digits = [_DIGITS.fullmatch(pattern) for pattern in (was, now)]
    if digits[0] is None or digits[1] is None:
        return "limit-changed"
    (whole, places), (whole_now, places_now) = ((int(found[1]), int(found[2] or 0)) for found in digits if found)
    if whole_now <= whole and places_now <= places:
        return "limit-tightened"
    return "limit-loosened" if whole_now >= whole and places_now >= places else "limit-changed"
