"""Where findings are gathered: the same one from many calls is one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import attrs

from halopay_kit.contract.finding import Finding
from halopay_kit.contract.kinds import GRADES, KINDS, Grade

Evidence = tuple[str, float | None]

_MOST_EVIDENCE = 10
_RANK: Mapping[Grade, int] = {grade: rank for rank, grade in enumerate(GRADES)}
_NOTHING: Mapping[str, Any] = {}


@attrs.define(eq=False)
class _Gathered:
    grade: Grade
    pointer: str | None
    seen: dict[str, Any]
    evidence: list[str]
    count: int
    first_at: float | None


class Docket:
    """Gathers findings."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], _Gathered] = {}
        self._at: dict[str, set[tuple[str, ...]]] = {}

    def report(
        self,
        kind: str,
        place: str,
        evidence: Iterable[Evidence],
        *,
        pointer: str | None = None,
        guessed: bool = False,
        grade: Grade | None = None,
        seen: Mapping[str, Any] = _NOTHING,
    ) -> None:
        """Note what was seen at a place.

        `guessed` says that the spec only infers it; `grade` is for a kind whose gravity depends on more than that.
        """
        row = KINDS[kind]
        made = grade or (row.guessed if guessed else row.grade)
        key = (kind, place, *(str(seen.get(name)) for name in row.key))
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = _Gathered(made, pointer, dict(seen), [], 0, None)
        elif seen:
            _merge(found.seen, seen)
        if _RANK[made] < _RANK[found.grade]:
            found.grade = made
        for name, at in evidence:
            found.count += 1
            if len(found.evidence) < _MOST_EVIDENCE and name not in found.evidence:
                found.evidence.append(name)
            if at is not None and (found.first_at is None or at < found.first_at):
                found.first_at = at
            self._at.setdefault(name, set()).add(key)

    def findings(self) -> tuple[list[Finding], Mapping[str, frozenset[str]]]:
        """Return what was found, the gravest first; and exchange or delivery to the ids of what was found there."""
        found = {
            key: Finding(
                kind=key[0],
                grade=each.grade,
                place=key[1],
                pointer=each.pointer,
                says=_sentence(key[0], key[1], each.seen),
                seen=each.seen,
                evidence=tuple(sorted(each.evidence, key=_order)),
                count=each.count,
                first_at=each.first_at,
            )
            for key, each in self._found.items()
        }
        ids = {key: finding.id for key, finding in found.items()}
        ordered = sorted(found.values(), key=lambda finding: (_RANK[finding.grade], finding.place, finding.id))
        return ordered, {name: frozenset(ids[key] for key in keys) for name, keys in self._at.items()}


def _merge(known: dict[str, Any], seen: Mapping[str, Any]) -> None:
    """Add names and values that came with another call."""
    for name, value in seen.items():
        if isinstance(value, Mapping) and isinstance(known.get(name), dict):
            known[name] = {**known[name], **value}
        elif isinstance(value, list) and isinstance(known.get(name), list) and value != known[name]:
            known[name] = sorted({*known[name], *value})


def _sentence(kind: str, place: str, seen: Mapping[str, Any]) -> str:
    words = {name: _in_words(value) for name, value in seen.items()}
    head, dot, header = place.partition(".")
    shown = f"header {header}" if dot and head == "header" else place
    return KINDS[kind].says.format_map({**words, "place": shown})


def _in_words(value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Collection):
        return str(value)
    return " or ".join(map(str, value)) or "any"


def _order(name: str) -> tuple[str, int]:
    return name[0], int(name[1:])
