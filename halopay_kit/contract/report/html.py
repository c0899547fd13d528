"""The report as a page: one file that asks for nothing else, for light and dark, phones, keyboards and paper."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from halopay_kit.contract.exchange import Delivery, Exchange
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.kinds import GRADES
from halopay_kit.contract.report import spec_words
from halopay_kit.contract.report.excerpt import Excerpt, excerpt, shown
from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.report.wording import moment, times, unjudged
from halopay_kit.contract.result import Result
from halopay_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from jinja2 import Environment

    from halopay_kit.contract.traffic import Count

_EXCERPTS: Final = 2  # pieces of evidence that are shown of each finding
_MOST: Final = 400  # findings with excerpts; the rest have their numbers only
_OF_THE_SPEC: Final = ("spec", "expected", "tolerance")  # parts of a finding's `seen`; what else is there, came
_COUNTERPARTS: Final = ("type", "unit", "name")  # the part that came where `spec` says what it should have been
_VERDICTS: Final = {
    "kept": ("The spec is kept", "Nothing was found that breaks a promise of the spec or that it should learn."),
    "broken": ("The spec is not kept", "The target broke what HaloPay's documentation or the spec promises."),
    "drift": (
        "The spec has something to learn",
        "Nothing is broken; the target does more or other than the spec says.",
    ),
}


@attrs.frozen(kw_only=True)
class Card:
    """One finding as the page shows it."""

    number: int
    grade: str
    kind: str
    place: str
    says: str
    often: str
    since: str | None
    expected: Sequence[tuple[str, str]]
    seen: Sequence[tuple[str, str]]
    evidence: str
    excerpts: Sequence[Excerpt]
    again: str | None


def render(result: Result, masking: Masking, counts: Sequence[Count] = ()) -> bytes:
    """Return the page.

    Raises:
        ConfigurationError: jinja2 is not installed.
    """
    from halopay_kit import __version__

    observed = result.observed
    title, meaning = _VERDICTS[result.verdict]
    seen = {each.ref: each for each in observed.seen}
    cards = [_card(number, each, result, seen, masking) for number, each in enumerate(result.findings, 1)]
    accepted = [_card(number, each, result, {}, masking) for number, each in enumerate(result.accepted, 1)]
    values: dict[str, Any] = {
        "version": __version__,
        "verdict": result.verdict,
        "title": title,
        "meaning": meaning,
        "target": observed.target,
        "facts": _facts(result, counts),
        "warnings": _warnings(result),
        "grades": Counter(card.grade for card in cards),
        "grade_names": GRADES,
        "cards": cards,
        "accepted": accepted,
        "checks": result.checks,
        "verdicts": result.verdicts,
        "met": _met(result.met),
        "met_count": len(result.met),
        "counts": counts,
        "unreadable": observed.unreadable,
    }
    return _environment().get_template("report.html").render(_masked(values, masking)).encode("utf-8", "replace")


def _card(
    number: int, finding: Finding, result: Result, seen: Mapping[str, Exchange | Delivery], masking: Masking
) -> Card:
    known = [(ref, seen[ref]) for ref in finding.evidence if ref in seen][:_EXCERPTS] if number <= _MOST else []
    told = {name: shown(value) for name, value in finding.seen.items()}
    what = next((name for name in _COUNTERPARTS if name in told), "spec")
    expected = dict(spec_words.at(finding.pointer))
    expected |= {what if name == "spec" else name: told[name] for name in _OF_THE_SPEC if name in told}
    return Card(
        number=number,
        grade=finding.grade,
        kind=finding.kind,
        place=finding.place,
        says=finding.says,
        often=times(finding.count),
        since=moment(finding.first_at),
        expected=list(expected.items()),
        seen=[(name, text) for name, text in told.items() if name not in _OF_THE_SPEC],
        evidence=", ".join(finding.evidence),
        excerpts=[excerpt(ref, what, finding, masking) for ref, what in known],
        again=result.reproduce.get(finding.id),
    )


def _facts(result: Result, counts: Sequence[Count]) -> list[tuple[str, str]]:
    observed = result.observed
    facts = [
        ("Calls", str(len(observed.exchanges))),
        ("Webhooks", str(len(observed.deliveries))),
        ("From", moment(observed.started) or "not recorded"),
        ("To", moment(observed.ended) or "not recorded"),
    ]
    if observed.calls_planned is not None:
        facts.append(("Planned", f"{observed.calls_planned} calls"))
    if result.seed is not None:
        facts.append(("Seed", str(result.seed)))
    if counts:
        facts.append(("Entries read", str(sum(count.read for count in counts))))
    return facts


def _warnings(result: Result) -> list[str]:
    observed = result.observed
    said = []
    if observed.live:
        said.append("This was a live HaloPay.")
    if observed.interrupted:
        said.append("The run was interrupted; this is what it saw until then.")
    if sentence := unjudged(observed):
        said.append(sentence)
    if observed.unreadable:
        said.append(f"{len(observed.unreadable)} entries could not be read; they are listed below.")
    return said


def _met(met: Mapping[str, int]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the guesses that were met, by operation or webhook."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for place, count in met.items():
        parts = place.split(".")
        owner = ".".join(parts[:2]) if len(parts) > 2 else parts[0]
        groups.setdefault(owner, []).append((place.removeprefix(f"{owner}."), count))
    return list(groups.items())


def _masked(value: Any, masking: Masking) -> Any:
    """Mask every string of the page's values; the template's own words stay."""
    if isinstance(value, str):
        return masking.text(value)
    if isinstance(value, Counter):
        return value
    if isinstance(value, dict):
        return {name: _masked(inner, masking) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner, masking) for inner in value]
    if attrs.has(type(value)):
        fields = [field.name for field in attrs.fields(type(value))]
        return {name: _masked(getattr(value, name), masking) for name in fields}
    return value


@functools.cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise ConfigurationError(
            "the report's page needs jinja2", advice="pip install 'halopay-kit[contract]'"
        ) from error
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
