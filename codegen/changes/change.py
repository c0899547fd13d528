"""What a change is, and the table of their kinds: whom each breaks, and the version it deserves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import attrs

Level = Literal["major", "minor", "patch"]
Side = Literal["request", "answer", "webhook", "api", "python"]
Breaks = Literal["senders", "readers", "closed readers", "callers", ""]

LEVELS: tuple[Level, ...] = ("patch", "minor", "major")


@attrs.frozen
class Kind:
    """What one kind of change does to those who send and to those who read; None: it cannot happen there.

    A closed reader refuses what it does not know: an added field, an enum's new value. Readers are told not to be
    closed (enums are open, unknown fields are kept), so what breaks only them is minor.
    """

    says: str
    senders: tuple[Level, Breaks] | None = None
    readers: tuple[Level, Breaks] | None = None


_SENDERS: tuple[Level, Breaks] = ("major", "senders")
_READERS: tuple[Level, Breaks] = ("major", "readers")
_CLOSED: tuple[Level, Breaks] = ("minor", "closed readers")
_MINOR: tuple[Level, Breaks] = ("minor", "")
_PATCH: tuple[Level, Breaks] = ("patch", "")

WIRE: Mapping[str, Kind] = {
    # fields
    "field-added": Kind("is new", _MINOR, _CLOSED),
    "required-field-added": Kind("is new and required", _SENDERS, _CLOSED),
    "field-removed": Kind("is gone", _SENDERS, _READERS),
    "guess-removed": Kind("is gone; it was a guess", _SENDERS, _MINOR),
    "field-renamed": Kind("is now {now} (a guess: {confidence:.0%})", _SENDERS, _READERS),
    "guess-renamed": Kind("is now {now} (a guess: {confidence:.0%}); it was a guess itself", _SENDERS, _MINOR),
    "became-required": Kind("became required", _SENDERS, _MINOR),
    "became-optional": Kind("became optional", _MINOR, _READERS),
    "type-changed": Kind("was {was}, is {now}", _SENDERS, _READERS),
    "guess-retyped": Kind("was {was}, is {now}; it was a guess", _SENDERS, _MINOR),
    "type-widened": Kind("was {was}, may be {now}", _MINOR, _READERS),
    "type-narrowed": Kind("could be {was}, is {now}", _SENDERS, _MINOR),
    "limit-tightened": Kind("{name} was {was}, is {now}", _SENDERS, _MINOR),
    "limit-loosened": Kind("{name} was {was}, is {now}", _MINOR, _READERS),
    "limit-changed": Kind("{name} was {was}, is {now}", _SENDERS, _READERS),
    # lists of values
    "value-added": Kind("{now} is new", _MINOR, _CLOSED),
    "value-removed": Kind("{was} is gone", _SENDERS, _MINOR),
    "list-of-values-added": Kind("has a list of values now", _SENDERS, _MINOR),
    "list-of-values-removed": Kind("has no list of values any more", _MINOR, _CLOSED),
    # operations and webhooks
    "operation-added": Kind("is new", _MINOR),
    "operation-removed": Kind("is gone", _SENDERS),
    "path-moved": Kind("was at {was}, is at {now}", _SENDERS),
    "effect-changed": Kind("was {was}, is {now}: what may be sent again is another matter", _SENDERS),
    "webhook-added": Kind("is new", None, _CLOSED),
    "webhook-removed": Kind("is gone", None, _READERS),
    # headers
    "header-added": Kind("is new", _SENDERS, _CLOSED),
    "header-removed": Kind("is gone", _SENDERS, _READERS),
    # what all calls and webhooks share
    "signature-changed": Kind("{name} was {was}, is {now}", _SENDERS, _READERS),
    "tolerance-lowered": Kind("was {was} s, is {now} s", _SENDERS),
    "tolerance-raised": Kind("was {was} s, is {now} s", _MINOR),
    "schedule-changed": Kind("was {was}, is {now}", None, _MINOR),
    "acknowledgement-changed": Kind("was {was}, is {now}", None, _READERS),
    "routes-changed": Kind("webhooks are told apart otherwise", None, _READERS),
    "server-changed": Kind("was {was}, is {now}", _SENDERS),
    "outcome-changed": Kind("{name} was {was}, is {now}: what a refusal means", None, _READERS),
    # words
    "reworded": Kind("is described otherwise", _PATCH, _PATCH),
    "provenance-raised": Kind("was {was}, is {now}", _PATCH, _PATCH),
    "provenance-lowered": Kind("was {was}, is {now}", _PATCH, _PATCH),
}

PYTHON: Mapping[str, tuple[str, Level]] = {
    "name-removed": ("is gone", "major"),
    "name-added": ("is new", "minor"),
    "name-renamed": ("is now {now} (the same fields)", "major"),
    "became-other": ("was {was}, is {now}", "major"),
    "parameter-removed": ("is gone", "major"),
    "parameter-added": ("is new and optional", "minor"),
    "required-parameter-added": ("is new and required", "major"),
    "parameter-became-required": ("became required", "major"),
    "parameter-became-optional": ("became optional", "minor"),
    "parameter-widened": ("was {was}, takes {now}", "minor"),
    "parameter-retyped": ("was {was}, is {now}", "major"),
    "result-changed": ("was {was}, is {now}", "major"),
    "result-narrowed": ("was {was}, is {now}", "minor"),
    "field-removed": ("is gone", "major"),
    "field-added": ("is new", "minor"),
    "required-field-added": ("is new and has no default: whoever makes one must give it", "major"),
    "field-narrowed": ("was {was}, is {now}", "minor"),
    "field-retyped": ("was {was}, is {now}", "major"),
    "field-became-required": ("has no default any more: whoever makes one must give it", "major"),
    "field-became-optional": ("has a default now", "minor"),
    "member-removed": ("is gone", "major"),
    "member-added": ("is new", "minor"),
    "value-changed": ("was {was}, is {now}", "major"),
    "bases-changed": ("was {was}, is {now}", "major"),
    "reworded": ("is described otherwise", "patch"),
}


@attrs.frozen(kw_only=True)
class Change:
    """One change.

    Attributes:
        surface: whose it is, of the wire or of the generated Python.
        kind: a key of WIRE or PYTHON.
        side: where on the wire: what is sent, what is answered, webhooks, or the api as a whole.
        place: the operation, webhook, schema or Python name, with the field behind a dot.
        says: what changed, in words.
        breaks: whom.
        level: the part of a semantic version that must rise.
        pointer: where it stands in the new spec, or in the old one if it is gone; empty for Python.
    """

    surface: Literal["wire", "python"]
    kind: str
    side: Side
    place: str
    says: str
    breaks: Breaks
    level: Level
    pointer: str = ""

    def __str__(self) -> str:
        where = f"{self.place} ({self.side})" if self.side in ("request", "answer") else self.place
        return f"{where}: {self.says}"


def on_wire(kind: str, side: Side, place: str, pointer: str = "", **values: Any) -> Change:
    """Make a change of the wire."""
    row = WIRE[kind]
    verdict = (row.senders or row.readers) if side in ("request", "api") else (row.readers or row.senders)
    assert verdict is not None  # noqa: S101  # every row of the table has one of them
    level, breaks = verdict
    says = row.says.format(**values)
    return Change(
        surface="wire", kind=kind, side=side, place=place, says=says, breaks=breaks, level=level, pointer=pointer
    )


def in_python(kind: str, place: str, **values: Any) -> Change:
    """Make a change of the generated Python."""
    says, level = PYTHON[kind]
    breaks: Breaks = "callers" if level == "major" else ""
    text = says.format(**values)
    return Change(surface="python", kind=kind, side="python", place=place, says=text, breaks=breaks, level=level)


def level(found: Iterable[Change]) -> Level | None:
    """Return the part of the version that must rise; None where nothing changed."""
    return max((change.level for change in found), key=LEVELS.index, default=None)
