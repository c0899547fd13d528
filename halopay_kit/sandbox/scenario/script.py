"""The text of a scenario: YAML, read strictly, every error named by its file, step and key.

Values are texts, whole numbers, true, false and null; 12.5 is the text "12.5", so that no amount becomes a float.

A file has `about` and `steps`, and may have `seed`, `start` (the clock stands still there), `unknowns`, `faults`,
`drift`, `receiver` and `payouts_settle_after`. A step is one of `VERBS`, with the keys that stand there:

    call: order.create          with: fields; clock: 5m ahead of the sandbox's, or -5m; as: name; expect: an answer
    pay: T1, or fields          as: name; expect: fields of the order
    expire | settle | fail: T1  as: name; expect: fields
    fund: {currency_id: 75, amount: "5"}
    advance: 3h                 travel_to: 2026-03-18T00:00:00Z
    receiver: answers Success   or answers 500, answers "Success" (in quotes), is down
    faults: [payout.create:cut_after=1]   or none
    expect: {received, deliveries, orders, payouts, payments, balances, different}

The answer that a call expects has `answer` (right unless said; cut, truncated, not JSON, no signature, wrong signature,
stale), `status`, `code` (0 unless said), `msg`, `data`, and `received`: webhooks that came before the answer.
`$order.trade_no` is a field of what a step kept `as: order`, `$now+10m` a unix second, `$receiver` the webhook URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from halopay_api.operations import OPERATIONS
from halopay_kit.errors import ConfigurationError, HaloPayError
from halopay_kit.sandbox.business.chance import Chance
from halopay_kit.sandbox.business.unknowns import Unknowns
from halopay_kit.sandbox.clock import instant, seconds
from halopay_kit.sandbox.drift.drift import Drift
from halopay_kit.sandbox.faults import Faults
from halopay_kit.sandbox.scenario import expectation
from halopay_kit.sandbox.scenario.caller import KINDS
from halopay_kit.sandbox.scenario.plain_yaml import parse
from halopay_kit.sandbox.scenario.receiver import is_behaviour

_KEYS = ("about", "seed", "start", "unknowns", "faults", "drift", "receiver", "payouts_settle_after", "steps")
_TAKEN = ("now", "receiver")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_START = "2026-03-17T12:20:00Z"
_ANSWER = ("answer", "status", "code", "msg", "data", "received")
_DELIVERY = ("webhook", "trade_no", "out_trade_no", "status", "state", "attempts", "after", "verdict")
_WHICH = ("trade_no", "out_trade_no")
_TAKES: Mapping[str, tuple[str, ...]] = {
    "pay": (*_WHICH, "address", "amount", "currency_id"),
    "expire": _WHICH,
    "settle": _WHICH,
    "fail": _WHICH,
    "fund": ("currency_id", "amount"),
}

# What may be expected of the world, and the shape of each.
_WORLD: Mapping[str, type] = {
    "received": list,
    "deliveries": list,
    "orders": dict,
    "payouts": dict,
    "payments": list,
    "balances": dict,
    "different": list,
}

# What a step may be, and which keys may stand beside it.
VERBS: Mapping[str, tuple[str, ...]] = {
    "call": ("with", "clock", "as", "expect"),
    "pay": ("as", "expect"),
    "expire": ("as", "expect"),
    "settle": ("as", "expect"),
    "fail": ("as", "expect"),
    "fund": ("expect",),
    "advance": (),
    "travel_to": (),
    "receiver": (),
    "faults": (),
    "expect": (),
}


@attrs.frozen
class Step:
    """One step: `verb` and `what` as they stand there, `more` for the other keys."""

    number: int
    verb: str
    what: Any
    more: Mapping[str, Any]

    def __str__(self) -> str:
        if self.verb == "expect":
            return f"expect {', '.join(self.what)}"
        values = self.what.values() if isinstance(self.what, Mapping) else self.what or ("none",)
        return f"{self.verb} {values if isinstance(values, str | int) else ', '.join(map(str, values))}"


@attrs.frozen(kw_only=True)
class Script:
    """A scenario as it was read."""

    about: str
    seed: int | str
    start: str
    unknowns: Unknowns
    faults: tuple[str, ...]
    drift: tuple[str, ...]
    receiver: str
    payouts_settle_after: float | None
    steps: tuple[Step, ...]


def read(text: str, name: str) -> Script:
    """Return the scenario of a file's text.

    Raises:
        ConfigurationError: it is none; the file, the step and the key are named.
    """
    reader = _Reader(name)
    values = reader.tried("", parse, text)
    return reader.script(reader.mapping(values, "", _KEYS))


class _Reader:
    """Reads one file; `kept` are the names under which steps so far keep something."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kept = set(_TAKEN)

    def wrong(self, where: str, problem: str) -> ConfigurationError:
        return ConfigurationError(f"{self._name}, {where}: {problem}" if where else f"{self._name}: {problem}")

    def tried(self, where: str, judge: Callable[..., Any], *values: Any, **named: Any) -> Any:
        """Return what a part of the sandbox makes of the value, its refusal told with the place."""
        try:
            return judge(*values, **named)
        except HaloPayError as error:
            raise self.wrong(where, str(error)) from error

    def mapping(self, value: object, where: str, keys: tuple[str, ...] | None = None) -> dict[Any, Any]:
        if not isinstance(value, dict) or not value:
            raise self.wrong(where, "expected keys and values")
        for key in value:
            if keys is not None and key not in keys:
                raise self.wrong(where, f"there is no key {key!r}; there is {', '.join(keys)}")
        return value

    def texts(self, value: object, where: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self.wrong(where, "expected a list of texts; write a text with * or : in quotes")
        return tuple(value)

    def script(self, values: dict[str, Any]) -> Script:
        about, steps = values.get("about"), values.get("steps")
        if not isinstance(about, str) or not about.strip():
            raise self.wrong("about", "say what happens in practice, and what a merchant must do")
        if not isinstance(steps, list) or not steps:
            raise self.wrong("steps", "expected a list of steps")
        seed, start = values.get("seed", 1), values.get("start", _START)
        self.tried("seed", Chance, seed)
        self.tried("start", instant, start)
        settle = values.get("payouts_settle_after")
        if settle is not None and self.tried("payouts_settle_after", seconds, settle) < 1:
            raise self.wrong("payouts_settle_after", "expected 1s or more")
        drift = self.texts(values.get("drift", []), "drift")
        self.tried("drift", Drift, drift)
        return Script(
            about=" ".join(about.split()),
            seed=seed,
            start=start,
            unknowns=self.unknowns(values.get("unknowns", {})),
            faults=self.faults(values.get("faults", []), "faults"),
            drift=drift,
            receiver=self.receiver(values.get("receiver", "answers Success"), "receiver"),
            payouts_settle_after=None if settle is None else self.tried("payouts_settle_after", seconds, settle),
            steps=tuple(self.step(number, step) for number, step in enumerate(steps, 1)),
        )

    def unknowns(self, values: object) -> Unknowns:
        if values == {}:
            return Unknowns()
        fields = attrs.fields_dict(Unknowns)
        given = {}
        for name, value in self.mapping(values, "unknowns", tuple(fields)).items():
            try:
                given[name] = Decimal(value) if isinstance(fields[name].default, Decimal) else value
            except (InvalidOperation, TypeError, ValueError):
                raise self.wrong(f"unknowns, {name}", "expected a decimal") from None
        return self.tried("unknowns", Unknowns, **given)  # type: ignore[no-any-return]

    def faults(self, value: object, where: str) -> tuple[str, ...]:
        rules = Faults(Chance(0))
        for text in (texts := self.texts(value, where)):
            self.tried(where, rules.add_text, text)
        return texts

    def receiver(self, value: object, where: str) -> str:
        if not is_behaviour(value):
            raise self.wrong(where, 'expected answers Success, answers 500, answers "Success" or is down')
        return str(value)

    def step(self, number: int, value: object) -> Step:
        where = f"step {number}"
        values = self.mapping(value, where)
        verbs = [verb for verb in VERBS if verb in values and verb != "expect"] or ["expect"]
        if len(verbs) > 1:
            raise self.wrong(where, f"{verbs[0]} and {verbs[1]} are two steps")
        if verbs[0] not in values:
            raise self.wrong(where, f"a step is one of {', '.join(VERBS)}, not {', '.join(map(str, values))}")
        verb = verbs[0]
        self.mapping(values, f"{where} ({verb})", (verb, *VERBS[verb]))
        more = {key: inner for key, inner in values.items() if key != verb}
        step = Step(number, verb, self.what(verb, values[verb], f"{where}, {verb}"), more)
        for name in expectation.names([step.what, {key: more[key] for key in more if key != "as"}]):
            if name not in self._kept:
                raise self.wrong(where, f"nothing is kept as {name!r}; there is {', '.join(sorted(self._kept))}")
        self.beside(verb, more, where)
        return step

    def what(self, verb: str, value: Any, where: str) -> Any:
        if verb == "call" and (not isinstance(value, str) or value not in OPERATIONS):
            raise self.wrong(where, f"there is no operation {value!r}; there is {', '.join(OPERATIONS)}")
        if verb in _TAKES:
            fields = {"out_trade_no": value} if isinstance(value, str) else self.mapping(value, where, _TAKES[verb])
            for name, inner in fields.items():
                if not isinstance(inner, str | int):
                    raise self.wrong(f"{where}, {name}", "expected a text or a number")
            if verb == "fund" and len(fields) != len(_TAKES[verb]):
                raise self.wrong(where, f"say {' and '.join(_TAKES[verb])}")
            return fields
        if verb in {"advance", "travel_to"}:
            self.tried(where, seconds if verb == "advance" else instant, value)
        if verb == "receiver":
            return self.receiver(value, where)
        if verb == "faults":
            return () if value == "none" else self.faults(value, where)
        return self.world(value, where) if verb == "expect" else value

    def world(self, value: object, where: str) -> Mapping[str, Any]:
        values = self.mapping(value, where, tuple(_WORLD))
        for name, inner in values.items():
            place, shape = f"{where}, {name}", type(inner)
            if shape is not _WORLD[name]:
                raise self.wrong(place, "expected keys and values" if _WORLD[name] is dict else "expected a list")
            if name == "received":
                self.events(inner, place)
            if name == "deliveries":
                for row in inner:
                    for span in self.texts(self.mapping(row, place, _DELIVERY).get("after", []), f"{place}, after"):
                        self.tried(f"{place}, after", seconds, span)
        return values

    def events(self, value: object, where: str) -> None:
        if not isinstance(value, list) or not all(isinstance(row, str | dict) for row in value):
            raise self.wrong(where, "expected a list of webhooks, each a status or fields")

    def beside(self, verb: str, more: Mapping[str, Any], where: str) -> None:
        if "with" in more and more["with"] != {}:
            self.mapping(more["with"], f"{where}, with")
        if "expect" in more:
            expected = self.mapping(more["expect"], f"{where}, expect", _ANSWER if verb == "call" else None)
            if verb == "call" and expected.get("answer", "right") not in KINDS:
                raise self.wrong(f"{where}, expect, answer", f"expected one of {', '.join(KINDS)}")
            if verb == "call" and "received" in expected:
                self.events(expected["received"], f"{where}, expect, received")
        if "clock" in more:
            self.tried(f"{where}, clock", seconds, str(more["clock"]).removeprefix("-"))
        if "as" in more:
            if not isinstance(more["as"], str) or not _NAME.fullmatch(more["as"]) or more["as"] in _TAKEN:
                raise self.wrong(f"{where}, as", "expected a name of small letters that is not now or receiver")
            self._kept.add(more["as"])
