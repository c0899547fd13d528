"""What is refused, and in which order."""

from __future__ import annotations

import hmac
import json
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halopay_kit.sandbox import Sandbox
from halopay_kit.sandbox.wire.desk import Desk
from halopay_kit.sandbox.wire.spec import load
from tests.conftest import ROOT, vectors
from tests.sandbox.wire import KEY, PATHS, SPEC, START, TRON, Hand

ORDER = {"out_trade_no": "T1", "currency_id": 75, "token_amount": "1"}
PAYOUT = {"out_trade_no": "P1", "currency_id": 75, "amount": "1", "address": TRON}
BODY = json.dumps(ORDER).encode()


@pytest.mark.parametrize("operation", PATHS)
class TestEveryOperation:
    def test_refuses_another_key(self, wire, operation):
        assert wire.raw(operation, b"{}", key="anotherKey")["code"] == 10008

    @pytest.mark.parametrize("app_id", ["another", "", None])
    def test_refuses_another_app(self, wire, operation, app_id):
        assert wire.raw(operation, b"{}", app_id=app_id)["code"] == 10006

    @pytest.mark.parametrize("timestamp", [str(START - 121), str(START + 121), "123", "", None, "177375000x"])
    def test_refuses_another_time(self, wire, operation, timestamp):
        assert wire.raw(operation, b"{}", timestamp=timestamp)["code"] == 10007

    @pytest.mark.parametrize("sign", ["", None, "0" * 64, "F" * 64, "0" * 63])
    def test_refuses_no_signature(self, wire, operation, sign):
        assert wire.raw(operation, b"{}", sign=sign)["code"] == 10008


@pytest.mark.parametrize("offset", [-120, 120])
def test_a_timestamp_is_good_for_two_minutes_either_way(wire, offset):
    assert wire.raw("order.create", BODY, timestamp=str(START + offset))["code"] == 0


def test_the_app_is_looked_at_before_the_time_and_the_time_before_the_signature(wire):
    assert wire.raw("order.create", b"[", app_id="x", timestamp="1", sign="x")["code"] == 10006
    assert wire.raw("order.create", b"[", timestamp="1", sign="x")["code"] == 10007
    assert wire.raw("order.create", b"[", sign="x")["code"] == 10008
    assert wire.raw("order.create", b"[")["code"] == 10003


@pytest.mark.parametrize("case", vectors("hostile"))
def test_no_hostile_case_gets_in(case, hand):
    hand.second = int(case["timestamp"]) if re.fullmatch("[0-9]{10}", case["timestamp"]) else START
    box = Sandbox(app_key=case["app_key"], clock=hand)
    desk = Desk(box._gateway, load())  # without a socket: HTTP would not carry all of them
    headers = {
        b"x-appid": box.app_id.encode(),
        b"x-timestamp": case["timestamp"].encode(),
        b"x-sign": case["signature"].encode(),
        b"content-type": b"application/json",
    }
    answer = desk.answer(desk.take("currency.token_list", headers, case["body"]))
    assert json.loads(answer.body)["code"] in {10003, 10007, 10008}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["75", "1.5", "USD", TRON]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
ANY = Sandbox(app_key=KEY, clock=Hand())
DESK = Desk(ANY._gateway, load())
names = sorted({name for schema in SPEC["components"]["schemas"].values() for name in schema.get("properties", {})})


