"""What goes wrong on purpose: rules that hit calls and webhooks, by count or by probability.

`box.faults.add("payout.create", cut_after=1)`, or as text `payout.create:cut_after=1`. A name is an operation, one of
`webhook.payment`, `webhook.payout`, `webhook.payment_qr_code`, or `*` for all of them. A kind's value says how many
times it hits, and without one it hits every time; `delay`, `hidden` and `late` take a span of time. Options of a rule:
`count` (how many times in all), `probability` (of each hit, drawn from the seed), `status` (of error_before and
error_after). All rules of a name apply together, their kinds always in the order of `KINDS`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import attrs

from halopay_api.operations import OPERATIONS
from halopay_api.policy import WEBHOOK_ROUTES
from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.business.chance import Chance
from halopay_kit.sandbox.clock import seconds

On = Literal["call", "creation", "webhook", "both"]


@attrs.frozen
class Kind:
    """One thing that goes wrong: where, whether its value is a span of time, and what happens.

    A `creation` is a call that makes an order or a payout.
    """

    name: str
    on: On
    meaning: str
    span: bool = False


# Also the order in which several of them are applied to one call or webhook.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("cut_before", "call", "no work; the connection is closed without an answer"),
            Kind("error_before", "call", "no work; an unsigned 5xx"),
            Kind("frequent", "call", "no work; a signed 20009"),
            Kind("failed_after", "call", "the work is done; a signed 10002 says that it is not"),
            Kind("delay", "call", "the work is done at once, its answer or the cut comes later", span=True),
            Kind("hidden", "creation", "the work is done; queries do not know it for that long", span=True),
            Kind("error_after", "call", "the work is done; an unsigned 5xx"),
            Kind("not_json", "call", "the work is done; an unsigned page of HTML with status 200"),
            Kind("early", "webhook", "what is created is paid, and told, before the answer to its creation"),
            Kind("lost", "webhook", "never sent"),
            Kind("doubled", "webhook", "sent twice"),
            Kind("reordered", "webhook", "sent after the next one"),
            Kind("late", "webhook", "sent that much later", span=True),
            Kind("stale", "both", "signed with a time of an hour ago"),
            Kind("wrong_signature", "both", "signed with another key"),
            Kind("no_signature", "both", "without X-Sign"),
            Kind("truncated", "call", "the work is done; half of the answer, then the connection is closed"),
            Kind("cut_after", "call", "the work is done; the connection is closed without an answer"),
        )
    }
)
WEBHOOKS = tuple(sorted(f"webhook.{route.webhook.replace('-', '_')}" for route in WEBHOOK_ROUTES))
NAMES = (*OPERATIONS, *WEBHOOKS, "*")
CREATIONS = ("entrust.pre_create", "order.create", "payout.create")
OPTIONS = ("count", "probability", "status")

_NOTHING: Mapping[str, object] = MappingProxyType({})
_FORM = "A fault reads NAME:KIND=VALUE,KIND=VALUE, such as payout.create:cut_after=1."
_DEFAULT_STATUS = 502


@attrs.define
class _Hit:
    value: object
    left: int | None


@attrs.define(kw_only=True)
class _Rule:
    name: str
    hits: dict[str, _Hit]
    left: int | None
    probability: float | None
    status: int | None

    def __str__(self) -> str:
        said = [_said(kind, hit) for kind, hit in self.hits.items() if hit.left != 0]
        options = {"count": self.left, "probability": self.probability, "status": self.status}
        said += [f"{name}={value}" for name, value in options.items() if value is not None]
        return f"{self.name}:{','.join(said)}"

    @property
    def over(self) -> bool:
        return self.left == 0 or all(hit.left == 0 for hit in self.hits.values())

    def strike(self, kinds: Sequence[str], chance: Chance) -> Mapping[str, object]:
        """Return what hits of these kinds, and count it down."""
        due = [kind for kind in kinds if kind in self.hits and self.hits[kind].left != 0]
        if not due or self.left == 0 or (self.probability is not None and chance.fault() >= self.probability):
            return _NOTHING
        self.left = self.left and self.left - 1
        for kind in due:
            hit = self.hits[kind]
            hit.left = hit.left and hit.left - 1
        return {kind: self.hits[kind].value for kind in due}


class Faults:
    """The rules of one sandbox; iterating gives what is left of them, as text. Any thread may call the methods."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []

    def add(self, name: str, *, probability: float | None = None, **kinds: object) -> None:
        """Let something go wrong: `add("payout.create", cut_after=1)`, `add("*", delay="2s", probability=0.1)`.

        Raises:
            ConfigurationError: a name, kind or value that there is not; it names those that there are.
        """
        rule = _rule(name, {**kinds, "probability": probability})
        with self._lock:
            self._rules = [*self._rules, rule]

    def add_text(self, text: str) -> None:
        """Add a rule in its text form.

        Raises:
            ConfigurationError: as `add`, or the text is no rule.
        """
        if not isinstance(text, str):
            raise ConfigurationError("a fault is a text like payout.create:cut_after=1")
        name, values = parse(text)
        rule = _rule(name, values)
        with self._lock:
            self._rules = [*self._rules, rule]

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._rules = []

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter([str(rule) for rule in self._rules])

    def __len__(self) -> int:
        return len(self._rules)

    def on_call(self, operation: str) -> Mapping[str, object]:
        """Return the kinds that hit this call, counted down: True, seconds of `delay`, or the status of an error."""
        return self._strike(operation, _ON_CALLS if operation in CREATIONS else _ON_READS) if self._rules else _NOTHING

    def on_webhook(self, name: str) -> Mapping[str, object]:
        """Return the kinds that hit this event, counted down: True, or seconds of `late`; `early` is told elsewhere."""
        return self._strike(_webhook(name), _ON_WEBHOOKS) if self._rules else _NOTHING

    def on_creation(self, name: str) -> bool:
        """Say whether what was just created is to be paid, and its webhook sent, before the answer."""
        return bool(self._rules and self._strike(_webhook(name), ("early",)))

    def _strike(self, name: str, kinds: Sequence[str]) -> Mapping[str, object]:
        found: dict[str, object] = {}
        with self._lock:
            for rule in self._rules:
                if rule.name in {name, "*"}:
                    for kind, value in rule.strike(kinds, self._chance).items():
                        span = isinstance(value, float) and KINDS[kind].span
                        found[kind] = found.get(kind, 0.0) + value if span else value  # type: ignore[operator]
            self._rules = [rule for rule in self._rules if not rule.over]
        return {kind: found[kind] for kind in kinds if kind in found}


