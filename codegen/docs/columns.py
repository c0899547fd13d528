"""What a table's columns are called, in the languages of the site, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

Role = Literal["name", "type", "required", "optional", "value", "description", "example", "code", "path"]

_WORDS: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
_ROLES: Mapping[str, Role] = {
    name: role for role, languages in _WORDS["columns"].items() for names in languages.values() for name in names
}
_LONGEST = 3  # words that a column is called by
_TYPES: Mapping[str, str] = {name: kind for kind, names in _WORDS["types"].items() for name in names}
TYPE_WORDS = "|".join(sorted(_TYPES, key=len, reverse=True))
_BEFORE = frozenset(_WORDS["before"])
_NOTE = re.compile(r"[(（\[][^()（）\[\]]*(?:[)）\]]|$)")
_PARTS = re.compile(r"[/／|,、]|\bor\b|\band\b|&")
_CAPITALS = re.compile(r"[A-Z][a-z]+")
_LONGEST_FIRST = sorted(_ROLES, key=len, reverse=True)
_MOST = 12
_LONGEST_HEAD = 200
YES = frozenset(_WORDS["required"])
NO = frozenset(_WORDS["optional"])
EITHER = frozenset(_WORDS["either"])
REQUIRED_WORDS = "|".join(
    re.escape(form)
    for word in sorted(YES | NO | EITHER, key=len, reverse=True)
    for form in dict.fromkeys((word, word.capitalize(), word.upper()))
)
_ARRAY = re.compile(r"^(?:array|list)?\s*[<\[(]\s*\w*\s*[>\])]?$|^\w+\[\]$|^(?:array|list) of \w+$", re.IGNORECASE)


def roles(head: Sequence[str]) -> tuple[Role | None, ...]:
    """Say what stands in each column; None for one that nobody knows."""
    return tuple(_role(_folded(cell)) for cell in head)


def _role(text: str) -> Role | None:
    """Read a head such as `Parameter description`, `Type / Length`, `Required (Y/N)`, `Is required?`."""
    if text in _ROLES:
        return _ROLES[text]
    for part in _PARTS.split(_NOTE.sub("", text)):
        said = part.strip(" ?？:：*")
        before, _, last = said.rpartition(" ")
        if said in _ROLES or (before in _BEFORE and last in _ROLES):
            return _ROLES.get(said) or _ROLES[last]
    return None


@lru_cache(maxsize=10_000)
def words(line: str) -> tuple[str, ...] | None:
    """Take a line for a table's head that was run together; None if it holds anything but two or more column names."""
    if len(line) > _LONGEST_HEAD:
        return None
    if " " not in line and not line.isascii():
        return next((cells for cells in _run_together(line, frozenset()) if len(cells) > 1), None)
    apart = _CAPITALS.findall(line) if " " not in line else line.split()
    if "".join(apart) != line.replace(" ", "") or len(apart) > _MOST:
        return None
    found = max(_cut(apart, frozenset()), key=len, default=())
    return found if len(found) > 1 else None


def _cut(left: Sequence[str], used: frozenset[Role]) -> Iterator[tuple[str, ...]]:
    """Yield each way to cut words into names of columns, no two of which mean the same."""
    if not left:
        yield ()
    for size in range(1, min(_LONGEST, len(left)) + 1):
        cell = " ".join(left[:size])
        role = _role(_folded(cell))
        if role is not None and role not in used:
            yield from ((cell, *others) for others in _cut(left[size:], used | {role}))


def _run_together(line: str, used: frozenset[Role]) -> Iterator[tuple[str, ...]]:
    """Yield each way to cut a line without blanks or capitals into names of columns, the longest names first."""
    if not line:
        yield ()
    for name in _LONGEST_FIRST:
        if _ROLES[name] not in used and line.casefold().startswith(name):
            rest = _run_together(line[len(name) :], used | {_ROLES[name]})
            yield from ((line[: len(name)], *others) for others in rest)


def wire_type(cell: str) -> str | None:
    """Return a type in the words of the spec, as `string`, `integer`, `object`, `array`; None if it is no type."""
    text = _folded(cell)
    if text in _TYPES:
        return _TYPES[text]
    if _ARRAY.match(text):
        return "array"
    parts = [part.strip() for part in re.split(r"[/|,]| or ", _NOTE.sub("", text))]
    alternatives = [_TYPES.get(part) for part in parts if part and not part.isdigit()]
    return " or ".join(sorted({part for part in alternatives if part})) if alternatives and all(alternatives) else None


def is_required(cell: str, column: frozenset[str] = frozenset()) -> bool | None:
    """Read what stands in a column `Required`; None if it says neither.

    `column` has all that stands in it: O is optional beside M, and says yes beside X.
    """
    text = _folded(cell)
    if text in EITHER:
        others = {_folded(other) for other in column} - {text}
        return False if (others & YES and text != "c") or text == "x" else True if text == "o" and others else None
    if text in YES or text.startswith(("yes", "required")):
        return True
    if text in NO or text.startswith(("no", "optional")):
        return False
    return None


def _folded(cell: str) -> str:
    return cell.strip().strip("*`_:：()（）").strip().casefold() if cell.strip() != "*" else "*"
