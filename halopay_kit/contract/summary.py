"""The summary by operation and webhook: how many cases passed, failed, drifted, and what was not reached and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from halopay_api.operations import OPERATIONS
from halopay_kit.contract.exchange import WEBHOOKS, Exchange, Observed
from halopay_kit.contract.kinds import GRADES
from halopay_kit.contract.result import Check

if TYPE_CHECKING:
    from halopay_kit.contract.finding import Finding

SHARED = ("envelope", "header", "signature")
"""Where something is that is no single operation's or webhook's."""

_OWNERS = (*OPERATIONS, *WEBHOOKS)
_GRAVE = frozenset({"broken", "drift"})
_NOTHING_SEEN = "nothing of it was seen"


def checks(
    observed: Observed, findings: Sequence[Finding], found_at: Mapping[str, Collection[str]]
) -> tuple[Check, ...]:
    """Return a line for each operation and webhook, and one for what they share where something is wrong with it.

    `findings` are the news: what a baseline accepts has passed. `found_at` are the ids of all that was found at an
    exchange (`x12`) or a delivery (`d3`).
    """
    grave = [finding for finding in findings if finding.grade in _GRAVE]
    news = {finding.id: finding.grade for finding in grave}
    grades: dict[str, Counter[str]] = {name: Counter() for name in _OWNERS}
    for each in observed.seen:
        name = each.operation if isinstance(each, Exchange) else each.webhook
        if name in grades:
            found = {news[id_] for id_ in found_at.get(each.ref, ()) if id_ in news}
            grades[name][min(found, key=GRADES.index, default="")] += 1
    lines = [
        _line(name, grade.total(), grade["broken"], grade["drift"], observed.unreached.get(name, _NOTHING_SEEN))
        for name, grade in grades.items()
    ]
    cases = len(observed.seen)
    for name in SHARED:
        about = [finding for finding in grave if finding.owner(SHARED) == name]
        if about:
            lines.append(_line(name, cases, _count(about, "broken"), _count(about, "drift"), _NOTHING_SEEN))
    return tuple(lines)


def _line(name: str, cases: int, failed: int, drifted: int, why_not: str) -> Check:
    failed = min(cases, failed)
    drifted = min(cases - failed, drifted)
    return Check(
        name=name,
        cases=cases,
        passed=cases - failed - drifted,
        failed=failed,
        drifted=drifted,
        not_reached=None if cases else why_not,
    )


def _count(findings: Iterable[Finding], grade: str) -> int:
    return max((finding.count for finding in findings if finding.grade == grade), default=0)
