"""The spec as the judge reads it: operations, webhooks and their fields, each with its place and its pointer."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import attrs

from halopay_kit.contract import bundled

Content = Literal["text", "amount", "value", "time", "integer", "other"]
Schema = Mapping[str, Any]
Headers = Mapping[str, tuple[str, bool]]

_UNIT = re.compile(r"unix (seconds|milliseconds)")
_DATES = frozenset({"date-time", "date"})


@attrs.frozen(kw_only=True, eq=False)
class Field:
    """One field, `$ref` resolved.

    Attributes:
        place: as in `order.create.amount`.
        pointer: JSON pointer to the property.
        listed_at: JSON pointer to the schema that lists its values.
        types: names of JSON types; empty where any will do.
        content: what it is about; an `amount` is a decimal string, a `value` is listed, a `time` is unix time.
        unit: of a time.
        guessed: the spec only infers it.
        guesses: which of its values the spec only infers.
        undocumented: which of its values were met and stand in no documentation.
        may_be_empty, must_be_filled: the spec says so of a string; of most it says neither.
        not_seen: the spec notes that it was looked for in vain.
        shape: of an object, or of a list's items.
    """

    name: str
    place: str
    pointer: str
    listed_at: str
    types: frozenset[str]
    content: Content
    unit: str = "seconds"
    values: frozenset[object] = frozenset()
    guesses: frozenset[object] = frozenset()
    undocumented: frozenset[object] = frozenset()
    guessed: bool = False
    required: bool = False
    may_be_empty: bool = False
    must_be_filled: bool = False
    not_seen: bool = False
    pattern: re.Pattern[str] | None = None
    minimum: int | None = None
    shape: Shape | None = None

    @property
    def said(self) -> str:
        """Say the type in words."""
        return " or ".join(sorted(self.types)) or "anything"


@attrs.frozen(kw_only=True, eq=False)
class Shape:
    """An object's fields."""

    place: str
    pointer: str
    fields: Mapping[str, Field]
    guessed: bool

    @functools.cached_property
    def plain(self) -> Mapping[str, str]:
        """Return the names as `bare` writes them, to what they are."""
        return {bare(name): name for name in self.fields}

    def likeness(self, row: Mapping[str, object]) -> int:
        """Count the names that are fields of this, however they are spelled."""
        return sum(bare(name) in self.plain or bare(name).removeprefix("new") in self.plain for name in row)


@attrs.frozen(kw_only=True, eq=False)
class Owner:
    """An operation or a webhook.

    Attributes:
        shape: of its data, of an item where they are a list, or of a webhook's body.
        pointer: JSON pointer to where it stands.
        data_pointer: JSON pointer to its data.
        data_types: what the data may be.
        headers: names in lower case, to the JSON pointer of each and whether it is required.
        request: of an operation's calls.
    """

    name: str
    shape: Shape
    pointer: str
    data_pointer: str
    data_types: frozenset[str]
    many: bool
    guessed: bool
    headers: Headers
    request: Shape | None = None


@attrs.frozen(kw_only=True, eq=False)
class Spec:
    """What a target is judged by; `Spec.bundled()` is the one that the generated code was made from.

    Attributes:
        headers_of: `answers` and `webhooks` to the headers of any of them.
    """

    operations: Mapping[str, Owner]
    webhooks: Mapping[str, Owner]
    envelope: Shape
    codes: frozenset[int]
    headers_of: Mapping[str, Headers]

    @functools.cached_property
    def headers(self) -> Headers:
        """Return the headers of answers and webhooks."""
        return {**self.headers_of["webhooks"], **self.headers_of["answers"]}

    @classmethod
    @functools.cache
    def bundled(cls) -> Spec:
        """Return the spec of the generated code."""
        return cls.of(bundled.document())

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Spec:
        """Read an OpenAPI document made as HaloPay's spec is."""
        reader = _Reader(document)
        operations = {owner.name: owner for owner in reader.operations()}
        webhooks = {owner.name: owner for owner in reader.webhooks()}
        envelope = reader.shape({"$ref": ENVELOPE.replace("/", "#/", 1)}, "envelope", ENVELOPE)
        headers_of = {
            side: {name: told for owner in owners.values() for name, told in owner.headers.items()}
            for side, owners in (("answers", operations), ("webhooks", webhooks))
        }
        codes = frozenset(code for code in envelope.fields["code"].values if isinstance(code, int))
        return cls(operations=operations, webhooks=webhooks, envelope=envelope, codes=codes, headers_of=headers_of)


