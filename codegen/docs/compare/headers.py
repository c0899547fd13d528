"""A table of headers against what the spec says of requests, answers or webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from codegen.changes.renames import matched
from codegen.docs.compare.rows import LIKELY, Rows
from codegen.docs.compare.view import View
from codegen.docs.drift import Drift, drift
from codegen.docs.expected import Expected
from codegen.docs.facts.fact import Fact

_COMMON = frozenset({"content-type", "accept", "user-agent", "host", "content-length"})


def compare(view: View, subject: str, facts: Sequence[Fact]) -> Iterator[Drift]:
    """Compare the rows of one page's tables of one side."""
    known = view.spec.headers.get(subject.partition("/")[2], {})
    told = {fact.name.casefold(): fact for fact in facts}
    fresh = [fact for name, fact in told.items() if name not in known and name not in _COMMON]
    missed = [header for name, header in known.items() if name not in told]
    gone = [header for header in missed if not view.settled(listed(header.name), "", facts[0])]
    moved = matched(gone, fresh, name=lambda one: one.name, score=Rows(known, told).score, likely=LIKELY)
    for header, fact, confidence in moved:
        row = attrs.evolve(fact, name=header.name)
        yield drift("header-renamed", row, header.pointer, now=fact.name, confidence=confidence)
    for header in gone:
        if not any(header is before for before, _, _ in moved):
            absent = attrs.evolve(facts[0], name=header.name, cell="", says={})
            yield drift("header-removed", absent, header.pointer)
    for fact in fresh:
        if not any(fact is after for _, after, _ in moved):
            kind = "required-header-added" if fact.says.get("required") else "header-added"
            yield drift(kind, fact, "/components", now=fact.says.get("type"))
    for name, fact in told.items():
        if name in known:
            yield from _known(view, known[name], fact)


def listed(name: str) -> str:
    """Name the question whether a header is listed."""
    return f"header.{name}.listed"


def _known(view: View, header: Expected, fact: Fact) -> Iterator[Drift]:
    kind, required = fact.says.get("type"), fact.says.get("required")
    if kind and kind != header.type and not view.settled(f"header.{header.name}.type", str(kind), fact):
        yield drift("header-retyped", fact, header.pointer, was=header.type, now=kind)
    is_settled = view.settled(f"{fact.subject}.{header.name}.required", str(required).lower(), fact)
    if required is not None and required != header.required and not is_settled:
        kind = "header-became-required" if required else "header-became-optional"
        yield drift(kind, fact, header.pointer, now=required)
    described, name = fact.says.get("description", ""), header.name.casefold()
    known = [side[name].description for side in view.spec.headers.values() if name in side]
    if described and view.is_news(fact, described, *known) and not _is_told_otherwise(view, fact):
        yield drift("header-reworded", fact, header.pointer, was=header.description, now=described)


def _is_told_otherwise(view: View, fact: Fact) -> bool:
    """Say whether another time in the same row accounts for the other words."""
    return any(
        other.says["seconds"] != view.spec.signature.get("tolerance-seconds")
        for other in view.facts
        if other.kind == "window" and (other.page, other.cell) == (fact.page, fact.cell)
    )
