"""Document → the facts of the wire that are tables: codes, effects, schedules, routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from codegen import naming
from codegen.document import Document
from codegen.errors import SpecError, step
from codegen.operations import content
from codegen.shapes import Enum, Model, Shapes, provenance

_OUTCOMES = ("done", "not-done", "unknown")


@attrs.frozen
class Code:
    """Hold what a result code means."""

    value: int
    name: naming.Code
    meaning: str
    outcome: str
    advice: str
    provenance: str


@attrs.frozen
class Effect:
    """Hold what may be done with a call of one effect."""

    name: str
    retry: bool
    description: str


@attrs.frozen
class Route:
    """Hold how a webhook's body is told from others."""

    webhook: str
    kind: str
    without: str | None
    model: Model
    provenance: str


@attrs.frozen
class Policy:
    """Hold the tables."""

    codes: tuple[Code, ...]
    effects: tuple[Effect, ...]
    routes: tuple[Route, ...]
    tolerance: int
    retry_after: tuple[int, ...]
    acknowledgement: str


def read(document: Document, shapes: Shapes) -> Policy:
    """Read the tables, and let `shapes` collect what webhooks bring."""
    delivery = _section(document, "x-webhook-delivery")
    signature = _section(document, "x-signature")
    place = "/x-webhook-delivery"
    acknowledgement = delivery.get("acknowledgement")
    if not isinstance(acknowledgement, dict):
        raise SpecError(step(place, "acknowledgement"), "expected a mapping with a body")
    steps = delivery.get("retry-after-seconds")
    if not isinstance(steps, list) or not all(type(item) is int and item > 0 for item in steps):
        raise SpecError(step(place, "retry-after-seconds"), "expected a list of seconds")
    tolerance = signature.get("tolerance-seconds")
    if type(tolerance) is not int or tolerance <= 0:
        raise SpecError("/x-signature/tolerance-seconds", "expected seconds")
    return Policy(
        codes=_codes(document, shapes),
        effects=tuple(_effects(document)),
        routes=_routes(document, shapes, delivery, place),
        tolerance=tolerance,
        retry_after=tuple(steps),
        acknowledgement=_text(acknowledgement, "body", step(place, "acknowledgement")),
    )


def _section(document: Document, key: str) -> Mapping[str, Any]:
    found = document.data.get(key)
    if not isinstance(found, dict):
        raise SpecError(step("", key), "expected a mapping")
    return found


def _text(node: Mapping[str, Any], key: str, pointer: str) -> str:
    found = node.get(key)
    if not isinstance(found, str):
        raise SpecError(step(pointer, key), "expected text")
    return found


def _effects(document: Document) -> list[Effect]:
    found = []
    for name, node in _section(document, "x-effects").items():
        pointer = step("/x-effects", name)
        if not isinstance(node, dict) or not isinstance(node.get("retry"), bool):
            raise SpecError(step(pointer, "retry"), "expected true or false")
        found.append(Effect(name, node["retry"], naming.clean(node.get("description", ""), pointer)))
    return found


def _codes(document: Document, shapes: Shapes) -> tuple[Code, ...]:
    found = [enum for enum in shapes.enums() if enum.kind == "integer" and enum.name == "ResultCode"]
    if not found:
        raise SpecError("/components/schemas/ResultCode", "missing; the envelope's `code` refers to it")
    enum: Enum = found[0]
    told = document.follow(f"#{enum.pointer}", enum.pointer)[0].get("x-values", {})
    codes = []
    for member in enum.members:
        pointer = step(step(enum.pointer, "x-values"), str(member.value))
        entry = told.get(str(member.value), {})
        if entry.get("outcome") not in _OUTCOMES:
            raise SpecError(step(pointer, "outcome"), f"expected one of {', '.join(_OUTCOMES)}")
        advice = naming.clean(entry.get("advice", ""), step(pointer, "advice"))
        value = int(member.value)
        codes.append(Code(value, member.name, member.meaning, entry["outcome"], advice, member.provenance))
    return tuple(codes)


def _routes(document: Document, shapes: Shapes, delivery: Mapping[str, Any], pointer: str) -> tuple[Route, ...]:
    bodies: dict[str, Model] = {}
    for name, item in document.data.get("webhooks", {}).items():
        place = step(step(step("/webhooks", name), "post"), "requestBody")
        node = item.get("post", {}).get("requestBody", {})
        found, where = content(node, place, "application/json")
        bodies[name] = shapes.model(found, where)
    routes = []
    listed = delivery.get("routes")
    if not isinstance(listed, list):
        raise SpecError(step(pointer, "routes"), "expected a list")
    for index, node in enumerate(listed):
        where = step(step(pointer, "routes"), index)
        if not isinstance(node, dict):
            raise SpecError(where, "expected a mapping")
        for key in node:
            if key not in ("webhook", "type", "without", "x-provenance"):
                raise SpecError(step(where, key), "not supported here")
        webhook = _text(node, "webhook", where)
        if webhook not in bodies:
            raise SpecError(step(where, "webhook"), f"no such webhook: {webhook!r}")
        without = _text(node, "without", where) if "without" in node else None
        kind = _text(node, "type", where)
        routes.append(Route(webhook, kind, without, bodies[webhook], provenance(node, where)))
    for name in bodies:
        if name not in {route.webhook for route in routes}:
            raise SpecError(step("/webhooks", name), "no route of x-webhook-delivery leads here")
    return tuple(routes)
