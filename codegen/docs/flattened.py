"""Text as search engines and reader views flatten a page → blocks.

A table's row has become one line, its cells parted by blanks, tabs or bars, or by nothing at all; headings are lines
among others, told by what stands before or behind them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from codegen.docs import columns, rows, stacked
from codegen.docs.blocks import MOST_ROWS, Block, Code, Heading, Paragraph, Row, Table, plain, title
from codegen.docs.columns import Role

_MARKED = re.compile(r"^(#{1,6})\s+")
_NUMBERED = re.compile(r"^(?:§\s*)?(\d{1,2}(?:\.\d+)*)[.、)]?\s+\S")
_COUNT = re.compile(r"^(?:§\s*)?\d{1,2}(?:\.\d+)*[.、)]?\s+")
_ANCHORED = re.compile("[\u200b\u2060\ufeff]\\s*$|[#¶]\\s*$")
_SENTENCE = re.compile(r"[.。:：;；,，!?！？]$|[.。;；!?！？] ")
_RULE = re.compile(r"^[\s|:+-]+$")
_STATEMENT = re.compile(
    r"[;{}]\s*$|:=|^\s*(?://|\*|/\*|#include|import|package|func|return|public|private|static|const|var|let|def|from)\b"
    r"|^\s*[)\]}]+[;,]?\s*$"
)
_OPENS = re.compile(r"\s*(?:\[\s*)?\{")
_MARKUP = re.compile(r"`|\*\*")
_LONGEST_HEADING = 90
_MOST_WORDS = 8
_LONGEST_CODE = 400


def blocks(content: str) -> Iterator[Heading | Block]:
    """Read a page line by line; its first heading is its title."""
    lines = content.replace("\r\n", "\n").split("\n")
    index = 0
    titled = False
    while index < len(lines):
        line = lines[index]
        shown = plain(line)
        taken = 1
        if not shown:
            pass
        elif code := _code(lines, index):
            yield Code("\n".join(lines[index : index + code]), "json" if _OPENS.match(line) else "")
            taken = code
        elif (level := _marked(line, shown)) is not None:
            yield _heading(line, level, titled)
            titled = True
        elif (head := _head(line)) is not None and (found := _table(head, lines, index)) is not None:
            table, below = found
            yield table
            taken += below
        elif (upright := stacked.table(lines, index)) is not None:
            table, taken = upright
            yield table
        elif (level := _level(lines, index, shown)) is not None:
            yield _heading(line, level, titled)
            titled = True
        else:
            yield Paragraph(_MARKUP.sub("", shown.removeprefix("- ").removeprefix("• ")))
        index += taken


def _heading(line: str, level: int, titled: bool) -> Heading:
    text = title(_MARKED.sub("", line))
    return Heading(level if titled or _NUMBERED.match(text) else 1, text)


def _head(line: str) -> Row | None:
    cells = rows.parted(line)
    if len(cells) > 1:
        return cells if len([role for role in columns.roles(cells) if role]) > 1 else None
    return columns.words(plain(line))


def _table(head: Row, lines: Sequence[str], at: int) -> tuple[Table, int] | None:
    """Read rows until a line that is none; return the table, and how many lines its rows took; None if it is none."""
    parted = len(rows.parted(lines[at])) > 1
    start = at + 1
    roles = columns.roles(head)
    found: list[Row] = []
    taken = 0
    while start + taken < len(lines):
        if len(found) > MOST_ROWS:
            return Table(head, (), "it has too many rows"), taken
        line = lines[start + taken]
        following = lines[start + taken + 1 : start + taken + 2]
        sparse = not lines[start].strip()
        if not line.strip():
            if not (_goes_on(roles, following) or (sparse and _is_row(roles, len(head), parted, following))):
                break
        elif not _RULE.match(line):
            row = None if _head(line) is not None else _row(roles, len(head), parted, line)
            if row is None and found and _goes_on(roles, following):
                row = rows.guessed(roles, line)
                if row is None:
                    return Table(
                        head, tuple(found), f"one of its rows cannot be taken apart: {plain(line)[:60]}"
                    ), taken
            if row is None:
                break
            found.append(row)
        taken += 1
    if found:
        return Table(head, tuple(found)), taken
    below = next((line for line in lines[start : start + 4] if line.strip()), "")
    return (Table(head, (), "none of its rows can be taken apart"), 0) if rows.begins(below) else None


def _row(roles: Sequence[Role | None], width: int, parted: bool, line: str) -> Row | None:
    cells = rows.parted(line)
    if parted and len(cells) > 1:
        return (*cells[:width], *[""] * (width - len(cells)))
    return None if parted else rows.row(roles, line)


def _is_row(roles: Sequence[Role | None], width: int, parted: bool, lines: Sequence[str]) -> bool:
    return bool(lines) and _head(lines[0]) is None and _row(roles, width, parted, lines[0]) is not None


def _goes_on(roles: Sequence[Role | None], lines: Sequence[str]) -> bool:
    """Say whether the next line is a row without doubt."""
    return bool(lines) and "type" in roles and len(rows.parted(lines[0])) == 1 and rows.row(roles, lines[0]) is not None


def _marked(line: str, shown: str) -> int | None:
    """Return how deep a heading is that has marks or decoration; None for any other line."""
    marked = _MARKED.match(line)
    if marked:
        return len(marked[1])
    decorated = _ANCHORED.search(line) or unicodedata.category(shown[0]) == "So"
    return _depth(line) if decorated and len(shown) <= _LONGEST_HEADING and title(line) else None


def _depth(line: str) -> int:
    numbered = _NUMBERED.match(title(line))
    return 2 + numbered[1].count(".") if numbered else 3


def _level(lines: Sequence[str], index: int, shown: str) -> int | None:
    """Take a short line for a heading that has a number, or that a table or code follows; return how deep it is."""
    line = lines[index]
    if len(shown) > _LONGEST_HEADING or not title(line):
        return None
    if _SENTENCE.search(_COUNT.sub("", title(line))) or len(shown.split()) > _MOST_WORDS:
        return None
    following = next((below for below in range(index + 1, min(index + 4, len(lines))) if plain(lines[below])), None)
    if following is not None and (
        _head(lines[following]) is not None or _code(lines, following) or stacked.table(lines, following)
    ):
        return 3
    return _depth(line) if _NUMBERED.match(title(line)) else None


def _code(lines: Sequence[str], start: int) -> int:
    """Return how many lines of code begin here: a JSON object, or statements; 0 if it is none."""
    if _OPENS.match(lines[start]):
        depth = 0
        for count, line in enumerate(lines[start : start + _LONGEST_CODE], 1):
            depth += line.count("{") + line.count("[") - line.count("}") - line.count("]")
            if depth <= 0:
                return count
        return next((count for count, line in enumerate(lines[start : start + _LONGEST_CODE]) if not line.strip()), 0)
    if not _STATEMENT.search(lines[start]):
        return 0
    last = start
    for place in range(start, min(start + _LONGEST_CODE, len(lines))):
        if _STATEMENT.search(lines[place]):
            last = place
        elif place - last > 2:
            break
    return last - start + 1
