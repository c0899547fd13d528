"""What a merchant sees of a sandbox in a day: every operation, every webhook, every field filled at least once."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import urllib3

from halopay_kit.contract.exchange import Delivery, Exchange, Expectation, Observed
from halopay_kit.sandbox import ControlError, Sandbox
from halopay_kit.sandbox.drift.drift import Drift
from halopay_kit.signing import AppKey, sign
from tests.sandbox.wire import KEY, PATHS, START, TRON

APP_KEY = AppKey(KEY)
BACK = "https://shop.example/thanks"
NOWHERE = "http://127.0.0.1:9/webhooks"  # nobody listens there: an attempt is made and lost
SUCCESS = Expectation(outcome="success")
STALE = Expectation(outcome="refusal", codes=frozenset({10007}), why="a stale timestamp")


class Session:
    """Makes calls and writes them down; the sandbox's time stands still, and its drift can be exchanged."""

    def __init__(self, seed: int = 1, **options: Any) -> None:
        self.box = Sandbox(seed=seed, app_key=KEY, start=START, webhook_url=NOWHERE, **options).start()
        self.exchanges: list[Exchange] = []
        self._pool = urllib3.PoolManager(retries=False)
        self._days = itertools.count(1)
        self._told = 0

    def close(self) -> None:
        self._pool.clear()
        self.box.stop()

    def day(self, *drift: str) -> Observed:
        """Return a day with that drift."""
        self.begin(*drift)
        number = f"day-{next(self._days)}"
        self._reads()
        self._orders(number)
        self._payouts(number)
        self._addresses(number)
        for operation in PATHS:
            self.call(operation, {"out_trade_no": f"{number}-refused"}, STALE, behind=500)
        return self.observed()

    def begin(self, *drift: str) -> None:
        """Forget what was seen, and drift from now on."""
        self.box._gateway.drift = Drift(drift, app_key=lambda: KEY)
        self.exchanges = []
        self._told = len(self.box.deliveries)

    def observed(self) -> Observed:
        """Return what was seen since it began."""
        told = [(delivery, attempt) for delivery in self.box.deliveries[self._told :] for attempt in delivery.attempts]
        deliveries = [
            Delivery(
                number=number,
                webhook=None,
                at=float(attempt.sent),
                headers=tuple(attempt.headers.items()),
                body=attempt.body,
                answered="Success" if attempt.ok else str(attempt.status or attempt.error),
                delivery=str(delivery.number),
            )
            for number, (delivery, attempt) in enumerate(sorted(told, key=lambda each: each[1].sent), 1)
        ]
        return Observed(
            exchanges=tuple(self.exchanges),
            deliveries=tuple(deliveries),
            app_id=self.box.app_id,
            target="sandbox",
            started=START,
            ended=START,
        )

    def call(
        self, operation: str, fields: dict[str, Any], expects: Expectation | None = SUCCESS, *, behind: int = 0
    ) -> Exchange:
        """Make a call whose timestamp is that many seconds old."""
        body, timestamp = json.dumps(fields).encode(), str(int(self.box.clock.now()) - behind)
        headers = {
            "X-Appid": self.box.app_id,
            "X-Timestamp": timestamp,
            "X-Sign": sign(body, timestamp, APP_KEY),
            "content-type": "application/json",
        }
        url = self.box.base_url + PATHS[operation]
        answer = self._pool.request("POST", url, body=body, headers=headers)
        exchange = Exchange(
            number=len(self.exchanges) + 1,
            operation=operation,
            url=url,
            at=self.box.clock.now(),
            request_headers=tuple(headers.items()),
            request_body=body,
            status=answer.status,
            answer_headers=tuple(answer.headers.items()),
            answer_body=answer.data,
            expects=expects,
        )
        self.exchanges.append(exchange)
        return exchange

    def play(self, name: str, **fields: Any) -> None:
        """Let something happen, unless what it is to happen to was not made."""
        try:
            getattr(self.box, name)(**fields)
        except ControlError:
            return

    def _reads(self) -> None:
        self.call("currency.app_token_list", {})
        self.call("currency.token_list", {})
        self.call("account.balance", {"currency_id": 75})
        self.call("order.exchange_rates", {"currency_id": 75, "fiat_name": "EUR"})

    def _orders(self, number: str) -> None:
        paid, expired, hosted = f"{number}-paid", f"{number}-expired", f"{number}-hosted"
        tokens = {"currency_id": 75, "token_amount": "15.25", "redirect_url": BACK}
        if self.call("order.create", {"out_trade_no": paid, **tokens}).status == 200:
            for amount in ({"amount": "5.125"}, {}):
                self.call("order.detail", {"out_trade_no": paid})
                self.play("pay", out_trade_no=paid, **amount)
            self.call("order.detail", {"out_trade_no": paid})
        fiat = {"currency_id": 73, "fiat_name": "EUR", "fiat_amount": "15", "time_out": START + 60}
        self.call("order.create", {"out_trade_no": expired, **fiat})
        self.play("expire", out_trade_no=expired)
        asked = {"out_trade_no": hosted, "symbol": "USD", "amount": "15.50", "time_expire": START + 600}
        if self.call("entrust.pre_create", asked).status == 200:
            self.call("order.detail", {"out_trade_no": hosted})

    def _payouts(self, number: str) -> None:
        for name in ("settle", "fail"):
            own = f"{number}-{name}"
            what = {"out_trade_no": own, "currency_id": 75, "amount": "0.000001", "address": TRON}
            if self.call("payout.create", what).status == 200:
                self.play(name, out_trade_no=own)
                self.call("payout.detail", {"out_trade_no": own})

    def _addresses(self, number: str) -> None:
        self.call("payment_qr_code.create", {"currency_id": 75, "out_trade_no": number})
        for amount in ("1.5", "2"):
            self.play("pay", out_trade_no=number, amount=amount)


