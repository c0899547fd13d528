"""A YAML document read piece by piece: plain values only, no tag is obeyed, aliases cannot multiply."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TextIO

from halopay_kit.contract.traffic.json_text import Broken
from halopay_kit.contract.traffic.opened import LONGEST
from halopay_kit.errors import ConfigurationError, UnreadableTraffic

if TYPE_CHECKING:
    from yaml.events import Event

_DEEPEST: Final = 32
_MOST: Final = 100_000  # values of one item, those behind aliases counted each time
_NOTHING: Final = ("", "~", "null", "Null", "NULL")
_CORE: Final = "tag:yaml.org,2002:"
_AS_TEXT: Final = frozenset(f"{_CORE}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_AS_BYTES: Final = (f"{_CORE}binary", "!binary")
_CLOSING: Final = frozenset({"version", "recorded_with"})  # a cut in YAML leaves YAML; one of them ends a cassette
_PLAIN: Final = (None, "!", f"{_CORE}map", f"{_CORE}seq", f"{_CORE}str")


def items(file: TextIO, names: tuple[str, ...]) -> Iterator[Any]:
    """Yield the items of the list that stands under one of `names` at the top; `Broken` for one with a forbidden tag.

    Raises:
        UnreadableTraffic: it is not YAML, is cut off, or has no such list.
        ConfigurationError: PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise ConfigurationError(
            "cassettes in YAML need PyYAML", advice="pip install 'halopay-kit[contract]'"
        ) from error
    found, names_seen = False, set()
    try:
        reader = _Reader(yaml.parse(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        while not reader.at("StreamEnd"):
            if not reader.at("MappingStart"):
                reader.next()
                continue
            reader.next()
            while not reader.at("MappingEnd"):
                name = reader.value()
                names_seen.add(str(name))
                if name in names and reader.at("SequenceStart"):
                    found = True
                    yield from reader.sequence()
                else:
                    reader.value()
            reader.next()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise UnreadableTraffic(f"not YAML{where}") from error
    if not found:
        raise UnreadableTraffic("it has no list of interactions")
    if not names_seen & _CLOSING:
        raise UnreadableTraffic("it has neither a version nor a recorded_with, so it is probably cut off")


class _Reader:
    """Composes values of YAML's events."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._next = next(events)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0
        self._characters = 0
        self._problem: str | None = None

    def at(self, kind: str) -> bool:
        """Say what comes next."""
        return type(self._next).__name__ == f"{kind}Event"

    def next(self) -> Any:
        """Go on."""
        event = self._next
        self._next = next(self._events, event)
        return event

    def sequence(self) -> Iterator[Any]:
        """Yield the items of a list."""
        self.next()
        while not self.at("SequenceEnd"):
            self._problem = None
            value = self.value()
            yield value if self._problem is None else Broken(self._problem)
        self.next()

    def value(self) -> Any:
        """Compose the next value."""
        self._values = self._characters = 0
        return self._composed(0)

    def _composed(self, depth: int) -> Any:
        event = self.next()
        kind = type(event).__name__
        if kind == "AliasEvent":
            if event.anchor not in self._anchors:
                self._problem = "it has an alias of what is not complete"
                return None
            known, weight = self._anchors[event.anchor]
            self._count(weight)
            return known
        before = self._values
        self._count(1)
        value: Any
        if kind == "ScalarEvent":
            value = self._scalar(event)
        elif depth >= _DEEPEST:
            raise UnreadableTraffic("it is nested too deeply")
        elif kind == "SequenceStartEvent":
            self._check_tag(event.tag)
            value = []
            while not self.at("SequenceEnd"):
                value.append(self._composed(depth + 1))
            self.next()
        elif kind == "MappingStartEvent":
            self._check_tag(event.tag)
            value = {}
            while not self.at("MappingEnd"):
                name = self._composed(depth + 1)
                inner = self._composed(depth + 1)
                value[name if isinstance(name, str) else ""] = inner
            self.next()
        else:
            raise UnreadableTraffic("it ends where a value should be")
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._values - before)
        return value

    def _count(self, weight: int) -> None:
        self._values += weight
        if self._values > _MOST:
            raise UnreadableTraffic(f"one of its items has more than {_MOST} values")

    def _scalar(self, event: Any) -> object:
        text: str = event.value
        self._characters += len(text)
        if self._characters > LONGEST:
            raise UnreadableTraffic(f"one of its items is longer than {LONGEST} characters")
        if event.tag in _AS_BYTES:
            try:
                return base64.b64decode("".join(text.split()), validate=True)
            except (binascii.Error, ValueError):
                self._problem = "it has binary data that are not base64"
                return None
        if event.tag not in _AS_TEXT:
            self._check_tag(event.tag)
        is_nothing = event.implicit[0] and text in _NOTHING and event.tag in (None, f"{_CORE}null")
        return None if is_nothing else text

    def _check_tag(self, tag: str | None) -> None:
        if tag not in _PLAIN:
            self._problem = f"it has the tag {str(tag)[:60]!r}, and no tag is obeyed here"
