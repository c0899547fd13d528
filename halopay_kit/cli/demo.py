"""`halopay demo`: real calls against the sandbox."""

from __future__ import annotations

import time
from decimal import Decimal

import click

from halopay_kit.cli import output


@click.command
def command() -> None:
    """See real calls succeed against the sandbox: orders, a payment in two parts, a payout, a balance.

    Everything stays on this machine and ends with the command.
    """
    from halopay_kit.client import HaloPay
    from halopay_kit.errors import ApiError
    from halopay_kit.sandbox import Sandbox

    started = time.perf_counter()
    with Sandbox() as box, HaloPay(box.app_id, box.app_key, box.base_url) as halopay:
        _step("A sandbox runs here; it checks every signature", box.base_url)

        tokens = halopay.currency.app_token_list()
        _step(
            "currency.app_token_list",
            ", ".join(f"{token.token} on {token.chain} ({token.currency_id})" for token in tokens),
        )

        hosted = halopay.entrust.pre_create(out_trade_no="demo-hosted", symbol="USD", amount="15")
        _step("entrust.pre_create: an order on HaloPay's page", f"send the payer to {hosted.url}")

        order = halopay.order.create(out_trade_no="demo-order", currency_id=75, fiat_name="USD", fiat_amount="15")
        _step("order.create: an order on your own page", f"{order.amount} {order.token} to {order.pay_address}")

        part = Decimal("5")
        box.pay(trade_no=order.trade_no, amount=part)
        detail = halopay.order.detail(trade_no=order.trade_no)
        _step(f"The payer sends {part}", f"order.detail: {detail.status}, {detail.amount_collected} of {detail.amount}")

        box.pay(trade_no=order.trade_no)
        detail = halopay.order.detail(trade_no=order.trade_no)
        _step(
            "The payer sends the rest", f"order.detail: {detail.status}, {detail.amount_collected} of {detail.amount}"
        )

        payout = halopay.payout.create(
            out_trade_no="demo-payout", currency_id=75, amount="4.2", address=order.pay_address
        )
        box.settle(out_trade_no="demo-payout")
        paid = halopay.payout.detail(out_trade_no="demo-payout")
        _step(
            "payout.create: money goes out",
            f"{payout.amount} {payout.token}; payout.detail: {paid.status}, txid {paid.txid}",
        )

        balance = halopay.account.balance(currency_id=75)
        _step("account.balance", f"{balance.balance} {balance.token}")

        try:
            halopay.order.detail(trade_no="no-such-order")
        except ApiError as refused:
            _step("What does not exist is an error of its own", str(refused))
    output.say()
    output.say(f"Every request and every answer was signed and verified; {time.perf_counter() - started:.1f} s.")
    output.say("Next: halopay sandbox, halopay call --help, README.md")


def _step(what: str, result: str) -> None:
    output.say(f"{click.style('✓', fg='green')} {click.style(what, bold=True)}\n  {result}")
