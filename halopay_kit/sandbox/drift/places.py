"""Where a drift can be: operations and webhooks of the spec, their fields, and what every answer shares."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Literal

import attrs

Sort = Literal["answer", "event", "field", "envelope", "header", "signature"]
Content = Literal["object", "list", "text", "amount", "value", "integer", "time", ""]


@attrs.frozen
class Place:
    """One place by its name, as in `order.create.amount`.

    Attributes:
        name: the operation, the webhook, a field of either, or one of envelope, header and signature.
        sort: which of these it is.
        owner: the operation or webhook that a field belongs to.
        field: the field's name.
        content: what stands there; a `value` is one of a list in the spec, a `time` is unix seconds.
        path: where the operation is.
        corrected: the spec follows an observation there, and does not say what stood there before.
    """

    name: str
    sort: Sort
    owner: str = ""
    field: str = ""
    content: Content = ""
    path: str = ""
    corrected: bool = False


@functools.cache
def places() -> Mapping[str, Place]:
    """Return every place of the spec."""
    return {place.name: place for place in _places()}


def matching(pattern: str) -> list[Place]:
    """Return the places that a name means; `*` stands for every operation, `webhook.*` for every webhook."""
    for star, sort in (("webhook.*", "event"), ("*", "answer")):
        if pattern == star or pattern.startswith(f"{star}."):
            field = pattern[len(star) + 1 :]
            owners = [place.name for place in places().values() if place.sort == sort]
            names = [f"{owner}.{field}" if field else owner for owner in owners]
            return [places()[name] for name in names if name in places()]
    found = places().get(pattern)
    return [found] if found else []


def _places() -> Iterator[Place]:
    spec = json.loads(files("halopay_api").joinpath("openapi.json").read_text("utf-8"))
    schemas = spec["components"]["schemas"]
    for path, item in spec["paths"].items():
        name = item["post"]["operationId"]
        answer = _named(item["post"]["responses"]["200"]["content"]["application/json"]["schema"], schemas)
        data = answer["allOf"][1]["properties"]["data"]
        content: Content = "list" if "items" in data else "object"
        yield Place(name, "answer", content=content, path=path, corrected=_is_corrected(data))
        yield from _fields(name, data.get("items", data), schemas)
    for item in spec["webhooks"].values():
        name = item["post"]["operationId"]
        yield Place(name, "event", content="object")
        yield from _fields(name, item["post"]["requestBody"]["content"]["application/json"]["schema"], schemas)
    yield Place("envelope", "envelope")
    yield Place("header", "header")
    yield Place("signature", "signature")


def _fields(owner: str, reference: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Place]:
    """Yield the fields of an object; one that has another name or place since an observation also as it was."""
    for name, field in _named(reference, schemas)["properties"].items():
        found = _named(field, schemas)
        content = _content({**found, "description": field["description"]})
        yield Place(f"{owner}.{name}", "field", owner, name, content, corrected=_is_corrected(field))
        for moved in (field, *found.get("properties", {}).values()):
            if was := moved.get("x-was"):
                yield Place(f"{owner}.{was}", "field", owner, was, corrected=True)


def _is_corrected(schema: Mapping[str, Any]) -> bool:
    return schema.get("x-provenance") == "observed"


def _content(field: Mapping[str, Any]) -> Content:
    if "enum" in field:
        return "value"
    if "integer" in field["type"]:
        return "time" if "unix seconds" in field["description"] else "integer"
    return "amount" if field.get("format") == "decimal" else "text"


def _named(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = {**schema.get("anyOf", [{}])[0], **schema}.get("$ref")  # anyOf: a reference that may be null
    found: Mapping[str, Any] = schema if reference is None else schemas[reference.rpartition("/")[2]]
    return found
