"""What was looked at and accepted: hashes and facts, no text of any page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from codegen.docs import wording
from codegen.docs.compare.view import wording_key
from codegen.docs.drift import Drift
from codegen.docs.facts.fact import Fact

_VERSION = 1
_TOLD = ("type", "required", "values", "more", "path", "method", "seconds", "content", "valid", "count")
_SAYS = (
    "What was looked at on HaloPay's pages and accepted; `python -m codegen drift --accept` writes it. "
    "Facts and hashes, no text of theirs."
)


class MemoryUnreadable(Exception):
    """A memory that cannot be read; the text says why."""


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered.

    Attributes:
        pages: by page and language, its facts: by section, subject and name, as `native#1/request order.create/…`.
        wordings: the hash of each description, by what it describes.
        accepted: the drifts that still stand and are no news, by id, with what they are about.
    """

    pages: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    wordings: Mapping[str, str] = attrs.field(factory=dict)
    accepted: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def changes(self) -> frozenset[str] | None:
        """The hashes of the entries of the change record; None if it was never looked at."""
        found = [
            {str(one["hash"]) for key, one in facts.items() if " change " in key}
            for name, facts in self.pages.items()
            if any(" change " in key for key in facts)
        ]
        return frozenset[str]().union(*found) if found else None

    def knows(self, page: str, locale: str) -> bool:
        """Say whether a page was looked at before."""
        return _name(page, locale) in self.pages


def read(path: Path) -> Memory:
    """Read what is remembered; no file is nothing.

    Raises: MemoryUnreadable.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, RecursionError) as error:
        raise MemoryUnreadable(f"{path}: cannot be read: {error}") from error
    known = found if isinstance(found, dict) else {}
    parts: dict[str, Any] = {name: known.get(name) for name in ("pages", "wordings", "accepted")}
    if not all(isinstance(part, dict) for part in parts.values()) or known.get("version") != _VERSION:
        raise MemoryUnreadable(f"{path}: written by another version, or by nobody; delete it to begin anew")
    if not _is_sound(**parts):
        raise MemoryUnreadable(f"{path}: not as it was written; delete it to begin anew")
    return Memory(**parts)


def _is_sound(pages: Mapping[str, Any], wordings: Mapping[str, Any], accepted: Mapping[str, Any]) -> bool:
    facts = [one for page in pages.values() for one in (page.values() if isinstance(page, dict) else (None,))]
    return (
        all(isinstance(one, dict) and isinstance(one.get("hash"), str) for one in facts)
        and all(isinstance(one, str) and len(key.split(" ")) > 1 for key, one in wordings.items())
        and all(isinstance(one, str) for one in accepted.values())
    )


def accept(memory: Memory, looked_at: Mapping[tuple[str, str], Sequence[Fact]], drifts: Iterable[Drift]) -> Memory:
    """Remember what was seen; what is known of pages that were not looked at, or could not be read, stays."""
    seen = {_name(*place) for place in looked_at}
    pages = {name: facts for name, facts in memory.pages.items() if name not in seen}
    gone = {page for page, locale in looked_at if locale == "en"}
    wordings = {key: value for key, value in memory.wordings.items() if key.split(" ")[1] not in gone}
    accepted = {key: about for key, about in memory.accepted.items() if about.split(" ")[0] not in seen}
    for (page, locale), facts in looked_at.items():
        pages[_name(page, locale)] = _facts(facts)
        if locale == "en":
            wordings |= {wording_key(fact): digest for fact in facts if (digest := _digest(fact))}
    for each in drifts:
        accepted[each.id] = f"{_name(each.page, each.locale)} {each.kind} {each.place}"
    return Memory(pages=pages, wordings=wordings, accepted=accepted)


def as_text(memory: Memory) -> str:
    """Write what is remembered, so that a difference is a line."""
    values = {"version": _VERSION, "says": _SAYS, **attrs.asdict(memory)}
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def _facts(facts: Sequence[Fact]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for fact in facts:
        told = {key: fact.says[key] for key in _TOLD if key in fact.says}
        key, number = f"{fact.source} {fact.kind} {fact.subject} {fact.name}", 1
        while f"{key} {number}" in found:
            number += 1
        found[f"{key} {number}"] = {**told, "hash": wording.of(fact.says)}
    return found


def _digest(fact: Fact) -> str:
    described = fact.says.get("description", "")
    return wording.digest(described) if described else ""


def _name(page: str, locale: str) -> str:
    return f"{page}.{locale}"