_ON_CALLS = tuple(kind.name for kind in KINDS.values() if kind.on != "webhook")
_ON_READS = tuple(name for name in _ON_CALLS if KINDS[name].on != "creation")
_ON_WEBHOOKS = tuple(kind.name for kind in KINDS.values() if kind.on in {"webhook", "both"} and kind.name != "early")


def parse(text: str) -> tuple[str, dict[str, object]]:
    """Return name and values of a rule in its text form; `Faults.add` judges them.

    Raises:
        ConfigurationError: the text does not have the form.
    """
    name, colon, rest = text.partition(":")
    if not colon or not name.strip() or not rest.strip():
        raise ConfigurationError(f"{text!r} is no fault", advice=_FORM)
    values: dict[str, object] = {}
    for part in rest.split(","):
        kind, equals, value = (piece.strip() for piece in part.partition("="))
        if not kind or (equals and not value):
            raise ConfigurationError(f"{text!r} is no fault: a kind or a value is missing", advice=_FORM)
        if kind in values:
            raise ConfigurationError(f"{text!r} says {kind} twice")
        values[kind] = _value(value) if equals else True
    return name.strip(), values


def kinds_of(name: str) -> tuple[str, ...]:
    """Return the kinds that a name takes, in the order in which they are applied."""
    if name == "*":
        return tuple(KINDS)
    on = {"both", "webhook" if name in WEBHOOKS else "call"} | ({"creation"} if name in CREATIONS else set())
    return tuple(kind.name for kind in KINDS.values() if kind.on in on)


def _rule(name: str, values: Mapping[str, object]) -> _Rule:
    if name not in NAMES:
        raise ConfigurationError(f"there is no {name!r} that could go wrong", advice=f"There is {', '.join(NAMES)}.")
    takes = kinds_of(name)
    wrong = [value for value in values if value not in takes and value not in OPTIONS]
    if wrong:
        advice = f"It takes {', '.join(takes)}, and with them {', '.join(OPTIONS)}."
        raise ConfigurationError(f"{wrong[0]!r} is no fault of {name}", advice=advice)
    count, probability, status = (values.get(option) for option in OPTIONS)
    if status is not None and not {"error_before", "error_after"} & set(values):
        raise ConfigurationError("status is for error_before and error_after")
    code = _DEFAULT_STATUS if status is None else _status(status)
    hits = {kind: _hit(KINDS[kind], values[kind], code) for kind in takes if kind in values}
    if not hits:
        raise ConfigurationError(f"what goes wrong with {name} is not said", advice=f"Say {', '.join(takes)}.")
    return _Rule(
        name=name,
        hits=hits,
        left=None if count is None else _times("count", count),
        probability=None if probability is None else _probability(probability),
        status=None if status is None else code,
    )


def _hit(kind: Kind, value: object, status: int) -> _Hit:
    if kind.span:
        try:
            span = seconds(value)  # type: ignore[arg-type]  # it judges any value
        except ConfigurationError:
            span = 0.0
        if not span:
            raise ConfigurationError(f"{kind.name} is a span of time, such as 2s or 1h30m") from None
        return _Hit(span, None)
    made = status if kind.name.startswith("error_") else True
    return _Hit(made, None if value is True else _times(kind.name, value))


def _times(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"{name} says how many times: a whole number of at least 1")
    return value


def _probability(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
        raise ConfigurationError("probability is a number above 0 and up to 1")
    return float(value)


def _status(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 500 <= value <= 599:
        raise ConfigurationError("status is a whole number from 500 to 599")
    return value


def _value(text: str) -> object:
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _webhook(name: str) -> str:
    return f"webhook.{name.removeprefix('webhook.').replace('-', '_')}"


def _said(kind: str, hit: _Hit) -> str:
    if KINDS[kind].span:
        return f"{kind}={hit.value:g}s"
    return kind if hit.left is None else f"{kind}={hit.left}"
