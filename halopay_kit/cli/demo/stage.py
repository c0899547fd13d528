"""What the demo plays on: a sandbox, a receiver with its inbox, a client, a payout journal, and a folder."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from halopay_kit.client import HaloPay
from halopay_kit.inbox import Inbox
from halopay_kit.payouts import Journal, Payouts
from halopay_kit.sandbox import Sandbox

USDT = 75  # on Tron
_PATIENCE = 10.0  # seconds for a webhook on loopback


class Stage:
    """Everything the story needs, as long as the `with` block lasts; the folder stays.

    Attributes:
        folder: where the files are.
        box: the sandbox; its webhooks go to the receiver.
        halopay: a client of it.
        inbox: what the receiver fills.
        payouts: payouts with a journal in the inbox's file.
        numbers: trade numbers by out_trade_no, for steps that come back to an order.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers: dict[str, str] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.box = stack.enter_context(Sandbox())
            self.halopay = stack.enter_context(HaloPay(self.box.app_id, self.box.app_key, self.box.base_url))
            store = f"sqlite:///{self.folder / 'inbox.sqlite'}"
            self.inbox = stack.enter_context(Inbox(store))
            journal = stack.enter_context(Journal(store))
            self.payouts = Payouts(self.halopay, journal, self.inbox)
            self.receiver_url = stack.enter_context(_receiver(self.inbox, self.box))
            self.box.webhook_url = self.receiver_url
            self._balances: list[tuple[str, ...]] = []
            self.snapshot(before=1)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait for something that a webhook brings."""
        deadline = time.monotonic() + _PATIENCE
        while not until() and time.monotonic() < deadline:
            time.sleep(0.01)

    def now(self) -> str:
        """Return the sandbox's time, as a ledger writes it."""
        return datetime.fromtimestamp(self.box.clock.second(), UTC).isoformat()

    def snapshot(self, *, before: int = 0) -> None:
        """Ask for the balance, and write it down; events are told in whole seconds, so the first is of one `before`."""
        told = self.halopay.account.balance(currency_id=USDT)
        at = datetime.fromtimestamp(self.box.clock.second() - before, UTC)
        self._balances.append((str(USDT), str(told.token), "6", f"{told.balance:f}", at.isoformat()))
        with (self.folder / "balances.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("currency_id", "token", "decimals", "balance", "at"), *self._balances])

    def files(self) -> Iterator[Path]:
        """Yield what is worth opening."""
        for name in ("reconciliation/report.html", "contract/report.html", "ledger.csv", "inbox.sqlite"):
            if (self.folder / name).exists():
                yield self.folder / name

    def pages(self) -> dict[str, str]:
        """Return what can be clicked while it runs."""
        order = self.halopay.entrust.pre_create(out_trade_no="demo-yours", symbol="USD", amount="15", name="Yours")
        return {
            "checkout page": str(order.url),
            "receiver": self.receiver_url,
            "sandbox": self.box.base_url,
        }


@contextmanager
def _receiver(inbox: Inbox, box: Sandbox) -> Iterator[str]:
    """Serve the receiver in a thread of its own; yield its address."""
    from halopay_kit.receiver import asgi
    from halopay_kit.receiver.server import serve

    over, ready, found = threading.Event(), threading.Event(), []

    def announce(address: str) -> None:
        found.append(address)
        ready.set()

    def run() -> None:
        try:
            serve(asgi(inbox, box.app_key), inbox.ping, port=0, announce=announce, over=over)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="halopay-demo-receiver", daemon=True)
    thread.start()
    ready.wait(_PATIENCE)
    try:
        yield f"{found[0]}/"
    finally:
        over.set()
        thread.join(_PATIENCE)
