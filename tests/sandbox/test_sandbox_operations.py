"""Each of the ten operations; that every answer is signed and of the spec is checked for every call."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from halopay_kit.sandbox import Sandbox, Unknowns
from halopay_kit.sandbox.business.world import FIATS
from tests.sandbox.wire import KEY, SPEC, START, TRON, Wire

NATIVE = {"out_trade_no": "T1", "currency_id": 73, "token_amount": "15.724197"}
HOSTED = {"out_trade_no": "T1", "symbol": "USD", "amount": "15"}
PAYOUT = {
    "out_trade_no": "P1",
    "currency_id": 75,
    "amount": "12.5",
    "address": TRON,
}


def test_a_native_order_has_an_address_to_pay_to(wire):
    order = wire.data("order.create", **NATIVE, redirect_url="https://shop.example/done")
    assert re.fullmatch(r"20260317122000[0-9a-f]{18}", order["trade_no"])
    assert re.fullmatch(r"T[1-9A-HJ-NP-Za-km-z]{33}", order["pay_address"])
    assert (order["chain"], order["chain_id"], order["token"], order["contract"]) == ("Tron", 3448148188, "TRX", "TRX")
    assert (order["amount"], order["amount_collected"], order["decimal"]) == ("15.724197", "0", 6)
    assert (order["create_time"], order["time_expire"]) == (START, START + 1800)
    assert order["entrust_url"] == f"{wire.box.base_url}/checkout/{order['trade_no']}"
    assert order["redirect_url"] == "https://shop.example/done"


def test_an_amount_in_fiat_is_rounded_up_to_the_decimals_of_the_token(wire):
    rate = Decimal(wire.data("order.exchange_rates", currency_id=75, fiat_name="EUR")["rate"])
    order = wire.data("order.create", out_trade_no="T1", currency_id=75, fiat_name="EUR", fiat_amount="10.01")
    smallest = Decimal("0.000001")
    assert (Decimal(order["amount"]) - smallest) * rate < Decimal("10.01") <= Decimal(order["amount"]) * rate


@pytest.mark.parametrize("fiat_name", FIATS)
def test_every_fiat_of_the_spec_has_a_rate(wire, fiat_name):
    assert Decimal(wire.data("order.exchange_rates", currency_id=68, fiat_name=fiat_name)["rate"]) > 0


def test_the_fiats_are_those_of_the_spec():
    assert list(FIATS) == SPEC["components"]["schemas"]["FiatName"]["enum"]


def test_an_expiry_of_one_s_own_is_kept(wire):
    assert wire.data("order.create", **NATIVE, time_out=START + 60)["time_expire"] == START + 60


def test_an_expiry_of_zero_is_half_an_hour(wire):
    assert wire.data("order.create", **NATIVE, time_out=0)["time_expire"] == START + 1800


def test_a_hosted_order_has_a_page(wire):
    order = wire.data("entrust.pre_create", **HOSTED, name="Tea")
    assert order["url"] == f"{wire.box.base_url}/checkout/{order['trade_no']}"
    assert order["time_expire"] == START + 1800
    page = wire.send(f"/checkout/{order['trade_no']}", b"", method="GET")
    assert page.status == 200
    assert order["trade_no"] in page.data.decode()


@pytest.mark.parametrize("time_expire", [START + 60, str(START + 60)])
def test_the_expiry_of_a_hosted_order_is_an_integer_or_a_string(wire, time_expire):
    assert wire.data("entrust.pre_create", **HOSTED, time_expire=time_expire)["time_expire"] == START + 60


def test_an_order_is_found_by_either_number(wire):
    trade_no = wire.data("order.create", **NATIVE)["trade_no"]
    by_ours = wire.data("order.detail", out_trade_no="T1")
    assert by_ours == wire.data("order.detail", trade_no=trade_no)
    assert (by_ours["trade_no"], by_ours["out_trade_no"], by_ours["status"]) == (trade_no, "T1", "TO-BE-PAID")
    assert wire.code("order.detail", trade_no=trade_no, out_trade_no="T2") == 10004


def test_a_hosted_order_has_no_token_until_its_payer_chose(wire):
    wire.data("entrust.pre_create", **HOSTED)
    assert "currency_id" not in wire.data("order.detail", out_trade_no="T1")
    wire.box.pay(out_trade_no="T1", currency_id=70)
    order = wire.data("order.detail", out_trade_no="T1")
    assert (order["status"], order["currency_id"], order["chain"], order["amount"]) == ("PAID", 70, "ETH", "15")
    assert re.fullmatch(r"0x[0-9a-f]{40}", order["pay_address"])


def test_a_payout_is_taken_from_the_balance_at_once(wire):
    payout = wire.data("payout.create", **PAYOUT, google_code="123456")
    assert (payout["status"], payout["amount"], payout["address"]) == ("TO-BE-PAID", "12.5", PAYOUT["address"])
    assert wire.balance(75) == "99987.5"
    assert wire.data("payout.detail", trade_no=payout["trade_no"])["out_trade_no"] == "P1"
    assert wire.data("payout.detail", out_trade_no="P1")["trade_no"] == payout["trade_no"]


def test_the_app_s_tokens_are_some_of_the_system_s_and_have_balances(wire):
    ours = {token["currency_id"]: token for token in wire.data("currency.app_token_list")}
    system = {token["currency_id"]: token for token in wire.data("currency.token_list")}
    assert {68, 69, 70, 73, 75} <= set(ours) < set(system)
    assert ours[75]["balance"] == wire.balance(75) == "100000"
    assert (system[68]["token"], system[68]["decimal"], system[68]["chain"]) == ("ETH", 18, "ETH")


def test_a_fixed_address_is_created_with_or_without_a_number(wire):
    named = wire.data("payment_qr_code.create", currency_id=75, out_trade_no="Q1")
    nameless = wire.data("payment_qr_code.create", currency_id=75)
    assert named["pay_address"] != nameless["pay_address"]
    assert named["out_trade_no"] == "Q1"
    assert "out_trade_no" not in nameless


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("order.create", NATIVE),
        ("entrust.pre_create", HOSTED),
        ("payout.create", PAYOUT),
        ("payment_qr_code.create", {"currency_id": 75, "out_trade_no": "Q1"}),
    ],
)
class TestANumberUsedTwice:
    def test_is_refused_by_default(self, wire, operation, fields):
        wire.data(operation, **fields)
        assert wire.code(operation, **fields) == 10002

    def test_answers_the_first_one_when_told_so(self, hand, operation, fields):
        with Sandbox(app_key=KEY, clock=hand, unknowns=Unknowns(reused_out_trade_no="same")) as box:
            wire = Wire(box, hand)
            assert wire.data(operation, **fields) == wire.data(operation, **fields)
            wire.close()

    def test_makes_another_when_told_so(self, hand, operation, fields):
        with Sandbox(app_key=KEY, clock=hand, unknowns=Unknowns(reused_out_trade_no="new")) as box:
            wire = Wire(box, hand)
            assert wire.data(operation, **fields)["trade_no"] != wire.data(operation, **fields)["trade_no"]
            wire.close()


def test_a_payout_may_carry_the_number_of_an_order(wire):
    wire.data("order.create", **NATIVE)
    wire.data("payout.create", **{**PAYOUT, "out_trade_no": "T1"})
