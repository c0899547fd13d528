"""Orders: created, paid in part or in full, early or late, and timed out."""

from __future__ import annotations

from decimal import Decimal

from halopay_kit.sandbox.business import money
from halopay_kit.sandbox.business.book import Order
from halopay_kit.sandbox.business.world import Token
from halopay_kit.sandbox.gateway import Gateway, present
from halopay_kit.sandbox.webhooks import events
from halopay_kit.sandbox.wire.fields import Fields, refused
from halopay_kit.sandbox.wire.refusal import DATA_NOT_EXIST, OPERATION_FAILED, ControlError, Refused

TO_BE_PAID, PAID, TIME_OUT = "TO-BE-PAID", "PAID", "TIME-OUT"
DEFAULT_LIFE = 30 * 60
_LAST_SECOND = 10**10

# (is all of it there, is the time over) → status. A late payment that completes an order makes it paid.
STATUS = {
    (False, False): TO_BE_PAID,
    (False, True): TIME_OUT,
    (True, False): PAID,
    (True, True): PAID,
}


def create(gateway: Gateway, fields: Fields) -> Order:
    """Create an order with an address to pay to."""
    token = gateway.token(fields.whole("currency_id"))
    fiat_name, fiat_amount = fields.optional_text("fiat_name"), fields.optional_amount("fiat_amount")
    amount = fields.optional_amount("token_amount")
    if amount is None and fiat_amount is None:
        raise refused("token_amount", "missing, and so is fiat_amount")
    if amount is not None and fiat_amount is not None:
        raise refused("token_amount", "give this or fiat_amount, not both")
    if fiat_amount is not None:
        if fiat_name is None:
            raise refused("fiat_name", "missing, and fiat_amount needs it")
        amount = gateway.world.price(token, fiat_name, fiat_amount)
    assert amount is not None  # noqa: S101  # one of the two is there
    check_places("token_amount", amount, token)
    now = gateway.clock.second()
    time_expire = expiry("time_out", fields.optional_whole("time_out"), now)
    return _earlier(gateway, fields, hosted=False) or _add(
        gateway,
        Order(
            trade_no=gateway.chance.trade_no(now),
            out_trade_no=fields.text("out_trade_no"),
            create_time=now,
            time_expire=time_expire,
            currency_id=token.currency_id,
            amount=amount,
            pay_address=gateway.chance.address(token.chain.family),
            fiat_name=fiat_name,
            fiat_amount=fiat_amount,
            callback_url=fields.optional_text("callback_url"),
            redirect_url=fields.optional_text("redirect_url"),
        ),
    )


def pre_create(gateway: Gateway, fields: Fields) -> Order:
    """Create a hosted order; its payer chooses the token."""
    fiat_amount = fields.amount("amount")
    now = gateway.clock.second()
    time_expire = expiry("time_expire", fields.values.get("time_expire"), now)
    return _earlier(gateway, fields, hosted=True) or _add(
        gateway,
        Order(
            trade_no=gateway.chance.trade_no(now),
            out_trade_no=fields.text("out_trade_no"),
            create_time=now,
            time_expire=time_expire,
            hosted=True,
            fiat_name=fields.text("symbol"),
            fiat_amount=fiat_amount,
            callback_url=fields.optional_text("callback_url"),
            redirect_url=fields.optional_text("redirect_url"),
            name=fields.optional_text("name"),
            image=fields.optional_text("image"),
            describe=fields.optional_text("describe"),
        ),
    )


def find(gateway: Gateway, fields: Fields) -> Order:
    """Return the order that the fields name.

    Raises:
        Refused: there is none.
    """
    order = gateway.book.orders.find(fields.optional_text("trade_no"), fields.optional_text("out_trade_no"))
    if order is None or gateway.hides(order):
        raise Refused(DATA_NOT_EXIST, "no such order")
    return order


def choose(gateway: Gateway, order: Order, token: Token) -> None:
    """Fix the token of a hosted order, and with it amount and address; its payer does so once."""
    if order.fiat_amount is None or order.fiat_name is None or order.currency_id is not None:
        raise ControlError("the token of this order is fixed already")
    order.currency_id = token.currency_id
    order.amount = gateway.world.price(token, order.fiat_name, order.fiat_amount)
    order.pay_address = gateway.chance.address(token.chain.family)
    gateway.book.by_address[order.pay_address] = order


