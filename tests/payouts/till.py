"""A merchant who pays out, with a sandbox whose time stands still, and a proxy that can replace answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from halopay_kit import HaloPay, Sandbox
from halopay_kit.inbox import Arrival, Inbox
from halopay_kit.payouts import Journal, Payout, Payouts, Policy, Settings
from halopay_kit.sandbox import Unknowns
from halopay_kit.signing import sign
from halopay_kit.webhooks import verify

ADDRESS = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"
OTHER = "TG9J5kJEVFJeCdzchd4z4RWsNkbzhedGSF"
START = "2026-03-17T12:20:00Z"


class Till:
    """Whoever sleeps here moves the sandbox's clock on."""

    def __init__(self, box: Sandbox, url: str, **options: Any) -> None:
        self.box, self.url, self._options = box, url, options
        self.journal = Journal(url, clock=box.clock.now)
        self.inbox: Inbox | None = None
        self.halopay = HaloPay(box.app_id, box.app_key, box.base_url, clock=box.clock.now, sleep=self.sleep, timeout=5)
        self.payouts = self.with_()

    def sleep(self, seconds: float) -> None:
        self.box.clock.advance(seconds)

    def with_(self, policy: Policy | None = None, **settings: Any) -> Payouts:
        """Return payouts with another policy or other settings, on the same journal."""
        given = {**self._options, **settings}
        return Payouts(self.halopay, self.journal, self.inbox, policy, settings=Settings(**given), sleep=self.sleep)

    def listen(self, url: str) -> None:
        """Keep webhooks in an inbox from now on."""
        self.inbox = Inbox(url, clock=self.box.clock.now)
        self.payouts = self.with_()

    def pay(self, number: str = "P1", **changed: Any) -> Payout:
        fields = {"out_trade_no": number, "currency_id": 75, "amount": "4.2", "address": ADDRESS} | changed
        return self.payouts.pay(**fields)

    def resume(self, times: int = 1, apart: str | float = "20m") -> None:
        for _ in range(times):
            self.box.clock.advance(apart)
            self.payouts.resume()

    def made(self, number: str = "P1") -> list[str]:
        """Return the statuses of what the sandbox's book has under a number."""
        rows: Any = self.box._control.state()["payouts"]
        return [row["status"] for row in rows if row["out_trade_no"] == number]

    def asked(self, operation: str = "payout.create") -> int:
        return sum(row.kind == "call" and row.what["operation"] == operation for row in self.box.record)

    def states(self, number: str = "P1") -> list[tuple[str, str]]:
        return [(each["state"], each["cause"]) for each in self.journal.history(number)]

    def webhook(self, **changed: Any) -> None:
        """Take a genuine webhook about P1 into the inbox."""
        import json

        assert self.inbox is not None
        told = {
            "appid": self.box.app_id, "trade_no": "W1", "out_trade_no": "P1", "currency_id": 75, "token": "USDT",
            "chain": "Tron", "chain_id": 3448148188, "contract": "T", "amount": "4.2", "address": ADDRESS, "fee": "0",
            "type": "PAYOUT", "status": "PAID", "time": int(self.box.clock.now()),
        } | changed  # fmt: skip
        body = json.dumps({name: value for name, value in told.items() if value is not None}).encode()
        now = int(self.box.clock.now())
        headers = {"X-Appid": told["appid"], "X-Timestamp": str(now), "X-Sign": sign(body, now, self.box.app_key)}
        event = verify(body, headers, app_key=self.box.app_key, now=now)
        self.inbox.take([Arrival(event=event, received_at=now)])

    def close(self) -> None:
        self.halopay.close()
        self.journal.close()
        if self.inbox is not None:
            self.inbox.close()


@contextmanager
def opened(url: str, *, reused: str = "refused", box: dict[str, Any] | None = None, **settings: Any) -> Iterator[Till]:
    with Sandbox(start=START, seed="till", unknowns=Unknowns(reused_out_trade_no=reused), **(box or {})) as sandbox:  # type: ignore[arg-type]
        till = Till(sandbox, url, **settings)
        try:
            yield till
        finally:
            till.close()


def replacing(till: Till, operation: str, replace: Callable[[Any], Any], times: int = 1) -> None:
    """Let the next answers to an operation be replaced on their way: the call is made, `replace` gives another."""
    connection = till.halopay._transport.connection
    post, left = connection.post, [times]

    def stand_between(path: str, headers: Any, body: bytes, limit: float) -> Any:
        answer = post(path, headers, body, limit)
        if left[0] and path.endswith(operation.replace(".", "/")):
            left[0] -= 1
            return replace(answer)
        return answer

    connection.post = stand_between  # type: ignore[method-assign]


def signed(till: Till, envelope: dict[str, Any]) -> Any:
    """Return an answer of HaloPay's own, as somebody may have recorded it."""
    import json

    body, now = json.dumps(envelope).encode(), int(till.box.clock.now())
    headers = {"X-Appid": till.box.app_id, "X-Timestamp": str(now), "X-Sign": sign(body, now, till.box.app_key)}
    from urllib3 import HTTPHeaderDict

    return 200, HTTPHeaderDict({**headers, "content-type": "application/json"}), body
