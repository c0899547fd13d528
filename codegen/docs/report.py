"""What a look brought, as text, as JSON, and as Markdown for a pull request; words of strangers steer nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from codegen.docs import ledger_entry
from codegen.docs.contradictions import Contradiction
from codegen.docs.drift import SEVERITIES, Drift, Severity, gravest_first
from codegen.docs.look import Look
from codegen.docs.plain_text import escaped, plain

_TITLES = {"breaking": "Breaking", "news": "News", "wording": "Wording"}


def as_text(look: Look) -> str:
    """Say it, the gravest first: what, where on the site, the quoted cell, where in the spec."""
    lines = []
    for severity, drifts in _by_severity(look.drifts):
        lines.append(f"{_TITLES[severity]}: {len(drifts)}")
        for each in drifts:
            lines += [f"  {plain(str(each))}", *(f"      {line}" for line in _evidence(each))]
    if not look.drifts:
        lines.append("No drift: the pages say what the spec says." if look.read else "No page was read.")
    notes = (_contradictions(look.contradictions), _remembered(look.remembered), _own_words(look.own_words))
    lines += [note for note in notes if note]
    if look.fresh:
        lines += ["", "For spec/contradictions.yaml:", ledger_entry.as_text(look.fresh).rstrip()]
    return "\n".join(lines).rstrip()


def as_json(look: Look) -> str:
    """Give everything; text stays text."""
    values = {
        "drifts": [_values(each) for each in gravest_first(look.drifts)],
        "remembered": [_values(each) for each in look.remembered],
        "contradictions": [_contradiction(each) for each in (*look.contradictions, *look.fresh)],
        "own_words": list(look.own_words),
        "unread": [attrs.asdict(each) for each in look.unread],
        "read": sorted(f"{page}.{locale}" for page, locale in look.read),
    }
    return json.dumps(values, indent=2, ensure_ascii=True, default=str)


def as_markdown(look: Look) -> str:
    """Write the body of a pull request."""
    lines = ["## Drift between HaloPay's documentation and the spec", ""]
    lines += _counted(look)
    for severity, drifts in _by_severity(look.drifts):
        lines += ["", f"### {_TITLES[severity]}", "", "| what | page | said there | in the spec |", "|---|---|---|---|"]
        lines += [_row(each) for each in drifts]
    if look.unread:
        lines += ["", "### Could not be read", "", *(f"- {escaped(str(each))}" for each in look.unread)]
    if look.own_words:
        lines += ["", f"{_own_words(look.own_words)}."]
    if look.contradictions or look.fresh:
        lines += ["", "### Contradictions in HaloPay's documentation", ""]
        found = (*look.fresh, *look.contradictions)
        lines += [f"- {escaped(each.says)} ({each.known or '**new**'})" for each in found]
    return "\n".join(lines)


def _by_severity(drifts: Sequence[Drift]) -> Iterator[tuple[Severity, list[Drift]]]:
    for severity in SEVERITIES:
        found = [each for each in drifts if each.severity == severity]
        if found:
            yield severity, found


def _evidence(each: Drift) -> Iterator[str]:
    where = each.page if each.locale == "en" else f"{each.page} ({each.locale})"
    section = f" › {each.section}" if each.section else f" {each.source}"
    yield plain(f"{where}{section}")
    if each.cell:
        yield f"“{plain(each.cell)}”"
    if each.pointer:
        yield f"spec: {each.pointer}"


def _contradictions(found: Sequence[Contradiction]) -> str:
    if not found:
        return ""
    return f"Known contradictions: {', '.join(dict.fromkeys(each.known for each in found))}"


def _remembered(found: Sequence[Drift]) -> str:
    return f"Accepted before, and still so: {len(found)}" if found else ""


def _own_words(pages: Sequence[str]) -> str:
    if not pages:
        return ""
    return f"Descriptions in other words than ours, not compared until --accept remembers them: {', '.join(pages)}"


def _counted(look: Look) -> list[str]:
    counts = [f"{len(drifts)} {severity}" for severity, drifts in _by_severity(look.drifts)]
    return [f"{', '.join(counts) if counts else 'No drift'}; {len(look.read)} pages read, {len(look.unread)} not."]


def _row(each: Drift) -> str:
    where = each.page if each.locale == "en" else f"{each.page} ({each.locale})"
    cells = (str(each), f"{where} {each.section or each.source}", each.cell, each.pointer)
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def _values(each: Drift) -> dict[str, Any]:
    return {"id": each.id, "place": each.place, **attrs.asdict(each)}


def _contradiction(each: Contradiction) -> dict[str, Any]:
    claims = [{"source": one.fact.source, "value": one.value, "cell": one.fact.cell} for one in each.claims]
    return {"key": each.key, "known": each.known or None, "says": each.says, "claims": claims}
