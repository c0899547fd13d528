"""The OpenAPI that the generator understands, as a table; all else is refused by its pointer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from codegen.errors import SpecError, step

# Keys whose content is data, not spec: nothing in there is looked at.
FREE = frozenset({"default", "example", "examples", "enum"})

# Keys whose content goes by names that the spec chooses.
NAMES = frozenset({"properties", "schemas", "headers", "parameters", "responses"})

# Where a reference of each node may lead.
_REFERENCES: Mapping[str, str] = {
    "schema": "#/components/schemas/",
    "header": "#/components/headers/",
    "header-parameter": "#/components/parameters/",
    "acknowledgement": "#/components/responses/",
}

# node → key → what stands there. `[x` is a list of x, `{x` a mapping from names to x; x- keys may stand in every node.
_NODES: Mapping[str, Mapping[str, str]] = {
    "root": {
        "openapi": "version",
        "info": "info",
        "servers": "[server",
        "security": "[security",
        "tags": "[tag",
        "paths": "{path",
        "webhooks": "{webhook",
        "components": "components",
    },
    "info": {
        "title": "text",
        "version": "text",
        "summary": "text",
        "description": "text",
        "license": "license",
        "contact": "{text",
        "termsOfService": "text",
    },
    "license": {"name": "text", "identifier": "text", "url": "text"},
    "server": {"url": "text", "description": "text"},
    "tag": {"name": "text", "description": "text"},
    "path": {"post": "operation"},
    "webhook": {"post": "delivery"},
    "operation": {
        "operationId": "text",
        "tags": "[text",
        "summary": "text",
        "description": "text",
        "security": "[security",
        "requestBody": "request",
        "responses": "answers",
    },
    "delivery": {
        "operationId": "text",
        "tags": "[text",
        "summary": "text",
        "description": "text",
        "security": "[security",
        "parameters": "[header-parameter",
        "requestBody": "request",
        "responses": "acknowledgements",
    },
    "request": {"required": "flag", "description": "text", "content": "json"},
    "answers": {"200": "answer"},
    "answer": {"description": "text", "headers": "{header", "content": "json", "links": "{link"},
    "acknowledgements": {"200": "acknowledgement"},
    "acknowledgement": {"$ref": "ref", "description": "text", "content": "plain"},
    "json": {"application/json": "media"},
    "plain": {"text/plain": "media"},
    "media": {"schema": "schema", "example": "any", "examples": "any"},
    "header": {"$ref": "ref", "required": "flag", "description": "text", "schema": "schema"},
    "header-parameter": {
        "$ref": "ref",
        "name": "text",
        "in": "header-only",
        "required": "flag",
        "description": "text",
        "schema": "schema",
    },
    "link": {"operationId": "text", "requestBody": "any", "parameters": "any", "description": "text"},
    "components": {
        "schemas": "{schema",
        "headers": "{header",
        "parameters": "{header-parameter",
        "responses": "{acknowledgement",
        "securitySchemes": "{scheme",
    },
    "scheme": {"type": "text", "in": "text", "name": "text", "description": "text"},
    "schema": {
        "$ref": "ref",
        "type": "type",
        "format": "text",
        "title": "text",
        "description": "text",
        "enum": "scalars",
        "required": "[text",
        "properties": "{schema",
        "items": "schema",
        "allOf": "[schema",
        "anyOf": "nullable",
        "pattern": "pattern",
        "minLength": "count",
        "minimum": "whole",
        "additionalProperties": "true",
        "default": "any",
        "example": "any",
        "examples": "any",
        "$comment": "text",
    },
}
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_TYPES = _SCALARS | {"object", "array"}


def check(data: Mapping[str, Any]) -> None:
    """Refuse a spec that says what the generator would not hear.

    Raises: SpecError with the pointer of the first such place.
    """
    for key in ("openapi", "info", "paths"):
        if key not in data:
            raise SpecError(step("", key), "missing")
    _check("root", data, "")


def _check(kind: str, node: Any, pointer: str) -> None:
    if kind.startswith("["):
        if not isinstance(node, list):
            raise SpecError(pointer, "expected a list")
        for index, item in enumerate(node):
            _check(kind[1:], item, step(pointer, index))
    elif kind.startswith("{"):
        for key, item in _mapping(node, pointer).items():
            if kind != "{path" or not key.startswith("x-"):
                _check(kind[1:], item, step(pointer, key))
    elif kind in _NODES:
        for key, item in _mapping(node, pointer).items():
            if key in _NODES[kind]:
                _check(_NODES[kind][key], item, step(pointer, key))
            elif not key.startswith("x-"):
                known = ", ".join(sorted(_NODES[kind]))
                raise SpecError(step(pointer, key), f"not supported here; supported: {known}")
        if "$ref" in node:
            _check_reference(node["$ref"], _REFERENCES[kind], step(pointer, "$ref"))
        if kind == "schema":
            _check_schema(node, pointer)
    else:
        allowed, expected = _LEAVES[kind]
        if not allowed(node):
            raise SpecError(pointer, f"expected {expected}")


def _check_reference(reference: str, where: str, pointer: str) -> None:
    if not reference.startswith(where) or "/" in reference.removeprefix(where):
        raise SpecError(pointer, f"expected a reference to {where}…, found {reference!r}")


def _mapping(node: Any, pointer: str) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise SpecError(pointer, "expected a mapping")
    return node


def _check_schema(node: Mapping[str, Any], pointer: str) -> None:
    if "$ref" in node:
        for key in node:
            if key not in ("$ref", "description", "title", "$comment") and not key.startswith("x-"):
                raise SpecError(step(pointer, key), "cannot stand beside $ref")
        return
    if "anyOf" in node:
        reference = node["anyOf"][0]["$ref"]
        _check_reference(reference, _REFERENCES["schema"], step(step(step(pointer, "anyOf"), 0), "$ref"))
        for key in node:
            if key not in ("anyOf", "description", "title", "$comment") and not key.startswith("x-"):
                raise SpecError(step(pointer, key), "cannot stand beside anyOf")
        return
    if "type" not in node:
        raise SpecError(step(pointer, "type"), "missing")
    for key, kinds in (("items", "array"), ("properties", "object"), ("allOf", "object"), ("required", "object")):
        if key in node and node["type"] != kinds:
            raise SpecError(step(pointer, key), f"only with type {kinds}")
    if "number" in node["type"] and node.get("format") != "decimal":
        problem = "number only with format: decimal, which is read exactly; money is not a float"
        raise SpecError(step(pointer, "type"), problem)
    if node["type"] == "array" and "items" not in node:
        raise SpecError(step(pointer, "items"), "missing")
    properties = node.get("properties", {})
    for index, name in enumerate(node.get("required", [])):
        if name not in properties:
            raise SpecError(step(step(pointer, "required"), index), f"no such property: {name!r}")
        if properties[name].get("x-provenance") == "inferred":
            problem = f"{name!r} is inferred, and what is inferred is always optional; use x-kit-requires in a request"
            raise SpecError(step(step(pointer, "required"), index), problem)


def _is_pattern(node: Any) -> bool:
    if not isinstance(node, str) or not (node.startswith("^") and node.endswith("$")):
        return False
    try:
        re.compile(node)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_type(node: Any) -> bool:
    if isinstance(node, list):
        known = all(isinstance(item, str) and item in _SCALARS | {"null"} for item in node)
        return known and 1 < len(node) == len(set(node))
    return isinstance(node, str) and node in _TYPES


def _is_nullable(node: Any) -> bool:
    if not isinstance(node, list) or len(node) != 2 or node[1] != {"type": "null"}:
        return False
    return isinstance(node[0], dict) and list(node[0]) == ["$ref"] and isinstance(node[0]["$ref"], str)


def _is_scalars(node: Any) -> bool:
    return isinstance(node, list) and len(node) > 0 and all(type(item) in (str, int) for item in node)


_LEAVES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "any": (lambda _: True, "anything"),
    "text": (lambda node: isinstance(node, str), "text (quote it when it looks like a number)"),
    "version": (lambda node: isinstance(node, str) and node.startswith("3.1."), "version 3.1 of OpenAPI"),
    "flag": (lambda node: isinstance(node, bool), "true or false"),
    "true": (lambda node: node is True, "true: unknown fields are always kept, and never described"),
    "count": (lambda node: type(node) is int and node >= 0, "a whole number from 0"),
    "whole": (lambda node: type(node) is int, "a whole number"),
    "ref": (lambda node: isinstance(node, str), "a reference"),
    "header-only": (lambda node: node == "header", "`header`: an operation has no parameters in path, query or cookie"),
    "scalars": (_is_scalars, "a list of strings or of integers"),
    "type": (
        _is_type,
        f"one of {', '.join(sorted(_TYPES))}, or a list of {', '.join(sorted(_SCALARS))} and 'null'",
    ),
    "nullable": (_is_nullable, "a list of a reference and {type: 'null'}"),
    "pattern": (_is_pattern, "a regular expression from ^ to $"),
    "security": (lambda node: isinstance(node, dict), "a mapping"),
}