@settings(max_examples=300)
@given(operation=st.sampled_from(sorted(PATHS)), fields=st.dictionaries(st.sampled_from(names), values, max_size=5))
def test_any_object_gets_a_signed_answer(operation, fields):
    body = json.dumps(fields).encode()
    headers = {
        b"x-appid": ANY.app_id.encode(),
        b"x-timestamp": str(START).encode(),
        b"x-sign": hmac.digest(KEY.encode(), body + str(START).encode(), "sha256").hex().encode(),
        b"content-type": b"application/json",
    }
    answer = DESK.answer(DESK.take(operation, headers, body))
    assert json.loads(answer.body)["code"] in {0, 10002, 10003, 10004, 20003}
    expected = hmac.digest(KEY.encode(), answer.body + str(START).encode(), "sha256").hex().encode()
    assert dict(answer.headers)[b"x-sign"] == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[]",
        b"[{}]",
        b'"Success"',
        b"null",
        b"15",
        b"{}{}",
        b"{'out_trade_no':'T1'}",
        b'{"out_trade_no":"T1","currency_id":75,"token_amount":"1",}',
        b'{"out_trade_no":"T1","out_trade_no":"T2","currency_id":75,"token_amount":"1"}',
        b'{"out_trade_no":"T1","currency_id":75,"token_amount":"1","x":{"a":1,"a":2}}',
        b'{"out_trade_no":"T1","currency_id":75,"token_amount":"1","x":NaN}',
        b'{"out_trade_no":"T1","currency_id":75,"token_amount":"1","x":-Infinity}',
        b'{"out_trade_no":"T1","currency_id":75,"token_amount":"1","x":' + b"9" * 5000 + b"}",
        b'{"out_trade_no":"T1","currency_id":75,"token_amount":"1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"currency_id":75,"token_amount":"1","out_trade_no":' + b"[" * 600 + b"]" * 600 + b"}",
        b'{"currency_id":75,"token_amount":"1","out_trade_no":' + b'{"a":' * 600 + b"1" + b"}" * 600 + b"}",
        b'{"out_trade_no":"\\ud800","currency_id":75,"token_amount":"1"}',
        b'{"out_trade_no":"T\xff","currency_id":75,"token_amount":"1"}',
        b'{"out_trade_no":"T1\n","currency_id":75,"token_amount":"1"}',
        b"\xef\xbb\xbf" + BODY,
        BODY.decode().encode("utf-16"),
    ],
    ids=lambda body: repr(body[:70]),
)
def test_a_malformed_body_is_a_parameter_error(wire, body):
    assert wire.raw("order.create", body)["code"] == 10003
    assert wire.code("order.detail", out_trade_no="T1") == 10004


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_does_not_say_json_is_a_parameter_error(wire, content_type):
    envelope = wire.raw("order.create", BODY, content_type=content_type)
    assert envelope["code"] == 10003
    assert "content-type" in envelope["msg"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_body_may_say_json_in_other_words(wire, content_type):
    assert wire.raw("order.create", BODY, content_type=content_type)["code"] == 0


NAMED = [
    ("order.create", {"currency_id": 75, "token_amount": "1"}, "out_trade_no"),
    ("order.create", {"out_trade_no": "T1", "token_amount": "1"}, "currency_id"),
    ("order.create", {**ORDER, "out_trade_no": ""}, "out_trade_no"),
    ("order.create", {**ORDER, "out_trade_no": 7}, "out_trade_no"),
    ("order.create", {**ORDER, "out_trade_no": None}, "out_trade_no"),
    ("order.create", {**ORDER, "currency_id": "75"}, "currency_id"),
    ("order.create", {**ORDER, "currency_id": 75.0}, "currency_id"),
    ("order.create", {**ORDER, "currency_id": 75.5}, "currency_id"),
    ("order.create", {**ORDER, "currency_id": True}, "currency_id"),
    ("order.create", {**ORDER, "currency_id": 0}, "currency_id"),
    ("order.create", {**ORDER, "token_amount": 1}, "token_amount"),
    ("order.create", {**ORDER, "token_amount": "1e3"}, "token_amount"),
    ("order.create", {**ORDER, "token_amount": "-1"}, "token_amount"),
    ("order.create", {**ORDER, "token_amount": "1\n"}, "token_amount"),
    ("order.create", {**ORDER, "token_amount": "\u0661"}, "token_amount"),
    ("order.create", {**ORDER, "token_amount": "0"}, "token_amount"),
    ("order.create", {**ORDER, "token_amount": "0.0"}, "token_amount"),
    ("order.create", {**ORDER, "token_amount": "0.0000001"}, "token_amount"),
    ("order.create", {**ORDER, "fiat_name": "USD", "fiat_amount": "1"}, "token_amount"),
    ("order.create", {"out_trade_no": "T1", "currency_id": 75}, "token_amount"),
    ("order.create", {"out_trade_no": "T1", "currency_id": 75, "fiat_name": "USD"}, "fiat_amount"),
    ("order.create", {"out_trade_no": "T1", "currency_id": 75, "fiat_amount": "1"}, "fiat_name"),
    ("order.create", {"out_trade_no": "T1", "currency_id": 75, "fiat_amount": "0", "fiat_name": "USD"}, "fiat_amount"),
    ("order.create", {"out_trade_no": "T1", "currency_id": 75, "fiat_amount": "1", "fiat_name": "XAU"}, "fiat_name"),
    ("order.create", {**ORDER, "time_out": START}, "time_out"),
    ("order.create", {**ORDER, "time_out": START - 1}, "time_out"),
    ("order.create", {**ORDER, "time_out": -1}, "time_out"),
    ("order.create", {**ORDER, "time_out": 10**10}, "time_out"),
    ("order.create", {**ORDER, "time_out": 10**30}, "time_out"),
    ("order.create", {**ORDER, "time_out": str(START + 60)}, "time_out"),
    ("entrust.pre_create", {"out_trade_no": "T1", "symbol": "USD", "amount": "1.005"}, "amount"),
    ("entrust.pre_create", {"out_trade_no": "T1", "symbol": "USD", "amount": "0.00"}, "amount"),
    ("entrust.pre_create", {"out_trade_no": "T1", "symbol": "USD"}, "amount"),
    ("entrust.pre_create", {"out_trade_no": "T1", "amount": "1"}, "symbol"),
    (
        "entrust.pre_create",
        {"out_trade_no": "T1", "symbol": "USD", "amount": "1", "time_expire": "soon"},
        "time_expire",
    ),
    ("entrust.pre_create", {"out_trade_no": "T1", "symbol": "USD", "amount": "1", "time_expire": ""}, "time_expire"),
    ("entrust.pre_create", {"out_trade_no": "T1", "symbol": "USD", "amount": "1", "time_expire": 1.5}, "time_expire"),
    ("entrust.pre_create", {"out_trade_no": "T1", "symbol": "USD", "amount": "1", "time_expire": 1}, "time_expire"),
    ("order.detail", {}, "trade_no or out_trade_no"),
    ("payout.detail", {}, "trade_no or out_trade_no"),
    ("order.exchange_rates", {}, "currency_id"),
    ("order.exchange_rates", {"currency_id": 75, "fiat_name": "usd"}, "fiat_name"),
    ("account.balance", {}, "currency_id"),
    ("payment_qr_code.create", {}, "currency_id"),
    *((("payout.create", {k: v for k, v in PAYOUT.items() if k != name}, name)) for name in PAYOUT),
    ("payout.create", {**PAYOUT, "amount": "0"}, "amount"),
    ("payout.create", {**PAYOUT, "amount": "0.1234567"}, "amount"),
    ("payout.create", {**PAYOUT, "address": ""}, "address"),
    ("payout.create", {**PAYOUT, "address": TRON[:-1]}, "address"),
    ("payout.create", {**PAYOUT, "address": TRON[:-1] + "u"}, "address"),
    ("payout.create", {**PAYOUT, "address": "0x" + "a" * 40}, "address"),
    ("payout.create", {**PAYOUT, "currency_id": 70}, "address"),
    ("payout.create", {**PAYOUT, "currency_id": 70, "address": "0x" + "a" * 39 + "\n"}, "address"),
]


@pytest.mark.parametrize(("operation", "fields", "name"), NAMED)
def test_a_parameter_error_names_the_field(wire, operation, fields, name):
    envelope = wire.call(operation, **fields)
    assert envelope["code"] == 10003
    assert envelope["msg"].startswith("parameter error: ")
    assert name in envelope["msg"]


def test_the_first_refusal_is_as_quick_as_the_next():
    code = (
        "import sys; from tests.sandbox.wire import *\n"
        "with Sandbox(app_key=KEY, clock=Hand()) as box:\n"
        "    assert Wire(box, Hand()).code('order.create', out_trade_no=1) == 10003\n"
        "print([name for name in ('jsonschema', 'openapi_core', 'lark') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"  # jsonschema takes seconds to import where JupyterLab is installed


def test_no_refusal_tells_a_value(wire):
    for fields in (
        {"google_code": 918273, "out_trade_no": 1},
        {"google_code": ["918273"]},
        {**PAYOUT, "google_code": 918273},
        {**PAYOUT, "google_code": "918273", "address": "x918273"},
    ):
        envelope = wire.call("payout.create", **fields)
        assert envelope["code"] == 10003
        assert "918273" not in envelope["msg"]
    wire.data("payout.create", **PAYOUT, google_code="918273")
    assert "918273" not in json.dumps(wire.box.state())


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("order.detail", {"trade_no": "nobody"}),
        ("order.detail", {"out_trade_no": "nobody"}),
        ("payout.detail", {"trade_no": "nobody"}),
        ("payout.detail", {"out_trade_no": "nobody"}),
        ("order.create", {**ORDER, "currency_id": 9999}),
        ("payout.create", {**PAYOUT, "currency_id": 10**30}),
        ("account.balance", {"currency_id": 9999}),
        ("order.exchange_rates", {"currency_id": 9999}),
        ("payment_qr_code.create", {"currency_id": 9999}),
    ],
)
def test_what_is_not_there_does_not_exist(wire, operation, fields):
    assert wire.code(operation, **fields) == 10004


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("order.create", {**ORDER, "currency_id": 82}),
        ("payout.create", {**PAYOUT, "currency_id": 82}),
        ("account.balance", {"currency_id": 82}),
        ("payment_qr_code.create", {"currency_id": 82}),
    ],
)
def test_a_token_that_is_not_enabled_is_not_supported(wire, operation, fields):
    assert wire.code(operation, **fields) == 20003


def test_unknown_fields_are_let_through(wire):
    assert wire.code("order.create", **ORDER, referer="https://shop.example", weight=1.5, nested={"a": [1]}) == 0
