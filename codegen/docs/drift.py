"""Where the documentation and the spec disagree, and the table of the ways in which they can."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import attrs

from codegen.docs.facts.fact import LONGEST_CELL, Fact

Severity = Literal["breaking", "news", "wording"]

SEVERITIES: tuple[Severity, ...] = ("breaking", "news", "wording")


@attrs.frozen
class Kind:
    """What one kind of drift says, and how grave it is for those who send and for those who read."""

    says: str
    severity: Severity
    readers: Severity | None = None


_BREAKING: Severity = "breaking"
_NEWS: Severity = "news"
_WORDING: Severity = "wording"

KINDS: Mapping[str, Kind] = {
    # fields
    "field-added": Kind("is new", _NEWS),
    "required-field-added": Kind("is new and required", _BREAKING, _NEWS),
    "field-removed": Kind("is not there any more", _BREAKING),
    "field-renamed": Kind("is called {now} now (a guess: {confidence:.0%})", _BREAKING),
    "field-retyped": Kind("was {was}, is {now}", _BREAKING),
    "became-required": Kind("became required", _BREAKING, _NEWS),
    "became-optional": Kind("became optional", _NEWS, _BREAKING),
    "description-changed": Kind("is described otherwise: {now}", _WORDING),
    "value-added": Kind("may be {now}, too", _NEWS),
    "value-removed": Kind("is not said to be {was} any more", _NEWS),
    "values-listed": Kind("is said to be one of {now}", _NEWS),
    # what we guessed, or had from elsewhere, and a table documents now
    "guess-documented": Kind("was known as {was} only, and is documented now", _NEWS),
    "guess-renamed": Kind("was known as {was} only, and is called {now} (likely so: {confidence:.0%})", _NEWS),
    "guess-shown": Kind("was known as {was} only, and an example shows it", _NEWS),
    "guess-retyped": Kind("was guessed to be {was}, and is {now}", _NEWS),
    "guess-refuted": Kind("was guessed, and is not in the table that documents the others", _NEWS),
    # lists
    "code-added": Kind("is a new code: {now}", _NEWS),
    "code-removed": Kind("is not in the list of codes any more", _NEWS),
    "code-reworded": Kind("meant {was}, means {now}", _WORDING),
    "status-added": Kind("is a new status: {now}", _NEWS),
    "status-reworded": Kind("meant {was}, means {now}", _WORDING),
    # operations
    "path-added": Kind("is an operation that the spec does not have", _NEWS),
    "path-moved": Kind("was at {was}, is at {now}", _BREAKING),
    "method-changed": Kind("is called with {now}, not with {was}", _BREAKING),
    "operation-gone": Kind("is not on its page any more", _BREAKING),
    "table-gone": Kind("has no table of fields any more", _BREAKING),
    # headers
    "header-added": Kind("is a new header", _NEWS),
    "required-header-added": Kind("is a new header, and required", _BREAKING, _NEWS),
    "header-removed": Kind("is not among the headers any more", _BREAKING),
    "header-renamed": Kind("is called {now} now (a guess: {confidence:.0%})", _BREAKING),
    "header-retyped": Kind("was {was}, is {now}", _BREAKING),
    "header-became-required": Kind("became required", _BREAKING, _NEWS),
    "header-became-optional": Kind("became optional", _NEWS, _BREAKING),
    "header-reworded": Kind("is described otherwise: {now}", _WORDING),
    # what all calls and webhooks share
    "schedule-changed": Kind("was {was}, is {now}", _NEWS),
    "window-changed": Kind("was {was} s, is {now} s", _BREAKING),
    "acknowledgement-changed": Kind("was {was}, is {now}", _BREAKING),
    "signature-changed": Kind("was {was}, is {now}", _BREAKING),
    # what a page says of itself
    "example-disagrees": Kind("{now}", _NEWS),
    "change-announced": Kind("a new entry of the change record: {now}", _NEWS),
    "section-unknown": Kind("a section that the spec knows nothing of: {now}", _NEWS),
    # two witnesses
    "languages-differ": Kind("{now}", _NEWS),
    "contradiction": Kind("{now}", _NEWS),
}


@attrs.frozen(kw_only=True)
class Drift:
    """One disagreement.

    Attributes:
        kind: a key of KINDS.
        section: the headings above it, as they stand on the page.
        source: the same as x-source of the spec would have it.
        cell: what it was read from, at most 200 characters; text of a stranger.
        subject, name: what it is about, as `order.create/request` and `amount`.
        pointer: where the spec says otherwise, or where it would have to say it; empty where it has no place for it.
        was, now: what the spec says and what the page says.
        told: all that the page says of it, as its fact has it.
        also: languages, or the example beside it, that do not say so yet.
        confidence: of a guess, from 0 to 1.
    """

    kind: str
    severity: Severity
    page: str
    locale: str
    section: str
    source: str
    cell: str
    subject: str
    name: str
    pointer: str
    says: str
    was: Any = None
    now: Any = None
    told: Mapping[str, Any] = attrs.field(factory=dict)
    confidence: float | None = None
    also: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """What it is about, in one word."""
        if self.subject.startswith("?"):
            return self.name or self.subject[1:]
        return ".".join(part for part in (self.subject, self.name) if part)

    @property
    def id(self) -> str:
        """Tell it from others, in every run alike, however the spec and the headings around it change."""
        told = [self.kind, self.page, self.locale, self.subject, self.name, self.now]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:12]

    def __str__(self) -> str:
        also = f"; not yet in {', '.join(self.also)}" if self.also else ""
        return f"{self.place}: {self.says}{also}"


def drift(kind: str, fact: Fact, pointer: str = "", **values: Any) -> Drift:
    """Make a drift of what a page says."""
    row = KINDS[kind]
    is_sent = fact.subject.endswith("/request")
    shown = {key: _shown(value) for key, value in values.items() if key != "confidence"}
    says = row.says.format(**{"name": fact.name, **shown, "confidence": values.get("confidence", 0)})
    return Drift(
        kind=kind,
        severity=row.severity if is_sent or row.readers is None else row.readers,
        page=fact.page,
        locale=fact.locale,
        section=fact.section,
        source=fact.source,
        cell=fact.cell,
        subject=fact.subject,
        name=str(values.pop("name", fact.name)),
        pointer=pointer,
        says=says,
        told=dict(fact.says),
        **values,
    )


def gravest_first(found: Iterable[Drift]) -> list[Drift]:
    """Sort by severity; what is alike keeps its order, which is that of the pages."""
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
