"""Lists of codes, statuses and fiats against the enums of the spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from codegen.docs.compare.view import View
from codegen.docs.drift import Drift, drift
from codegen.docs.expected import Listed
from codegen.docs.facts.fact import Fact

CODES, FIATS = "ResultCode", "FiatName"
_STATUSES = ("PaymentStatus", "PayoutStatus")
_SCHEMAS = "/components/schemas/"


def codes(view: View, facts: Sequence[Fact]) -> Iterator[Drift]:
    """Compare one page's list of result codes."""
    known = {each.value: each for each in view.spec.schema(CODES)}
    told = {fact.name: fact for fact in facts}
    for name, fact in told.items():
        described = fact.says.get("description", "")
        if name not in known:
            yield drift("code-added", fact, f"{_SCHEMAS}{CODES}", now=described)
        elif _is_first(view, fact) and view.is_news(fact, described, known[name].meaning):
            yield drift("code-reworded", fact, known[name].pointer, was=known[name].meaning, now=described)
    if len(told.keys() & known.keys()) * 2 < len(known):
        return  # a page that names some codes is no list of them
    for name, each in known.items():
        if name not in told and not _is_listed_elsewhere(view, "code", name, facts[0]):
            absent = attrs.evolve(facts[0], name=name, cell="", says={})
            yield drift("code-removed", absent, each.pointer, was=each.meaning)


def statuses(view: View, subject: str, facts: Sequence[Fact]) -> Iterator[Drift]:
    """Compare one list of statuses: of an operation or a webhook, or of all."""
    pointers = _enums(view, subject)
    known: dict[str, list[Listed]] = {}
    for pointer in pointers:
        for each in view.spec.enum(pointer):
            known.setdefault(each.value, []).append(each)
    for fact in facts:
        described = fact.says.get("description", "")
        if fact.name not in known:
            if not view.settled(f"status.{fact.name}", "listed", fact):
                yield drift("status-added", fact, pointers[0], now=described or fact.name)
        elif _is_first(view, fact) and view.is_news(fact, described, *(each.meaning for each in known[fact.name])):
            first = known[fact.name][0]
            yield drift("status-reworded", fact, first.pointer, was=first.meaning, now=described)


def fiats(view: View, facts: Sequence[Fact]) -> Iterator[Drift]:
    """Compare one page's list of fiats."""
    known = view.spec.schema(FIATS)
    told = {fact.name: fact for fact in facts if fact.name != "count"}
    pointer = f"{_SCHEMAS}{FIATS}"
    for name, fact in told.items():
        if name not in {each.value for each in known}:
            yield drift("value-added", fact, pointer, now=name)
    if not told or any(fact.says.get("more") for fact in facts):
        return
    for each in known:
        here = next(iter(told.values()))
        if each.value not in told and not view.elsewhere(each.value, here):
            absent = attrs.evolve(here, name=each.value, cell="", says={})
            yield drift("value-removed", absent, pointer, was=each.value)


def _enums(view: View, subject: str) -> list[str]:
    """Return the enums that a list of statuses is about."""
    for body in (subject, f"{subject}/response"):
        field = view.spec.fields.get(body, {}).get("status")
        if field is not None and field.listed_at:
            return [field.listed_at]
    return [f"{_SCHEMAS}{name}" for name in _STATUSES if view.spec.schema(name)]


def _is_first(view: View, fact: Fact) -> bool:
    """Say whether this is the description that counts of those of several pages: the site's before the guide's."""
    told = [one for one in view.facts if (one.kind, one.name) == (fact.kind, fact.name) and one.says.get("description")]
    return bool(told) and min(told, key=lambda one: not view.spec.is_on_site(one.page)).page == fact.page


def _is_listed_elsewhere(view: View, kind: str, name: str, here: Fact) -> bool:
    return any(fact.kind == kind and fact.name == name and fact.page != here.page for fact in view.facts)
