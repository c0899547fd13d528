"""An inbox with events that wait for a handler."""

from __future__ import annotations

import json
from collections.abc import Iterable

from halopay_kit import AppKey, signing, webhooks
from halopay_kit.inbox import Arrival, Inbox, Stored
from tests.conftest import example

APP_ID = "ad4cyr8dpfs9j2u1"
KEY = AppKey("planted-AppKey-0xC0FFEE")
PAYMENT = example("webhook.payment")["body"]
START = 1_773_750_000.0


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def arrival(order: str, collected: int, at: float = START) -> Arrival:
    """An order of which so much was paid: each amount larger than the one before is news."""
    said = {"appid": APP_ID, "trade_no": order, "out_trade_no": f"T{order}", "status": "TO-BE-PAID"}
    body = json.dumps(PAYMENT | said | {"amount_collected": str(collected)}).encode()
    headers = {"X-Appid": APP_ID, "X-Timestamp": f"{int(at)}", "X-Sign": signing.sign(body, int(at), KEY)}
    return Arrival(event=webhooks.verify(body, headers, app_key=KEY, now=at), received_at=at)


def fill(inbox: Inbox, orders: str | Iterable[str], events: int = 1, *, first: int = 1) -> None:
    """Take in so many events of each order, those of one order after each other."""
    at = inbox.clock()
    inbox.take([arrival(order, collected, at) for collected in range(first, first + events) for order in orders])


def told(events: Iterable[Stored]) -> list[str]:
    """Say which events these are: A2 is order A's second."""
    return [f"{event.trade_no}{event.amount_collected}" for event in events]


def states(inbox: Inbox) -> dict[str, str]:
    events = sorted(inbox.events(limit=1000), key=lambda event: event.id)
    return dict(zip(told(events), [event.state for event in events], strict=True))


def at(inbox: Inbox, name: str) -> Stored:
    """Return the event of that name, as it is now."""
    return next(event for event in inbox.events(limit=1000) if told([event]) == [name])
