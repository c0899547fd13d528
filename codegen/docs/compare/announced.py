"""The change record: entries that are younger than the spec."""

from __future__ import annotations

from collections.abc import Iterator

from codegen.docs import wording
from codegen.docs.compare.view import View
from codegen.docs.drift import Drift, drift

_POINTER = "/info/version"


def compare(view: View) -> Iterator[Drift]:
    """Report entries that were not accepted before; at first those after the spec's version, which is a day."""
    if not view.prose:
        return
    version = _numbers(str(view.spec.document.data.get("info", {}).get("version", "")).replace(".", "-"))
    for fact in view.facts:
        if fact.kind != "change":
            continue
        known = wording.of(fact.says) in view.changes if view.changes is not None else _numbers(fact.name) <= version
        if not known:
            yield drift("change-announced", fact, _POINTER, now=fact.says.get("text", ""))


def _numbers(day: str) -> tuple[int, ...]:
    return tuple(int(part) for part in day.split("-") if part.isdigit())
