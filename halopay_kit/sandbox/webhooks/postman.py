"""Play the post office: what was delivered, once more or by hand, and the clock by which it happens."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from halopay_kit.sandbox.business import orders
from halopay_kit.sandbox.business.book import Attempt, Delivery
from halopay_kit.sandbox.clock import Span, When
from halopay_kit.sandbox.gateway import Gateway, present
from halopay_kit.sandbox.webhooks import events
from halopay_kit.sandbox.wire.refusal import ControlError, one_number

_STATUS = re.compile(r"[!-~]{1,40}")


class Postman:
    """Every method raises ControlError, and returns what JSON can hold."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def deliveries(self) -> dict[str, object]:
        """List the deliveries with every attempt."""
        self._gateway.agenda.look()
        with self._gateway.lock:
            return {"deliveries": [shown(delivery) for delivery in self._gateway.deliveries]}

    def record(self) -> dict[str, object]:
        """List what happened."""
        return {"record": [row.shown() for row in self._gateway.record]}

    def clock(self) -> dict[str, object]:
        """Tell the time."""
        clock = self._gateway.clock
        now = clock.now()
        return {
            "time": int(now),
            "iso": datetime.fromtimestamp(int(now), UTC).isoformat().replace("+00:00", "Z"),
            "machine": int(clock.machine()),
            "flows": clock.flows,
            "speed": clock.speed,
        }

    def advance(self, by: Span | None = None, to: When | None = None) -> dict[str, object]:
        """Move the clock forward by a span or to a time; return when all that fell due is done."""
        if (by is None) == (to is None):
            raise ControlError("say by how much or to when, one of the two", status=422)
        if by is not None:
            self._gateway.clock.advance(by)
        elif to is not None:
            self._gateway.clock.travel_to(to)
        return self.clock()

    def replay(
        self, delivery: int | None = None, *, trade_no: str | None = None, out_trade_no: str | None = None
    ) -> dict[str, object]:
        """Send a delivery once more, beside its schedule: that one, or the latest of an order or payout."""
        self._gateway.record.refuse_listeners()
        with self._gateway.lock:
            found = self._latest(delivery, trade_no, out_trade_no)
            self._gateway.record.add("control", name="replay", delivery=found.number)
            wait = self._gateway.deliveries.replay(found)
        wait()
        return shown(found)

    def send(
        self,
        *,
        trade_no: str | None = None,
        out_trade_no: str | None = None,
        status: str | None = None,
        url: str | None = None,
    ) -> dict[str, object]:
        """Tell where an order or payout stands, or a status that it does not have."""
        gateway = self._gateway
        gateway.record.refuse_listeners()
        one_number(trade_no, out_trade_no)
        if not isinstance(status, str | None) or not isinstance(url, str | None):
            raise ControlError("status and url are texts", status=422)
        with gateway.lock:
            if status is not None and not _STATUS.fullmatch(status):
                raise ControlError("a status is a word like PAID or TIME-OUT", status=422)
            gateway.record.add(
                "control",
                name="send",
                **present({"trade_no": trade_no, "out_trade_no": out_trade_no, "status": status, "url": url}),
            )
            before = len(gateway.deliveries)
            order = gateway.book.orders.find(trade_no, out_trade_no)
            payout = gateway.book.payouts.find(trade_no, out_trade_no)
            if order is not None:
                events.order(gateway, order, status or orders.status(order, gateway.clock.now()), url)
            elif payout is not None:
                events.payout(gateway, payout, status or payout.status, url)
            else:
                raise ControlError("there is no such order or payout", status=404)
            if len(gateway.deliveries) == before:
                raise ControlError("no URL is known for it: give one")
            sent = gateway.book.deliveries[before]
            wait = gateway.deliveries.launch()
        wait()
        return shown(sent)

    def _latest(self, number: int | None, trade_no: str | None, out_trade_no: str | None) -> Delivery:
        for delivery in reversed(self._gateway.book.deliveries):
            event = delivery.event
            if number is not None:
                fits = delivery.number == number
            else:
                fits = trade_no == event.trade_no or (out_trade_no is not None and out_trade_no == event.out_trade_no)
            if fits:
                return delivery
        raise ControlError("there is no such delivery", status=404)


def shown(delivery: Delivery) -> dict[str, object]:
    """Return a delivery as JSON shows it."""
    event = delivery.event
    return {
        "number": delivery.number,
        "webhook": event.webhook,
        "trade_no": event.trade_no,
        "out_trade_no": event.out_trade_no,
        "status": event.status,
        "time": event.time,
        "url": delivery.url,
        "state": delivery.state,
        "next_due": delivery.next_due,
        "faults": list(delivery.faults),
        "body": event.body.decode(),
        "attempts": [_attempt(attempt) for attempt in delivery.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, object]:
    return {
        "due": attempt.due,
        "sent": attempt.sent,
        "headers": dict(attempt.headers),
        "body": attempt.body.decode(),
        "status": attempt.status,
        "answer_headers": [list(line) for line in attempt.answer_headers],
        "answer": attempt.answer.decode("utf-8", "backslashreplace"),
        "error": attempt.error,
        "verdict": attempt.verdict,
        "by_hand": attempt.by_hand,
    }
