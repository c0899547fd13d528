"""Facts and spec: what the pages say and the spec does not, or says otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from codegen.docs.compare import announced, examples, fields, headers, lists, operations, shared
from codegen.docs.compare.view import View, in_own_words
from codegen.docs.drift import Drift
from codegen.docs.facts.fact import Fact, Trouble

__all__ = ["View", "compare", "in_own_words"]

# What is one thing, on whatever page and of whatever it is said.
_SHARED = frozenset(
    {"value-added", "schedule-changed", "window-changed", "acknowledgement-changed", "signature-changed"}
)


def compare(view: View, read: Collection[str], troubles: Sequence[Trouble]) -> tuple[Drift, ...]:
    """Compare all facts of one language with the spec; `read` names the pages that were read."""
    found = [
        *operations.paths(view),
        *_tables(view),
        *operations.unknown(view),
        *(each for fact in view.facts if fact.kind in shared.KINDS for each in shared.compare(view, fact)),
        *announced.compare(view),
        *operations.gone(view, read, troubles),
    ]
    return tuple(_once(found))


def _tables(view: View) -> Iterator[Drift]:
    for (kind, _, subject), facts in _groups(view.facts).items():
        if kind == "field" and subject in view.spec.fields:
            yield from fields.compare(view, subject, facts)
        elif kind == "header":
            yield from headers.compare(view, subject, facts)
        elif kind == "code":
            yield from lists.codes(view, facts)
        elif kind == "status":
            yield from lists.statuses(view, subject, facts)
        elif kind == "fiat":
            yield from lists.fiats(view, facts)
        elif kind == "example":
            yield from examples.compare(view, subject, facts)


def _groups(facts: Sequence[Fact]) -> dict[tuple[str, str, str], list[Fact]]:
    """Gather what is said of one thing on one page, in the order of the pages."""
    found: dict[tuple[str, str, str], list[Fact]] = {}
    for fact in facts:
        if fact.known:
            found.setdefault((fact.kind, fact.page, fact.subject), []).append(fact)
    return found


def _once(found: Sequence[Drift]) -> Iterator[Drift]:
    """Keep the first of what several places say alike."""
    seen = set()
    for each in found:
        place = (each.pointer,) if each.kind in _SHARED else (each.subject, each.name)
        key = (each.kind, *place, str(each.now))
        if each.kind == "status-added":
            key = ("value-added", each.pointer, each.name)
        if key not in seen:
            seen.add(key)
            yield each
