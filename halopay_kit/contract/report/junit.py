"""The report as JUnit XML, which CI systems read: one test case for each operation and group of checks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from halopay_kit.contract.finding import Finding
from halopay_kit.contract.kinds import KINDS
from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.report.wording import moment, times, unjudged
from halopay_kit.contract.result import Result

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # for XML 1.0
# Which groups of checks may find something where; what is found elsewhere all the same has a case of its own.
_OPERATION: Final = ("fields", "values", "relations", "data", "outcome")
_WEBHOOK: Final = ("fields", "values", "relations", "order of events")
_SHARED: Final = {
    "envelope": ("fields", "values", "envelope"),
    "header": ("headers", "values", "freshness"),
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
    if sentence := unjudged(observed):
        said.append(sentence)
    if said:
        ET.SubElement(suite, "system-err").text = _fit(masking.text("\n".join(said)))
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _cases(result: Result) -> Iterator[tuple[str, str, list[Finding], str | None]]:
    """Yield owner, group, what was found there, and why it was not reached."""
    why_not = {check.name: check.not_reached for check in result.checks}
    if result.observed.seen:
        why_not = {**why_not, **{name: why_not.get(name) for name in _SHARED}}
    of: dict[tuple[str, str], list[Finding]] = {}
    for finding in (*result.findings, *result.accepted):
        owner = finding.owner(why_not) or finding.place.partition(".")[0]
        of.setdefault((owner, KINDS[finding.kind].group), []).append(finding)
    for name, why in why_not.items():
        for group in _groups_of(name):
            found = of.pop((name, group), [])
            yield name, group, found, None if found else why
    for (name, group), found in of.items():
        yield name, group, found, None


def _groups_of(name: str) -> Sequence[str]:
    return _SHARED.get(name, _WEBHOOK if name.startswith("webhook.") else _OPERATION)


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
