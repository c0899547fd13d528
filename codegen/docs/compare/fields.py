"""A table of fields against what the spec says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from codegen.changes.renames import matched
from codegen.docs.compare.rows import LIKELY, Rows
from codegen.docs.compare.view import View
from codegen.docs.drift import Drift, drift
from codegen.docs.expected import DOCUMENTED, Expected
from codegen.docs.facts import enumerations
from codegen.docs.facts.fact import Fact
from codegen.errors import step

_GUESS = "inferred"
_WRAPPED = ("envelope", "data")  # what that is, each answer says for itself
_OPEN = "string"


def compare(view: View, subject: str, facts: Sequence[Fact]) -> Iterator[Drift]:
    """Compare the rows of a table, or of several, that document one body on one page."""
    told = {fact.name: fact for fact in facts if (subject, fact.name) != _WRAPPED}
    known = view.spec.fields[subject]
    fresh = [fact for name, fact in told.items() if name not in known]
    gone = [field for name, field in known.items() if name not in told and _should_be_there(view, field, told, known)]
    moved = matched(gone, fresh, name=lambda one: one.name, score=Rows(known, told).score, likely=LIKELY)
    for field, fact, confidence in moved:
        yield from _renamed(view, field, fact, confidence)
    for field in _topmost(gone, [field for field, _, _ in moved]):
        kind = "field-removed" if field.provenance == DOCUMENTED else "guess-refuted"
        yield drift(kind, _as_absent(field, facts[0]), field.pointer, name=field.name, was=field.type)
    for fact in fresh:
        if not any(fact is after for _, after, _ in moved):
            kind = "required-field-added" if fact.says.get("required") else "field-added"
            yield drift(kind, fact, _schema(known, view, subject, fact.name), now=fact.says.get("type"))
    for name, fact in told.items():
        if name in known:
            yield from _known(view, known[name], fact)


def _should_be_there(view: View, field: Expected, told: Mapping[str, Fact], known: Mapping[str, Expected]) -> bool:
    """Say whether a table that does not name a field speaks against it."""
    if not told or field.not_seen or field.page != next(iter(told.values())).page:
        return False
    if field.provenance == DOCUMENTED:
        return True
    if field.provenance != _GUESS or "." in field.name:
        return False
    guesses = [each for each in known.values() if each.provenance == _GUESS and each.page == field.page]
    settled = [each for each in guesses if each.name in told]
    is_all_guessed = all(each.provenance != DOCUMENTED for each in known.values())
    return view.locale == "en" and (is_all_guessed or len(settled) * 2 >= len(guesses))


def _known(view: View, field: Expected, fact: Fact) -> Iterator[Drift]:
    """Compare one row with the field of that name."""
    aspects = list(_aspects(view, field, fact))
    if field.provenance == DOCUMENTED:
        yield from aspects
        return
    retyped = [each for each in aspects if each.kind == "field-retyped"]
    if retyped:
        yield drift("guess-retyped", fact, field.pointer, was=field.type, now=retyped[0].now)
    elif view.prose:
        yield drift("guess-documented", fact, field.pointer, was=field.provenance)
    yield from (each for each in aspects if each.kind in ("value-added", "value-removed"))


def _renamed(view: View, field: Expected, fact: Fact, confidence: float) -> Iterator[Drift]:
    """Say that a field has another name; what else is said of a guess goes with it."""
    row = attrs.evolve(fact, name=field.name)
    if field.provenance == DOCUMENTED:
        yield drift("field-renamed", row, field.pointer, now=fact.name, confidence=confidence)
        yield from _aspects(view, field, fact)
        return
    told = {"was": field.provenance, "now": fact.name, "confidence": confidence}
    yield drift("guess-renamed", row, field.pointer, **told)
    for each in _aspects(view, field, fact):
        if each.kind == "field-retyped":
            yield drift("guess-retyped", fact, field.pointer, was=field.type, now=each.now)


def _aspects(view: View, field: Expected, fact: Fact) -> Iterator[Drift]:
    says = fact.says
    kind = says.get("type")
    is_settled = view.settled(f"{fact.subject}.{fact.name}.type", str(kind), fact)
    if kind and not _is_among(str(kind), field.type) and not is_settled:
        yield drift("field-retyped", fact, field.pointer, was=field.type, now=kind)
    required = says.get("required")
    is_settled = view.settled(f"{fact.subject}.{fact.name}.required", str(required).lower(), fact)
    if required is not None and required != field.required and not is_settled:
        yield drift("became-required" if required else "became-optional", fact, field.pointer, now=required)
    yield from _values(view, field, fact)
    described = says.get("description", "")
    if described and view.is_news(fact, described, field.description):
        yield drift("description-changed", fact, field.pointer, was=field.description, now=described)


def _is_among(kind: str, known: str) -> bool:
    """Say whether the spec has a type, perhaps among others: it may know more than the page."""
    return set(kind.split(" or ")) <= set(known.split(" or "))


def _values(view: View, field: Expected, fact: Fact) -> Iterator[Drift]:
    values = fact.says.get("values")
    if not values:
        return
    if field.values is None:
        if field.type == _OPEN and not set(values) <= set(_listed(field.description)):
            yield drift("values-listed", fact, field.pointer, now=list(values))
        return
    for value in values:
        if value not in field.values and not view.settled(f"{fact.subject}.{fact.name}.values", value, fact):
            yield drift("value-added", fact, field.listed_at, was=None, now=value)
    if fact.says.get("more"):
        return
    for each in view.spec.enum(field.listed_at):
        is_its_list = each.source == fact.source and each.provenance == DOCUMENTED
        if is_its_list and each.value not in values and not view.elsewhere(each.value, fact):
            yield drift("value-removed", fact, field.listed_at, was=each.value)


def _listed(description: str) -> Sequence[str]:
    found = enumerations.find(description)
    return () if found is None else found.values


def _schema(known: Mapping[str, Expected], view: View, subject: str, name: str) -> str:
    """Return where a new field would stand: beside the others."""
    above, _, _ = name.rpartition(".")
    if above and above in known:
        return step(known[above].pointer, "properties")
    return view.properties(subject)


def _topmost(gone: Sequence[Expected], moved: Sequence[Expected]) -> list[Expected]:
    """Leave out what is below something that is gone: that goes without saying."""
    names = [field.name for field in gone]
    return [
        field for field in gone if field not in moved and not any(field.name.startswith(f"{name}.") for name in names)
    ]


def _as_absent(field: Expected, beside: Fact) -> Fact:
    """Make a fact of what is not there: it is missed in the table of the others."""
    return attrs.evolve(beside, name=field.name, cell="", says={})
