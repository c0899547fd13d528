"""What happens to orders, payments and payouts by itself, once it is due on the agenda."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from halopay_kit.sandbox.business import orders, payments, payouts
from halopay_kit.sandbox.gateway import Gateway


def expire(gateway: Gateway, trade_no: str) -> None:
    """Time an order out, unless it is paid."""
    order = gateway.book.orders.find(trade_no, None)
    if order is not None:
        orders.time_out(gateway, order)


def settle(gateway: Gateway, trade_no: str) -> None:
    """Let a payout arrive, unless it came to its end before."""
    payout = gateway.book.payouts.find(trade_no, None)
    if payout is not None and payout.status == payouts.UNDER_WAY:
        payouts.settle(gateway, payout)


FATES: Mapping[str, Callable[[Gateway, str], None]] = {
    "expire": expire,
    "confirm": payments.confirm,
    "settle": settle,
}
