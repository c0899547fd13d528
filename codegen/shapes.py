"""Document → [Model] and [Enum]: what answers and webhooks are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from codegen import naming
from codegen.document import Document, nullable
from codegen.errors import SpecError, step
from codegen.naming import Code

PROVENANCES = ("documented", "observed", "example", "skill", "inferred")
_SCALARS = {
    ("string", None): "string",
    ("string", "decimal"): "decimal",
    ("string", "date-time"): "string",
    ("number", "decimal"): "number",
    ("integer", None): "integer",
    ("integer", "int32"): "integer",
    ("integer", "int64"): "integer",
    ("boolean", None): "boolean",
}


@attrs.frozen
class Member:
    """Hold one value of an enum."""

    name: Code
    value: str | int
    meaning: str
    provenance: str


@attrs.frozen
class Enum:
    """Hold a list of values."""

    name: Code
    pointer: str
    kind: str
    description: str
    provenance: str
    source: str
    members: tuple[Member, ...]


@attrs.frozen
class Field:
    """Hold one field of what is decoded."""

    wire: str
    attribute: Code
    pointer: str
    kind: str
    target: Code | None
    many: bool
    required: bool
    provenance: str
    description: str


@attrs.frozen
class Model:
    """Hold one object of what is decoded."""

    name: Code
    pointer: str
    description: str
    provenance: str
    source: str
    fields: tuple[Field, ...]


@attrs.define
class Shapes:
    """Collect models and enums as they are met; each once, in the order of the spec."""

    document: Document
    _models: dict[str, Model] = attrs.field(factory=dict)
    _enums: dict[str, Enum] = attrs.field(factory=dict)

    def models(self) -> tuple[Model, ...]:
        """List the models that were met."""
        return tuple(self._models[pointer] for _, _, pointer in self.document.schemas() if pointer in self._models)

    def enums(self) -> tuple[Enum, ...]:
        """List the enums that were met."""
        return tuple(self._enums[pointer] for _, _, pointer in self.document.schemas() if pointer in self._enums)

    def names(self) -> Iterable[tuple[Code, str]]:
        """List the class names with their pointers."""
        yield from ((enum.name, enum.pointer) for enum in self.enums())
        yield from ((model.name, model.pointer) for model in self.models())

    def enum(self, node: Mapping[str, Any], pointer: str) -> Enum | None:
        """Take in the enum that a field refers to, if it is one."""
        target, where = self.document.resolve(node, pointer)
        if "enum" not in target:
            return None
        if where not in self._enums:
            name = named(node, pointer, where)
            self._enums[where] = _enum(name, self.document.follow(node["$ref"], pointer)[0], where)
        return self._enums[where]

    def model(self, node: Mapping[str, Any], pointer: str) -> Model:
        """Take in the object that a place of the spec refers to."""
        target, where = self.document.resolve(node, pointer)
        if target["type"] != "object":
            raise SpecError(pointer, f"expected an object, found type {target['type']!r}")
        if where not in self._models:
            name = named(node, pointer, where)
            self._models[where] = self._model(name, self.document.follow(node["$ref"], pointer)[0], where)
        return self._models[where]

    def _model(self, name: Code, schema: Mapping[str, Any], pointer: str) -> Model:
        if "allOf" in schema:
            raise SpecError(step(pointer, "allOf"), "only in an answer's envelope")
        if not schema.get("properties"):
            raise SpecError(step(pointer, "properties"), "an object without properties has nothing to decode")
        where = step(pointer, "properties")
        required = schema.get("required", [])
        fields = tuple(
            self._field(wire, node, step(where, wire), wire in required) for wire, node in schema["properties"].items()
        )
        naming.unique((field.attribute, field.pointer) for field in fields)
        described = naming.clean(schema.get("description", ""), step(pointer, "description"))
        return Model(name, pointer, described, provenance(schema, pointer), source(schema, pointer), fields)

    def _field(self, wire: str, node: Mapping[str, Any], pointer: str, required: bool) -> Field:
        node, may_be_null = nullable(node)
        item, where, many = node, pointer, False
        target, _ = self.document.resolve(node, pointer)
        if target["type"] == "array":
            item, where, many = target["items"], step(pointer, "items"), True
            target, _ = self.document.resolve(item, where)
        if (enum := self.enum(item, where)) is not None:
            kind, name = f"{enum.kind}-enum", enum.name
        elif target["type"] == "object" and "$ref" not in item and "properties" not in item:
            kind, name = "object", None
        elif target["type"] == "object":
            kind, name = "model", self.model(item, where).name
        else:
            kind, name = scalar(target, where), None
        described = naming.clean(node.get("description", ""), step(pointer, "description"))
        attribute = naming.attribute(wire, pointer)
        required = required and not may_be_null
        return Field(wire, attribute, pointer, kind, name, many, required, provenance(node, pointer), described)


def scalar(node: Mapping[str, Any], pointer: str) -> str:
    """Say which of the decoded kinds a schema is; of several types, all of them."""
    if isinstance(node["type"], list):
        if "null" in node["type"]:
            raise SpecError(step(pointer, "type"), "an item of a list cannot be null")
        return "|".join(sorted({_one_of(kind, node.get("format")) for kind in node["type"]}))
    kind = _SCALARS.get((node["type"], node.get("format")))
    if kind is None:
        where = step(pointer, "format" if node["type"] in ("string", "integer") else "type")
        raise SpecError(where, f"type {node['type']!r} with format {node.get('format')!r}")
    return kind


def _one_of(kind: str, form: str | None) -> str:
    return _SCALARS.get((kind, form)) or _SCALARS[kind, None]


def named(node: Mapping[str, Any], pointer: str, where: str) -> Code:
    """Name the class of a schema, which must stand in components/schemas."""
    if "$ref" not in node or not where.startswith("/components/schemas/") or where.count("/") != 3:
        raise SpecError(pointer, "an object or enum without a name; move it to components/schemas and refer to it")
    return naming.class_name(where.rsplit("/", 1)[1].replace("~1", "/").replace("~0", "~"), where)


def provenance(node: Mapping[str, Any], pointer: str, default: str | None = None) -> str:
    """Read how well something is known."""
    found = node.get("x-provenance", default)
    if found not in PROVENANCES:
        raise SpecError(step(pointer, "x-provenance"), f"expected one of {', '.join(PROVENANCES)}, found {found!r}")
    return str(found)


def source(node: Mapping[str, Any], pointer: str) -> str:
    """Read where something stands in HaloPay's documentation."""
    return naming.clean(node.get("x-source", ""), step(pointer, "x-source"))


