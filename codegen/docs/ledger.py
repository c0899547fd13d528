"""The ledger of what HaloPay's documentation says twice, differently."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import yaml


class LedgerError(Exception):
    """A ledger that cannot be read; the text says why."""


@attrs.frozen
class Entry:
    """One entry: its id, and by `about` what is said of what; an empty list means that it is said in any words."""

    id: str
    about: Mapping[str, tuple[str, ...]]


@attrs.frozen
class Ledger:
    """What is known already."""

    entries: tuple[Entry, ...] = ()

    def knows(self, key: str, values: Sequence[str]) -> str:
        """Return the id of the entry about a contradiction of these values; empty if there is none."""
        for entry in self.entries:
            if key in entry.about and (not entry.about[key] or set(values) <= set(entry.about[key])):
                return entry.id
        return ""

    def lists(self, key: str, value: str) -> bool:
        """Say whether a value is one side of a contradiction that is known, though the other is not at hand."""
        return any(value in entry.about.get(key, ()) for entry in self.entries)


def read(path: Path) -> Ledger:
    """Read a ledger; no file is an empty one.

    Raises: LedgerError.
    """
    return Ledger(tuple(_entry(each, path) for each in _entries(path)))


def bundled(path: Path) -> str:
    """Return the ledger as JSON, for those who have the generated package and not the spec's folder.

    Raises: LedgerError.
    """
    read(path)
    head = {"by": "python -m codegen generate", "edit": "never"}
    values = {"x-generated": head, "contradictions": _entries(path)}
    return json.dumps(values, indent=1, ensure_ascii=False, default=str) + "\n"


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LedgerError(f"{path}: cannot be read: {error}") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) and "id" in each for each in found):
        raise LedgerError(f"{path}: expected a list of entries with an id each")
    return found


def _entry(values: Mapping[str, Any], path: Path) -> Entry:
    about = values.get("about", {})
    if not isinstance(about, dict) or not all(isinstance(listed, list) for listed in about.values()):
        raise LedgerError(f"{path}: `about` of {values['id']} is a mapping of keys to lists")
    return Entry(str(values["id"]), {str(key): tuple(map(str, listed)) for key, listed in about.items()})
