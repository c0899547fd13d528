"""Sections → chapters: what belongs together, and which operation it documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import attrs

from codegen.docs.blocks import Block, Code, Paragraph, Section
from codegen.docs.facts import words
from codegen.docs.facts.subjects import Known, Subject

_NUMBER = re.compile(r"^(?:§\s*)?(\d{1,2})(?:[.、)）．:：]|\s|(?=[^\W\d]))\s*(?!\d)")
_PATH = re.compile(
    r"(?P<host>https?://[A-Za-z0-9.:-]+)?(?P<path>/(?:api|v\d{1,2})(?:/[A-Za-z0-9_-]+)+)/?(?![A-Za-z0-9_/])"
)
_METHOD = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)\b")
_ELSEWHERE = ("://docs.", "://checkout.", "://dash.")
_LONGEST_SAMPLE = 300


@attrs.frozen
class Endpoint:
    """Where a page says that a call goes."""

    path: str
    method: str
    text: str
    section: Section
    listed: bool = False
    """Whether it stands in a table of several."""


@attrs.frozen
class Chapter:
    """A heading and what stands below it, up to the next that is about something else."""

    sections: tuple[Section, ...]
    endpoints: tuple[Endpoint, ...]
    number: str
    subject: Subject | None = None

    @property
    def title(self) -> str:
        """Its heading."""
        return self.sections[0].title

    @property
    def endpoint(self) -> Endpoint | None:
        """Where its call goes; of several addresses the one that is called so, else the first."""
        own = [one for one in self.endpoints if not one.listed]
        called = [one for one in own if one.method or "url" in words.roles(one.text) | words.roles(one.section.title)]
        return next(iter(called or own), None)


def chapters(page: str, sections: Sequence[Section], known: Known) -> tuple[Chapter, ...]:
    """Gather sections and say which operation each chapter documents."""
    gathered = [_chapter(part) for part in _parts(sections)]
    here = {chapter.endpoint.path for chapter in gathered if chapter.endpoint}
    found: list[Chapter] = []
    for chapter in gathered:
        subject = _subject(page, chapter, known, here)
        before = found[-1].subject if found else None
        if subject is None and before and not (chapter.endpoint or chapter.number) and _is_about(chapter, before):
            subject = before
        found.append(attrs.evolve(chapter, subject=subject))
    return tuple(found)


def number(title: str) -> str:
    """Return the number of a heading, `1` of `1. Create order`; empty if it has none."""
    found = _NUMBER.match(title)
    return found[1] if found else ""


def endpoint(text: str, section: Section) -> Endpoint | None:
    """Take a line for the address of a call; None if it tells something else, too."""
    found = _PATH.search(text) if len(text) <= _LONGEST_SAMPLE else None
    if found is None or any(place in (found["host"] or "") for place in _ELSEWHERE):
        return None
    method = _METHOD.search(text)
    rest = _METHOD.sub(" ", text[: found.start()] + " " + text[found.end() :])
    if len(words.left_over(rest)) > 1:
        return None
    return Endpoint(found["path"], method[1] if method else "", text, section)


def _chapter(part: Sequence[Section]) -> Chapter:
    found: dict[str, Endpoint] = {}
    for section in part:
        for one in _endpoints(section):
            found.setdefault(one.path, one)
    return Chapter(tuple(part), tuple(found.values()), number(part[0].title))


def _endpoints(section: Section) -> Iterator[Endpoint]:
    for text in (section.title, *(line for block in section.blocks for line in _lines(block))):
        found = endpoint(text, section)
        if found is not None:
            yield found
    for table in section.tables():
        inside = [one for row in (table.head, *table.rows) for cell in row if (one := endpoint(cell, section))]
        yield from (attrs.evolve(one, listed=len({one.path for one in inside}) > 1) for one in inside)


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text):
            yield text
        case Code(text) if len(text) <= _LONGEST_SAMPLE:
            yield text


def _parts(sections: Sequence[Section]) -> Iterator[list[Section]]:
    """Cut where a heading is a subject of its own, unless it only divides what stands above it further."""
    part: list[Section] = []
    for section in sections:
        if part and _begins(section, part):
            yield part
            part = []
        part.append(section)
    if part:
        yield part


def _begins(section: Section, part: Sequence[Section]) -> bool:
    first = part[0]
    if words.is_bare(section.title):
        return False
    if len(section.path) <= len(first.path):
        return True
    if len(first.path) <= 1 and not number(first.title):
        return not any(True for _ in _all_endpoints(part))  # below the page's title everything is a subject of its own
    there = {one.path for one in _all_endpoints(part)}
    return any(one.path not in there for one in _endpoints(section) if not one.listed) and bool(there)


def _all_endpoints(part: Sequence[Section]) -> Iterator[Endpoint]:
    return (one for section in part for one in _endpoints(section) if not one.listed)


def _subject(page: str, chapter: Chapter, known: Known, here: set[str]) -> Subject | None:
    """Tell by the path; by the number where the path is new and the old one stands nowhere else on the page."""
    path = chapter.endpoint.path if chapter.endpoint else ""
    found = known.by_path(path) if path else None
    if found is not None:
        return found
    placed = known.by_place(page, chapter.number) if chapter.number else None
    if placed is None and len(known.on(page)) == 1 and (path or _is_about(chapter, known.on(page)[0])):
        placed = known.on(page)[0]
    return placed if placed is not None and not {placed.path, placed.legacy} & here else None


def _is_about(chapter: Chapter, subject: Subject) -> bool:
    """Say whether a chapter's first column names fields of an operation."""
    names = {row[0].strip("*` ") for section in chapter.sections for table in section.tables() for row in table.rows}
    return any(len(names & fields) * 2 > len(fields) > 0 for fields in subject.fields.values())
