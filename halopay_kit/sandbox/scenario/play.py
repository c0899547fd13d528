"""The steps of a scenario, played against a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halopay_kit.errors import HaloPayError
from halopay_kit.sandbox.box import Sandbox
from halopay_kit.sandbox.business.book import Delivery
from halopay_kit.sandbox.clock import seconds
from halopay_kit.sandbox.scenario.caller import Caller
from halopay_kit.sandbox.scenario.expectation import difference, filled
from halopay_kit.sandbox.scenario.receiver import Arrival, Receiver
from halopay_kit.sandbox.scenario.script import Step
from halopay_kit.sandbox.wire.refusal import ControlError

Fields = Mapping[str, Any]


class Play:
    """Knows what steps kept, and which webhooks were looked at."""

    def __init__(self, box: Sandbox, caller: Caller, receiver: Receiver) -> None:
        self._box = box
        self._caller = caller
        self._receiver = receiver
        self._kept: dict[str, object] = {}
        self._looked_at = 0

    def step(self, step: Step) -> str | None:
        """Play the step; return what was not as expected, or None."""
        play: Callable[[Any, Fields], str | None] = getattr(self, f"_play_{step.verb}")
        try:
            what = filled(step.what, self._look)
            more = {key: inner if key == "as" else filled(inner, self._look) for key, inner in step.more.items()}
            return play(what, more)
        except HaloPayError as error:
            return f"refused: {error}"

    def _play_call(self, operation: str, more: Fields) -> str | None:
        expected = {"answer": "right", **more.get("expect", {})}
        if expected["answer"] == "right":
            expected = {"code": 0, **expected}
        answer = self._caller.call(operation, more.get("with", {}), ahead=_ahead(more.get("clock", "0s")))
        found = {"answer": answer.kind, "status": answer.status, **answer.envelope}
        if "received" in expected:
            expected["received"] = _events(expected["received"])
            found["received"] = self._received()
        self._keep(more, answer.envelope.get("data"))
        return difference(expected, found, "expect")

    def _play_pay(self, which: Fields, more: Fields) -> str | None:
        return self._judged(self._box.pay(**which), more)

    def _play_expire(self, which: Fields, more: Fields) -> str | None:
        return self._judged(self._box.expire(**which), more)

    def _play_settle(self, which: Fields, more: Fields) -> str | None:
        return self._judged(self._box.settle(**which), more)

    def _play_fail(self, which: Fields, more: Fields) -> str | None:
        return self._judged(self._box.fail(**which), more)

    def _play_fund(self, which: Fields, more: Fields) -> str | None:
        return self._judged(self._box.fund(**which), more)

    def _play_advance(self, span: Any, _more: Fields) -> None:
        self._box.clock.advance(span)

    def _play_travel_to(self, when: Any, _more: Fields) -> None:
        self._box.clock.travel_to(when)

    def _play_receiver(self, behaviour: str, _more: Fields) -> None:
        self._receiver.behaviour = behaviour

    def _play_faults(self, texts: tuple[str, ...], _more: Fields) -> None:
        if not texts:
            self._box.faults.clear()
        for text in texts:
            self._box.faults.add_text(text)

    def _play_expect(self, expected: Fields, _more: Fields) -> str | None:
        state: Any = self._box.state()
        found: dict[str, object] = {}
        wanted = dict(expected)
        if "received" in wanted:
            wanted["received"], found["received"] = _events(wanted["received"]), self._received()
        if "deliveries" in wanted:
            wanted["deliveries"] = [_delivery_expected(row) for row in wanted["deliveries"]]
            found["deliveries"] = [_delivery(delivery) for delivery in self._box.deliveries]
        for name in {"orders", "payouts"} & set(wanted):
            found[name] = {row.get("out_trade_no"): row for row in state[name]}
        if "payments" in wanted:
            found["payments"] = state["payments"]
        if "balances" in wanted:
            wanted["balances"] = {str(currency_id): amount for currency_id, amount in wanted["balances"].items()}
            found["balances"] = state["balances"]
        if "different" in wanted:
            values = wanted.pop("different")
            if len(set(map(str, values))) != len(values):
                return f"expect.different: found the same twice: {values!r}"
        return difference(wanted, found, "expect")

    def _judged(self, found: Fields, more: Fields) -> str | None:
        self._keep(more, found)
        return difference(more.get("expect", {}), found, "expect")

    def _keep(self, more: Fields, found: object) -> None:
        if "as" in more:
            self._kept[more["as"]] = found

    def _look(self, name: str, field: str | None, sign: str | None, span: str | None) -> object:
        """Return what a reference stands for."""
        if name == "receiver":
            return self._receiver.url
        if name == "now":
            return self._box.clock.second() + int(_ahead(f"{'-' if sign == '-' else ''}{span}") if span else 0)
        kept = self._kept.get(name)
        if field is None:
            return kept
        if not isinstance(kept, Mapping) or field not in kept:
            raise ControlError(f"what was kept as {name} has no {field}")
        return kept[field]

    def _received(self) -> list[dict[str, Any]]:
        """Return what came since the last look; webhooks of one second in the order of what they are about."""
        arrivals = self._receiver.arrivals[self._looked_at :]
        self._looked_at += len(arrivals)
        told = dict.fromkeys(delivery.event.trade_no for delivery in self._box.deliveries)
        rank = {trade_no: place for place, trade_no in enumerate(told)}
        rows = [_arrival(arrival) for arrival in arrivals]
        return sorted(rows, key=lambda row: (row["at"], rank.get(str(row.get("trade_no")), len(rank))))


def _events(expected: Any) -> Any:
    """Return webhooks as they are compared: a text is a status, and a signature is right unless said otherwise."""
    rows = [row if isinstance(row, Mapping) else {"status": row} for row in expected]
    return [{"signature": "right", **row} for row in rows]


def _arrival(arrival: Arrival) -> dict[str, Any]:
    return {**arrival.body, "event": arrival.event, "signature": arrival.signature, "at": int(arrival.time)}


def _delivery_expected(row: Fields) -> Fields:
    return {**row, "after": [int(seconds(span)) for span in row["after"]]} if "after" in row else row


def _delivery(delivery: Delivery) -> dict[str, object]:
    sent = [attempt.sent for attempt in delivery.attempts]
    return {
        "webhook": delivery.event.webhook,
        "trade_no": delivery.event.trade_no,
        "out_trade_no": delivery.event.out_trade_no,
        "status": delivery.event.status,
        "state": delivery.state,
        "attempts": len(sent),
        "after": [second - sent[0] for second in sent],
        "verdict": delivery.attempts[-1].verdict if sent else None,
    }


def _ahead(text: str) -> float:
    return -seconds(text[1:]) if text.startswith("-") else seconds(text)
