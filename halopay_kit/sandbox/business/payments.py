"""Payments: seen on the chain, confirmed, credited, told."""

from __future__ import annotations

from decimal import Decimal

from halopay_kit.sandbox.business import money, orders, payouts
from halopay_kit.sandbox.business.book import Order, Payment, Payout, QrCode
from halopay_kit.sandbox.business.world import DEFAULT_CURRENCY, Token
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.webhooks import events

_EARLY_AMOUNT = Decimal(1)


def receive(gateway: Gateway, target: Order | QrCode, token: Token, amount: Decimal) -> Payment:
    """See a payment; it counts once as many blocks followed as `need_confirms` says."""
    now = gateway.clock.second()
    payment = Payment(
        txid=gateway.chance.txid(),
        trade_no=target.trade_no,
        currency_id=token.currency_id,
        amount=amount,
        time=now,
    )
    gateway.book.payments.append(payment)
    if isinstance(target, Order):
        target.seen = now
    needed = gateway.unknowns.need_confirms
    if needed and not gateway.deliveries.hastens:
        gateway.book.unconfirmed[payment.txid] = payment
        gateway.agenda.add(now + needed * token.chain.block_time, "confirm", payment.txid)
    else:
        _credit(gateway, target, token, payment)
    return payment


def due(gateway: Gateway, order: Order) -> Decimal:
    """Return what is still to be sent; payments that the chain has yet to confirm are sent."""
    return max(money.subtract(orders.rest(order), unconfirmed(gateway, order)), money.ZERO)


def unconfirmed(gateway: Gateway, order: Order) -> Decimal:
    """Return what was sent and does not count yet."""
    total = money.ZERO
    for payment in gateway.book.unconfirmed.values():
        if payment.trade_no == order.trade_no:
            total = money.add(total, payment.amount)
    return total


def confirm(gateway: Gateway, txid: str) -> None:
    """Let a payment that was seen count."""
    payment = gateway.book.unconfirmed.pop(txid, None)
    if payment is None:
        return
    book = gateway.book
    target = book.orders.find(payment.trade_no, None) or book.qr_codes.find(payment.trade_no, None)
    if target is not None:
        _credit(gateway, target, gateway.world.tokens[payment.currency_id], payment)


def hasten(gateway: Gateway, row: Order | Payout | QrCode) -> None:
    """Play payer or chain at once where a fault says so: the webhook then arrives before the answer to the creation."""
    name = {Order: events.PAYMENT, Payout: events.PAYOUT, QrCode: events.PAYMENT_QR_CODE}[type(row)]
    if not gateway.faults.on_creation(name):
        return
    with gateway.deliveries.hastening():
        if isinstance(row, QrCode):
            receive(gateway, row, gateway.world.tokens[row.currency_id], _EARLY_AMOUNT)
        elif isinstance(row, Payout):
            if row.status == payouts.UNDER_WAY:
                payouts.settle(gateway, row)
        else:
            if row.currency_id is None:
                orders.choose(gateway, row, gateway.world.tokens[DEFAULT_CURRENCY])
            rest = orders.rest(row)
            if row.currency_id is not None and rest:
                receive(gateway, row, gateway.world.tokens[row.currency_id], rest)


def _credit(gateway: Gateway, target: Order | QrCode, token: Token, payment: Payment) -> None:
    now = gateway.clock.second()
    gateway.book.move("collected", token.currency_id, payment.amount, time=now, trade_no=target.trade_no)
    if gateway.unknowns.service_fee_bearer == "merchant":
        fee = money.round_down(money.multiply(payment.amount, gateway.unknowns.service_fee_rate), token.decimals)
        gateway.book.move("fee", token.currency_id, money.negate(fee), time=now, trade_no=target.trade_no)
    if isinstance(target, Order):
        orders.collect(gateway, target, payment.amount, payment.txid)
    else:
        events.qr_code(gateway, target, payment)
