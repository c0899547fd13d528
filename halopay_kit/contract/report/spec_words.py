"""What the spec says at a place, in the words of a report."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from halopay_kit.contract import bundled

Words = list[tuple[str, str]]

_LONGEST: Final = 400
_MOST_VALUES: Final = 30


def at(pointer: str | None) -> Words:
    """Return what the spec says at a JSON pointer, a label and a text each; nothing where it has no such part."""
    found = _resolved(pointer)
    if found is None or pointer is None:
        return []
    words: Words = []
    kind = found.get("type")
    if kind is not None:
        words.append(("type", " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)))
    words += [(name, str(found[name])) for name in ("format", "pattern", "minLength") if name in found]
    if isinstance(found.get("enum"), list):
        values = [str(value) for value in found["enum"]]
        more = f", and {len(values) - _MOST_VALUES} more" if len(values) > _MOST_VALUES else ""
        words.append(("values", ", ".join(values[:_MOST_VALUES]) + more))
    parent, _, name = pointer.rpartition("/properties/")
    if name:
        owner = _resolved(parent) or {}
        words.append(("presence", "required" if name in owner.get("required", ()) else "optional"))
    elif isinstance(found.get("properties"), Mapping):
        words.append(("fields", ", ".join(found["properties"])))
    words += [
        (label, str(found[key])[:_LONGEST])
        for label, key in (("meaning", "description"), ("known from", "x-provenance"), ("source", "x-source"))
        if key in found
    ]
    return words


@functools.cache
def listed_values() -> frozenset[str]:
    """Return every string that the spec lists as a value somewhere: none of them is anybody's data."""
    values: set[str] = set()
    waiting: list[Any] = [bundled.document()]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get("enum"), list):
                values.update(value for value in part["enum"] if isinstance(value, str))
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return frozenset(values)


def _resolved(pointer: str | None, deepest: int = 8) -> dict[str, Any] | None:
    if pointer is None or not pointer.startswith("/"):
        return None
    found: Any = bundled.document()
    for step in pointer[1:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    if not isinstance(found, dict):
        return None
    reference = found.get("$ref")
    if isinstance(reference, str) and deepest:
        return {**(_resolved(reference.removeprefix("#"), deepest - 1) or {}), **found}
    return found
