"""What a page is made of, whatever form it came in: sections of paragraphs, lists, tables and code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import attrs

Row = tuple[str, ...]
MOST_ROWS = 1000
"""A table that has more is none of fields, codes or fiats."""


@attrs.frozen
class Heading:
    """A heading, 1 for the page's title; `anchor` is where a link to it leads."""

    level: int
    text: str
    anchor: str = ""


@attrs.frozen
class Paragraph:
    """Running text; each item of a list is one."""

    text: str


@attrs.frozen
class Table:
    """A table; `broken` says why nobody can be sure of its rows."""

    head: Row
    rows: tuple[Row, ...]
    broken: str = ""


@attrs.frozen
class Code:
    """A block of code."""

    text: str
    language: str = ""


Block = Paragraph | Table | Code


@attrs.frozen
class Section:
    """What stands below one heading, up to the next; `path` has the headings above it and its own."""

    path: tuple[str, ...]
    anchor: str
    blocks: tuple[Block, ...]

    @property
    def title(self) -> str:
        """Its own heading."""
        return self.path[-1] if self.path else ""

    def tables(self) -> Iterator[Table]:
        """List its tables."""
        return (block for block in self.blocks if isinstance(block, Table))


def sections(parts: Iterable[Heading | Block]) -> tuple[Section, ...]:
    """Gather blocks under the headings that they stand below; sections without blocks are kept: their titles count."""
    found: list[Section] = []
    above: dict[int, Heading] = {}
    blocks: list[Block] = []

    def close() -> None:
        if above or blocks:
            path = tuple(heading.text for heading in above.values())
            anchor = next(reversed(above.values())).anchor if above else ""
            found.append(Section(path, anchor, tuple(blocks)))
        blocks.clear()

    for part in parts:
        if isinstance(part, Heading):
            close()
            for level in [level for level in above if level >= part.level]:
                del above[level]
            above[part.level] = part
        else:
            blocks.append(part)
    close()
    return tuple(found)


_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\u00ad]")
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """Return text without what nobody sees: zero-width anchors, the marks of emoji, doubled spaces."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def title(text: str) -> str:
    """Return a heading without its decoration: emoji, a number's dot, the sign of its link, what markup leaves."""
    shown = "".join(
        " " if unicodedata.category(character) in ("So", "Sk", "Cs") else character for character in plain(text)
    )
    return plain(re.sub(r"(?:^[#*>\s]+)|(?:[#¶\s]+$)", "", shown)).strip("*_ ")


def spread(rows: Sequence[Sequence[tuple[str, int, int]]]) -> tuple[Row, ...]:
    """Lay out cells; one that reaches across stands in each column that it covers."""
    return tuple(tuple(text for text, _, across in row for _ in range(max(1, across))) for row in rows)
