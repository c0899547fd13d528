"""The report as JUnit XML, which CI systems read: one test case for each operation and group of checks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from halopay_kit.contract.finding import Finding
from halopay_kit.contract.report.grouping import (
    by_gravity,
    group_of,
    moment,
    owner_of,
    times,
    unjudged,
)
from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.result import Check, Result

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # for XML 1.0
_ANSWER: Final = ("fields", "values", "relations", "data", "envelope", "outcome", "headers", "signature")
_WEBHOOK: Final = ("fields", "values", "headers", "signature", "order of events")
# Groups of what all operations and webhooks share.
_SHARED: Final = {
    "envelope": ("fields", "values", "envelope"),
    "header": ("headers",),
    "signature": ("signature",),
}


def render(result: Result, masking: Masking) -> bytes:
    """Return the report. Broken promises and drift are failures, of the type `broken` or `drift`."""
    cases = list(_cases(result))
    accepted = {finding.id for finding in result.accepted}
    failed = sum(bool(_grave(found, accepted)) for _, _, found, _ in cases)
    skipped = sum(why is not None for _, _, _, why in cases)
    observed = result.observed
    seconds = f"{max(0.0, observed.ended - observed.started):.3f}"
    told = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "skipped": str(skipped), "time": seconds}
    root = ET.Element("testsuites", {"name": "halopay contract", **told})
    suite = ET.SubElement(
        root, "testsuite", {"name": _fit(masking.text(f"halopay contract: {observed.target}")), **told}
    )
    if started := moment(observed.started):
        suite.set("timestamp", started.removesuffix("Z"))
    for owner, group, found, why in cases:
        case = ET.SubElement(suite, "testcase", {"classname": _fit(masking.text(owner)), "name": group, "time": "0"})
        _fill(case, found, why, result, masking)
    said = [*observed.unreadable]
    if number := unjudged(observed):
        said.append(f"The signatures of {number} messages were not judged: their bytes are not those of the wire.")
    if said:
        ET.SubElement(suite, "system-err").text = _fit(masking.text("\n".join(said)))
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _cases(result: Result) -> Iterator[tuple[str, str, list[Finding], str | None]]:
    """Yield owner, group, what was found there, and why it was not reached."""
    findings = (*result.findings, *result.accepted)
    names = [check.name for check in result.checks]
    of: dict[tuple[str, str], list[Finding]] = {}
    for finding in by_gravity(findings):
        of.setdefault((owner_of(finding, names), group_of(finding)), []).append(finding)
    for check in result.checks:
        for group in _groups_of(check):
            found = of.pop((check.name, group), [])
            yield check.name, group, found, None if found else check.not_reached
    for (name, group), found in of.items():
        yield name, group, found, None


def _groups_of(check: Check) -> Sequence[str]:
    if check.name in _SHARED:
        return _SHARED[check.name]
    return _WEBHOOK if check.name.startswith("webhook.") else _ANSWER


def _grave(findings: Sequence[Finding], accepted: Collection[str]) -> list[Finding]:
    return [finding for finding in findings if finding.grade != "note" and finding.id not in accepted]


def _fill(case: ET.Element, found: Sequence[Finding], why: str | None, result: Result, masking: Masking) -> None:
    if why is not None:
        ET.SubElement(case, "skipped", {"message": _fit(masking.text(f"not reached: {why}"))})
        return
    accepted = {finding.id for finding in result.accepted}
    aside = []
    grave = _grave(found, accepted)
    if grave:
        first = grave[0]
        failure = ET.SubElement(
            case, "failure", {"type": first.grade, "message": _fit(masking.text(f"{first.kind}: {first.says}"))}
        )
        failure.text = _fit(masking.text("\n\n".join(_told(finding, result) for finding in grave)))
    for finding in found:
        if finding in grave:
            continue
        word = "accepted" if finding.id in accepted else finding.grade
        aside.append(f"{word}: {_told(finding, result)}")
    if aside:
        ET.SubElement(case, "system-out").text = _fit(masking.text("\n\n".join(aside)))


def _told(finding: Finding, result: Result) -> str:
    lines = [
        f"{finding.grade} {finding.kind} at {finding.place}: {finding.says}",
        f"seen {times(finding.count)}; evidence: {', '.join(finding.evidence) or 'none'}",
    ]
    if finding.id in result.reproduce:
        lines.append(f"again: {result.reproduce[finding.id]}")
    return "\n".join(lines)


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
