"""An example against the spec, where no table documents the same; and what stands around every answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from codegen.docs.compare.view import View
from codegen.docs.drift import Drift, drift
from codegen.docs.expected import Expected
from codegen.docs.facts.fact import Fact

_SHOWN = "example"
_LESS = frozenset({"skill", "inferred"})
_LEFT_OUT = "left out"


def compare(view: View, subject: str, facts: Sequence[Fact]) -> Iterator[Drift]:
    """Compare the examples of one body on one page."""
    for fact in facts:
        for name, kind in fact.says.get("envelope", {}).items():
            field = view.spec.fields["envelope"].get(name)
            if field is not None and kind and not _fits(kind, field):
                yield drift("field-retyped", _as(fact, "envelope", name), field.pointer, was=field.type, now=kind)
    known = view.spec.fields.get(subject)
    has_table = any(
        fact.kind == "field" and fact.subject == subject and fact.page == facts[0].page for fact in view.facts
    )
    if known is None or subject == "envelope":
        return
    for fact in facts:
        yield from _lists(fact, known)
    if not has_table:
        yield from _alone(view, subject, facts, known)


def _lists(fact: Fact, known: Mapping[str, Expected]) -> Iterator[Drift]:
    """Take up values that a remark in an example lists."""
    for name, values in fact.says.get("lists", {}).items():
        field = known.get(name)
        if field is not None and field.values is not None:
            for value in values:
                if value not in field.values:
                    yield drift("value-added", _as(fact, fact.subject, name), field.listed_at, now=value)


def _alone(view: View, subject: str, facts: Sequence[Fact], known: Mapping[str, Expected]) -> Iterator[Drift]:
    shown = {name: (kind, fact) for fact in facts for name, kind in fact.says.get("fields", {}).items()}
    for name, (kind, fact) in shown.items():
        field, row = known.get(name), _as(fact, subject, name)
        if field is None:
            if not any(name.startswith(f"{above}.") for above in known):
                told = attrs.evolve(row, says={"type": kind, "provenance": _SHOWN} if kind else {"provenance": _SHOWN})
                yield drift("field-added", told, view.properties(subject), now=kind or None)
        elif kind and not _fits(kind, field) and not view.settled(f"{subject}.{name}.type", kind, fact):
            told = attrs.evolve(row, says={"type": kind, "provenance": _SHOWN})
            retyped = "guess-retyped" if field.provenance in _LESS else "field-retyped"
            yield drift(retyped, told, field.pointer, was=field.type, now=kind)
        elif field.provenance in _LESS:
            told = attrs.evolve(row, says={"provenance": _SHOWN})
            yield drift("guess-shown", told, field.pointer, was=field.provenance)
    if any(_LEFT_OUT in fault for fact in facts for fault in fact.says.get("faults", ())):
        return
    for name, field in known.items():
        if name not in shown and field.provenance == _SHOWN and field.source == facts[0].source and not field.not_seen:
            yield drift("field-removed", attrs.evolve(_as(facts[0], subject, name), cell="", says={}), field.pointer)


def _as(fact: Fact, subject: str, name: str) -> Fact:
    return attrs.evolve(fact, subject=subject, name=name)


def _fits(kind: str, field: Expected) -> bool:
    among = field.type.split(" or ")
    return kind in among or kind == "null" or (kind == "integer" and "number" in among)