ENVELOPE: Final = "/components/schemas/Envelope"
CODES: Final = "/components/schemas/ResultCode"


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def operations(self) -> Iterator[Owner]:
        for path, item in self._document["paths"].items():
            post = item["post"]
            answer = post["responses"]["200"]
            schema, at = answer["content"]["application/json"]["schema"], f"/paths/{_escaped(path)}/post"
            schema, at = self._resolved(schema, at)
            own, data = next((number, part) for number, part in enumerate(schema["allOf"]) if "properties" in part)
            at = f"{at}/allOf/{own}/properties/data"
            yield self._owner(
                post, f"/paths/{_escaped(path)}", data["properties"]["data"], at, answer.get("headers", {})
            )

    def webhooks(self) -> Iterator[Owner]:
        for name, item in self._document.get("webhooks", {}).items():
            post = item["post"]
            at = f"/webhooks/{_escaped(name)}"
            body = post["requestBody"]["content"]["application/json"]["schema"]
            resolved = [self._resolved(parameter, "") for parameter in post.get("parameters", ())]
            headers = {part["name"]: {"$ref": f"#{where}"} for part, where in resolved if part.get("in") == "header"}
            yield self._owner(post, at, body, f"{at}/post/requestBody/content/application~1json/schema", headers)

    def _owner(self, post: Schema, at: str, data: Schema, data_at: str, headers: Mapping[str, Schema]) -> Owner:
        resolved, where = self._resolved(data, data_at)
        many = "items" in resolved and "properties" not in resolved
        name = post["operationId"]
        return Owner(
            name=name,
            shape=self.shape(resolved["items"], name, f"{where}/items") if many else self.shape(data, name, data_at),
            pointer=at,
            data_pointer=data_at,
            request=self._request(post, at),
            data_types=_types(resolved) or frozenset({"array" if many else "object"}),
            many=many,
            guessed=resolved.get("x-provenance") == "inferred",
            headers={key.lower(): self._header(value, f"{at}/headers/{key}") for key, value in headers.items()},
        )

    def _request(self, post: Schema, at: str) -> Shape | None:
        if not at.startswith("/paths/"):
            return None
        body = post["requestBody"]["content"]["application/json"]["schema"]
        return self.shape(body, f"{post['operationId']}.request", at)

    def _header(self, header: Schema, at: str) -> tuple[str, bool]:
        resolved, where = self._resolved(header, at)
        return where, bool(resolved.get("required"))

    def shape(self, schema: Schema, place: str, at: str) -> Shape:
        """Return the shape of an object."""
        resolved, where = self._resolved(schema, at)
        required = resolved.get("required", ())
        fields = {
            name: self._field(name, field, f"{place}.{name}", f"{where}/properties/{_escaped(name)}", name in required)
            for name, field in resolved.get("properties", {}).items()
        }
        return Shape(place=place, pointer=where, fields=fields, guessed=resolved.get("x-provenance") == "inferred")

    def _field(self, name: str, schema: Schema, place: str, at: str, required: bool) -> Field:
        resolved, where = self._resolved(schema, at)
        types = _types(resolved)
        values = frozenset(resolved.get("enum", ()))
        unit = _UNIT.search(resolved.get("description", ""))
        inner = resolved if "properties" in resolved else resolved.get("items", {})
        has_shape = "properties" in self._resolved(inner, at)[0]
        guessed = resolved.get("x-provenance") == "inferred"
        pattern = resolved.get("pattern")
        return Field(
            name=name,
            place=place,
            pointer=at,
            listed_at=where,
            types=types,
            content=_content(resolved, types, bool(unit)),
            unit=unit[1] if unit else "seconds",
            values=values,
            guesses=frozenset(value for value in values if _mark(resolved, value) == "inferred"),
            undocumented=frozenset(value for value in values if _mark(resolved, value) == "observed"),
            guessed=guessed,
            required=required,
            not_seen="x-not-seen" in schema,
            may_be_empty=resolved.get("minLength") == 0 or "" in values,
            must_be_filled=bool(resolved.get("minLength")),
            pattern=re.compile(pattern) if pattern else None,
            minimum=resolved.get("minimum"),
            shape=self.shape(inner, place, where if inner is resolved else f"{where}/items") if has_shape else None,
        )

    def _resolved(self, schema: Schema, at: str) -> tuple[Schema, str]:
        """Follow `$ref`s; what stands beside one overrides. Return the schema and where it stands."""
        if "anyOf" in schema:  # a reference that may be null
            beside = {name: value for name, value in schema.items() if name != "anyOf"}
            resolved, where = self._resolved({**schema["anyOf"][0], **beside}, at)
            return {**resolved, "type": [*_types(resolved), "null"]}, where
        while "$ref" in schema:
            pointer = schema["$ref"].removeprefix("#")
            found: Any = self._document
            for step in pointer[1:].split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            if "enum" in found:
                beside["x-listed-provenance"] = found.get("x-provenance")
            schema, at = {**found, **beside}, pointer
        return schema, at


def _mark(schema: Schema, value: object) -> object:
    """Return how well a listed value is known."""
    told = schema.get("x-values", {}).get(str(value), {})
    return told.get("x-provenance", schema.get("x-listed-provenance"))


def bare(name: str) -> str:
    """Return a name without what spellings differ in: case and separators."""
    return name.replace("_", "").replace("-", "").lower()


def _types(schema: Schema) -> frozenset[str]:
    told = schema.get("type", ())
    return frozenset({told} if isinstance(told, str) else told)


def _content(schema: Schema, types: frozenset[str], is_time: bool) -> Content:
    if schema.get("enum"):
        return "value"
    if "integer" in types or "number" in types:
        return "time" if is_time else "integer"
    if schema.get("format") == "decimal" and "string" in types:
        return "amount"
    return "text" if "string" in types and schema.get("format") not in _DATES else "other"


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
