"""What a finding is about: whose it is, and which group of checks found it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from halopay_kit.contract.exchange import Delivery, Exchange, Observed
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.result import Result

GRADES: Final = ("broken", "drift", "note")

# Group of checks → the kinds that it finds; a kind that no row names belongs to `other`.
GROUPS: Final[dict[str, frozenset[str]]] = {
    "fields": frozenset(
        {"field-added", "field-missing", "field-renamed", "field-moved", "fields-recased", "type-changed", "null"}
    ),
    "values": frozenset(
        {"value-empty", "value-unknown", "value-recased", "value-malformed", "amount-comma", "amount-exponent"}
        | {"amount-unit", "amount-malformed", "time-scale", "time-format"}
    ),
    "relations": frozenset({"echo", "money-inexact", "expiry"}),
    "data": frozenset(
        {"data-listed", "data-paged", "data-wrapped", "data-text", "data-null", "data-missing", "data-malformed"}
        | {"data-with-refusal"}
    ),
    "envelope": frozenset(
        {"success-code", "envelope-missing", "envelope-wrapped", "envelope-malformed", "http-status"}
    ),
    "outcome": frozenset(
        {"code-unknown", "wrong-code", "accepted", "refused", "frequent", "not-an-answer", "operation-missing"}
        | {"no-answer", "path-unknown"}
    ),
    "headers": frozenset(
        {"header-missing", "header-doubled", "header-renamed", "header-unknown", "content-type", "app-id-changed"}
        | {"event-type"}
    ),
    "signature": frozenset(
        {"signature-wrong", "signature-reading", "signature-unjudged", "request-signature", "stale", "clock-ahead"}
    ),
    "order of events": frozenset({"transition-illegal", "schedule"}),
}
OTHER: Final = "other"
_BY_KIND: Final = {kind: group for group, kinds in GROUPS.items() for kind in kinds}


def group_of(finding: Finding) -> str:
    """Return the group of checks that a finding belongs to."""
    return _BY_KIND.get(finding.kind, OTHER)


def owner_of(finding: Finding, names: Iterable[str]) -> str:
    """Return the operation, the webhook or what they share, that a finding's place belongs to."""
    within = (name for name in names if f"{finding.place}.".startswith(f"{name}."))
    return max(within, key=len, default=finding.place.partition(".")[0])


def by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, the gravest first; among equals in the order in which they came."""
    return sorted(findings, key=lambda finding: GRADES.index(finding.grade))


def verdict_of(result: Result) -> str:
    """Return `broken`, `drift` or `kept`."""
    grades = {finding.grade for finding in result.findings}
    return next((grade for grade in GRADES[:2] if grade in grades), "kept")


def unjudged(observed: Observed) -> int:
    """Count the messages whose bytes are not those of the wire, so that their signatures were not judged."""
    return sum(not each.raw for each in observed.exchanges) + sum(not each.raw for each in observed.deliveries)


def evidence_of(observed: Observed) -> dict[str, Exchange | Delivery]:
    """Return exchanges and deliveries by what findings call them: `x12`, `d3`."""
    found: dict[str, Exchange | Delivery] = {f"x{each.number}": each for each in observed.exchanges}
    return found | {f"d{each.number}": each for each in observed.deliveries}


def moment(seconds: float | None) -> str | None:
    """Return unix seconds as ISO 8601 in UTC; None where there is no time."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def times(count: int) -> str:
    """Say how often."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
