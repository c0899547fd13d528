"""Sections of a page → everything that it says, and the tables of it that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from codegen.docs.blocks import Section
from codegen.docs.facts import change_record, chapters
from codegen.docs.facts.fact import Fact, Trouble
from codegen.docs.facts.place import Place
from codegen.docs.facts.reader import Reader
from codegen.docs.facts.subjects import Known
from codegen.docs.page import Page, Unreadable

_CHANGES = "change-record"


@attrs.frozen
class Findings:
    """What a page says, and what of it could not be read."""

    facts: tuple[Fact, ...]
    troubles: tuple[Trouble, ...]


def facts(page: Page, sections: Sequence[Section], known: Known) -> Findings:
    """Read what a page says.

    Raises: Unreadable, where it says nothing at all of what the spec has from it.
    """
    found: list[Fact | Trouble] = []
    if page.key == _CHANGES:
        place = Place(page=page.key, locale=page.locale, section="", source=f"{page.key}#", subject="changes")
        found.extend(change_record.facts(sections, place))
    else:
        for chapter in chapters.chapters(page.key, sections, known):
            found.extend(Reader(page, chapter, known).read())
    if not found and page.key in known.pages:
        raise Unreadable(page, "nothing of what it documented is found on it: it may have another layout")
    return Findings(
        tuple(_once(one for one in found if isinstance(one, Fact))),
        tuple(dict.fromkeys(one for one in found if isinstance(one, Trouble))),
    )


def _once(found: Iterator[Fact]) -> Iterator[Fact]:
    """Leave out what a page says again in the same place; what protects a body is said often."""
    seen: set[str] = set()
    for fact in found:
        place = "" if fact.subject == "protection" else f"{fact.source} {sorted(fact.says.items(), key=str)}"
        key = f"{fact.kind} {fact.subject} {fact.name} {place}"
        if key not in seen:
            seen.add(key)
            yield fact
