"""What an overlay may not do to a spec, whatever it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from halopay_kit.errors import OverlayRefused

MARKS: Final = ("documented", "observed", "example", "skill", "inferred")
_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})
_SCHEMA: Final = frozenset({"$ref", "type", "anyOf", "allOf"})
# What decides on money and keys: who is called, what may be sent again, what is signed.
_ROOT: Final = ("openapi", "servers", "security", "x-effects", "x-signature", "x-generated")
_POST: Final = ("operationId", "x-effect", "security", "servers")


def check(before: Any, after: Any) -> None:
    """Refuse what decides on money and keys, and what leaves the spec unsound.

    Raises: OverlayRefused.
    """
    was, now = dict(_guarded(before)), dict(_guarded(after))
    for name in [*was, *now]:
        if name not in was or name not in now or was[name] != now[name]:
            raise OverlayRefused(f"{name} decides on money or keys and is not an overlay's to change; edit it by hand")
    known = set(_faults(before))
    for fault in _faults(after):
        if fault not in known:
            raise OverlayRefused(f"the spec would be unsound: {fault}")


def _guarded(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield what must stay as it is."""
    if not isinstance(document, Mapping):
        raise OverlayRefused("the spec is not an object")
    for name in _ROOT:
        yield name, document.get(name)
    yield "components.securitySchemes", _in(document, "components").get("securitySchemes")
    for kind in ("paths", "webhooks"):
        for path, item in _in(document, kind).items():
            methods = item if isinstance(item, Mapping) else {}
            yield f"{kind} ({path})", sorted(methods)
            for method, operation in methods.items():
                told = operation if isinstance(operation, Mapping) else {}
                for name in _POST:
                    yield f"{name} of {path} ({method})", told.get(name)


def _faults(document: Mapping[str, Any]) -> Iterator[str]:
    for path, node in _nodes(document, "$"):
        mark = node.get("x-provenance")
        if "x-provenance" in node and mark not in MARKS:
            yield f"{path}: x-provenance is one of {', '.join(MARKS)}"
        reference = node.get("$ref")
        if isinstance(reference, str) and not _leads(document, reference):
            yield f"{path}: $ref {reference!r} leads nowhere in this file"
        if isinstance(node.get("properties"), Mapping):
            yield from _object(node, path)
    for name, schema in _in(_in(document, "components"), "schemas").items():
        yield from _schema(schema, f"$.components.schemas.{name}")


def _object(node: Mapping[str, Any], path: str) -> Iterator[str]:
    properties = node["properties"]
    for name, schema in properties.items():
        yield from _schema(schema, f"{path}.properties.{name}")
    for key in ("required", "x-kit-requires", "x-kit-requires-one-of"):
        names = node.get(key, [])
        if not isinstance(names, list):
            yield f"{path}.{key} is not a list"
            continue
        for name in names:
            told = properties.get(name) if isinstance(name, str) else None
            if told is None:
                yield f"{path}.{key} names {name!r}, which is no property"
            elif key == "required" and isinstance(told, Mapping) and told.get("x-provenance") == "inferred":
                yield f"{path}.required names {name!r}, which is only inferred"


def _schema(schema: Any, path: str) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        yield f"{path} is not a schema"
    elif _SCHEMA.isdisjoint(schema):
        yield f"{path} has no type"
    else:
        kinds = schema.get("type", [])
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind not in _TYPES:
                yield f"{path} has the type {kind!r}"


def _nodes(node: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        yield path, node
        for name, value in node.items():
            yield from _nodes(value, f"{path}.{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _nodes(value, f"{path}[{index}]")


def _leads(document: Mapping[str, Any], reference: str) -> bool:
    found: Any = document
    if not reference.startswith("#/"):
        return False
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or name not in found:
            return False
        found = found[name]
    return isinstance(found, Mapping)


def _in(node: Any, name: str) -> Mapping[str, Any]:
    found = node.get(name) if isinstance(node, Mapping) else None
    return found if isinstance(found, Mapping) else {}
