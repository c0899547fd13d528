"""Where an order stands, as its page shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import attrs

from halopay_kit.sandbox.business import money, orders, payments
from halopay_kit.sandbox.business.book import Order
from halopay_kit.sandbox.business.world import Token
from halopay_kit.sandbox.checkout.states import STATES
from halopay_kit.sandbox.gateway import Gateway

# (is the time over, has something arrived) → state of an order that is not paid
UNPAID_STATES = {
    (False, False): "waiting",
    (False, True): "partly",
    (True, False): "timed-out",
    (True, True): "underpaid",
}
# (was it completed late, did too much arrive) → state of a paid order
PAID_STATES = {
    (False, False): "paid",
    (False, True): "overpaid",
    (True, False): "late",
    (True, True): "late-overpaid",
}

_TENTH, _HALF = Decimal("0.1"), Decimal("0.5")


@attrs.frozen(kw_only=True)
class View:
    """One look at an order.

    Attributes:
        state: a key of STATES.
        tone: what the state feels like: waiting, attention, good, over.
        texts: what changes while the page is open, by the name of its place.
        shown: the parts of the page that make sense now.
        progress: how much has arrived, in whole percent; 100 only where nothing is missing.
        token: what the order is paid in, once it is chosen.
        part: a suggestion for paying a part.
    """

    state: str
    tone: str
    texts: dict[str, str]
    shown: tuple[str, ...]
    progress: int
    token: Token | None
    part: str = ""

    def told(self) -> dict[str, object]:
        """Return what the page's script asks for again and again."""
        return {
            "state": self.state,
            "tone": self.tone,
            "chosen": self.token is not None,
            "texts": self.texts,
            "shown": self.shown,
            "progress": self.progress,
        }


def view(gateway: Gateway, order: Order) -> View:
    """Look at an order; the caller holds the lock."""
    now = gateway.clock.now()
    token = None if order.currency_id is None else gateway.world.tokens[order.currency_id]
    detail = orders.detail(gateway, order)
    state = _state(gateway, order, detail, now)
    words, confirmations = STATES[state], _confirmations(order, detail)
    amount, rest = order.amount or money.ZERO, payments.due(gateway, order)
    amounts = {
        "amount": _tokens(amount, token),
        "rest": _tokens(rest, token),
        "collected": _tokens(order.collected, token),
        "seen": _tokens(payments.unconfirmed(gateway, order), token),
        "excess": _tokens(max(money.subtract(order.collected, amount), money.ZERO), token),
    }
    late = ", late" if now >= order.time_expire and rest else ""
    return View(
        state=state,
        tone=words.tone,
        shown=(*words.shown, "confirmations") if confirmations else words.shown,
        token=token,
        progress=_percent(order.collected, amount),
        part="" if token is None else money.plain(_share(rest or amount, _HALF, token)),
        texts={
            **amounts,
            "title": words.title,
            "message": words.message.format(**amounts),
            "left": left(order.time_expire - int(now)),
            "now": _moment(now),
            "arrived": f"{amounts['collected']} of {amounts['amount']} arrived",
            "confirmations": confirmations,
            "full": f"Pay {amounts['rest']}{late}",
            "over": "" if token is None else _over(rest, _tokens(more(gateway, order, token), token)),
        },
    )


@attrs.frozen(kw_only=True)
class Offer:
    """A token that the payer of a hosted order may choose, and what the order costs in it."""

    token: Token
    price: str


def offers(gateway: Gateway, order: Order) -> list[Offer]:
    """Return what a hosted order may be paid in; nothing where that is settled."""
    if order.amount is not None or order.fiat_amount is None or order.fiat_name is None:
        return []
    fiat_amount, fiat_name = order.fiat_amount, order.fiat_name
    return [
        Offer(token=token, price=_tokens(gateway.world.price(token, fiat_name, fiat_amount), token))
        for token in gateway.world.enabled()
    ]


def more(gateway: Gateway, order: Order, token: Token) -> Decimal:
    """Return what is still to be sent and a tenth of it all: too much."""
    return money.add(payments.due(gateway, order), _share(order.amount or money.ZERO, _TENTH, token))


def left(seconds: int) -> str:
    """Return a span as a countdown shows it."""
    minutes, second = divmod(max(seconds, 0), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour} h"
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"


def _state(gateway: Gateway, order: Order, detail: dict[str, object], now: float) -> str:
    if order.amount is None:
        return "choose" if now < order.time_expire else "unchosen"
    if detail["status"] == orders.PAID:
        over = order.collected > order.amount
        return PAID_STATES[_in_time(gateway, order) < order.amount, over]
    if gateway.book.unconfirmed and payments.unconfirmed(gateway, order):
        return "partly-seen" if payments.due(gateway, order) and now < order.time_expire else "seen"
    return UNPAID_STATES[now >= order.time_expire, order.collected > 0]


def _in_time(gateway: Gateway, order: Order) -> Decimal:
    """Return how much of what was collected was sent in time."""
    total, rest = money.ZERO, order.collected
    for payment in reversed(gateway.book.payments):
        if not rest:
            break
        if payment.trade_no == order.trade_no and payment.txid not in gateway.book.unconfirmed:
            rest = money.subtract(rest, payment.amount)
            total = money.add(total, payment.amount if payment.time < order.time_expire else money.ZERO)
    return total


def _over(rest: Decimal, amount: str) -> str:
    return f"Pay too much: {amount}" if rest else f"Pay once more: {amount}"


def _confirmations(order: Order, detail: dict[str, object]) -> str:
    if not detail["need_confirms"] or order.seen is None:
        return ""
    return f"{detail['already_confirms']} of {detail['need_confirms']}"


def _share(amount: Decimal, share: Decimal, token: Token) -> Decimal:
    part = money.round_down(money.multiply(amount, share), token.decimals)
    return max(part, money.unit(token.decimals))


def _tokens(amount: Decimal, token: Token | None) -> str:
    return "" if token is None else f"{money.plain(amount)} {token.symbol}"


def _percent(collected: Decimal, amount: Decimal) -> int:
    if not collected or not amount:
        return 0
    if collected >= amount:
        return 100
    return max(1, int(money.round_down(money.multiply(collected, Decimal(100)) / amount, 0)))


def _moment(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
