"""Document → what can change on the wire, flat and resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from codegen.document import Document
from codegen.errors import step

LIMITS = ("minLength", "minimum", "pattern")


@attrs.frozen(kw_only=True)
class Field:
    """One field of a body, by its path (`data[].name`)."""

    name: str
    types: frozenset[str]
    required: bool
    limits: Mapping[str, Any]
    values: tuple[str | int, ...] | None
    shared: str
    """Pointer of the named enum that the values stand in; empty where there is none."""
    description: str
    provenance: str
    pointer: str


@attrs.frozen(kw_only=True)
class Operation:
    """One operation: what is sent, what comes back."""

    id: str
    path: str
    effect: str
    description: str
    provenance: str
    pointer: str
    request: Mapping[str, Field]
    answer: Mapping[str, Field]
    answer_headers: Mapping[str, str]


@attrs.frozen(kw_only=True)
class Webhook:
    """One webhook."""

    id: str
    description: str
    provenance: str
    pointer: str
    body: Mapping[str, Field]
    headers: Mapping[str, str]


def operations(document: Document) -> dict[str, Operation]:
    """List the operations by their ids."""
    found = {}
    for path, item in document.data["paths"].items():
        if path.startswith("x-"):
            continue
        node, pointer = item["post"], step(step("/paths", path), "post")
        answer = node["responses"]["200"]
        found[node["operationId"]] = Operation(
            id=node["operationId"],
            path=path,
            effect=node["x-effect"],
            description=_words(node),
            provenance=node.get("x-provenance", ""),
            pointer=pointer,
            request=_body(document, node["requestBody"], step(pointer, "requestBody")),
            answer=_body(document, answer, step(pointer, "responses/200")),
            answer_headers={name.lower(): name for name in answer.get("headers", {})},
        )
    return found


def webhooks(document: Document) -> dict[str, Webhook]:
    """List the webhooks by their ids."""
    found = {}
    for name, item in document.data.get("webhooks", {}).items():
        node, pointer = item["post"], step(step("/webhooks", name), "post")
        headers = [document.resolve(header, pointer)[0]["name"] for header in node.get("parameters", [])]
        found[node["operationId"]] = Webhook(
            id=node["operationId"],
            description=_words(node),
            provenance=node.get("x-provenance", ""),
            pointer=pointer,
            body=_body(document, node["requestBody"], step(pointer, "requestBody")),
            headers={header.lower(): header for header in headers},
        )
    return found


def request_headers(document: Document) -> dict[str, str]:
    """List the headers of a request by their names in lower case."""
    schemes = document.data.get("components", {}).get("securitySchemes", {})
    names = [scheme.get("name", "") for scheme in schemes.values() if scheme.get("in") == "header"]
    return {name.lower(): name for name in names}


def enums(document: Document) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """List the named enums by their pointers, with their names."""
    return {pointer: (name, schema) for name, schema, pointer in document.schemas() if "enum" in schema}


def _body(document: Document, node: Mapping[str, Any], pointer: str) -> dict[str, Field]:
    schema = node["content"]["application/json"]["schema"]
    return {field.name: field for field in _fields(document, schema, pointer, "")}


def _fields(document: Document, node: Mapping[str, Any], pointer: str, above: str) -> Iterator[Field]:
    schema, where = document.resolve(node, pointer)
    for index, part in enumerate(schema.get("allOf", [])):
        yield from _fields(document, part, step(step(where, "allOf"), index), above)
    required = schema.get("required", [])
    for name, item in schema.get("properties", {}).items():
        place = step(step(where, "properties"), name)
        yield from _field(document, item, place, f"{above}{name}", name in required)


def _field(document: Document, node: Mapping[str, Any], place: str, name: str, required: bool) -> Iterator[Field]:
    target, there = document.resolve(node, place)
    types = target["type"] if isinstance(target["type"], list) else [target["type"]]
    decimal = target.get("format") == "decimal"
    yield Field(
        name=name,
        types=frozenset("decimal" if kind == "string" and decimal else kind for kind in types),
        required=required,
        limits={key: target[key] for key in LIMITS if key in target},
        values=tuple(target["enum"]) if "enum" in target else None,
        shared=there if "enum" in target and there != place else "",
        description=node.get("description", ""),
        provenance=node.get("x-provenance", ""),
        pointer=place,
    )
    if target["type"] == "array":
        item, inside = document.resolve(target["items"], step(there, "items"))
        if item["type"] == "object":
            yield from _fields(document, item, inside, f"{name}[].")
        else:
            yield from _field(document, target["items"], step(there, "items"), f"{name}[]", required=True)
    elif target["type"] == "object":
        yield from _fields(document, target, there, f"{name}.")


def _words(node: Mapping[str, Any]) -> str:
    return f"{node.get('summary', '')} {node.get('description', '')}".strip()
