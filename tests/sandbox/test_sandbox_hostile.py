"""What must neither hang the sandbox nor leave it as a foreign error."""

from __future__ import annotations

import logging

import pytest

from halopay_kit import HaloPay
from halopay_kit.errors import ConfigurationError, HaloPayError
from halopay_kit.sandbox import ControlError, Sandbox, Unknowns
from halopay_kit.sandbox.scenario import Scenario


def ordered(box: Sandbox, number: str = "T1") -> None:
    with HaloPay(box.app_id, box.app_key, box.base_url, clock=box.clock.now) as halopay:
        halopay.order.create(out_trade_no=number, currency_id=75, token_amount=15)


def test_a_listener_that_fails_changes_nothing(caplog):
    def fail(_row):
        raise RuntimeError("the screen is full")

    with caplog.at_level(logging.ERROR), Sandbox(webhook_url="http://127.0.0.1:9/") as box:
        box.record.listen(fail)
        ordered(box)
        for _ in range(2):
            box.pay(out_trade_no="T1", amount="1")
    assert "the screen is full" in caplog.text


@pytest.mark.parametrize("kind", ["call", "control", "event", "attempt"])
def test_a_listener_that_acts_is_refused_and_nothing_hangs(kind):
    refused = []

    def act(row):
        if row.kind == kind:
            for deed in (lambda: box.pay(out_trade_no="T0"), lambda: box.clock.advance("1h"), lambda: box.replay(1)):
                try:
                    deed()
                except ControlError as error:
                    refused.append(str(error))

    with Sandbox(webhook_url="http://127.0.0.1:9/", start="2026-03-17T12:20:00Z") as box:
        ordered(box, "T0")
        box.record.listen(act)
        ordered(box)
        box.pay(out_trade_no="T1")
    assert refused
    assert all("looks on" in each for each in refused)


@pytest.mark.parametrize(
    "setting",
    [
        {"webhook_url": 5},
        {"drift": 5},
        {"drift": None},
        {"drift": "order.create:added"},
        {"unknowns": 5},
        {"start": 10**400},
        {"speed": "x"},
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(setting):
    with pytest.raises(ConfigurationError):
        Sandbox(**setting)


def test_nothing_that_is_no_number_or_amount_reaches_the_book():
    with Sandbox() as box:
        for fields in (
            {"trade_no": ["x"]},
            {"out_trade_no": {}},
            {"address": []},
            {"trade_no": 5},
        ):
            for deed in (box.pay, box.expire, box.settle, box.fail):
                with pytest.raises((ControlError, TypeError)) as caught:
                    deed(**fields)
                assert "unhashable" not in str(caught.value)
        for deed in (lambda: box.send(out_trade_no=["x"]), lambda: box.send(out_trade_no="T", status=5)):
            with pytest.raises(ControlError):
                deed()
        for span in (10**400, -1, float("nan"), "soon", None):
            with pytest.raises(HaloPayError):
                box.clock.advance(span)
        with pytest.raises(ConfigurationError):
            box.webhook_url = 5


@pytest.mark.parametrize("text", [5, None, b"x", "payout.create:name=1", "payout.create:self=1", "payout.create:", ""])
def test_a_fault_that_is_none_is_refused(text):
    box = Sandbox()
    with pytest.raises(ConfigurationError):
        box.faults.add_text(text)


@pytest.mark.parametrize(
    "steps",
    [
        "[{call: [order.create]}]",
        "[{call: {a: 1}}]",
        "[{call: order.create, with: &w {out_trade_no: *w}}]",
        "[{call: order.list}]",
        "[5]",
        "5",
    ],
)
def test_a_scenario_that_is_none_is_refused_when_it_is_read(steps):
    with pytest.raises(ConfigurationError):
        Scenario.parse(f"about: Mine.\nsteps: {steps}\n", "mine.yaml")


def test_the_rest_of_an_order_leaves_out_what_is_still_unconfirmed():
    with Sandbox(start="2026-03-17T12:20:00Z", unknowns=Unknowns(need_confirms=19)) as box:
        ordered(box)
        box.pay(out_trade_no="T1", amount="10")
        assert box.pay(out_trade_no="T1")["amount_collected"] == "0"
        with pytest.raises(ControlError, match="in full"):
            box.pay(out_trade_no="T1")
        box.clock.advance("2m")
        assert box.state()["orders"][0]["collected"] == "15"
