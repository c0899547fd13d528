"""HaloPay's ten operations: checked fields in, data of the answer out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from halopay_kit.sandbox.business import money, orders, payments, payouts, qr_codes
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.wire.fields import Fields

Data = dict[str, object] | list[dict[str, object]]


def entrust_pre_create(gateway: Gateway, fields: Fields) -> Data:
    """Create a hosted order."""
    order = orders.pre_create(gateway, fields)
    data: Data = {
        "trade_no": order.trade_no,
        "url": gateway.checkout_url(order.trade_no),
        "time_expire": order.time_expire,
    }
    payments.hasten(gateway, order)
    return data


def order_create(gateway: Gateway, fields: Fields) -> Data:
    """Create an order with an address to pay to."""
    order = orders.create(gateway, fields)
    data = orders.created(gateway, order)
    payments.hasten(gateway, order)
    return data


def payout_create(gateway: Gateway, fields: Fields) -> Data:
    """Accept a payout."""
    payout = payouts.create(gateway, fields)
    data = payouts.created(gateway, payout)
    payments.hasten(gateway, payout)
    return data


def payment_qr_code_create(gateway: Gateway, fields: Fields) -> Data:
    """Create a fixed address."""
    qr_code = qr_codes.create(gateway, fields)
    data = qr_codes.created(gateway, qr_code)
    payments.hasten(gateway, qr_code)
    return data


def order_exchange_rates(gateway: Gateway, fields: Fields) -> Data:
    """Tell the rate of any token of the system; in US dollars where no fiat is named."""
    token = gateway.token(fields.whole("currency_id"), enabled=False)
    fiat_name = fields.optional_text("fiat_name") or "USD"
    return {
        "currency_id": token.currency_id,
        "token": token.symbol,
        "fiat_name": fiat_name,
        "rate": money.plain(gateway.world.rate(token, fiat_name)),
    }


def currency_app_token_list(gateway: Gateway, _fields: Fields) -> Data:
    """List the tokens that are enabled for the app, with balances."""
    return [
        {**gateway.summary(token), "decimal": token.decimals, "balance": gateway.held(token)}
        for token in gateway.world.enabled()
    ]


def currency_token_list(gateway: Gateway, _fields: Fields) -> Data:
    """List all tokens."""
    return [{**gateway.summary(token), "decimal": token.decimals} for token in gateway.world.tokens.values()]


def account_balance(gateway: Gateway, fields: Fields) -> Data:
    """Tell the balance of one currency."""
    token = gateway.token(fields.whole("currency_id"))
    return {
        "currency_id": token.currency_id,
        "token": token.symbol,
        "chain": token.chain.name,
        "balance": gateway.held(token),
    }


OPERATIONS: Mapping[str, Callable[[Gateway, Fields], Data]] = {
    "entrust.pre_create": entrust_pre_create,
    "order.create": order_create,
    "order.detail": lambda gateway, fields: orders.detail(gateway, orders.find(gateway, fields)),
    "order.exchange_rates": order_exchange_rates,
    "currency.app_token_list": currency_app_token_list,
    "currency.token_list": currency_token_list,
    "payout.create": payout_create,
    "payout.detail": lambda gateway, fields: payouts.detail(gateway, payouts.find(gateway, fields)),
    "account.balance": account_balance,
    "payment_qr_code.create": payment_qr_code_create,
}
