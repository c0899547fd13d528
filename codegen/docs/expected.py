"""What the spec says, put as the pages would put it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from codegen.changes import reading
from codegen.docs.facts.fact import Fact
from codegen.document import Document
from codegen.errors import step

DOCUMENTED = "documented"
_ENVELOPE = "envelope"
_WRITTEN: Mapping[str, str] = {"decimal": "string"}


@attrs.frozen(kw_only=True)
class Expected:
    """A field or a header: what a row of a table should say of it.

    Attributes:
        values: what it may be, None where anything goes; `listed_at` is the enum that lists them.
        source: x-source of the spec.
    """

    name: str
    pointer: str
    type: str
    required: bool
    description: str
    values: tuple[str, ...] | None
    listed_at: str
    provenance: str
    source: str
    not_seen: bool

    @property
    def page(self) -> str:
        """The page that documents it, or would."""
        return self.source.partition("#")[0]


@attrs.frozen(kw_only=True)
class Listed:
    """One value of an enum."""

    value: str
    meaning: str
    pointer: str
    provenance: str
    source: str


@attrs.frozen(kw_only=True)
class Spec:
    """All of it, by subject as facts name them."""

    document: Document
    fields: Mapping[str, Mapping[str, Expected]]
    sources: Mapping[str, str]
    """x-source of each operation and webhook."""
    provenances: Mapping[str, str]
    pointers: Mapping[str, str]
    paths: Mapping[str, str]
    legacy: Mapping[str, str]
    bodies: Mapping[str, str]
    """Where the schema of each body stands, that of an answer without its envelope."""
    headers: Mapping[str, Mapping[str, Expected]]
    """By side, `request`, `response`, `webhook`, and by name in lower case."""

    def field(self, fact: Fact) -> Expected | None:
        """Return what the spec has of the field or header that a fact is about."""
        if fact.kind == "header":
            return self.headers.get(fact.subject.partition("/")[2], {}).get(fact.name.casefold())
        return self.fields.get(fact.subject, {}).get(fact.name)

    def enum(self, pointer: str) -> tuple[Listed, ...]:
        """List the values of an enum."""
        schema = at(self.document.data, pointer)
        told = schema.get("x-values", {})
        mark, source = schema.get("x-provenance", ""), schema.get("x-source", "")
        return tuple(
            Listed(
                value=str(value),
                meaning=told.get(str(value), {}).get("meaning", ""),
                pointer=step(step(pointer, "x-values"), str(value)) if str(value) in told else pointer,
                provenance=told.get(str(value), {}).get("x-provenance", mark),
                source=source,
            )
            for value in schema.get("enum", ())
        )

    def schema(self, name: str) -> tuple[Listed, ...]:
        """List the values of a named enum, none where it is not there."""
        schemas = self.document.data.get("components", {}).get("schemas", {})
        return self.enum(f"/components/schemas/{name}") if name in schemas else ()

    def is_silent(self, page: str, facts: Sequence[Fact]) -> bool:
        """Say whether a page says nothing of what it is there for: then it is another page than it was."""
        owners = {name for name, source in self.sources.items() if source.partition("#")[0] == page}
        if owners:
            return not any(fact.subject.partition("/")[0] in self.sources for fact in facts)
        quiet = self.document.data.get("x-pages", {}).get("may-be-silent", ())
        return not facts and self.is_on_site(page) and page not in quiet

    def is_on_site(self, page: str) -> bool:
        """Say whether a page is one of the documentation, and not the integration guide."""
        pages = self.document.data.get("x-pages", {}).get("paths", {})
        return str(pages.get(page, "")).startswith("/")

    @property
    def delivery(self) -> Mapping[str, Any]:
        """How webhooks are sent."""
        found: Mapping[str, Any] = self.document.data.get("x-webhook-delivery", {})
        return found

    @property
    def signature(self) -> Mapping[str, Any]:
        """How messages are signed."""
        found: Mapping[str, Any] = self.document.data.get("x-signature", {})
        return found


def at(data: Any, pointer: str) -> Mapping[str, Any]:
    """Return the object that stands at a JSON pointer; empty where none does."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(data, list):
            data = data[int(key)] if key.isdigit() and int(key) < len(data) else {}
        else:
            data = data.get(key, {}) if isinstance(data, Mapping) else {}
    return data if isinstance(data, Mapping) else {}


