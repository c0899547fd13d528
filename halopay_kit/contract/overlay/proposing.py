"""Findings, and what was met as guessed → an overlay."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from halopay_kit.connection import is_loopback
from halopay_kit.contract.overlay import manual, raising, remedies
from halopay_kit.contract.overlay.desk import Desk
from halopay_kit.contract.overlay.document import Overlay
from halopay_kit.errors import OverlayRefused

if TYPE_CHECKING:
    from halopay_kit.contract.exchange import Observed
    from halopay_kit.contract.finding import Finding
    from halopay_kit.contract.result import Result

Judge = Callable[[Mapping[str, Any]], Sequence["Finding"]]
"""Judges what was seen by another spec."""

_ROUNDS = 4
_GRADES = frozenset({"broken", "drift"})


def propose(
    result: Result,
    *,
    on: date | None = None,
    document: Mapping[str, Any] | None = None,
    judge: Judge | None = None,
) -> Overlay:
    """Return the corrections that make the spec say what was seen, and what a person has to do besides.

    Each round judges what was seen by the corrected spec, so that what one correction brings to light gets the next,
    and what is left at the end is told. What was met as guessed is no guess any more, unless a sandbox was looked at:
    it has its answers from this very spec.

    Args:
        result: what came of a run or of traffic.
        on: the day that corrected lines carry; that of the last thing seen.
        document: the spec, the bundled one where none is given.
        judge: how to judge again.
    """
    observed = result.observed
    desk = Desk(document or bundled(), on or datetime.fromtimestamp(observed.ended, UTC).date())
    accepted = {finding.id for finding in result.accepted}
    left = _corrected(desk, result.findings, accepted, judge or _judge(observed, result.findings))
    for finding, reason in left.values():
        found = finding.says if reason is None else f"{finding.says} Not for an overlay: {reason}."
        desk.remark(finding.place, found, manual.advice(finding.kind), finding.evidence)
    if is_evidence(observed):
        raising.raise_guesses(desk, result.met)
    return Overlay(
        title="What was observed beyond the spec",
        version=desk.mark["x-source"].partition("#")[2],
        description=_description(observed),
        target=observed.target,
        actions=tuple(desk.actions),
        manual=tuple(desk.remarks),
    )


def bundled() -> dict[str, Any]:
    """Return the spec that the generated code was made from."""
    found: dict[str, Any] = json.loads(files("halopay_api").joinpath("openapi.json").read_text("utf-8"))
    return found


def is_evidence(observed: Observed) -> bool:
    """Say whether HaloPay itself was seen: a live target, or traffic that is not with this machine."""
    hosts = [urlsplit(exchange.url).hostname or "" for exchange in observed.exchanges]
    if observed.live:
        return True
    return observed.target.startswith("traffic") and not any(map(is_loopback, hosts))


def _corrected(
    desk: Desk, findings: Sequence[Finding], accepted: set[str], judge: Judge | None
) -> Mapping[str, tuple[Finding, str | None]]:
    """Correct round by round; return what is left, each with the reason why it cannot be corrected."""
    from halopay_kit.contract.kinds import KINDS

    reasons: dict[str, str] = {}
    tried: set[str] = set()
    for _ in range(_ROUNDS):
        begun = len(desk.actions)
        news = [each for each in findings if each.grade in _GRADES and each.id not in accepted]
        remedied = [(each, KINDS[each.kind].remedy if each.kind in KINDS else None) for each in news]
        for finding, remedy in sorted(remedied, key=lambda pair: remedies.rank(pair[1])):
            if remedy is None or finding.id in tried:
                continue
            tried.add(finding.id)
            try:
                remedies.correct(desk, finding, remedy)
            except OverlayRefused as refused:
                reasons[finding.id] = refused.problem
        if judge is None:
            findings = [each for each in news if each.id not in tried or each.id in reasons]
            break
        if len(desk.actions) == begun:
            break
        findings = judge(desk.document)
    return {
        each.id: (each, reasons.get(each.id)) for each in findings if each.grade in _GRADES and each.id not in accepted
    }


def _judge(observed: Observed, findings: Sequence[Finding]) -> Judge | None:
    """Return a judge without a key: it is none where signatures decided what was looked at, or nothing was seen."""
    if not (observed.exchanges or observed.deliveries) or any(each.place == "signature" for each in findings):
        return None

    def judge(document: Mapping[str, Any]) -> Sequence[Finding]:
        from halopay_kit.contract.judge import Spec, look

        return look(observed, app_key=None, spec=Spec.of(document)).findings

    return judge


def _description(observed: Observed) -> str:
    seen = f"{len(observed.exchanges)} calls and {len(observed.deliveries)} webhooks of {observed.target}"
    if is_evidence(observed):
        return f"From {seen}."
    return (
        f"From {seen}, which is not HaloPay: apply it to try things out, not to the spec that you rely on. What was "
        "met as guessed is left as it is."
    )
