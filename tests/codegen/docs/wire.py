"""What the spec says that pages document, read without a line of the code under test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import yaml

ROOT = Path(__file__).parents[3]
SPEC = Path(__file__).parent / "spec/halopay.yaml"
"""The spec as it was while eight operations were guesses: pages that document them are no news to a later one."""
ON_A_PAGE = ("documented", "skill", "observed")
"""What stands in a table; what is known from an example stands in an example only."""


@attrs.frozen
class Row:
    """A field as a table shows it."""

    name: str
    kinds: tuple[str, ...]
    format: str
    required: bool
    description: str
    values: tuple[str, ...]
    example: Any
    exemplary: bool = False
    """Whether spec/examples has a value for it."""

    @property
    def kind(self) -> str:
        """The type in the table, which is one, even where the wire has two."""
        return "string" if "string" in self.kinds else self.kinds[0]


def spec(path: Path | None = None) -> dict[str, Any]:
    """Return a spec, as a rule the one that still guesses."""
    found: dict[str, Any] = yaml.load((SPEC if path is None else path).read_text("utf-8"), Loader=_Plain)  # noqa: S506
    return found


class _Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Leave dates alone."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def resolved(spec: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    """Follow a reference; what stands beside it wins."""
    if "$ref" not in node:
        return dict(node)
    found: Any = spec
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**found, **{key: value for key, value in node.items() if key != "$ref"}}


def operations(spec: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """List paths with what is posted there."""
    return ((path, item["post"]) for path, item in spec["paths"].items())


def at(spec: Mapping[str, Any], page: str) -> list[tuple[str, str, dict[str, Any]]]:
    """List the operations that a page documents: section, path, operation; by their numbers."""
    found = [(node["x-source"].partition("#"), path, node) for path, node in operations(spec)]
    here = [(section, path, node) for (where, _, section), path, node in found if where == page]
    return sorted(here, key=lambda one: (len(one[0]), one[0]))


def body(spec: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of what is sent."""
    return resolved(spec, node["requestBody"]["content"]["application/json"]["schema"])


def answered(spec: Mapping[str, Any], node: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Return the schema of `data` of an answer, `data` itself, and whether it is a list."""
    answer = resolved(spec, node["responses"]["200"]["content"]["application/json"]["schema"])
    data = next(part["properties"]["data"] for part in answer["allOf"] if "data" in part.get("properties", {}))
    inner = resolved(spec, data)
    return resolved(spec, inner["items"]) if "items" in inner else inner, data, "items" in inner


def rows(
    spec: Mapping[str, Any],
    schema: Mapping[str, Any],
    source: str,
    shown: Mapping[str, Any] | None = None,
    *,
    complete: bool = False,
    anywhere: Sequence[str] = ON_A_PAGE,
) -> tuple[Row, ...]:
    """List the fields of a schema that a table in a section names."""
    needed = {*schema.get("required", ()), *schema.get("x-kit-requires", ())}
    found = []
    for name, node in schema.get("properties", {}).items():
        field = resolved(spec, node)
        if field["x-source"] == source and (complete or field["x-provenance"] in anywhere):
            shown_here = (shown or {}).get(name)
            found.append(_row(spec, name, node, source, shown_here, needed=name in needed, complete=complete))
    return tuple(found)


def _row(
    spec: Mapping[str, Any],
    name: str,
    node: Mapping[str, Any],
    source: str,
    shown: Any,
    *,
    needed: bool,
    complete: bool,
) -> Row:
    field = resolved(spec, node)
    kinds = tuple(field["type"]) if isinstance(field["type"], list) else (field["type"],)
    listed = resolved(spec, {"$ref": node["$ref"]}).get("x-source") if "$ref" in node else source
    values = _values(field, complete=complete) if complete or listed == source else ()
    exemplary = _KINDS.get(type(shown), "") in kinds
    example = shown if exemplary else _made(name, kinds, values)
    return Row(name, kinds, field.get("format", ""), needed, field["description"], values, example, exemplary)


_KINDS = {str: "string", int: "integer", bool: "boolean", float: "number", list: "array", dict: "object"}


def _values(field: Mapping[str, Any], *, complete: bool) -> tuple[str, ...]:
    said = field.get("x-values", {})
    known = [
        str(value)
        for value in field.get("enum", ())
        if complete or said.get(str(value), {}).get("x-provenance") != "inferred"
    ]
    return tuple(known) if len(known) > 1 else ()


def _made(name: str, kinds: Sequence[str], values: Sequence[str]) -> Any:
    """Make an example for a field that spec/examples has none for."""
    if values:
        return values[0]
    match kinds[0]:
        case "integer":
            return 1
        case "boolean":
            return True
        case "number":
            return 1.5
        case "array":
            return []
        case "object":
            return {}
    return f"{name}-1"


def example(operation: str) -> dict[str, Any]:
    """Return one file of spec/examples; empty if there is none."""
    path = ROOT / f"spec/examples/{operation}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}
