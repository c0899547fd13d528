"""What came of a run, or of a look at traffic: the one object that reports are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import attrs

from halopay_kit.contract.exchange import Observed

if TYPE_CHECKING:
    from halopay_kit.contract.finding import Finding

KEPT, BROKEN, DRIFTED = 0, 1, 3
Settled = Literal["settled", "not reachable", "open"]


@attrs.frozen(kw_only=True)
class Check:
    """One line of the summary: an operation, a webhook, or what all share (`envelope`, `header`, `signature`).

    Attributes:
        cases: exchanges or deliveries that were looked at; every one of them either passed, failed or drifted.
        not_reached: why nothing was looked at.
    """

    name: str
    cases: int = 0
    passed: int = 0
    failed: int = 0
    drifted: int = 0
    not_reached: str | None = None


@attrs.frozen(kw_only=True)
class Verdict:
    """What a run says about one entry of the ledger of contradictions.

    Attributes:
        entry: its id, as in `signature-content`.
        settled: `open` where it was probed and the answers say neither the one nor the other.
        says: a sentence: which claim holds on this target, or why it could not be reached.
    """

    entry: str
    subject: str
    settled: Settled
    says: str
    evidence: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Result:
    """What was seen, and what it says about the target and the spec.

    Attributes:
        observed: what was seen.
        findings: what of it is news; sorted, the gravest first.
        accepted: what the baseline accepts.
        checks: the summary, in the order of the spec.
        verdicts: what was learned about the ledger of contradictions.
        met: place → how often a field or value that the spec only infers was met.
        reproduce: finding's id → a command that shows it again, without secrets.
        seed: what makes the same run again; None for traffic.
    """

    observed: Observed
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    met: Mapping[str, int] = attrs.field(factory=dict)
    reproduce: Mapping[str, str] = attrs.field(factory=dict)
    seed: int | None = None

    @property
    def verdict(self) -> Literal["broken", "drift", "kept"]:
        """Say whether the spec is kept, and if not, how grave it is."""
        grades = {finding.grade for finding in self.findings}
        return "broken" if "broken" in grades else "drift" if "drift" in grades else "kept"

    @property
    def exit_code(self) -> int:
        """Return 1 where something is broken, 3 where there is drift and nothing worse, else 0."""
        return {"broken": BROKEN, "drift": DRIFTED, "kept": KEPT}[self.verdict]
