"""What the spec knows pages to be about: operations and webhooks, where they are documented, what they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from codegen.document import Document

Names = frozenset[str]


@attrs.frozen
class Subject:
    """An operation or a webhook."""

    id: str
    page: str
    section: str
    """As in x-source of the spec: `1`, `pre-create`, `payment`."""
    path: str = ""
    legacy: str = ""
    fields: Mapping[str, Names] = attrs.field(factory=dict)
    """Its names by direction: `request`, `response` without the envelope; of a webhook, `webhook`."""


@attrs.frozen
class Known:
    """All of them, and what else tells what a table is about."""

    operations: tuple[Subject, ...]
    webhooks: tuple[Subject, ...]
    headers: Names
    envelope: Names
    pages: Names
    """Where the spec says that things stand."""

    def by_path(self, path: str) -> Subject | None:
        """Find the operation at a path, or that was there before."""
        return next((one for one in self.operations if path in (one.path, one.legacy)), None)

    def by_place(self, page: str, section: str) -> Subject | None:
        """Find the operation that the spec says a section documents."""
        return next((one for one in self.operations if (one.page, one.section) == (page, section)), None)

    def on(self, page: str) -> tuple[Subject, ...]:
        """List the operations of a page."""
        return tuple(one for one in self.operations if one.page == page)

    def webhook(self, name: str) -> Subject | None:
        """Find a webhook by its name in the spec."""
        return next((one for one in self.webhooks if one.id == f"webhook.{name}"), None)


def read(document: Document) -> Known:
    """Read them from the spec."""
    data = document.data
    operations = tuple(_operations(document))
    webhooks = tuple(
        _subject(item["post"], fields={"webhook": frozenset(_names(document, _body(item["post"])))})
        for item in data.get("webhooks", {}).values()
        if "post" in item
    )
    components = data.get("components", {})
    schemes = [one.get("name", "") for one in components.get("securitySchemes", {}).values()]
    parameters = [one.get("name", "") for one in components.get("parameters", {}).values()]
    headers = frozenset(name.casefold() for name in [*schemes, *parameters, "content-type"] if name)
    envelope = components.get("schemas", {}).get("Envelope", {}).get("properties", {})
    pages = frozenset(_cited(data)) & frozenset(data.get("x-pages", {}).get("paths", {}))
    return Known(operations, webhooks, headers, frozenset([*envelope, "data"]), pages)


def _cited(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "x-source" and isinstance(value, str):
                yield value.partition("#")[0]
            else:
                yield from _cited(value)
    elif isinstance(node, list):
        for item in node:
            yield from _cited(item)


def _operations(document: Document) -> Iterator[Subject]:
    for path, item in document.data.get("paths", {}).items():
        if "post" not in item:
            continue
        node = item["post"]
        answer = node.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        fields = {
            "request": frozenset(_names(document, _body(node))),
            "response": frozenset(_names(document, wrapped(document, answer.get("schema", {})))),
        }
        legacy = node.get("x-legacy-path", {}).get("path", "")
        yield _subject(node, path=path, legacy=legacy, fields=fields)


def _subject(node: Mapping[str, Any], *, path: str = "", legacy: str = "", fields: Mapping[str, Names]) -> Subject:
    page, _, section = str(node.get("x-source", "")).partition("#")
    return Subject(str(node.get("operationId", "")), page, section, path, legacy, fields)


def _body(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = node.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema: Mapping[str, Any] = found.get("schema", {})
    return schema


def wrapped(document: Document, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of what an envelope holds."""
    answer, _ = document.resolve(schema, "")
    for part in answer.get("allOf", [answer]):
        whole, _ = document.resolve(part, "")
        data = whole.get("properties", {}).get("data")
        if data is not None:
            found, _ = document.resolve(data, "")
            inner: Mapping[str, Any] = found.get("items", found)
            return inner
    return {}


def _names(document: Document, schema: Mapping[str, Any]) -> Iterator[str]:
    if schema:
        found, _ = document.resolve(schema, "")
        yield from found.get("properties", {})
