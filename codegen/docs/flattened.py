"""Text as search engines and reader views flatten a page → blocks.

A table's row has become one line, its cells parted by blanks, tabs or bars, or by nothing at all; headings are lines
among others, told by what stands before or behind them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from codegen.docs import columns
from codegen.docs.blocks import Block, Code, Heading, Paragraph, Row, Table, plain, title
from codegen.docs.columns import Role

_MARKED = re.compile(r"^(#{1,6})\s+")
_NUMBERED = re.compile(r"^(?:§\s*)?\d+(?:\.\d+)*[.、)]?\s+\S")
_ANCHORED = re.compile("[\u200b\u2060\ufeff]\\s*$|[#¶]\\s*$")
_SENTENCE = re.compile(r"[.。:：;；,，!?！？]$|[.。;；!?！？] ")
_RULE = re.compile(r"^[\s|:+-]+$")
_NAME = re.compile(r"\*?([A-Za-z][A-Za-z0-9_-]*(?:\[\])?(?:\.[A-Za-z][A-Za-z0-9_-]*(?:\[\])?)*)\*?")
_NUMBER = re.compile(r"-?\d+")
_GLUED = re.compile(
    r"^([A-Za-z][A-Za-z0-9_.-]*?)(String|string|int64|int32|integer|Integer|int|Int|long|bool|boolean|Object|object|"
    r"Array|array|number)(Yes|No|YES|NO|Y|N|\*)?(?![a-z0-9_])(.*)$"
)
_LONGEST_HEADING = 90
_LONGEST_CODE = 400


def blocks(content: str) -> Iterator[Heading | Block]:
    """Read a page line by line."""
    lines = content.replace("\r\n", "\n").split("\n")
    index = 0
    while index < len(lines):
        line = lines[index]
        shown = plain(line)
        code = _code(lines[index:])
        head = _head(line)
        if not shown:
            index += 1
        elif code:
            yield Code("\n".join(lines[index : index + code]), "json")
            index += code
        elif head is not None:
            rows, taken = _rows(head, len(_parted(line)) > 1, lines[index + 1 :])
            yield Table(head, tuple(rows))
            index += 1 + taken
        elif (level := _level(line, shown, lines[index + 1 :])) is not None:
            yield Heading(level, title(_MARKED.sub("", line)))
            index += 1
        else:
            yield Paragraph(shown.removeprefix("- ").removeprefix("• "))
            index += 1


def _head(line: str) -> Row | None:
    cells = _parted(line)
    if len(cells) > 1:
        return cells if len([role for role in columns.roles(cells) if role]) > 1 else None
    return columns.words(plain(line))


def _parted(line: str) -> Row:
    if "|" in line:
        return tuple(plain(cell) for cell in line.strip().strip("|").split("|"))
    return tuple(plain(cell) for cell in line.strip().split("\t")) if "\t" in line.strip() else (plain(line),)


def _rows(head: Row, parted: bool, lines: Sequence[str]) -> tuple[list[Row], int]:
    """Read rows until a line that is none; return them, and how many lines they took."""
    rows: list[Row] = []
    taken = 0
    roles = columns.roles(head)
    for line in lines:
        if _RULE.match(line) and line.strip():
            taken += 1
            continue
        fits = bool(line.strip()) and _head(line) is None and (len(_parted(line)) > 1) == parted
        row = _row(head, roles, line) if fits else None
        if row is None:
            break
        rows.append(row)
        taken += 1
    return rows, taken


def _row(head: Row, roles: Sequence[Role | None], line: str) -> Row | None:
    cells = _parted(line)
    if len(cells) > 1:
        return (*cells[: len(head)], *[""] * (len(head) - len(cells)))
    left = plain(line)
    found: dict[int, str] = {}
    for place, role in enumerate(roles):
        cell = _cell(role, left, first=place == 0)
        if cell is None:
            if place == 0:
                return None
            continue
        found[place] = cell
        left = left[len(cell) :].lstrip()
    if roles[0] == "name" and "type" in roles and not columns.wire_type(found.get(roles.index("type"), "")):
        return _glued(roles, plain(line))
    texts = [
        place
        for place, role in enumerate(roles)
        if role not in ("name", "type", "required", "code") and place not in found
    ]
    for place in texts[:1]:
        found[place] = left
    return tuple(found.get(place, "") for place in range(len(head)))


def _cell(role: Role | None, left: str, *, first: bool) -> str | None:
    """Take the next cell off what is left of a line; None where it is not there, or ends nobody knows where."""
    word = left.split(" ", 1)[0]
    match role:
        case "name":
            return word if _NAME.fullmatch(word) else None
        case "code" if first:
            return word if _NUMBER.fullmatch(word) or re.fullmatch(r"[A-Z][A-Z-]*[A-Z]", word) else None
        case "type":
            return word if columns.wire_type(word) else None
        case "required":
            return (
                word
                if columns.is_required(word) is not None and (word.casefold() in columns.YES | columns.NO)
                else None
            )
        case _:
            return None


def _glued(roles: Sequence[Role | None], line: str) -> Row | None:
    """Take a row apart whose cells have nothing between them."""
    found = _GLUED.match(line)
    if found is None:
        return None
    cells: dict[Role, str] = {
        "name": found[1],
        "type": found[2],
        "required": found[3] or "",
        "description": found[4].strip(),
    }
    return tuple("" if role is None else cells.get(role, "") for role in roles)


def _level(line: str, shown: str, after: Sequence[str]) -> int | None:
    """Say whether a line is a heading, and how deep: by its marks or its decoration, or because it is short."""
    marked = _MARKED.match(line)
    if marked:
        return len(marked[1])
    if len(shown) > _LONGEST_HEADING or not title(line):
        return None
    numbered = bool(_NUMBERED.match(title(line)))
    if _ANCHORED.search(line.rstrip("\n")) or unicodedata.category(shown[0]) == "So":
        return 2 if numbered else 3
    follows = next((plain(text) for text in after if plain(text)), "")
    titular = not _SENTENCE.search(shown) and len(shown.split()) <= 8
    if titular and (_head(follows) is not None or _code([follows, *after])):
        return 3
    return 2 if numbered and titular else None


def _code(lines: Sequence[str]) -> int:
    """Return how many lines a JSON object takes that begins here; 0 if none does."""
    if not lines or not lines[0].strip().startswith(("{", "[{")):
        return 0
    depth = 0
    for index, line in enumerate(lines[:_LONGEST_CODE]):
        depth += line.count("{") + line.count("[") - line.count("}") - line.count("]")
        if depth <= 0:
            return index + 1
    return 0
