"""What webhooks say: the documented fields of a payment, a payout, a payment to a fixed address."""

from __future__ import annotations

from halopay_kit.sandbox.business import money
from halopay_kit.sandbox.business.book import Order, Payment, Payout, QrCode
from halopay_kit.sandbox.business.world import DEFAULT_CURRENCY
from halopay_kit.sandbox.gateway import Gateway, present

PAYMENT, PAYOUT, PAYMENT_QR_CODE = "payment", "payout", "payment_qr_code"


def order(gateway: Gateway, order: Order, status: str, url: str | None = None) -> None:
    """Tell where an order stands; one whose payer chose no token is told as if it were the default one."""
    token = gateway.world.tokens[DEFAULT_CURRENCY if order.currency_id is None else order.currency_id]
    amount = order.amount
    if amount is None:
        amount = gateway.world.price(token, order.fiat_name or "USD", order.fiat_amount or money.ZERO)
    fields = {
        "appid": gateway.app_id,
        "trade_no": order.trade_no,
        "out_trade_no": order.out_trade_no,
        "amount_collected": money.plain(order.collected),
        "amount": money.plain(amount),
        "token_amount": money.plain(amount),
        "chain": token.chain.name,
        "chain_id": token.chain.chain_id,
        "type": "PAYMENT",
        "currency_id": token.currency_id,
        "txid": order.txid,
        "status": status,
        "time": gateway.clock.second(),
        "redirect_url": order.redirect_url,
    }
    gateway.deliveries.tell(PAYMENT, present(fields), url or order.callback_url)


def payout(gateway: Gateway, payout: Payout, status: str, url: str | None = None) -> None:
    """Tell how a payout ended."""
    fields = {
        "appid": gateway.app_id,
        "trade_no": payout.trade_no,
        "out_trade_no": payout.out_trade_no,
        **gateway.summary(gateway.world.tokens[payout.currency_id]),
        "amount": money.plain(payout.amount),
        "address": payout.address,
        "fee": money.plain(payout.fee),
        "txid": payout.txid,
        "type": "PAYOUT",
        "status": status,
        "time": gateway.clock.second(),
    }
    gateway.deliveries.tell(PAYOUT, present(fields), url or payout.callback_url)


def qr_code(gateway: Gateway, qr_code: QrCode, payment: Payment) -> None:
    """Tell of one payment to a fixed address."""
    token = gateway.world.tokens[qr_code.currency_id]
    amount = money.plain(payment.amount)
    fields = {
        "appid": gateway.app_id,
        "trade_no": qr_code.trade_no,
        "amount_collected": amount,
        "amount": amount,
        "token_amount": amount,
        "chain": token.chain.name,
        "chain_id": token.chain.chain_id,
        "type": "PAYMENT",
        "currency_id": token.currency_id,
        "txid": payment.txid,
        "pay_address": qr_code.pay_address,
        "status": "PAID",
        "time": gateway.clock.second(),
    }
    gateway.deliveries.tell(PAYMENT_QR_CODE, fields, None)
