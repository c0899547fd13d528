"""What an action means for plain values; the edits of the text are held against it."""

from __future__ import annotations

import copy
from typing import Any

from halopay_kit.contract.overlay.jsonpath import write
from halopay_kit.contract.overlay.nodes import Path
from halopay_kit.errors import OverlayRefused


def merged(target: Any, update: Any, path: Path) -> Any:
    """Return a value with an update in it: objects are merged, lists lengthened, the rest is replaced.

    An item that a list has already is not added again, so that an overlay can be applied twice.
    """
    if isinstance(target, dict) and isinstance(update, dict):
        found = dict(target)
        for name, value in update.items():
            found[name] = inner(found[name], value, (*path, name)) if name in found else copy.deepcopy(value)
        return found
    if isinstance(target, list):
        return [*target, *missing(target, update if isinstance(update, list) else [update])]
    return inner(target, update, path)


def inner(target: Any, update: Any, path: Path) -> Any:
    """Return what stands below the target of an update, with its part of the update."""
    if isinstance(target, dict) and isinstance(update, dict):
        return merged(target, update, path)
    if isinstance(target, list) and isinstance(update, list):
        return [*target, *missing(target, update)]
    if isinstance(target, dict) or isinstance(update, dict):
        raise OverlayRefused(
            f"{write(path)}: an object cannot take the place of another thing, nor the reverse; remove it first"
        )
    return copy.deepcopy(update)


def missing(target: list[Any], update: list[Any]) -> list[Any]:
    """Return what a list has not yet."""
    found: list[Any] = []
    for item in update:
        if not any(same(item, other) for other in (*target, *found)):
            found.append(item)
    return copy.deepcopy(found)


def removed(value: Any, path: Path) -> Any:
    """Return a value without what stands at a path."""
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        if rest:
            return {name: removed(item, rest) if name == step else item for name, item in value.items()}
        return {name: item for name, item in value.items() if name != step}
    if rest:
        return [removed(item, rest) if index == step else item for index, item in enumerate(value)]
    return [item for index, item in enumerate(value) if index != step]


def replaced(value: Any, path: Path, new: Any) -> Any:
    """Return a value with another one at a path."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {name: replaced(item, rest, new) if name == step else item for name, item in value.items()}
    return [replaced(item, rest, new) if index == step else item for index, item in enumerate(value)]


def same(one: Any, other: Any) -> bool:
    """Compare values, the order of keys aside; 1, 1.0 and true are three things."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
