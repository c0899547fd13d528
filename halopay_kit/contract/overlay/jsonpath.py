"""Targets of an overlay: the part of JSONPath (RFC 9535) that names places one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from halopay_kit.contract.overlay.nodes import Path
from halopay_kit.errors import OverlayRefused

_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff-]*)"  # a hyphen, as OpenAPI's own examples have
    r"|\[ *'(?P<single>(?:[^'\\\x00-\x1f]|\\['\\/])*)' *\]"
    r'|\[ *"(?P<double>(?:[^"\\\x00-\x1f]|\\["\\/])*)" *\]'
    r"|\[ *(?P<index>0|[1-9][0-9]{0,5}) *\]"
    r"|\[ *\? *@ *== *(?:'(?P<text>(?:[^'\\\x00-\x1f]|\\['\\/])*)'|(?P<number>-?(?:0|[1-9][0-9]{0,17}))) *\]"
)
_LONGEST = 2_000
_DEEPEST = 64
_SHORTHAND = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@attrs.frozen
class Same:
    """Select the items of a list that are a value: `[?@ == 'amount']`."""

    value: str | int


Step = str | int | Same


def parse(target: str) -> tuple[Step, ...]:
    """Read a target.

    Raises: OverlayRefused for what is no JSONPath, or more of it than this: names, quoted names, indices,
        `[?@ == value]`.
    """
    if not target.startswith("$") or len(target) > _LONGEST:
        raise OverlayRefused(f"not a target that begins at $: {target[:80]!r}")
    steps: list[Step] = []
    at = 1
    while at < len(target):
        found = _STEP.match(target, at)
        if found is None or len(steps) == _DEEPEST:
            problem = "names, ['quoted names'], [0] and [?@ == 'value'] are supported"
            raise OverlayRefused(
                f"the target {target[:120]!r} is not understood from {target[at : at + 30]!r} on; {problem}"
            )
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def write(path: Path | tuple[Step, ...]) -> str:
    """Write a path as a target."""
    return "$" + "".join(map(_written, path))


def from_pointer(pointer: str) -> Path:
    """Read a JSON pointer; every step is a name."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def select(value: Any, steps: tuple[Step, ...]) -> list[Path]:
    """Return the paths of what a target selects, none where nothing is there."""
    found: list[tuple[Path, Any]] = [((), value)]
    for step in steps:
        found = [match for path, node in found for match in _matches(path, node, step)]
    return [path for path, _ in found]


def _matches(path: Path, node: Any, step: Step) -> list[tuple[Path, Any]]:
    if isinstance(step, Same):
        items = enumerate(node) if isinstance(node, list) else ()
        return [
            ((*path, index), item) for index, item in items if type(item) is type(step.value) and item == step.value
        ]
    if isinstance(step, int):
        return [((*path, step), node[step])] if isinstance(node, list) and step < len(node) else []
    return [((*path, step), node[step])] if isinstance(node, Mapping) and step in node else []


def _step(found: re.Match[str]) -> Step:
    groups = {name: text for name, text in found.groupdict().items() if text is not None}
    (kind, text), *_ = groups.items()
    match kind:
        case "index":
            return int(text)
        case "number":
            return Same(int(text))
        case "text":
            return Same(_unescaped(text))
        case "name":
            return text
    return _unescaped(text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _written(step: Step) -> str:
    match step:
        case Same(str() as value):
            return f"[?@ == {_quoted(value)}]"
        case Same(value):
            return f"[?@ == {value}]"
        case int():
            return f"[{step}]"
    return f".{step}" if _SHORTHAND.fullmatch(step) else f"[{_quoted(step)}]"