def _enum(name: Code, schema: Mapping[str, Any], pointer: str) -> Enum:
    kinds: dict[str, tuple[str, type]] = {"string": ("string", str), "integer": ("integer", int)}
    if schema["type"] not in kinds:
        raise SpecError(step(pointer, "type"), "an enum is of strings or of integers")
    kind, python = kinds[schema["type"]]
    told = schema.get("x-values", {})
    if not isinstance(told, dict) or not all(isinstance(entry, dict) for entry in told.values()):
        raise SpecError(step(pointer, "x-values"), "expected a mapping of values to what they mean")
    spelled = {str(value) for value in schema["enum"]}
    for value in told:
        if value not in spelled:
            raise SpecError(step(step(pointer, "x-values"), value), "not in the enum")
    above = provenance(schema, pointer)
    members = []
    for index, value in enumerate(schema["enum"]):
        where = step(step(pointer, "enum"), index)
        if type(value) is not python or not isinstance(value, str | int):
            raise SpecError(where, f"expected {schema['type']}, found {value!r}")
        entry, there = told.get(str(value), {}), step(step(pointer, "x-values"), str(value))
        if "name" in entry:
            member = naming.given_constant(entry["name"], step(there, "name"))
        else:
            member = naming.constant(str(value), where)
        meaning = naming.clean(entry.get("meaning", ""), step(there, "meaning"))
        members.append((Member(member, value, meaning, provenance(entry, there, above)), where))
    if len(spelled) != len(members):
        raise SpecError(step(pointer, "enum"), "a value stands here twice")
    naming.unique((member.name, where) for member, where in members)
    described = naming.clean(schema.get("description", ""), step(pointer, "description"))
    found = tuple(member for member, _ in members)
    return Enum(name, pointer, kind, described, above, source(schema, pointer), found)
