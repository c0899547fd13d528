"""Addresses of operations, and what has none in the spec."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import attrs

from codegen.docs.compare.view import View
from codegen.docs.drift import Drift, drift
from codegen.docs.expected import DOCUMENTED
from codegen.docs.facts.fact import Fact, Trouble

_METHOD = "POST"
_FEW = 2
_MOST_NAMES = 40


def paths(view: View) -> Iterator[Drift]:
    """Compare the addresses of the operations that the spec has."""
    for name, path in view.spec.paths.items():
        page = view.spec.sources[name].partition("#")[0]
        here = [fact for fact in view.facts if fact.kind == "path" and fact.subject == name]
        on_page = [fact for fact in here if fact.page == page]
        if on_page and all(fact.says["path"] != path for fact in on_page):
            moved = next((fact for fact in on_page if fact.says["path"] != view.spec.legacy[name]), on_page[0])
            if not view.settled(f"{name}.path", moved.says["path"], moved):
                yield drift("path-moved", moved, view.spec.pointers[name], name="", was=path, now=moved.says["path"])
        for fact in here:
            method = fact.says.get("method")
            if method and method != _METHOD and not view.settled(f"{name}.method", method, fact):
                yield drift("method-changed", fact, view.spec.pointers[name], name="", was=_METHOD, now=method)


def unknown(view: View) -> Iterator[Drift]:
    """Report operations, and sections that document a body, of which the spec knows nothing."""
    groups: dict[tuple[str, str], list[Fact]] = {}
    moved = {fact.says["path"] for fact in view.facts if fact.kind == "path" and fact.known}
    for fact in view.facts:
        if not fact.known and fact.kind in ("path", "field", "example"):
            groups.setdefault((fact.page, fact.subject.partition("/")[0]), []).append(fact)
    for (_, subject), facts in groups.items():
        bodies = _bodies(facts)
        addresses = [fact for fact in facts if fact.kind == "path"]
        for address in addresses:
            if address.says["path"] not in moved:
                told = attrs.evolve(address, says={**address.says, **bodies})
                yield drift("path-added", told, "/paths", now=sorted(bodies))
        names = list(dict.fromkeys(name for body in bodies.values() for name in body))
        if not addresses and len(names) >= _FEW:
            told = attrs.evolve(facts[0], name="", subject=subject, says=bodies)
            yield drift("section-unknown", told, "/paths", now=names[:_MOST_NAMES])


def _bodies(facts: Sequence[Fact]) -> dict[str, dict[str, Any]]:
    """Gather what a section documents, by direction."""
    found: dict[str, dict[str, Any]] = {}
    for fact in facts:
        direction = fact.subject.partition("/")[2] or "body"
        if fact.kind == "field":
            found.setdefault(direction, {})[fact.name] = dict(fact.says)
        elif fact.kind == "example":
            for name, kind in fact.says.get("fields", {}).items():
                found.setdefault(direction, {}).setdefault(name, {"type": kind} if kind else {})
    return found


def gone(view: View, read: Collection[str], troubles: Sequence[Trouble]) -> Iterator[Drift]:
    """Report documented operations and tables that are not on their page any more; `read` names the pages.

    Nothing is gone from a page that could not be read, nor from one whose tables could not all be read.
    """
    for name, source in view.spec.sources.items():
        page = source.partition("#")[0]
        if page not in read or any(trouble.page == page for trouble in troubles):
            continue
        bodies = [subject for subject in view.spec.fields if subject.partition("/")[0] == name]
        documented = [body for body in bodies if _is_documented_on(view, body, page)]
        here = {fact.subject for fact in view.facts if fact.page == page and fact.kind in ("path", "field", "example")}
        tables = {fact.subject for fact in view.facts if fact.page == page and fact.kind == "field"}
        missed = [body for body in documented if body not in tables]
        absent = _absent(view, page, source)
        is_gone = not any(subject.partition("/")[0] == name for subject in here)
        if documented and is_gone:
            yield drift("operation-gone", attrs.evolve(absent, subject=name), view.spec.pointers[name])
        else:
            for body in missed:
                yield drift("table-gone", attrs.evolve(absent, subject=body), view.spec.bodies[body])


def _absent(view: View, page: str, source: str) -> Fact:
    return Fact(
        kind="path", page=page, locale=view.locale, section="", source=source, cell="", subject="", name="", says={}
    )


def _is_documented_on(view: View, body: str, page: str) -> bool:
    return any(field.provenance == DOCUMENTED and field.page == page for field in view.spec.fields[body].values())