def as_traffic(observed: Observed) -> Observed:
    """Return the same as somebody would have recorded it, who knows nothing of what it was for."""
    return attrs.evolve(observed, exchanges=tuple(attrs.evolve(each, expects=None) for each in observed.exchanges))


def with_changed(observed: Observed, *changed: Exchange | Delivery) -> Observed:
    """Return it with these in place of those of their numbers."""
    by_number = {(type(each), each.number): each for each in changed}
    return attrs.evolve(
        observed,
        exchanges=tuple(by_number.get((Exchange, each.number), each) for each in observed.exchanges),  # type: ignore[misc]
        deliveries=tuple(by_number.get((Delivery, each.number), each) for each in observed.deliveries),  # type: ignore[misc]
    )


def first(observed: Observed, operation: str, number: int = 0) -> Exchange:
    """Return a success of an operation."""
    found = [each for each in observed.exchanges if each.operation == operation and each.expects != STALE]
    return found[number]


def webhook(observed: Observed, kind: str, status: str) -> Delivery:
    """Return the first webhook of that type and status."""
    for each in observed.deliveries:
        fields = json.loads(each.body or b"")
        if fields["type"] == kind and fields["status"] == status:
            return each
    raise AssertionError(f"there is no {kind} {status}")


def saying(message: Any, change: Callable[[dict[str, Any]], object], *, later: int = 0) -> Any:
    """Return an exchange or a delivery whose body was changed and rightly signed."""
    is_answer = isinstance(message, Exchange)
    found = json.loads(message.answer_body if is_answer else message.body)
    change(found)
    return signed_anew(message, json.dumps(found).encode(), later=later)


def signed_anew(message: Any, body: bytes, *, later: int = 0, **others: str) -> Any:
    """Return an exchange or a delivery with these bytes, rightly signed at a later time; `others` are headers."""
    is_answer = isinstance(message, Exchange)
    headers = dict(message.answer_headers if is_answer else message.headers)
    names = {name.lower(): name for name in headers}
    timestamp = str(int(headers[names["x-timestamp"]]) + later)
    headers[names["x-timestamp"]] = timestamp
    headers[names["x-sign"]] = APP_KEY.digest(body + timestamp.encode()).hex()
    headers |= {names.get(name.replace("_", "-"), name): value for name, value in others.items()}
    lines = tuple(headers.items())
    if is_answer:
        return attrs.evolve(message, answer_body=body, answer_headers=lines)
    return attrs.evolve(message, body=body, headers=lines)


def with_headers(message: Any, **changed: str | None) -> Any:
    """Return an exchange or a delivery with other headers; None takes one away."""
    is_answer = isinstance(message, Exchange)
    lines = message.answer_headers if is_answer else message.headers
    asked = {name.replace("_", "-"): value for name, value in changed.items()}
    kept = [(name, asked.get(name.lower(), value)) for name, value in lines]
    made: Iterable[tuple[str, str]] = [(name, value) for name, value in kept if value is not None]
    return attrs.evolve(message, **{"answer_headers" if is_answer else "headers": tuple(made)})
