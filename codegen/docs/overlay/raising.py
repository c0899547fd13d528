"""What a page documents is no guess any more: the objects around its fields, and the values that they may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from codegen.docs.drift import Drift
from codegen.docs.expected import Spec, at
from codegen.docs.facts.fact import Fact
from codegen.docs.overlay.desk import Desk
from codegen.errors import step

_LESS = frozenset({"skill", "inferred", "observed", "example"})
_SETTLES = frozenset({"guess-documented", "guess-renamed", "guess-retyped"})
_WHY = "Its fields are documented."
_LISTED = "The page lists it."


def owners(desk: Desk, spec: Spec, drifts: Iterable[Drift], facts: Sequence[Fact]) -> None:
    """Raise the schema, the answer and the operation around fields that a table documents now."""
    raised: dict[str, str] = {}
    for drift in drifts:
        if drift.kind in _SETTLES and drift.locale == "en" and drift.subject in spec.fields:
            raised.setdefault(drift.subject, drift.source)
    _raise(desk, "/components/schemas/Envelope", raised.pop("envelope", ""), _WHY)
    for subject, source in raised.items():
        name, _, direction = subject.partition("/")
        for pointer in (spec.bodies[subject], *_around(desk, spec, name, direction)):
            _raise(desk, pointer, source, _WHY)
        place = spec.sources[name] if desk.node(spec.pointers[name]).get("x-source") else source
        _raise(desk, spec.pointers[name], place, _WHY)
        _nothing(desk, spec, f"{name}/request", facts)
        if not direction:
            _route(desk, spec, name, drifts)


def _around(desk: Desk, spec: Spec, name: str, direction: str) -> Iterator[str]:
    """Yield where the envelope of an answer stands, and its data."""
    if direction != "response":
        return
    reference = at(desk.data, f"{spec.pointers[name]}/responses/200/content/application~1json/schema").get("$ref", "#")
    yield reference[1:]
    yield f"{reference[1:]}/allOf/1/properties/data"


def _nothing(desk: Desk, spec: Spec, subject: str, facts: Sequence[Fact]) -> None:
    """Raise a request that was guessed to say nothing, where the example on its page says nothing."""
    empty = [fact for fact in facts if (fact.kind, fact.subject) == ("example", subject) and not fact.says["fields"]]
    if empty and not spec.fields.get(subject):
        _raise(desk, spec.bodies[subject], empty[0].source, "Its example is empty.")


def _raise(desk: Desk, pointer: str, source: str, why: str) -> None:
    if source and desk.node(pointer).get("x-provenance") in _LESS:
        desk.update(desk.path(pointer), desk.mark(source), why)


def _route(desk: Desk, spec: Spec, name: str, drifts: Iterable[Drift]) -> None:
    """Raise the line that tells a webhook from others, where the field that it goes by is documented."""
    documented = {each.name for each in drifts if each.subject == name and each.kind == "guess-documented"}
    for index, route in enumerate(spec.delivery.get("routes", ())):
        is_its = f"webhook.{str(route.get('webhook')).replace('-', '_')}" == name
        is_sure = "type" in documented and "without" not in route
        if is_its and is_sure and route.get("x-provenance") in _LESS:
            pointer = f"/x-webhook-delivery/routes/{index}"
            desk.update(desk.path(pointer), {"x-provenance": "documented"}, _WHY)


def values(desk: Desk, spec: Spec, facts: Sequence[Fact]) -> None:
    """Raise values and lists of them that were known from elsewhere, and stand on a page of the site."""
    for pointer, (source, told) in _lists(spec, facts).items():
        node = at(spec.document.data, pointer)
        rows = {
            value: {"x-provenance": "documented"}
            for value, row in node.get("x-values", {}).items()
            if value in told and row.get("x-provenance") in _LESS
        }
        update: dict[str, Any] = {"x-values": rows} if rows else {}
        if node.get("x-provenance") in _LESS and {str(value) for value in node.get("enum", ())} <= told:
            update = {**desk.mark(source), **update}
        if update:
            desk.update(desk.path(pointer), update, _LISTED)
    word = spec.delivery.get("acknowledgement", {})
    for fact in facts:
        if fact.kind == "acknowledgement" and fact.says["body"] == word.get("body") and spec.is_on_site(fact.page):
            _raise(desk, "/x-webhook-delivery/acknowledgement", fact.source, _LISTED)
            _raise(desk, "/components/schemas/Acknowledgement", fact.source, _LISTED)
            return


def _lists(spec: Spec, facts: Sequence[Fact]) -> dict[str, tuple[str, set[str]]]:
    """Gather which values of each enum stand on which page."""
    found: dict[str, tuple[str, set[str]]] = {}
    for fact in facts:
        if not spec.is_on_site(fact.page):
            continue
        field = spec.fields.get(fact.subject, {}).get(fact.name)
        pointer, told = "", set[str]()
        if fact.kind == "field" and field is not None and field.listed_at:
            pointer, told = field.listed_at, set(fact.says.get("values", ()))
        elif fact.kind == "code":
            pointer, told = step("/components/schemas", "ResultCode"), {fact.name}
        if pointer and told:
            found.setdefault(pointer, (fact.source, set()))[1].update(told)
    return found
