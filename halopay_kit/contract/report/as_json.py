"""The report as JSON, for machines; within one `version` names stay and mean what they mean.

    version      1
    kit          the kit's version
    verdict      kept, broken, drift; exit_code is the command's
    target, live, seed, started, ended, interrupted, calls_planned
    exchanges, deliveries   how many were looked at
    signatures_unjudged     how many of them had not the bytes of the wire
    summary      a list: name, cases, passed, failed, drifted, not_reached
    findings     a list, the gravest first: id, kind, grade, place, pointer, says, seen, count, first_at, evidence (ref,
                 name, status, at), reproduce
    accepted     the same, of what the baseline accepts
    ledger       a list: entry, subject, settled, says, evidence
    met          place → how often a field or value was met that the spec only infers
    unreached    operation or webhook → why nothing of it was looked at
    files        of traffic, a list: file, format, read, exchanges, deliveries, passed, refused, rewritten
    unreadable   sentences: what of the files could not be read

Times are ISO 8601 in UTC; what is not known is null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from halopay_kit.contract.exchange import Delivery, Exchange
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.report.wording import moment, rewritten
from halopay_kit.contract.result import Result

if TYPE_CHECKING:
    from halopay_kit.contract.traffic import Count

VERSION: Final = 1


def document(result: Result, masking: Masking, counts: Sequence[Count] = ()) -> dict[str, Any]:
    """Return the report as JSON values, without secrets."""
    from halopay_kit import __version__

    observed = result.observed
    seen = {each.ref: each for each in observed.seen}
    told = {
        "version": VERSION,
        "kit": __version__,
        "verdict": result.verdict,
        "exit_code": result.exit_code,
        "target": observed.target,
        "live": observed.live,
        "seed": result.seed,
        "started": moment(observed.started),
        "ended": moment(observed.ended),
        "interrupted": observed.interrupted,
        "calls_planned": observed.calls_planned,
        "exchanges": len(observed.exchanges),
        "deliveries": len(observed.deliveries),
        "signatures_unjudged": rewritten(observed),
        "summary": [
            {
                "name": check.name,
                "cases": check.cases,
                "passed": check.passed,
                "failed": check.failed,
                "drifted": check.drifted,
                "not_reached": check.not_reached,
            }
            for check in result.checks
        ],
        "findings": [_finding(each, result, seen) for each in result.findings],
        "accepted": [_finding(each, result, seen) for each in result.accepted],
        "ledger": [
            {
                "entry": verdict.entry,
                "subject": verdict.subject,
                "settled": verdict.settled,
                "says": verdict.says,
                "evidence": list(verdict.evidence),
            }
            for verdict in result.verdicts
        ],
        "met": dict(result.met),
        "unreached": dict(observed.unreached),
        "files": [_file(count) for count in counts],
        "unreadable": list(observed.unreadable),
    }
    masked: dict[str, Any] = masking.value(told)
    return masked


def render(result: Result, masking: Masking, counts: Sequence[Count] = ()) -> bytes:
    """Return the report as it is written to a file."""
    return json.dumps(document(result, masking, counts), indent=2, default=str).encode() + b"\n"


def _finding(finding: Finding, result: Result, seen: Mapping[str, Exchange | Delivery]) -> dict[str, Any]:
    return {
        "id": finding.id,
        "kind": finding.kind,
        "grade": finding.grade,
        "place": finding.place,
        "pointer": finding.pointer,
        "says": finding.says,
        "seen": {name: _plain(value) for name, value in finding.seen.items()},
        "count": finding.count,
        "first_at": moment(finding.first_at),
        "evidence": [_evidence(ref, seen.get(ref)) for ref in finding.evidence],
        "reproduce": result.reproduce.get(finding.id),
    }


def _evidence(ref: str, what: Exchange | Delivery | None) -> dict[str, Any]:
    name = what.operation if isinstance(what, Exchange) else what.webhook if what is not None else None
    status = what.status if isinstance(what, Exchange) else None
    return {"ref": ref, "name": name, "status": status, "at": None if what is None else moment(what.at)}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, sets in order."""
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def _file(count: Count) -> dict[str, Any]:
    return {
        "file": count.file,
        "format": count.format,
        "read": count.read,
        "exchanges": count.exchanges,
        "deliveries": count.deliveries,
        "passed": dict(count.passed),
        "refused": count.refused,
        "rewritten": count.rewritten,
    }
