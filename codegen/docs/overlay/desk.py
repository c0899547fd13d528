"""Where corrections are gathered, in the dialect of `halopay contract apply`."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from codegen.docs.drift import Drift
from codegen.docs.expected import at
from codegen.docs.facts.fact import LONGEST_CELL
from codegen.docs.plain_text import plain

Path = tuple[str | int, ...]

_SHORTHAND = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LISTS = ("required", "x-kit-requires", "x-kit-requires-one-of")


@attrs.frozen
class Same:
    """Selects the item of a list that is a text."""

    value: str


@attrs.define
class Desk:
    """Collects actions and what is left for a person.

    Attributes:
        data: the spec, with the properties in it that were corrected so far.
        day: when the pages were read, as 2026-05-22.
    """

    data: dict[str, Any]
    day: str
    actions: list[dict[str, Any]] = attrs.field(factory=list)
    manual: list[dict[str, Any]] = attrs.field(factory=list)

    @classmethod
    def of(cls, data: Mapping[str, Any], day: str) -> Desk:
        """Begin with a spec."""
        return cls(copy.deepcopy(dict(data)), day)

    def mark(self, source: str, provenance: str = "documented") -> dict[str, str]:
        """Return what a corrected line says of where it comes from."""
        return {"x-provenance": provenance, "x-source": source, "x-read-on": self.day}

    def node(self, pointer: str) -> Mapping[str, Any]:
        """Return what stands at a pointer."""
        return at(self.data, pointer)

    def update(self, path: Path, value: Any, why: str, after: str = "") -> None:
        """Merge a value into a place, unless it is there."""
        found = self._at(path)
        before = copy.deepcopy(found)
        if isinstance(found, dict) and isinstance(value, dict):
            _merge(found, value)
            if found == before:
                return
        action: dict[str, Any] = {"target": written(path), "description": plain(why)}
        if after:
            action["x-halopay-after"] = after
        self.actions.append({**action, "update": value})

    def remove(self, path: Path, why: str, item: str | None = None) -> None:
        """Take away what stands at a place, or an item of the list that stands there."""
        steps = path if item is None else (*path, Same(item))
        self.actions.append({"target": written(steps), "description": plain(why), "remove": True})
        parent = self._at(path if item is not None else path[:-1])
        if item is not None and isinstance(parent, list):
            parent.remove(item)
        elif isinstance(parent, dict):
            parent.pop(path[-1], None)

    def remark(self, drift: Drift, advice: str) -> None:
        """Leave something for a person."""
        evidence = [f"{drift.source}: {plain(drift.cell)}"] if drift.cell else [drift.source]
        told = {"place": plain(drift.place), "found": plain(drift.says), "advice": advice, "evidence": evidence}
        if told not in self.manual:
            self.manual.append(told)

    def listed(self, schema: Path, old: str, new: str | None, why: str) -> None:
        """Let the lists of a schema name a field anew, or no more."""
        for key in LISTS:
            names = self._at((*schema, key))
            if isinstance(names, list) and old in names:
                self.remove((*schema, key), why, item=old)
                if new is not None:
                    self.append((*schema, key), new, why)

    def append(self, path: Path, name: str, why: str) -> None:
        """Add a name to a list of a schema, which is made with it if need be."""
        names = self._at(path)
        if not isinstance(names, list):
            self.update(path[:-1], {str(path[-1]): [name]}, why)
        elif name not in names:
            self.actions.append({"target": written(path), "description": plain(why), "update": [name]})
            names.append(name)

    def path(self, pointer: str) -> Path:
        """Read a JSON pointer into the spec."""
        found: Any = self.data
        steps: list[str | int] = []
        for part in pointer.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list):
                steps.append(int(name))
                found = found[int(name)]
            else:
                steps.append(name)
                found = found.get(name) if isinstance(found, Mapping) else None
        return tuple(steps)

    def _at(self, path: Path) -> Any:
        found: Any = self.data
        for step in path:
            is_there = isinstance(found, dict) and step in found
            if not is_there and not (isinstance(found, list) and isinstance(step, int) and step < len(found)):
                return None
            found = found[step]
        return found


def written(steps: Sequence[str | int | Same]) -> str:
    """Write a path as JSONPath."""
    return "$" + "".join(map(_step, steps))


def _step(step: str | int | Same) -> str:
    match step:
        case Same(value):
            return f"[?@ == {_quoted(value)}]"
        case int():
            return f"[{step}]"
    return f".{step}" if _SHORTHAND.fullmatch(step) else f"[{_quoted(step)}]"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _merge(target: dict[str, Any], update: Mapping[str, Any]) -> None:
    for key, value in update.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        elif isinstance(value, list) and isinstance(target.get(key), list):
            target[key] += [item for item in value if item not in target[key]]
        else:
            target[key] = copy.deepcopy(value)


def described(text: str, values: Sequence[str] = ()) -> str:
    """Return a page's words as a description: one line, of a reasonable length, with the values it may have."""
    told = plain(text)[:LONGEST_CELL]
    return f"{told} ({'/'.join(values)})".strip() if values else told
