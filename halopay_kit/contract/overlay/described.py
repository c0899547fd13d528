"""What was seen of a value → a property of the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from halopay_kit.contract.overlay.desk import Desk, class_name
from halopay_kit.errors import OverlayRefused

UNKNOWN: Final = "Not documented."
_SCALARS: Final[Mapping[str, Mapping[str, str]]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "number": {"type": "number", "format": "decimal"},
}


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the types of a schema, as the spec can say them: an integer is a number too."""
    told = schema.get("type", [])
    found = [told] if isinstance(told, str) else list(told)
    return [kind for kind in found if not (kind == "integer" and "number" in found)]


def scalar(kinds: list[str]) -> dict[str, Any]:
    """Return a schema of one or several scalar types, null among them.

    Raises: OverlayRefused for an object or a list among others.
    """
    known = [kind for kind in kinds if kind != "null"] or ["string"]
    for kind in known:
        if kind not in _SCALARS:
            raise OverlayRefused(f"a value that is {' or '.join(kinds)}")
    if len(known) == 1 and "null" not in kinds:
        return dict(_SCALARS[known[0]])
    found: dict[str, Any] = {"type": [*sorted(known), *(["null"] if "null" in kinds else [])]}
    return {**found, "format": "decimal"} if "number" in known else found


def schema_of(desk: Desk, seen: Mapping[str, Any], name: str, after: str | None, why: str) -> dict[str, Any]:
    """Return a schema for what was seen; objects become schemas of their own in the components.

    Raises: OverlayRefused for what the spec cannot say.
    """
    kinds = types_of(seen)
    known = [kind for kind in kinds if kind != "null"]
    if known == ["array"]:
        return {"type": "array", "items": _item(desk, seen.get("items"), name, after, why), **_no_null(kinds)}
    if known != ["object"]:
        return scalar(kinds)
    inside = seen.get("properties") or {}
    if not inside:
        return {"type": "object", **_no_null(kinds)}
    properties: dict[str, Any] = {}
    for field, told in inside.items():
        inner = schema_of(desk, told, class_name(name, field), after, why)
        properties[field] = {**inner, "description": UNKNOWN, **desk.mark}
    schema = {"type": "object", "description": UNKNOWN, **desk.mark, "properties": properties}
    reference = {"$ref": desk.component(name, schema, after, why)}
    return {"anyOf": [reference, {"type": "null"}]} if "null" in kinds else reference


def _no_null(kinds: list[str]) -> dict[str, Any]:
    if "null" in kinds:
        raise OverlayRefused("a list, or an object that says nothing, that is null at times")
    return {}


def _item(desk: Desk, seen: Mapping[str, Any] | None, name: str, after: str | None, why: str) -> dict[str, Any]:
    """Return the schema of a list's items; of a list that was always empty nothing is known."""
    if seen is None:
        return {"type": "object"}
    if {"null", "array"} & set(types_of(seen)):
        raise OverlayRefused("a list of lists, or of nothing")
    return schema_of(desk, seen, f"{name}Item", after, why)
