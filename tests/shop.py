"""A merchant to sweep for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from halopay_kit import HaloPay, Sandbox
from halopay_kit.inbox import Inbox
from halopay_kit.sweep import Known, sweep

ADDRESS = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"
START = "2026-03-17T12:20:00Z"


class Hand:
    """A clock that whoever sleeps moves on; threads may share it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


class Shop:
    """A merchant with a sandbox whose time stands still, a client on it and an inbox."""

    def __init__(self, box: Sandbox, url: str) -> None:
        self.box, self.hand = box, Hand()
        self.halopay = HaloPay(box.app_id, box.app_key, box.base_url, clock=box.clock.now)
        self.inbox = Inbox(url, clock=box.clock.now)

    def close(self) -> None:
        self.halopay.close()
        self.inbox.close()

    def orders(self, count: int, first: int = 0) -> list[Known]:
        numbers = [f"T{number:03}" for number in range(first, first + count)]
        for number in numbers:
            self.halopay.order.create(out_trade_no=number, currency_id=75, token_amount="15")
        return [Known(out_trade_no=number) for number in numbers]

    def payout(self, number: str) -> Known:
        self.halopay.payout.create(out_trade_no=number, currency_id=75, amount="4.2", address=ADDRESS)
        return Known(kind="payout", out_trade_no=number)

    def sweep(self, **options):
        options = {"clock": self.hand, "sleep": self.hand.sleep, "concurrency": 1} | options
        return sweep(self.halopay, self.inbox, **options)

    def asked(self) -> Counter[str]:
        """How often each number was asked for."""
        calls = [row.what for row in self.box.record if row.kind == "call"]
        bodies = [str(call["request"]) for call in calls if str(call["operation"]).endswith(".detail")]
        return Counter(bodies)

    def known(self) -> dict[str, str]:
        """Where each order and payout stands, by the inbox's last news."""
        events = self.inbox.events(limit=10_000)[::-1]
        return {event.out_trade_no: event.status for event in events if event.verdict == "news"}


@contextmanager
def opened(url: str) -> Iterator[Shop]:
    with Sandbox(start=START, seed="sweep") as box:
        shop = Shop(box, url)
        try:
            yield shop
        finally:
            shop.close()
