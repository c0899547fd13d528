"""A table's row that became one line → its cells, told by what its columns hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from codegen.docs import columns
from codegen.docs.blocks import Row, plain
from codegen.docs.columns import Role

_LONGEST = 1500


def _named(lazy: str) -> str:
    """Write the pattern of a name, such as `data.items[].x`, and of the ornaments before it; lazy or, with "", not."""
    one = rf"[A-Za-z_](?:[A-Za-z0-9_-]{{0,60}}{lazy}[A-Za-z0-9])?{lazy}(?:\[\d*\])?"
    return rf"(?:[└├│─—–>»·•↳*-]+\s?)?{one}(?:\.{one}){{0,8}}\*?"


_NAME = _named("")
_NO_WORD = "(?![a-z_])"
_TYPE = (
    rf"(?i:(?:array|list)\s?[<(\[]\s?\w*\s?[>)\]]|(?:{columns.TYPE_WORDS})(?:\[\]|\(\d+\))?"
    rf"(?:\s?[/|]\s?(?:{columns.TYPE_WORDS}))?){_NO_WORD}"
)
_REQUIRED = columns.REQUIRED_WORDS
_WRITTEN = "|".join(
    word for word in _REQUIRED.split("|") if (len(word) > 1 and word != "\\-") or word in "YNyn*✓✔✅√✗✘❌×是否예"
)
_CODE = r"-?\d{1,6}(?!\d)|[A-Z]{2,}(?:[-_][A-Z]+)*"
_PATH = r"/[a-z0-9/_-]+"
_BEFORE_TYPE = rf"({_WRITTEN})?"
_SPACED: Mapping[Role | None, str] = {
    "name": rf"({_NAME})(?=\s|$)",
    "type": rf"({_TYPE})(?=\s|$)",
    "required": rf"((?:{_REQUIRED})(?=\s|$))?",
    "code": rf"({_CODE})(?=\s|$)",
    "path": rf"({_PATH})(?=\s|$)",
}
_GLUED: Mapping[Role | None, str] = {
    "name": rf"({_named('?')})",
    "type": rf"({_TYPE})",
    "required": rf"((?:{_WRITTEN})(?:(?![a-z])|(?=[a-z]+/)))?",
    "code": rf"({_CODE})(?![a-z]*_)",
    "path": rf"({_PATH})",
}
_ONE_WORD = r"(\S*)"
_PROSE = r"(.*?)"
_SHOWN = re.compile(r"[\d_/.:]|^[A-Z]{2,}$|^[\"'`]")
_SENTENCE_AND_EXAMPLE = re.compile(r"(.*?[.。)）])((?:[A-Z0-9\"'\[{-]|https?:)[^\s。]*)$")
_LISTED = re.compile(r"(?<=[/|、])[A-Z][\w-]*$")
_VALUE = re.compile(r"[A-Z][\w-]*(?=\s?[/|、])")
_SENTENCE_AND_WORD = re.compile(r"(.*[.。)）])([^\s.。]\S*)$")


def parted(line: str) -> Row:
    """Cut a line at its bars or tabs; one that has none is one cell."""
    if "|" in line:
        return tuple(plain(cell) for cell in line.strip().strip("|").split("|"))
    return tuple(plain(cell) for cell in line.strip("\n\r ").split("\t")) if "\t" in line.strip() else (plain(line),)


def is_name(text: str) -> bool:
    """Say whether a text could be the name of a field."""
    return re.fullmatch(_NAME, text) is not None


def begins(line: str) -> bool:
    """Say whether a line begins as rows of fields do, whatever follows."""
    found = re.match(_NAME, plain(line))
    return bool(found) and ("_" in found[0] or found[0].startswith("data.")) if found else False


def row(roles: Sequence[Role | None], line: str) -> Row | None:
    """Take a line apart; None if it is no row of such a table."""
    text = plain(line)
    if not text or len(text) > _LONGEST or not _tell(roles):
        return None
    for glued in (False, True):
        found = _pattern(tuple(roles), glued).fullmatch(text) if not glued or _tell_glued(roles) else None
        if found is not None:
            return _shared(roles, [(cell or "").strip() for cell in found.groups()], glued=glued)
    return _tight(roles, text) if _tell_glued(roles) else None


def _tight(roles: Sequence[Role | None], text: str) -> Row | None:
    """Take a line apart whose type is run together with words in small letters; its name must be beyond doubt."""
    found = _pattern(tuple(roles), glued=True, tight=True).fullmatch(text)
    if found is None or roles[0] != "name" or not re.search(r"[a-z0-9][_.][a-z]", found[1]):
        return None
    return _shared(roles, [(cell or "").strip() for cell in found.groups()], glued=True)


def guessed(roles: Sequence[Role | None], line: str) -> Row | None:
    """Take a line apart word by word, for a row whose type nobody knows; None if its first word is no name."""
    left = plain(line).split(" ")
    if roles[0] != "name" or "type" not in roles or not is_name(left[0]) or len(left) < 2:
        return None
    cells = dict.fromkeys(range(len(roles)), "")
    for place, role in enumerate(roles):
        is_word = role in ("name", "type") or (role == "required" and left and re.fullmatch(_REQUIRED, left[0]))
        if is_word and left:
            cells[place] = left.pop(0)
        elif role not in ("name", "type", "required"):
            cells[place] = " ".join(left)
            left = []
    return tuple(cells.values())


def _tell(roles: Sequence[Role | None]) -> bool:
    """Say whether such columns can be told apart at all."""
    if not roles or roles[0] not in ("code", "path", "name"):
        return False
    return roles[0] != "name" or len(roles) == 2 or bool({"type", "required"} & set(roles))


def _tell_glued(roles: Sequence[Role | None]) -> bool:
    """Say whether a name ends somewhere when nothing stands behind it."""
    return roles[0] in ("code", "path") or (len(roles) > 1 and roles[1] in ("type", "required") and "type" in roles)


@lru_cache(maxsize=200)
def _pattern(roles: tuple[Role | None, ...], glued: bool, tight: bool = False) -> re.Pattern[str]:
    """Compile a row: names, types and codes are words that can be told, everything else is prose up to the next."""
    parts = []
    for place, role in enumerate(roles):
        kinds = _GLUED if glued else _SPACED
        last = place == len(roles) - 1
        if glued and role == "required" and not last and roles[place + 1] == "type":
            parts.append(_BEFORE_TYPE)
        elif role in kinds:
            parts.append(kinds[role].replace(_NO_WORD, "") if tight else kinds[role])
        elif role in ("example", "value") and not last and not glued:
            parts.append(_ONE_WORD)
        elif place and roles[place - 1] not in kinds and parts[-1] == _PROSE:
            parts.append("()")  # what stands before it has both
        else:
            parts.append(_PROSE)
    return re.compile(r"\s*".join(parts))


def _shared(roles: Sequence[Role | None], cells: Sequence[str], *, glued: bool) -> Row:
    """Part prose and what follows or precedes it, an example, which two columns beside each other share."""
    found = list(cells)
    for place in range(len(roles) - 1):
        first, second = roles[place], roles[place + 1]
        if first == "description" and second in ("example", "value"):
            found[place], found[place + 1] = _example_last(f"{found[place]} {found[place + 1]}".strip(), glued=glued)
        elif glued and first in ("example", "value") and second == "description":
            found[place], found[place + 1] = _example_first(f"{found[place]}{found[place + 1]}")
    return tuple(found)


def _example_last(text: str, *, glued: bool) -> tuple[str, str]:
    if glued:
        listed = _LISTED.search(text)
        last = listed[0] if listed else ""
        for value in (*_VALUE.findall(text[: len(text) - len(last)]), last[: len(last) // 2]) if last else ():
            if last.endswith(value) and last != value and (value * 2 == last or last[: -len(value)] != value):
                return text[: -len(value)], value
        found = _SENTENCE_AND_EXAMPLE.match(text) or _SENTENCE_AND_WORD.match(text)
        return (found[1], found[2]) if found else (text, "")
    said, _, shown = text.rpartition(" ")
    is_shown = bool(_SHOWN.search(shown)) and not shown.endswith((".", "。"))
    is_listed = bool(re.search(rf"[/|、(]\s?{re.escape(shown)}\b|\b{re.escape(shown)}\s?[/|、]", said))
    return (said, shown) if shown and (is_shown or is_listed or said.endswith((".", "。"))) else (text, "")


def _example_first(text: str) -> tuple[str, str]:
    found = re.match(r"([^A-Z\s]*?)(?=[A-Z])", text)
    return (found[1], text[found.end() :]) if found and found[1] else ("", text)
