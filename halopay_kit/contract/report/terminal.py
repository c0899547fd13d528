"""The report as lines of a terminal: the summary by operation, then what was found, the gravest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal

import attrs

from halopay_kit.contract.finding import Finding
from halopay_kit.contract.kinds import GRADES
from halopay_kit.contract.report import spec_words
from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.report.wording import moment, times, unjudged
from halopay_kit.contract.result import Check, Result

if TYPE_CHECKING:
    from halopay_kit.contract.traffic import Count

Tone = Literal["plain", "head", "good", "broken", "drift", "note", "dim"]
_MARKS: Final = {"broken": "✗", "drift": "~", "note": "·"}
_VERDICTS: Final[dict[str, tuple[Tone, str]]] = {
    "kept": ("good", "✓ The spec is kept."),
    "broken": ("broken", "✗ The spec is not kept."),
    "drift": ("drift", "~ Nothing is broken; the spec has something to learn."),
}
_HEAD: Final = ("", "cases", "passed", "failed", "drifted", "")
_SPEC: Final = ("type", "format", "values", "presence", "known from", "source")


@attrs.frozen
class Line:
    """One line and how it is meant."""

    text: str
    tone: Tone = "plain"


def lines(result: Result, masking: Masking, counts: Sequence[Count] = ()) -> Iterator[Line]:
    """Yield the report's lines, without secrets and without what could steer a terminal."""
    for line in _lines(result, counts):
        text = masking.text(line.text)
        yield Line("".join(each if each.isprintable() else " " for each in text), line.tone)


def _lines(result: Result, counts: Sequence[Count]) -> Iterator[Line]:
    observed = result.observed
    yield Line(observed.target + (" (live)" if observed.live else ""), "head")
    yield from _files(counts)
    yield from _summary(result.checks)
    yield Line("")
    for finding in result.findings:
        yield from _finding(finding, result)
    for verdict in result.verdicts:
        if verdict.settled == "settled":
            yield Line(f"Ledger, {verdict.subject}: {verdict.says}")
    yield from _aside(result)
    tone, text = _VERDICTS[result.verdict]
    told = Counter(finding.grade for finding in result.findings)
    numbers = ", ".join(f"{told[grade]} {grade if grade != 'note' else 'noted'}" for grade in GRADES if told[grade])
    yield Line(text + (f" {numbers}." if numbers else ""), tone)


def _files(counts: Sequence[Count]) -> Iterator[Line]:
    for count in counts:
        parts = [f"{count.exchanges} exchanges", f"{count.deliveries} webhooks"]
        parts += [f"{number} passed over ({reason})" for reason, number in count.passed.items()]
        parts += [f"{count.refused} refused"] if count.refused else []
        yield Line(f"  {count.file}: {count.format}, {count.read} entries: {', '.join(parts)}", "dim")


def _summary(checks: Sequence[Check]) -> Iterator[Line]:
    rows = [_HEAD, *(_row(check) for check in checks)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row, check in zip(rows, (None, *checks), strict=True):
        numbers = "  ".join(text.rjust(width) for text, width in zip(row[1:5], widths[1:], strict=True))
        text = f"  {_mark(check)} {row[0].ljust(widths[0])}  {numbers}  {row[5]}".rstrip()
        yield Line(text, "head" if check is None else _tone(check))


def _row(check: Check) -> tuple[str, ...]:
    if check.not_reached is not None:
        return (check.name, "", "", "", "", f"not reached: {check.not_reached}")
    return (check.name, str(check.cases), str(check.passed), str(check.failed), str(check.drifted), "")


def _mark(check: Check | None) -> str:
    if check is None or check.not_reached is not None:
        return " " if check is None else "-"
    return "✗" if check.failed else "~" if check.drifted else "✓"


def _tone(check: Check) -> Tone:
    if check.not_reached is not None:
        return "dim"
    return "broken" if check.failed else "drift" if check.drifted else "plain"


def _finding(finding: Finding, result: Result) -> Iterator[Line]:
    yield Line(f"{_MARKS[finding.grade]} {finding.grade}  {finding.kind}  {finding.place}", finding.grade)
    yield Line(f"    {finding.says}")
    since = moment(finding.first_at)
    seen = f"    seen {times(finding.count)}" + (f", first {since}" if since else "")
    yield Line(seen + (f"; evidence {' '.join(finding.evidence)}" if finding.evidence else ""), "dim")
    spec = [text for label, text in spec_words.at(finding.pointer) if label in _SPEC]
    if spec:
        yield Line(f"    spec: {'; '.join(spec)}", "dim")
    if finding.id in result.reproduce:
        yield Line(f"    again: {result.reproduce[finding.id]}", "dim")
    yield Line("")


def _aside(result: Result) -> Iterator[Line]:
    observed = result.observed
    if result.met:
        yield Line(f"Fields and values that the spec only infers and that were met: {len(result.met)}.", "dim")
    if result.accepted:
        what = "finding is" if len(result.accepted) == 1 else "findings are"
        yield Line(f"{len(result.accepted)} {what} accepted by the baseline.", "dim")
    if sentence := unjudged(observed):
        yield Line(sentence, "drift")
    if observed.interrupted:
        yield Line("The run was interrupted; this is what it saw until then.", "drift")
    for sentence in observed.unreadable:
        yield Line(f"Not read: {sentence}", "drift")