def collect(gateway: Gateway, order: Order, amount: Decimal, txid: str) -> None:
    """Add a transaction, and tell; too much of it completes the order and is kept (webhook#payment)."""
    order.collected = money.add(order.collected, amount)
    order.txid = txid
    events.order(gateway, order, status(order, gateway.clock.now()))


def rest(order: Order) -> Decimal:
    """Return what is still to be paid."""
    return money.ZERO if order.amount is None else max(money.subtract(order.amount, order.collected), money.ZERO)


def status(order: Order, now: float) -> str:
    """Return where the order stands at that time."""
    return STATUS[order.amount is not None and order.collected >= order.amount, now >= order.time_expire]


def expire(gateway: Gateway, order: Order) -> None:
    """Let the time of the order be over, and tell."""
    now = gateway.clock.second()
    if status(order, now) == PAID:
        raise ControlError("the order is paid")
    order.time_expire = min(order.time_expire, now)
    time_out(gateway, order)


def time_out(gateway: Gateway, order: Order) -> None:
    """Tell, once, that the time of the order is over, if it is and the order is not paid."""
    now = gateway.clock.now()
    if status(order, now) == TIME_OUT and not order.timed_out:
        order.timed_out = True
        events.order(gateway, order, TIME_OUT)


def created(gateway: Gateway, order: Order) -> dict[str, object]:
    """Return the order as its creation answers it."""
    return present({"trade_no": order.trade_no, **_body(gateway, order)})


def detail(gateway: Gateway, order: Order) -> dict[str, object]:
    """Return the order as it stands."""
    return present(
        {
            "trade_no": order.trade_no,
            "out_trade_no": order.out_trade_no,
            "status": status(order, gateway.clock.now()),
            "currency_id": order.currency_id,
            **_body(gateway, order),
            "txid": order.txid,
        }
    )


def check_places(name: str, amount: Decimal, token: Token) -> None:
    """Refuse an amount with more decimals than the token has."""
    if money.places(amount) > token.decimals:
        raise refused(name, f"{token.symbol} has {token.decimals} decimals")


def expiry(name: str, value: object, now: int) -> int:
    """Return when an order ends: at that unix second, or half an hour from now where it is 0 or missing."""
    if isinstance(value, str):
        if not value.isascii() or not value.isdigit() or len(value) > 10:
            raise refused(name, "expected unix seconds")
        value = int(value)
    if value is None or value == 0:
        return now + DEFAULT_LIFE
    if not isinstance(value, int) or isinstance(value, bool) or value >= _LAST_SECOND:
        raise refused(name, "expected unix seconds")
    if value <= now:
        raise refused(name, "in the past")
    return value


def _body(gateway: Gateway, order: Order) -> dict[str, object]:
    if order.currency_id is None or order.amount is None:
        common: dict[str, object] = {}
    else:
        token = gateway.world.tokens[order.currency_id]
        common = {
            "chain": token.chain.name,
            "token": token.symbol,
            "contract": token.contract,
            "amount": money.plain(order.amount),
            "mode": "address",
            "pay_address": order.pay_address,
            "decimal": token.decimals,
            "chain_id": token.chain.chain_id,
        }
    return {
        **common,
        "time_expire": order.time_expire,
        "create_time": order.create_time,
        "equity": 1,
        "amount_collected": money.plain(order.collected),
        "need_confirms": gateway.unknowns.need_confirms,
        "already_confirms": _confirms(gateway, order),
        "entrust_url": gateway.checkout_url(order.trade_no),
        "redirect_url": order.redirect_url,
    }


def _confirms(gateway: Gateway, order: Order) -> int:
    if order.seen is None or order.currency_id is None:
        return 0
    blocks = (gateway.clock.second() - order.seen) // gateway.world.tokens[order.currency_id].chain.block_time
    return min(blocks, gateway.unknowns.need_confirms)


def _earlier(gateway: Gateway, fields: Fields, *, hosted: bool) -> Order | None:
    order = gateway.earlier(gateway.book.orders, fields.text("out_trade_no"))
    if order is not None and order.hosted is not hosted:
        raise Refused(OPERATION_FAILED, "out_trade_no is taken by an order of another kind")
    return order


def _add(gateway: Gateway, order: Order) -> Order:
    gateway.book.orders.add(order)
    gateway.agenda.add(order.time_expire, "expire", order.trade_no)
    if order.pay_address is not None:
        gateway.book.by_address[order.pay_address] = order
    return order
