"""The change record: what HaloPay says it changed, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from codegen.docs.blocks import Code, Section, Table
from codegen.docs.facts.fact import Fact
from codegen.docs.facts.place import Place

_DATE = re.compile(r"(?<!\d)(20\d\d)\s?[/.年-]\s?(\d{1,2})\s?[/.月-]\s?(\d{1,2})\s?日?(?!\d)")
_NAME = re.compile(r"/(?:api|v\d)(?:/[\w-]+)+|\b[a-z]+(?:_[a-z0-9]+)+\b|(?<=[`'\"“])[A-Za-z][\w-]+(?=[`'\"”])")


def dated(text: str) -> str:
    """Return the date at the beginning of a text, as 2026-05-22; empty if there is none."""
    found = _DATE.search(text[:40])
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else ""


def facts(sections: Iterable[Section], place: Place) -> Iterator[Fact]:
    """Read what stands below each date: items of a list, paragraphs, rows of a table."""
    day = ""
    for section in sections:
        in_title = next((date for title in reversed(section.path) if (date := dated(title))), "")
        day = in_title or day
        if in_title and (rest := _DATE.sub("", section.title).strip(" :：-–—.")) and dated(section.title):
            yield _change(day, rest, _at(section, place))
        for block in section.blocks:
            for text in _lines(block):
                date = dated(text)
                day = date or day
                rest = _DATE.sub("", text, count=1).strip(" :：-–—.|") if date else text
                if day and rest:
                    yield _change(day, rest, _at(section, place))


def _lines(block: object) -> Iterator[str]:
    match block:
        case Table(head, rows):
            if dated(" ".join(head)):
                yield " | ".join(head)
            yield from (" | ".join(row) for row in rows)
        case Code():
            return
        case _:
            yield str(getattr(block, "text", ""))


def _at(section: Section, place: Place) -> Place:
    return attrs.evolve(place, section=" › ".join(section.path))


def _change(day: str, text: str, place: Place) -> Fact:
    here = place.about("changes", f"{place.page}#{day}")
    names = list(dict.fromkeys(_NAME.findall(text)))
    return here.fact("change", day, {"text": text, "names": names}, text)
