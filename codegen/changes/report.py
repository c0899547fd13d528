"""Changes as text, JSON, and an entry of a CHANGELOG."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from codegen.changes.change import LEVELS, Change, level

SURFACES = {"wire": "HaloPay's wire", "python": "The generated Python"}
_HEADINGS = {"major": "Breaking", "minor": "Added or loosened", "patch": "Wording and provenance"}


def as_text(changes: Sequence[Change]) -> str:
    """Say what changed, surface by surface, the gravest first."""
    if not changes:
        return "Nothing changed."
    lines = []
    for surface, title in SURFACES.items():
        found = [change for change in changes if change.surface == surface]
        lines.append(f"{title}: {level(found) or 'nothing changed'}")
        for change in _gravest_first(found):
            breaks = f" [breaks {change.breaks}]" if change.breaks else ""
            lines.append(f"  {change.level:5}  {change}{breaks}")
    return "\n".join(lines)


def as_json(changes: Sequence[Change]) -> str:
    """Give each change with its class, and the part of each version that must rise."""
    found: dict[str, Any] = {
        surface: {"level": level(change for change in changes if change.surface == surface)} for surface in SURFACES
    }
    return json.dumps({**found, "changes": [attrs.asdict(change) for change in changes]}, indent=2)


def as_changelog(changes: Sequence[Change]) -> str:
    """Write what users must know, for CHANGELOG.md."""
    if not changes:
        return "Nothing changed."
    lines = []
    for surface, title in SURFACES.items():
        found = [change for change in changes if change.surface == surface]
        if not found:
            continue
        lines += [f"### {title} ({level(found)})", ""]
        for degree in reversed(LEVELS):
            part = [change for change in found if change.level == degree]
            if part:
                lines += [f"{_HEADINGS[degree]}:", "", *(f"- {_markdown(change)}" for change in part), ""]
    return "\n".join(lines).rstrip()


def _gravest_first(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: -LEVELS.index(change.level))


def _markdown(change: Change) -> str:
    side = f" ({change.side})" if change.side in ("request", "answer") else ""
    breaks = f"; breaks {change.breaks}" if change.breaks else ""
    return f"`{change.place}`{side}: {_escaped(change.says)}{breaks}"


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\`*_[]<>#|" else character for character in text)
