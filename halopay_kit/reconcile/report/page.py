"""The result as one file that asks for nothing else: for light and dark, phones, keyboards, paper, without scripts."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import attrs
from markupsafe import Markup, escape

from halopay_kit.reconcile.classes import CLASSES, SEVERITIES, BreakClass
from halopay_kit.reconcile.report import charts, wording
from halopay_kit.reconcile.report.island import island
from halopay_kit.reconcile.report.wording import AGES, MINUS, UNKNOWN_AGE, count, money, several
from halopay_kit.reconcile.result import Break, Result, moment, name_of
from halopay_kit.reconcile.rollforward import RollForward
from halopay_kit.reconcile.sentences import plain

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE: Final = 100  # rows that are seen at once, and without scripts
_DIGITS: Final = 80  # sums of DECIMAL(38, 18) are exact; Python's default of 28 digits rounds them
_NOTHING: Final = "base-uri 'none'; form-action 'none'"
_EXPLAINING: Final = 10  # breaks that are named beside a balance's rest


@attrs.frozen(kw_only=True)
class ClassRow:
    """One class of break as the page sums it up."""

    about: BreakClass
    number: int
    new: int
    oldest: float | None
    at_stake: Sequence[tuple[str, Decimal]]
    bar: Markup


@attrs.frozen(kw_only=True)
class Currency:
    """One currency's roll-forward, step by step: sign, label, amount, bar."""

    name: str
    app_id: str | None
    steps: Sequence[tuple[str, str, Decimal, Markup]]
    rest: Decimal
    explaining: Sequence[Break]
    more: int


def html(result: Result) -> str:
    """Return the page."""
    with localcontext(prec=_DIGITS):
        return _html(result)


def _html(result: Result) -> str:
    css, js = (
        resources.files(__package__).joinpath("templates", f"report.{kind}").read_text("utf-8")
        for kind in ("css", "js")
    )
    resolved = result.resolved or ()
    groups = [("breaks", result.breaks), ("timing", result.timing), ("resolved", resolved)]
    shown: Sequence[Break] = result.breaks[:PAGE]
    values: dict[str, Any] = {
        "result": result,
        "css": Markup(css),  # noqa: S704  # ours
        "js": Markup(js),  # noqa: S704  # ours
        "policy": f"default-src 'none'; style-src '{_hash(css)}'; script-src '{_hash(js)}'; {_NOTHING}",
        "verdict": _verdict(result),
        "tone": "kept" if result.is_clean and result.subjects else "broken" if result.breaks else "drift",
        "said": _said(result),
        "severities": Counter(each.severity for each in result.breaks),
        "names": SEVERITIES,
        "news": Counter(each.news for each in result.breaks),
        "stakes_of": _stakes(result),
        "whole": charts.stacked([("clean", result.clean), ("other", result.subjects - result.clean)], result.subjects),
        "classes": _classes(result.breaks, result.resolved is not None),
        "timing": _classes(result.timing, result.resolved is not None),
        "resolved": _classes(resolved, False),
        "ages": _ages(result.breaks),
        "days": charts.days([each.at for each in result.breaks if each.at is not None]),
        "currencies": [_currency(each, result) for each in result.roll_forward],
        "shown": shown,
        "page": PAGE,
        "all": sum(len(breaks) for _, breaks in groups),
        "island": island(groups, PAGE),
        "facts": _facts(result),
    }
    text = _environment().get_template("report.html").render(values)
    return text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _verdict(result: Result) -> str:
    what = several(result.subjects, "order, payout or payment", "orders, payouts and payments")
    agree = f"{count(result.clean)} of {what} at HaloPay match to the last digit"
    if result.breaks:
        return f"{several(len(result.breaks), 'break needs', 'breaks need')} somebody; {agree}"
    if not result.subjects:
        return "There was nothing at HaloPay to compare with"
    if result.timing:
        return f"Nothing needs anybody; {agree}"
    return f"Everything matches to the last digit: {what} at HaloPay"


def _said(result: Result) -> list[str]:
    said = []
    if result.timing:
        young = several(len(result.timing), "difference is", "differences are")
        selves = "itself" if len(result.timing) == 1 else "themselves"
        said.append(f"{young} younger than {_window(result)} and may resolve by {selves}.")
    if result.resolved is not None:
        news = Counter(each.news for each in result.breaks)
        said.append(
            f"Since the previous run {count(news['new'])} new, {count(news['aged'])} aged, "
            f"{count(len(result.resolved))} resolved."
        )
    off = [each for each in result.roll_forward if each.rest]
    if off:
        said.append(f"{several(len(off), 'balance has', 'balances have')} an unexplained rest.")
    elif result.roll_forward:
        said.append("Every balance comes out to the last digit.")
    return said


def _window(result: Result) -> str:
    days = result.settings.window / wording.DAY
    return "1 day" if days == 1 else f"{days:g} days" if days >= 1 else f"{days * 24:g} hours"


