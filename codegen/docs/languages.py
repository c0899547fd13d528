"""A page in two languages: the translation is a second witness to what is or looks like code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from codegen.docs.claims import claims
from codegen.docs.drift import Drift, drift
from codegen.docs.expected import Spec
from codegen.docs.facts.fact import Fact, Trouble
from codegen.docs.ledger import Ledger

FIRST = "en"
_CLAIM = "claim"
_WHOLE = frozenset({"operation-gone", "path-added", "section-unknown", "method-changed"})
# What is one thing wherever it is said, and what claims of it begin with.
_SHARED: Mapping[str, str] = {
    "window-changed": "window",
    "schedule-changed": "schedule",
    "acknowledgement-changed": "acknowledgement",
    "signature-changed": "signature",
}
_LISTED: Mapping[str, str] = {
    "field": "field",
    "header": "header",
    "code": "code",
    "status": "status",
    "fiat": "fiat",
    "path": "address",
}


def compare(
    first: Sequence[Fact],
    second: Sequence[Fact],
    spec: Spec,
    ledger: Ledger,
    locale: str,
    troubles: Sequence[Trouble],
) -> Iterator[Drift]:
    """Compare what one page says in two languages; the drift is told of the second."""
    yield from _lists(first, second, spec, locale, troubles)
    yield from _claims(first, second, spec, ledger)
    yield from _values(first, second, spec)


def _lists(
    first: Sequence[Fact], second: Sequence[Fact], spec: Spec, locale: str, troubles: Sequence[Trouble]
) -> Iterator[Drift]:
    """Compare which fields, headers, codes, … each has."""
    for (kind, subject), facts in _groups(first).items():
        others = _groups(second).get((kind, subject), {})
        sample = next(iter(facts.values()))
        if not others:
            if kind != "path" and not any(trouble.subject in (subject, "") for trouble in troubles):
                says = f"has no {_LISTED[kind]}s of it, {FIRST} does"
                absent = attrs.evolve(sample, locale=locale, name="", cell="")
                yield drift("languages-differ", absent, spec.bodies.get(subject, ""), was=None, now=says)
            continue
        here = next(iter(others.values()))
        for name in [name for name in facts if name not in others]:
            absent = attrs.evolve(here, name=facts[name].name, cell="", says={})
            says = f"does not have the {_LISTED[kind]} {facts[name].name}, {FIRST} does"
            yield drift("languages-differ", absent, pointer(spec, absent), now=says)
        for name in [name for name in others if name not in facts]:
            says = f"has the {_LISTED[kind]} {others[name].name}, {FIRST} does not"
            yield drift("languages-differ", others[name], pointer(spec, others[name]), now=says)


def _groups(facts: Sequence[Fact]) -> dict[tuple[str, str], dict[str, Fact]]:
    found: dict[tuple[str, str], dict[str, Fact]] = {}
    for fact in facts:
        if fact.kind in _LISTED and fact.known and fact.name != "count":
            found.setdefault((fact.kind, fact.subject), {}).setdefault(fact.name.casefold(), fact)
    return found


def _claims(first: Sequence[Fact], second: Sequence[Fact], spec: Spec, ledger: Ledger) -> Iterator[Drift]:
    said: dict[str, list[str]] = {}
    for fact in first:
        for claim in claims(fact):
            said.setdefault(claim.key, []).append(claim.value)
    for fact in second:
        for claim in claims(fact):
            known = said.get(claim.key)
            if known and claim.value not in known and not ledger.lists(claim.key, claim.value):
                aspect = claim.key.rpartition(".")[2]
                says = f"{aspect} is {claim.value}, and in {FIRST} {' or '.join(dict.fromkeys(known))}"
                found = drift("languages-differ", fact, pointer(spec, fact), was=known[0], now=says)
                yield attrs.evolve(found, told={**fact.says, _CLAIM: claim.key})


def _values(first: Sequence[Fact], second: Sequence[Fact], spec: Spec) -> Iterator[Drift]:
    """Compare the values that a row lists; a translation that lists none leaves them out."""
    known = {(fact.subject, fact.name): fact for fact in first if fact.kind == "field"}
    for fact in second:
        other = known.get((fact.subject, fact.name))
        if fact.kind != "field" or other is None:
            continue
        here, there = fact.says.get("values"), other.says.get("values")
        if here and there and not fact.says.get("more") and not other.says.get("more") and set(here) != set(there):
            says = f"may be {', '.join(here)}, and in {FIRST} {', '.join(there)}"
            yield drift("languages-differ", fact, pointer(spec, fact), was=there, now=says)


def pointer(spec: Spec, fact: Fact) -> str:
    """Return where the spec has what a fact is about, or would have it."""
    field = spec.field(fact)
    return field.pointer if field is not None else spec.bodies.get(fact.subject, "")


def merged(drifts: Sequence[Drift], differing: Sequence[Drift]) -> Iterator[Drift]:
    """Tell a change once that a translation, or the example beside it, does not have yet."""
    fresh = {(each.subject, each.name) for each in drifts if each.kind.endswith("-added")}
    known = [each for each in drifts if each.kind != "contradiction" or (each.subject, each.name) not in fresh]
    examples = [each for each in known if each.kind == "example-disagrees"]
    told, left = _told([each for each in known if each.kind != "example-disagrees"], examples)
    told, others = _told([*told, *left], differing)
    yield from (*told, *others)


def _told(changes: Sequence[Drift], witnesses: Sequence[Drift]) -> tuple[list[Drift], list[Drift]]:
    """Note with each change which witnesses lag behind; return the changes, and the witnesses of nothing."""
    lagging: dict[int, list[str]] = {}
    left = []
    for each in witnesses:
        at = next((index for index, one in enumerate(changes) if _is_about(one, each)), None)
        who = each.locale if each.kind == "languages-differ" else "its example"
        if at is None:
            left.append(each)
        elif who not in lagging.setdefault(at, []):
            lagging[at].append(who)
    return [attrs.evolve(one, also=(*one.also, *lagging.get(at, ()))) for at, one in enumerate(changes)], left


def _is_about(one: Drift, witness: Drift) -> bool:
    """Say whether what a witness says otherwise is what changed."""
    if one.kind in _SHARED:
        return str(witness.told.get(_CLAIM, "")).startswith(_SHARED[one.kind])
    if one.kind == "value-added" and witness.name == one.now:
        return True
    if one.page != witness.page:
        return False
    if one.kind in _WHOLE:
        return one.subject == witness.subject.partition("/")[0]
    if one.kind == "path-moved":
        return one.subject == witness.subject and not witness.pointer.endswith("properties")
    names = {one.name, one.now} if isinstance(one.now, str) else {one.name}
    return one.subject == witness.subject and (witness.name in names or one.kind == "table-gone")
