"""What belongs together: echoes of ids, exact money, expiry, and what is told of an order later."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from halopay_kit.contract.exchange import Observed
from halopay_kit.contract.judge import judge
from tests.contract.session import APP_KEY, as_traffic, first, saying, webhook, with_changed


def kinds(observed: Observed) -> list[tuple[str, str, dict[str, Any]]]:
    findings = judge(as_traffic(observed), app_key=APP_KEY)
    return [(each.kind, each.place, dict(each.seen)) for each in findings if each.grade == "broken"]


@pytest.mark.parametrize(
    ("operation", "field", "value"),
    [
        ("order.detail", "out_trade_no", "another"),
        ("payout.create", "out_trade_no", "another"),
        ("payout.create", "currency_id", 73),
        ("payout.create", "address", "another"),
        ("payout.detail", "out_trade_no", "another"),
        ("account.balance", "currency_id", 73),
        ("order.exchange_rates", "fiat_name", "USD"),
        ("order.exchange_rates", "currency_id", 73),
        ("payment_qr_code.create", "out_trade_no", "another"),
        ("order.create", "redirect_url", "https://elsewhere.example"),
    ],
)
def test_an_answer_is_about_what_was_asked_for(day: Observed, operation: str, field: str, value: object) -> None:
    wrong = saying(first(day, operation), lambda envelope: envelope["data"].update({field: value}))
    assert kinds(with_changed(day, wrong)) == [("echo", f"{operation}.{field}", {})]


@pytest.mark.parametrize("amount", ["15.250001", "15.24999999", "15", "0.1525"])
def test_a_token_amount_comes_back_exactly(day: Observed, amount: str) -> None:
    wrong = saying(first(day, "order.create"), lambda envelope: envelope["data"].update(amount=amount))
    reported = [finding for finding in kinds(with_changed(day, wrong)) if "asked" in finding[2]["why"]]
    assert reported == [("money-inexact", "order.create.amount", {"why": "not what was asked for"})]


@pytest.mark.parametrize("amount", ["15.25", "15.250000", "015.25"])
def test_the_same_number_may_be_written_otherwise(day: Observed, amount: str) -> None:
    same = saying(first(day, "order.create"), lambda envelope: envelope["data"].update(amount=amount))
    assert kinds(with_changed(day, same)) == []


def test_an_amount_with_the_digits_of_a_float_is_told(day: Observed) -> None:
    wrong = saying(
        first(day, "order.detail"), lambda envelope: envelope["data"].update(amount_collected="4.8500000000001")
    )
    why = {"why": "more decimals than the token has"}
    assert kinds(with_changed(day, wrong)) == [("money-inexact", "order.detail.amount_collected", why)]


def test_a_payout_sends_what_was_asked_for(day: Observed) -> None:
    wrong = saying(first(day, "payout.detail"), lambda envelope: envelope["data"].update(amount="0.000002"))
    why = {"why": "not what it was created with"}
    assert kinds(with_changed(day, wrong)) == [("money-inexact", "payout.detail.amount", why)]
    told = saying(webhook(day, "PAYOUT", "PAID"), lambda body: body.update(amount="0.1"))
    assert kinds(with_changed(day, told)) == [("money-inexact", "webhook.payout.amount", why)]


def test_a_webhook_names_the_order_that_was_created(day: Observed) -> None:
    wrong = saying(webhook(day, "PAYMENT", "PAID"), lambda body: body.update(out_trade_no="another"))
    assert kinds(with_changed(day, wrong)) == [("echo", "webhook.payment.out_trade_no", {})]


def test_a_webhook_names_the_app(day: Observed) -> None:
    wrong = saying(webhook(day, "PAYMENT", "PAID"), lambda body: body.update(appid="another"))
    assert kinds(with_changed(day, wrong)) == [("echo", "webhook.payment.appid", {})]


@pytest.mark.parametrize("off", [-60, 1, 1800, 28800])
def test_an_order_lives_half_an_hour_where_nothing_else_is_asked(day: Observed, off: int) -> None:
    created = first(day, "order.create")
    wrong = saying(created, lambda envelope: envelope["data"].update(time_expire=envelope["data"]["time_expire"] + off))
    why = {"why": "not 1800 seconds after the creation"}
    assert kinds(with_changed(day, wrong)) == [("expiry", "order.create.time_expire", why)]


@pytest.mark.parametrize(("operation", "number"), [("order.create", 1), ("entrust.pre_create", 0)])
def test_an_order_lives_as_long_as_was_asked_for(day: Observed, operation: str, number: int) -> None:
    created = first(day, operation, number)
    wrong = saying(created, lambda envelope: envelope["data"].update(time_expire=envelope["data"]["time_expire"] + 1))
    why = {"why": "another time than was asked for"}
    assert kinds(with_changed(day, wrong)) == [("expiry", f"{operation}.time_expire", why)]


def test_a_value_that_is_wrong_by_itself_is_not_told_twice(day: Observed) -> None:
    wrong = saying(first(day, "order.create"), lambda envelope: envelope["data"].update(amount=15, time_expire="soon"))
    assert {kind for kind, *_ in kinds(with_changed(day, wrong))} == {"type-changed"}


def test_a_number_that_was_used_twice_says_nothing_of_either_order(day: Observed) -> None:
    created = first(day, "order.create")
    other = saying(created, lambda envelope: envelope["data"].update(trade_no="9" * 32))
    twice = attrs.evolve(day, exchanges=(*day.exchanges, attrs.evolve(other, number=len(day.exchanges) + 1)))
    assert kinds(twice) == []
