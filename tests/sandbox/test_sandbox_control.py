"""Control calls over HTTP: who may make them, what they do, what they say when they make no sense."""

from __future__ import annotations

import pytest

from halopay_kit.sandbox import ControlError
from tests.sandbox.wire import KEY, TRON


def test_a_control_call_does_what_the_method_does(box, wire):
    wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="10")
    wire.data("payout.create", out_trade_no="P1", currency_id=75, amount="1", address=TRON)
    wire.data("payout.create", out_trade_no="P2", currency_id=75, amount="1", address=TRON)
    address = wire.data("payment_qr_code.create", currency_id=75)["pay_address"]
    assert wire.control("pay", body={"out_trade_no": "T1", "amount": "4"})[1]["status"] == "TO-BE-PAID"
    assert wire.control("expire", body={"out_trade_no": "T1"})[1]["status"] == "TIME-OUT"
    assert wire.control("pay", body={"out_trade_no": "T1"})[1]["status"] == "PAID"
    assert wire.control("settle", body={"out_trade_no": "P1"})[1]["status"] == "PAID"
    assert wire.control("fail", body={"out_trade_no": "P2"})[1]["status"] == "FAIL"
    assert wire.control("pay", body={"address": address, "amount": "1"})[1]["amount"] == "1"
    assert wire.control("fund", body={"currency_id": 75, "amount": "1"})[0] == 200
    assert wire.control("state", method="GET") == (200, box.state())


@pytest.mark.parametrize("token", [None, "wrong", KEY, "\xe9"])
def test_a_control_call_needs_the_token(wire, token):
    for name, method in (("pay", "POST"), ("state", "GET"), ("nothing", "POST")):
        status, answer = wire.control(name, method=method, token=token)
        assert status == 401
        assert "token" in answer["error"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_control_call_is_for_loopback_names(wire, host):
    assert wire.control("state", method="GET", host=host)[0] == 403
    assert wire.control("state", method="GET", host="localhost:1")[0] == 200
    assert wire.control("state", method="GET", host="127.0.0.1")[0] == 200


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("nothing", {}, 404),
        ("pay", {"out_trade_no": "nobody"}, 404),
        ("pay", {}, 422),
        ("pay", {"trade_no": "x", "address": "y"}, 422),
        ("pay", {"out_trade_no": 7}, 422),
        ("pay", {"out_trade_no": "T1", "amount": 1}, 422),
        ("pay", {"out_trade_no": "T1", "amount": "-1"}, 422),
        ("pay", {"out_trade_no": "T1", "amount": "1", "extra": 1}, 422),
        ("pay", {"out_trade_no": "T1", "currency_id": 73}, 409),
        ("pay", b"[]", 400),
        ("pay", b"{", 400),
        ("pay", b"", 400),
        ("pay", b" " * (1024 * 1024 + 1), 413),
        ("settle", {"out_trade_no": "T1"}, 404),
        ("fund", {"currency_id": 75}, 422),
        ("fund", {"currency_id": True, "amount": "1"}, 422),
        ("fund", {"currency_id": 82, "amount": "1"}, 404),
        ("state", {}, 405),
    ],
)
def test_a_control_call_that_makes_no_sense_gets_a_sentence(wire, name, body, status):
    wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="10")
    got, answer = wire.control(name, body=body)
    assert got == status
    assert set(answer) == {"error"}
    assert answer["error"]


def test_a_payment_in_another_token_is_refused(box, wire):
    wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="10")
    with pytest.raises(ControlError, match="USDT on Tron"):
        box.pay(out_trade_no="T1", currency_id=73)