def _stakes(result: Result) -> list[tuple[str, Decimal, int, Markup]]:
    """Return money at stake by currency, each with its number of breaks, by severity."""
    found: dict[str, Counter[str]] = {}
    for each in result.breaks:
        found.setdefault(name_of(each), Counter())[each.severity] += 1
    most = max((numbers.total() for numbers in found.values()), default=0)
    return [
        (name, amount, found[name].total(), charts.stacked([(each, found[name][each]) for each in SEVERITIES], most))
        for name, amount in result.at_stake.items()
    ]


def _classes(breaks: Sequence[Break], compared: bool) -> list[ClassRow]:
    groups: dict[str, list[Break]] = {}
    for each in breaks:
        groups.setdefault(each.class_, []).append(each)
    most = max(map(len, groups.values()), default=0)
    found = []
    for name in sorted(groups, key=lambda name: (SEVERITIES.index(CLASSES[name].severity), list(CLASSES).index(name))):
        mine, about = groups[name], CLASSES[name]
        found.append(
            ClassRow(
                about=about,
                number=len(mine),
                new=sum(each.news == "new" for each in mine) if compared else 0,
                oldest=max((each.age for each in mine if each.age is not None), default=None),
                at_stake=_sums(mine),
                bar=charts.stacked([(about.severity, len(mine))], most),
            )
        )
    return found


def _sums(breaks: Iterable[Break]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = {}
    for each in breaks:
        name = name_of(each)
        sums[name] = sums.get(name, Decimal(0)) + each.at_stake
    return sorted(sums.items())


def _ages(breaks: Iterable[Break]) -> list[tuple[str, Counter[str], Markup]]:
    found: dict[str, Counter[str]] = {each.label: Counter() for each in AGES}
    for each in breaks:
        found.setdefault(wording.ageing(each.age), Counter())[each.severity] += 1
    most = max((numbers.total() for numbers in found.values()), default=0)
    return [
        (label, numbers, charts.stacked([(each, numbers[each]) for each in SEVERITIES], most))
        for label, numbers in found.items()
        if numbers or label != UNKNOWN_AGE
    ]


def _currency(each: RollForward, result: Result) -> Currency:
    moves = [
        ("+", "Collected", each.collected),
        (MINUS, "Fees", -each.fees),
        (MINUS, "Payouts", -each.payouts),
        (MINUS, "Fees of payouts", -each.payout_fees),
    ]
    levels = [Decimal(0), each.opening]
    for _, _, change in moves:
        levels.append(levels[-1] + change)
    low, high = min((*levels, each.closing)), max((*levels, each.closing))
    steps = [("", f"Opening, {moment(each.opened_at)} UTC", each.opening, _level(each.opening, low, high))]
    for place, (sign, label, change) in enumerate(moves, 1):
        tone = "less" if change < 0 else "more"
        steps.append((sign, label, abs(change), charts.step(tone, levels[place], levels[place + 1], low, high)))
    steps.append(("=", "Expected", each.expected, _level(each.expected, low, high)))
    steps.append(
        ("", f"Balance at HaloPay, {moment(each.closed_at)} UTC", each.closing, _level(each.closing, low, high))
    )
    if each.rounding:
        steps.append(("", "Explained by HaloPay's rounding of fees", each.rounding, Markup("")))
    known: Mapping[str, Break] = {one.id: one for one in (*result.breaks, *result.timing)} if each.explained_by else {}
    explaining = [known[one] for one in each.explained_by if one in known]
    return Currency(
        name=name_of(each),
        app_id=each.app_id,
        steps=steps,
        rest=each.rest,
        explaining=explaining[:_EXPLAINING],
        more=max(0, len(explaining) - _EXPLAINING),
    )


def _level(amount: Decimal, low: Decimal, high: Decimal) -> Markup:
    return charts.step("level", Decimal(0), amount, low, high)


def _facts(result: Result) -> list[tuple[str, str]]:
    settings = result.settings
    return [
        ("As of", f"{moment(result.as_of)} UTC"),
        ("Engine", result.engine),
        ("Version", f"halopay-kit {result.version}"),
        ("Window for timing differences", _window(result)),
        ("Fee expected", f"{plain(settings.expected_rate * 100)}% of what is collected"),
        ("Fee borne by", settings.fee_bearer),
        ("Tolerance of a booked fee", f"{plain(settings.fee_tolerance)} of a token"),
        ("Times without a zone", settings.timezone or "refused"),
    ]


def _code(text: str) -> Markup:
    """Set what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(each) if n % 2 else escape(each) for n, each in enumerate(parts)
    )


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "age": wording.age,
        "code": _code,
        "currency": name_of,
        "exact": lambda amount: "" if amount is None else plain(amount),
        "moment": moment,
        "money": money,
        "number": count,
    }
    environment.globals |= {"share": wording.share}
    return environment
