"""Read the spec, resolve its references, refuse what is not supported."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from codegen import grammar
from codegen.errors import SpecError, step

_DEEPEST = 64
_TAG = "tag:yaml.org,2002:"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Read the scalars of YAML 1.2's core schema: no dates, no yes and no."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name


for _kind, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"^(?:{_pattern})$"), _first)


@attrs.frozen
class Document:
    """Hold a spec that was read and found to be supported."""

    data: Mapping[str, Any]
    sha256: str

    def resolve(self, node: Mapping[str, Any], pointer: str) -> tuple[Mapping[str, Any], str]:
        """Follow a local reference; what stands beside it goes over what it leads to."""
        if "anyOf" in node:
            target, where = self.resolve(nullable(node)[0], step(step(pointer, "anyOf"), 0))
            kinds = target["type"] if isinstance(target["type"], list) else [target["type"]]
            return {**target, "type": [*kinds, "null"]}, where
        if "$ref" not in node:
            return node, pointer
        target, where = self.follow(node["$ref"], step(pointer, "$ref"))
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**target, **beside}, where

    def follow(self, reference: str, pointer: str) -> tuple[Mapping[str, Any], str]:
        """Find what a local reference leads to, and where that stands."""
        return _follow(self.data, reference, pointer)

    def schemas(self) -> Iterator[tuple[str, Mapping[str, Any], str]]:
        """List the named schemas with their pointers, in the order of the spec."""
        for name, schema in self.data.get("components", {}).get("schemas", {}).items():
            yield name, schema, step("/components/schemas", name)


def nullable(node: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Return what a schema is where it is not null, and whether it may be null."""
    if "anyOf" in node:
        return {**node["anyOf"][0], **{key: value for key, value in node.items() if key != "anyOf"}}, True
    kinds = node.get("type")
    if not isinstance(kinds, list) or "null" not in kinds:
        return node, False
    kinds = [kind for kind in kinds if kind != "null"]
    return {**node, "type": kinds[0] if len(kinds) == 1 else kinds}, True


def read(path: Path) -> Document:
    """Read and check a spec.

    Raises: SpecError with the pointer of the first thing that is not supported; OSError.
    """
    return parse(path.read_bytes())


def parse(content: bytes) -> Document:
    """Read and check the bytes of a spec."""
    loader = _Loader(content)
    try:
        node = loader.get_single_node()
        data = _value(node, "", set())
    except yaml.YAMLError as error:
        raise SpecError("", f"not readable as YAML: {error}") from error
    except RecursionError as error:
        raise SpecError("", "nested too deeply") from error
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        raise SpecError("", "expected a mapping")
    grammar.check(data)
    for pointer, reference in _references(data, ""):
        _follow(data, reference, pointer)
    _refuse_recursion(data)
    return Document(data, hashlib.sha256(content).hexdigest())


def _value(node: Any, pointer: str, seen: set[int]) -> Any:
    if node is None:
        return None
    if id(node) in seen:
        raise SpecError(pointer, "a YAML alias; write it out or use $ref")
    if pointer.count("/") > _DEEPEST:
        raise SpecError(pointer, "nested too deeply")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise SpecError(pointer, "a key that is not a scalar")
            if _text(key.value, pointer) in found:
                raise SpecError(step(pointer, key.value), "the key stands here twice")
            found[key.value] = _value(value, step(pointer, key.value), seen)
        return found
    if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
        return [_value(item, step(pointer, index), seen) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        match node.tag.removeprefix(_TAG):
            case "str":
                return _text(node.value, pointer)
            case "int":
                return int(node.value)
            case "bool":
                return node.value == "true"
            case "null":
                return None
            case "float" if math.isfinite(float(node.value)):
                return float(node.value)
    raise SpecError(pointer, f"the YAML tag {node.tag!r}")


def _text(text: str, pointer: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise SpecError(pointer, "half of a surrogate pair")
    return text


def _follow(data: Mapping[str, Any], reference: str, pointer: str) -> tuple[Mapping[str, Any], str]:
    if not reference.startswith("#/"):
        raise SpecError(pointer, f"a reference out of this file: {reference!r}")
    found: Any = data
    where = ""
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            raise SpecError(pointer, f"leads nowhere: {reference!r}")
        found, where = found[key], step(where, key)
    if not isinstance(found, dict) or "$ref" in found:
        raise SpecError(pointer, f"leads to no object: {reference!r}")
    return found, where


def _references(node: Any, pointer: str, named: bool = False) -> Iterator[tuple[str, str]]:
    """List the references below a node; `named` says that its keys are names, not words of OpenAPI."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield step(pointer, key), value
            elif named or not (key.startswith("x-") or key in grammar.FREE):
                yield from _references(value, step(pointer, key), not named and key in grammar.NAMES)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _references(value, step(pointer, index))


def _refuse_recursion(data: Mapping[str, Any]) -> None:
    done: set[str] = set()

    def visit(where: str, node: Mapping[str, Any], above: tuple[str, ...]) -> None:
        for pointer, reference in _references(node, where):
            target, there = _follow(data, reference, pointer)
            if there in above:
                raise SpecError(pointer, f"a schema that contains itself: {reference!r}")
            if there not in done:
                visit(there, target, (*above, there))
                done.add(there)

    for name, schema in data.get("components", {}).get("schemas", {}).items():
        where = step("/components/schemas", name)
        visit(where, schema, (where,))
