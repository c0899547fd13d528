"""Document → [Operation]: the intermediate model of what can be called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from codegen import naming
from codegen.document import Document
from codegen.errors import SpecError, step
from codegen.naming import Code
from codegen.shapes import Enum, Model, Shapes, provenance, source

_ID = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")
_PATH = re.compile(r"(?:/[A-Za-z0-9_.-]+)+")
_MONEY = re.compile(r"\^\[0-9\]\{1,([1-9][0-9]?)\}(?:\(\\\.\[0-9\]\{1,([1-9][0-9]?)\}\)\?)?\$")
_KINDS = {
    ("string", None): "string",
    ("string", "password"): "string",
    ("string", "decimal"): "decimal",
    ("integer", None): "integer",
    ("integer", "int32"): "integer",
    ("integer", "int64"): "integer",
    ("boolean", None): "boolean",
}


@attrs.frozen
class Field:
    """Hold one field of a request."""

    wire: str
    attribute: Code
    pointer: str
    kind: str
    required: bool
    min_length: int | None
    minimum: int | None
    pattern: str | None
    digits: int | None
    places: int | None
    secret: bool
    enum: Enum | None
    provenance: str
    description: str


@attrs.frozen
class Operation:
    """Hold one operation: what is sent, what comes back, and how sure we are."""

    id: str
    group: Code
    method: Code
    constant: Code
    path: str
    effect: str
    summary: str
    description: str
    provenance: str
    source: str
    since: str
    fields: tuple[Field, ...]
    requires_one_of: tuple[str, ...]
    model: Model
    many: bool


@attrs.frozen
class Group:
    """Hold the operations whose ids begin alike."""

    name: Code
    class_name: Code
    description: str
    operations: tuple[Operation, ...]


def read(document: Document, shapes: Shapes) -> tuple[Operation, ...]:
    """List the operations in the order of the spec, and let `shapes` collect what they answer."""
    effects = document.data.get("x-effects", {})
    found: list[tuple[Operation, str]] = []
    for path, item in document.data["paths"].items():
        if path.startswith("x-"):
            continue
        pointer = step("/paths", path)
        if not _PATH.fullmatch(path):
            raise SpecError(
                pointer, f"a path of letters, digits, '_', '.', '-' and '/', without parameters; not {path!r}"
            )
        if "post" not in item:
            raise SpecError(step(pointer, "post"), "missing")
        found.append((_operation(document, shapes, effects, path, item["post"], step(pointer, "post")), pointer))
    naming.unique((operation.constant, pointer) for operation, pointer in found)
    return tuple(operation for operation, _ in found)


def grouped(document: Document, operations: tuple[Operation, ...]) -> tuple[Group, ...]:
    """Group the operations as their ids do."""
    told = {tag.get("name", "").replace("-", "_"): tag for tag in document.data.get("tags", [])}
    groups: dict[str, list[Operation]] = {}
    for operation in operations:
        groups.setdefault(operation.id.split(".")[0], []).append(operation)
    return tuple(
        Group(
            members[0].group,
            naming.class_name(name, "/paths"),
            naming.clean(told.get(name, {}).get("description", ""), "/tags"),
            tuple(members),
        )
        for name, members in groups.items()
    )


def _operation(
    document: Document, shapes: Shapes, effects: Mapping[str, Any], path: str, node: Mapping[str, Any], pointer: str
) -> Operation:
    identity = _ID.fullmatch(node.get("operationId", ""))
    if identity is None:
        raise SpecError(step(pointer, "operationId"), f"expected group.method, found {node.get('operationId')!r}")
    effect = node.get("x-effect")
    if not isinstance(effect, str) or effect not in effects:
        raise SpecError(
            step(pointer, "x-effect"), f"expected one of {', '.join(effects)} (x-effects), found {effect!r}"
        )
    fields, requires_one_of = _request(document, shapes, node, pointer)
    model, many = _answer(document, shapes, node, pointer)
    return Operation(
        id=identity.group(),
        group=naming.attribute(identity[1], step(pointer, "operationId")),
        method=naming.attribute(identity[2], step(pointer, "operationId")),
        constant=naming.constant(identity.group(), step(pointer, "operationId")),
        path=path,
        effect=effect,
        summary=naming.clean(node.get("summary", ""), step(pointer, "summary")),
        description=naming.clean(node.get("description", ""), step(pointer, "description")),
        provenance=provenance(node, pointer),
        source=source(node, pointer),
        since=_since(node, pointer),
        fields=fields,
        requires_one_of=requires_one_of,
        model=model,
        many=many,
    )


def content(node: Mapping[str, Any], pointer: str, media: str) -> tuple[Mapping[str, Any], str]:
    """Find the schema of a body, with its pointer."""
    place = step(step(pointer, "content"), media)
    found = node.get("content", {}).get(media, {}).get("schema")
    if found is None:
        raise SpecError(step(place, "schema"), "missing")
    return found, step(place, "schema")


def _request(
    document: Document, shapes: Shapes, node: Mapping[str, Any], pointer: str
) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    where = step(pointer, "requestBody")
    found, place = content(node.get("requestBody", {}), where, "application/json")
    schema, place = document.resolve(found, place)
    if schema["type"] != "object" or "allOf" in schema:
        raise SpecError(place, "a request is a plain object")
    properties = schema.get("properties", {})
    requires = [
        *schema.get("required", []),
        *_names(schema, "x-kit-requires", properties, place),
    ]
    fields = tuple(
        _field(document, shapes, wire, item, step(step(place, "properties"), wire), wire in requires)
        for wire, item in properties.items()
    )
    naming.unique((field.attribute, field.pointer) for field in fields)
    return fields, tuple(_names(schema, "x-kit-requires-one-of", properties, place))


def _names(schema: Mapping[str, Any], key: str, properties: Mapping[str, Any], pointer: str) -> list[str]:
    names = schema.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name in properties for name in names):
        raise SpecError(step(pointer, key), "expected a list of this schema's properties")
    return names


def _field(
    document: Document, shapes: Shapes, wire: str, node: Mapping[str, Any], pointer: str, required: bool
) -> Field:
    target, where = document.resolve(node, pointer)
    enum = shapes.enum(node, pointer)
    if isinstance(target["type"], list):
        if sorted(target["type"]) != ["integer", "string"]:
            raise SpecError(step(where, "type"), "a request's field of two types is an integer or a string")
        kind: str | None = "integer|string"
        if "format" in target or "pattern" in target:
            raise SpecError(where, "a field of two types has no format and no pattern")
    else:
        kind = _KINDS.get((target["type"], target.get("format")))
    if kind is None:
        found = f"type {target['type']!r}, format {target.get('format')!r}"
        raise SpecError(where, f"a request's field is a string, decimal string, integer or boolean; found {found}")
    pattern, digits, places = target.get("pattern"), None, None
    if kind == "decimal":
        limits = _MONEY.fullmatch(pattern or "")
        if limits is None:
            raise SpecError(
                step(where, "pattern"), r"money to be sent needs ^[0-9]{1,N}$ or ^[0-9]{1,N}(\.[0-9]{1,N})?$"
            )
        digits, places = int(limits[1]), int(limits[2] or 0)
    for key, kinds in (
        ("minLength", ("string",)),
        ("pattern", ("string", "decimal")),
        ("minimum", ("integer",)),
    ):
        if key in target and kind not in kinds:
            raise SpecError(step(where, key), f"only for {' and '.join(kinds)}")
    return Field(
        wire=wire,
        attribute=naming.attribute(wire, pointer),
        pointer=pointer,
        kind=kind,
        required=required,
        min_length=target.get("minLength"),
        minimum=target.get("minimum"),
        pattern=pattern,
        digits=digits,
        places=places,
        secret=target.get("format") == "password",
        enum=enum,
        provenance=provenance(node, pointer),
        description=naming.clean(node.get("description", ""), step(pointer, "description")),
    )


def _since(node: Mapping[str, Any], pointer: str) -> str:
    where = step(pointer, "x-since")
    since = node.get("x-since", {"date": ""})
    if not isinstance(since, dict) or "date" not in since:
        raise SpecError(where, "expected a mapping with a date")
    return naming.clean(since["date"], step(where, "date"))


def _answer(document: Document, shapes: Shapes, node: Mapping[str, Any], pointer: str) -> tuple[Model, bool]:
    where = step(step(pointer, "responses"), "200")
    found, place = content(node.get("responses", {}).get("200", {}), where, "application/json")
    schema, place = document.resolve(found, place)
    parts = schema.get("allOf", [])
    if len(parts) != 2 or set(schema) & {"properties", "required"} or list(parts[1].get("properties", {})) != ["data"]:
        raise SpecError(place, "an answer is allOf an envelope and an object with `data`")
    for key in parts[1]:
        if key not in ("type", "properties", "description") and not key.startswith("x-"):
            raise SpecError(step(step(step(place, "allOf"), 1), key), "not supported beside `data`")
    properties = parts[1]["properties"]
    envelope, there = document.resolve(parts[0], step(step(place, "allOf"), 0))
    if not {"code", "msg"} <= set(envelope.get("properties", {})) or "allOf" in envelope:
        raise SpecError(there, "an envelope has `code` and `msg`")
    if shapes.enum(envelope["properties"]["code"], step(step(there, "properties"), "code")) is None:
        raise SpecError(step(step(there, "properties"), "code"), "expected an enum")
    data, where = properties["data"], step(step(step(step(place, "allOf"), 1), "properties"), "data")
    if document.resolve(data, where)[0]["type"] == "array":
        items = document.resolve(data, where)[0]["items"]
        return shapes.model(items, step(where, "items")), True
    return shapes.model(data, where), False