def read(document: Document) -> Spec:
    """Read the spec."""
    fields: dict[str, dict[str, Expected]] = {}
    operations, webhooks = reading.operations(document), reading.webhooks(document)
    for operation in operations.values():
        fields[f"{operation.id}/request"] = dict(_fields(document, operation.request.values()))
        whole = dict(_fields(document, operation.answer.values()))
        fields[f"{operation.id}/response"] = {
            name.removeprefix("data."): attrs.evolve(field, name=name.removeprefix("data."))
            for name, field in whole.items()
            if name.startswith("data.")
        }
        fields.setdefault(_ENVELOPE, {}).update(
            {name: field for name, field in whole.items() if "." not in name and name != "data"}
        )
    for webhook in webhooks.values():
        fields[webhook.id] = dict(_fields(document, webhook.body.values()))
    owners: list[reading.Operation | reading.Webhook] = [*operations.values(), *webhooks.values()]
    nodes = {owner.id: at(document.data, owner.pointer) for owner in owners}
    return Spec(
        document=document,
        fields=fields,
        bodies=dict(_bodies(document)),
        sources={name: node.get("x-source", "") for name, node in nodes.items()},
        provenances={name: node.get("x-provenance", "") for name, node in nodes.items()},
        pointers={owner.id: owner.pointer for owner in owners},
        paths={operation.id: operation.path for operation in operations.values()},
        legacy={name: node.get("x-legacy-path", {}).get("path", "") for name, node in nodes.items()},
        headers=_headers(document),
    )


def _fields(document: Document, fields: Iterable[reading.Field]) -> Iterator[tuple[str, Expected]]:
    for field in fields:
        node = at(document.data, field.pointer)
        name = field.name.replace("[]", "")
        if field.name.endswith("[]"):
            continue  # an item without fields of its own
        yield (
            name,
            Expected(
                name=name,
                pointer=field.pointer,
                type=" or ".join(sorted({_WRITTEN.get(kind, kind) for kind in field.types} - {"null"})),
                required=field.required,
                description=field.description,
                values=None if field.values is None else tuple(map(str, field.values)),
                listed_at=field.shared or (field.pointer if field.values is not None else ""),
                provenance=field.provenance,
                source=node.get("x-source", ""),
                not_seen="x-not-seen" in node,
            ),
        )


def _bodies(document: Document) -> Iterator[tuple[str, str]]:
    for item in document.data.get("paths", {}).values():
        node = item["post"]
        yield f"{node['operationId']}/request", document.resolve(_content(node["requestBody"]), "")[1]
        answer, where = document.resolve(_content(node["responses"]["200"]), "")
        data = answer["allOf"][1]["properties"]["data"]
        place = step(step(where, "allOf"), 1) + "/properties/data"
        target, pointer = document.resolve(data, place)
        if "items" in target:
            target, pointer = document.resolve(target["items"], step(pointer, "items"))
        yield f"{node['operationId']}/response", pointer
    for item in document.data.get("webhooks", {}).values():
        node = item["post"]
        yield node["operationId"], document.resolve(_content(node["requestBody"]), "")[1]


def _content(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = node["content"]["application/json"]["schema"]
    return found


def _headers(document: Document) -> dict[str, dict[str, Expected]]:
    parts = document.data.get("components", {})
    found: dict[str, dict[str, Expected]] = {"request": {}, "response": {}, "webhook": {}}
    for key, node in parts.get("securitySchemes", {}).items():
        told = parts.get("headers", {}).get(key, {})
        found["request"][node["name"].casefold()] = _header(node["name"], {**told, **node}, "securitySchemes", key)
    for answer in _answers(document):
        for name, reference in answer.items():
            node, pointer = document.resolve(reference, "")
            found["response"][name.casefold()] = _header(name, node, *pointer.rsplit("/", 2)[1:])
    for item in document.data.get("webhooks", {}).values():
        for reference in item.get("post", {}).get("parameters", ()):
            node, pointer = document.resolve(reference, "")
            found["webhook"][node["name"].casefold()] = _header(node["name"], node, *pointer.rsplit("/", 2)[1:])
    return found


def _answers(document: Document) -> Iterator[Mapping[str, Any]]:
    for item in document.data.get("paths", {}).values():
        yield item.get("post", {}).get("responses", {}).get("200", {}).get("headers", {})


def _header(name: str, node: Mapping[str, Any], part: str, key: str) -> Expected:
    return Expected(
        name=name,
        pointer=step(step("/components", part), key),
        type="string",
        required=True if part == "securitySchemes" else bool(node.get("required", False)),
        description=node.get("description", ""),
        values=None,
        listed_at="",
        provenance=node.get("x-provenance", ""),
        source=node.get("x-source", ""),
        not_seen=False,
    )
