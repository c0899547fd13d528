"""JSON as documentation writes it: with remarks inside, trailing commas, comments, values left out."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import attrs


class Elided:
    """A value that the page leaves out."""

    def __repr__(self) -> str:
        return "…"


ELIDED: Final = Elided()

_DEEPEST = 40
_LONGEST = 100_000
_BLANK = re.compile(r"[\s\u200b\ufeff]+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|#[^\n]*", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|“([^”\n]*)”|\'((?:[^\'\\\n]|\\.)*)\'')
_NUMBER = re.compile(r"-?\d{1,100}(?:\.\d{1,100})?(?:[eE][+-]?\d{1,3})?(?![\w.])")
_WORD = re.compile(r"[^\s,:{}\[\]\"]+")
_DOTS = re.compile(r"…+|\.{3,}|\.\.")
_REMARK = re.compile(r"\([^()\n]*\)|（[^（）\n]*）|<[^<>\n]*>|<?--[^\n]*|[←=][^\n]*")
_CONSTANTS = {"true": True, "false": False, "null": None}


class NoJson(Exception):
    """A text that is no JSON, not even a sloppy one."""


@attrs.frozen
class Remark:
    """Something that should not be there: what it is, the field before it, and its text."""

    kind: str
    field: str
    text: str


@attrs.define
class _Reader:
    text: str
    place: int = 0
    field: str = ""
    remarks: list[Remark] = attrs.field(factory=list)

    def note(self, kind: str, text: str) -> None:
        self.remarks.append(Remark(kind, self.field, text.strip()))

    def blank(self) -> None:
        """Go over blanks and comments."""
        while True:
            found = _BLANK.match(self.text, self.place) or _COMMENT.match(self.text, self.place)
            if found is None:
                return
            if found.re is _COMMENT:
                self.note("a comment", found[0])
            self.place = found.end()

    def at(self, characters: str) -> str:
        """Return the next character if it is one of these."""
        self.blank()
        following = self.text[self.place : self.place + 1]
        return following if following and following in characters else ""

    def take(self, pattern: re.Pattern[str]) -> str | None:
        self.blank()
        found = pattern.match(self.text, self.place)
        if found is None:
            return None
        self.place = found.end()
        return found[0]


def read(text: str) -> tuple[Any, tuple[Remark, ...]]:
    """Read an object or a list, and what is wrong with it; nothing is, if it is JSON.

    Raises: NoJson.
    """
    if len(text) > _LONGEST:
        raise NoJson
    try:
        return json.loads(text), ()
    except (ValueError, RecursionError):
        reader = _Reader(text)
    if not reader.at("{["):
        raise NoJson
    value = _value(reader, 0)
    reader.blank()
    rest = text[reader.place :].strip()
    if rest:
        reader.note("a remark", rest[:100])
    if not reader.remarks:
        reader.note("a value that is not JSON's", "")
    return value, tuple(reader.remarks)


def _value(reader: _Reader, depth: int) -> Any:
    if depth > _DEEPEST:
        raise NoJson
    if reader.at("{"):
        return _object(reader, depth)
    if reader.at("["):
        return _list(reader, depth)
    if (string := reader.take(_STRING)) is not None:
        if not string.startswith('"'):
            reader.note("quotes that are not JSON's", string)
        return string[1:-1]
    if (number := reader.take(_NUMBER)) is not None:
        return float(number) if set(number) & set(".eE") else int(number)
    if (dots := reader.take(_DOTS)) is not None:
        reader.note("a value left out", dots)
        return ELIDED
    word = reader.take(_WORD)
    if word is None:
        reader.note("a value left out", "")
        return ELIDED
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    reader.note("a value without quotes", word)
    return word


def _object(reader: _Reader, depth: int) -> dict[str, Any]:
    reader.place += 1
    found: dict[str, Any] = {}
    while not reader.at("}"):
        before = reader.place
        if (dots := reader.take(_DOTS)) is not None:
            reader.note("fields left out", dots)
        elif (key := _key(reader)) is not None:
            reader.field = key
            found[key] = _value(reader, depth + 1)
        _after(reader, "}")
        if reader.place >= len(reader.text):
            reader.note("an end left out", "")
            return found
        if reader.place == before:
            raise NoJson
    reader.place += 1
    return found


def _list(reader: _Reader, depth: int) -> list[Any]:
    reader.place += 1
    found: list[Any] = []
    while not reader.at("]"):
        before = reader.place
        if (dots := reader.take(_DOTS)) is not None:
            reader.note("values left out", dots)
        else:
            found.append(_value(reader, depth + 1))
        _after(reader, "]")
        if reader.place >= len(reader.text):
            reader.note("an end left out", "")
            return found
        if reader.place == before:
            raise NoJson
    reader.place += 1
    return found


def _key(reader: _Reader) -> str | None:
    """Take a key with its colon; what else stands there is a remark."""
    start = reader.place
    key = reader.take(_STRING)
    if key is None and re.compile(r"[A-Za-z_]\w*\s*[:：]").match(reader.text, reader.place):
        key = reader.take(re.compile(r"[A-Za-z_]\w*"))
        reader.note("a key without quotes", key or "")
        if reader.at(":："):
            reader.place += 1
        return key
    if key is not None and reader.at(":："):
        reader.place += 1
        if not key.startswith('"'):
            reader.note("quotes that are not JSON's", key)
        return key.strip("\"'“”")
    reader.place = start
    remark = reader.take(_REMARK) or reader.take(re.compile(r"[^\n}]+"))
    if remark:
        reader.note("a remark", remark)
    return None


def _after(reader: _Reader, end: str) -> None:
    """Go over the comma, which must be there and must not be the last."""
    remark = reader.take(_REMARK)
    if remark is not None:
        reader.note("a remark", remark)
    if reader.at(",，"):
        reader.place += 1
        if reader.at(end):
            reader.note("a comma too many", ",")
    elif not reader.at(end) and reader.place < len(reader.text):
        if not reader.at('"{['):
            remark = reader.take(re.compile(r"[^\n,}\]]+"))
            reader.note("a remark", remark or "")
            if reader.at(",，"):
                reader.place += 1
        elif not any(remark.field == reader.field for remark in reader.remarks):
            reader.note("a comma left out", "")
