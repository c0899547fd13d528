"""Right calls in an order that makes sense, along the spec's links, and every webhook that they can cause."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from halopay_api.models import FiatName
from halopay_api.policy import RETRY_AFTER, TOLERANCE
from halopay_kit.contract import bundled
from halopay_kit.contract.caller import SUCCESS, Caller
from halopay_kit.contract.envelope import done, envelope
from halopay_kit.contract.exchange import Exchange, Expectation
from halopay_kit.contract.player import CannotBePlayed, Player
from halopay_kit.contract.receiver import Receiver

CURRENCY = 75  # USDT on Tron; the id was seen on HaloPay's site
ADDRESS = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"
_ALL_ATTEMPTS = len(RETRY_AFTER) + 1
_RETURN = "https://merchant.example/thanks"
_LIFE = 1800  # seconds
_AFTER_EXPIRY = "31m"
_AFTER_ALL_RETRIES = "25h"
_CLOSE_TO_EXPIRY = 2  # seconds that an order lives which nobody can let expire
_PATIENCE = 6.0  # real seconds for a webhook that only time brings about
FIAT_COUNT = Expectation(outcome="either", codes=frozenset({10003, 20003}), why="is the fiat taken", probe="fiat-count")
EXPIRY = Expectation(outcome="success", why="type of time_expire", probe="expiry")

NOBODY = "nobody can play the payer there; HALOPAY_SANDBOX_TOKEN lets this command do it"


class Journey:
    """Plays through what a merchant lives through; `prefix` makes its trade numbers its own.

    A step whose forerunner was not done is left out, and what it would have shown is noted as not reached.
    """

    def __init__(self, caller: Caller, receiver: Receiver, player: Player | None, prefix: str) -> None:
        self._caller = caller
        self._log = caller.log
        self._receiver = receiver
        self._player = player
        self._prefix = prefix
        self._created_at: int | None = None

    def run(self) -> None:
        """Make every step."""
        for number, step in enumerate((self._reads, self._orders, self._hosted, self._payouts, self._qr_codes)):
            step(f"{self._prefix}-{number}")
        self._let_time_pass()

    def _reads(self, _number: str) -> None:
        listed = self._follow("currency.app_token_list", {})
        self._follow("currency.token_list", {})
        for currency_id in currency_ids(listed) or (CURRENCY,):
            self._caller.call("account.balance", {"currency_id": currency_id})
            self._caller.call("order.exchange_rates", {"currency_id": currency_id, "fiat_name": "USD"})
        for fiat in FiatName:
            self._caller.call("order.exchange_rates", {"currency_id": CURRENCY, "fiat_name": str(fiat)}, FIAT_COUNT)

    def _orders(self, number: str) -> None:
        tokens: dict[str, object] = {"currency_id": CURRENCY, "token_amount": "15.25", "redirect_url": _RETURN}
        fiat: dict[str, object] = {"currency_id": CURRENCY, "fiat_name": "EUR", "fiat_amount": "15.5", "time_out": 0}
        if self._order(f"{number}-parts", tokens):
            self._play("pay", f"{number}-parts", amount="5.125")
            self._play("pay", f"{number}-parts")
        if self._order(f"{number}-over", {**tokens, "time_out": int(self._now()) + 2 * _LIFE}):
            self._play("pay", f"{number}-over", amount="20")
        late = self._order(f"{number}-late", {**fiat, "redirect_url": _RETURN})
        self._order(f"{number}-never", fiat)
        if self._order(f"{number}-partly", tokens):
            self._play("pay", f"{number}-partly", amount="1")
        if self._player is None:
            self._wait_for_expiry(f"{number}-soon", tokens)
            return
        if self._player.travels:
            self._do("advance", by=_AFTER_EXPIRY)
        elif late:
            self._do("expire", out_trade_no=f"{number}-late")
            self._do("expire", out_trade_no=f"{number}-never")
            self._do("expire", out_trade_no=f"{number}-partly")
        if late:
            self._detail("order.detail", f"{number}-late")
            self._play("pay", f"{number}-late")
        for name, refusals in (("always", _ALL_ATTEMPTS), ("thrice", 3)):
            self._receiver.refuses[f"{number}-{name}"] = refusals
            if self._order(f"{number}-{name}", tokens):
                self._play("pay", f"{number}-{name}")

    def _order(self, number: str, fields: Mapping[str, object]) -> bool:
        to = {"callback_url": self._receiver.url("payment", number)}
        created = self._follow("order.create", {"out_trade_no": number, **fields, **to})
        if not done(created):
            return False
        self._detail("order.detail", number)
        self._created_at = created_at(created) or self._created_at
        return True

    def _wait_for_expiry(self, number: str, fields: Mapping[str, object]) -> None:
        if self._order(number, {**fields, "time_out": int(self._now()) + _CLOSE_TO_EXPIRY}):
            if abs(self._now() - self._caller.target.clock()) <= TOLERANCE:  # time passes there as it does here
                self._receiver.wait(number, _PATIENCE)
            self._detail("order.detail", number)

    def _hosted(self, number: str) -> None:
        described = {"name": "A book", "image": "https://merchant.example/book.png", "describe": "It has pages."}
        expiry = int(self._now()) + 3600
        for name, more, expects in (
            ("plain", {"amount": "15", **described}, SUCCESS),
            ("whole", {"amount": "20.50", "time_expire": expiry}, EXPIRY),
            ("text", {"amount": "0.01", "time_expire": str(expiry)}, EXPIRY),
        ):
            own = f"{number}-{name}"
            to = {"callback_url": self._receiver.url("payment", own), "redirect_url": _RETURN}
            if done(self._follow("entrust.pre_create", {"out_trade_no": own, "symbol": "USD", **more, **to}, expects)):
                self._detail("order.detail", own)
                self._play("pay", own)

    def _payouts(self, number: str) -> None:
        for name, end, refusals in (("paid", "settle", 0), ("failed", "fail", 0), ("retried", "settle", 2)):
            own = f"{number}-{name}"
            self._receiver.refuses[own] = refusals
            what = {"out_trade_no": own, "currency_id": CURRENCY, "amount": "4.5", "address": ADDRESS}
            if done(self._follow("payout.create", {**what, "callback_url": self._receiver.url("payout", own)})):
                self._detail("payout.detail", own)
                self._play(end, own, "payout.detail")

    def _qr_codes(self, number: str) -> None:
        created = self._follow("payment_qr_code.create", {"currency_id": CURRENCY, "out_trade_no": number})
        self._follow("payment_qr_code.create", {"currency_id": CURRENCY})
        url = self._receiver.url("payment_qr_code")
        if self._player is not None and not self._player.tell_webhooks(url):
            self._log.unreached["webhook.payment_qr_code"] = (
                f"it goes to the app's webhook URL only: start the sandbox with --webhook-url {url}, and this command "
                f"with --webhook-port {url.split(':')[2].partition('/')[0]}"
            )
        if done(created):
            self._play("pay", number, None, amount="1.5")
            self._play("pay", number, None, amount="2.000001")
            self._receiver.refuses["app"] = 2
            self._play("pay", number, None, amount="3")

    def _let_time_pass(self) -> None:
        if self._player is not None and self._player.travels:
            self._do("advance", by=_AFTER_ALL_RETRIES)

    def _follow(self, operation: str, fields: Mapping[str, object], expects: Expectation = SUCCESS) -> Exchange:
        """Make a call, then those that the spec links to its answer."""
        exchange = self._caller.call(operation, fields, expects)
        if done(exchange):
            for linked, values in follow_ups(operation, envelope(exchange)):
                self._caller.call(linked, values)
        return exchange

    def _detail(self, operation: str, number: str) -> None:
        self._caller.call(operation, {"out_trade_no": number})

    def _play(self, name: str, number: str, then: str | None = "order.detail", **fields: str) -> None:
        """Let something happen to what has that number, and look at it."""
        if self._do(name, out_trade_no=number, **fields) and then is not None:
            self._detail(then, number)

    def _do(self, name: str, **fields: str) -> bool:
        if self._player is None:
            return False
        try:
            self._player.act(name, **fields)
        except CannotBePlayed:
            return False
        return True

    def _now(self) -> float:
        """Return the target's time, which is that of the first order there; the calls' own time may be another one."""
        return self._caller.target.clock() if self._created_at is None else self._created_at


def currency_ids(listed: Exchange) -> tuple[int, ...]:
    """Return the ids in the answer to a list of tokens, those that can be read."""
    rows = envelope(listed).get("data")
    found = (row.get("currency_id") for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    return tuple(dict.fromkeys(each for each in found if type(each) is int))


def created_at(created: Exchange) -> int | None:
    """Return when an order was created by the target's own clock, if it says so in unix seconds."""
    data = envelope(created).get("data")
    found = data.get("create_time") if isinstance(data, dict) else None
    return found if type(found) is int and 10**9 <= found < 10**10 else None


def follow_ups(operation: str, answer: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield what the spec links to an answer; a link that points to nothing there is left out."""
    for linked, fields in links().get(operation, ()):
        values = {name: _at(answer, value) for name, value in fields.items()}
        if None not in values.values():
            yield linked, values


@functools.cache
def links() -> Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]]:
    """Return, for each operation, the operations that its answer links to, with their fields as expressions."""
    return {
        item["post"]["operationId"]: tuple(
            (link["operationId"], link["requestBody"])
            for link in item["post"]["responses"]["200"].get("links", {}).values()
        )
        for item in bundled.document()["paths"].values()
    }


def _at(answer: Mapping[str, Any], value: object) -> object:
    """Return what `$response.body#/data/0/currency_id` points to, None where there is nothing to send."""
    if not isinstance(value, str) or not value.startswith("$response.body#/"):
        return value
    found: Any = answer
    for step in value.removeprefix("$response.body#/").split("/"):
        if isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict):
            found = found.get(step)
        else:
            return None
    return found if type(found) in (str, int) else None
