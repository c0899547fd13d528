"""YAML text → nodes that know where in the text they stand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import attrs

from halopay_kit.errors import ConfigurationError, OverlayRefused

Path = tuple[str | int, ...]

_LONGEST: Final = 2_000_000
_DEEPEST: Final = 64
_MOST: Final = 100_000
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})")
_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, object]] = {"": None, "~": None, "null": None, "true": True, "false": False}


@attrs.define(eq=False)
class Node:
    """A value and its place in the text, from `start` to `end`; the end of a block is that of its last value.

    Attributes:
        style: of a scalar: "", ', ", | or >.
        is_flow: a mapping or list in brackets.
    """

    start: int
    end: int


@attrs.define(eq=False)
class Scalar(Node):
    """Text, a number, a flag or null."""

    value: Any
    style: str = ""
    text: str = ""


@attrs.define(eq=False)
class Mapping(Node):
    """Keys in their order; a key is a scalar, and is its text whatever it looks like."""

    items: dict[str, tuple[Scalar, Node]]
    is_flow: bool


@attrs.define(eq=False)
class Sequence(Node):
    """Items in their order."""

    items: list[Node]
    is_flow: bool


def read(text: str) -> Node:
    """Read YAML, or the JSON that is YAML too.

    Raises: OverlayRefused for what is no plain tree of values: aliases, tags, keys that stand twice, several documents;
        and for what is too large.
    """
    yaml = _yaml()
    if len(text) > _LONGEST:
        raise OverlayRefused(f"more than {_LONGEST:,} characters")
    reader = _Reader(yaml, text)
    try:
        return reader.document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        raise OverlayRefused(f"not readable as YAML: {where}{problem}") from error
    finally:
        reader.close()


def data(node: Node) -> Any:
    """Return the plain value of a node."""
    if isinstance(node, Mapping):
        return {key: data(value) for key, (_, value) in node.items.items()}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None


def child(node: Node, step: str | int) -> Node:
    """Return what stands one step below."""
    if isinstance(node, Mapping) and isinstance(step, str):
        return node.items[step][1]
    if isinstance(node, Sequence) and isinstance(step, int):
        return node.items[step]
    raise KeyError(step)


def plain(text: str) -> Any:
    """Return what a plain scalar means in YAML 1.2's core schema: no dates, no yes and no."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


class _Reader:
    """Builds the tree from events, so that nothing is multiplied and nothing runs too deep."""

    def __init__(self, yaml: Any, text: str) -> None:
        self._yaml = yaml
        self._text = text
        self._loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self._left = _MOST

    def close(self) -> None:
        self._loader.dispose()

    def document(self) -> Node:
        self._expect("StreamStartEvent")
        if type(event := self._next()).__name__ != "DocumentStartEvent":
            self._refuse(event, "nothing stands here")
        node = self._node(self._next(), 0)
        self._expect("DocumentEndEvent")
        if type(event := self._next()).__name__ != "StreamEndEvent":
            self._refuse(event, "several documents in one file")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        self._left -= 1
        name = type(event).__name__
        if name == "AliasEvent" or event.anchor is not None:
            self._refuse(event, "an alias or an anchor; write it out")
        if event.tag is not None:
            self._refuse(event, "a tag")
        if depth > _DEEPEST or self._left < 0:
            self._refuse(event, "nested too deeply" if depth > _DEEPEST else f"more than {_MOST:,} values")
        start, end = event.start_mark.index, event.end_mark.index
        if name == "ScalarEvent":
            return self._scalar(event, start, end)
        if name == "MappingStartEvent":
            return self._mapping(event, start, depth)
        return self._sequence(event, start, depth)

    def _scalar(self, event: Any, start: int, end: int) -> Scalar:
        style = event.style or ""
        if style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        return Scalar(start, end, plain(event.value) if event.implicit[0] else event.value, style, event.value)

    def _mapping(self, event: Any, start: int, depth: int) -> Mapping:
        found = Mapping(start, start, {}, bool(event.flow_style))
        for key_event in self._until("MappingEndEvent", found):
            key = self._node(key_event, depth + 1)
            if not isinstance(key, Scalar):
                self._refuse(key_event, "a key that is no plain text")
            if key.text in found.items or (key.text == "<<" and not key.style):
                self._refuse(key_event, f"the key {key.text[:80]!r} stands here twice, or merges another mapping")
            found.items[key.text] = key, self._node(self._next(), depth + 1)
        if found.items and not found.is_flow:
            found.end = max(list(found.items.values())[-1][1].end, list(found.items.values())[-1][0].end)
        return found

    def _sequence(self, event: Any, start: int, depth: int) -> Sequence:
        found = Sequence(start, start, [], bool(event.flow_style))
        for item in self._until("SequenceEndEvent", found):
            found.items.append(self._node(item, depth + 1))
        if found.items and not found.is_flow:
            found.end = found.items[-1].end
        return found

    def _until(self, name: str, node: Node) -> Iterator[Any]:
        while type(event := self._next()).__name__ != name:
            yield event
        node.end = event.end_mark.index

    def _next(self) -> Any:
        return self._loader.get_event()

    def _expect(self, name: str) -> None:
        if type(event := self._next()).__name__ != name:
            self._refuse(event, "not one document")

    def _refuse(self, event: Any, problem: str) -> NoReturn:
        raise OverlayRefused(f"line {event.start_mark.line + 1}: {problem}")


def _yaml() -> Any:
    try:
        import yaml
    except ImportError as error:
        raise ConfigurationError("PyYAML is missing", advice="pip install 'halopay-kit[contract]'") from error
    return yaml
