"""Requests: what may be sent, and what is said of what may not."""

from __future__ import annotations

import json
import pickle
import re
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halopay_api.codec import EncodeError, encode
from halopay_api.models import FiatName
from halopay_api.operations import (
    CURRENCY_TOKEN_LIST,
    ENTRUST_PRE_CREATE,
    OPERATIONS,
    ORDER_CREATE,
    ORDER_DETAIL,
    PAYOUT_CREATE,
)
from tests.codegen.mini import MINI, run, write

ORDER = {"out_trade_no": "T", "currency_id": 75}
PAYOUT = {"out_trade_no": "P", "currency_id": 75, "amount": "1", "address": "A"}


class Own(StrEnum):
    EURO = "EUR"


def token_amount(value: object) -> str:
    return json.loads(encode(ORDER_CREATE, {**ORDER, "token_amount": value}))["token_amount"]


def test_a_body_is_compact_utf8_in_the_order_of_the_spec_without_what_was_not_given():
    values = {
        "fiat_amount": Decimal("15.50"),
        "currency_id": 75,
        "fiat_name": FiatName.USD,
        "out_trade_no": "Ünï",
        "time_out": None,
    }
    assert encode(ORDER_CREATE, values) == (
        '{"out_trade_no":"Ünï","currency_id":75,"fiat_name":"USD","fiat_amount":"15.50"}'.encode()
    )


def test_a_body_without_fields_is_an_object():
    assert encode(CURRENCY_TOKEN_LIST, {}) == b"{}"


@pytest.mark.parametrize("fiat", ["EUR", "XYZ", FiatName("XYZ"), FiatName.EUR, Own.EURO])
def test_an_enum_is_open_to_what_the_spec_does_not_list(fiat):
    assert json.loads(encode(ORDER_CREATE, {**ORDER, "fiat_name": fiat}))["fiat_name"] == str(fiat)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.5", "1.5"),
        ("0", "0"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("9" * 20 + "." + "9" * 18, "9" * 20 + "." + "9" * 18),
        (15, "15"),
        (0, "0"),
        (10**20 - 1, "9" * 20),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-18"), "0.000000000000000001"),
        (Decimal("0E-30"), "0.000000000000000000"),
        (Decimal("1.50000000000000000000000000"), "1.500000000000000000"),
        (Decimal("0E+5"), "0"),
    ],
)
def test_money_is_written_plainly(value, text):
    assert token_amount(value) == text


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        0.0,
        float("nan"),
        float("inf"),
        True,
        False,
        b"1",
        [],
        {},
        "",
        " 1",
        "1 ",
        "1\n",
        "1_000",
        "1,5",
        "+1",
        "-1",
        "-0",
        "1e5",
        "1E5",
        ".5",
        "1.",
        "NaN",
        "Infinity",
        "0x10",
        "\u0661\u0662",
        "\uff11",
        "1\u066b5",
        "1.0000000000000000000",
        "1" * 21,
        -1,
        10**20,
        pytest.param(10**6000, id="long"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("-1"),
        Decimal("-0"),
        Decimal("1E+20"),
        Decimal("1E+999999"),
        Decimal("1E-19"),
        Decimal("1E-999999"),
        Decimal("1.0000000000000000001"),
    ],
)
def test_what_is_no_plain_amount_is_refused_by_the_name_of_its_field(value):
    with pytest.raises(EncodeError) as refusal:
        token_amount(value)
    assert refusal.value.field == "token_amount"
    assert str(refusal.value) == f"token_amount: {refusal.value.problem}"
    assert len(str(refusal.value)) < 250


def test_money_has_as_many_decimals_as_its_field_allows():
    hosted = {"out_trade_no": "T", "symbol": "USD"}
    assert b'"15.25"' in encode(ENTRUST_PRE_CREATE, {**hosted, "amount": "15.25"})
    assert b'"15.25"' in encode(ENTRUST_PRE_CREATE, {**hosted, "amount": Decimal("15.250000")})
    for amount in ("15.255", "15.250", Decimal("15.255")):
        with pytest.raises(EncodeError, match="at most 20 digits before the point and at most 2 behind it"):
            encode(ENTRUST_PRE_CREATE, {**hosted, "amount": amount})


@given(st.decimals(min_value=0, max_value=10**20 - 1, places=18, allow_nan=False, allow_infinity=False))
def test_a_decimal_arrives_as_what_it_is(value):
    text = token_amount(value)
    assert Decimal(text) == value
    assert re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,18})?", text)


@given(st.one_of(st.text(), st.decimals(), st.integers(), st.floats(), st.booleans(), st.binary()))
def test_whatever_is_given_as_money_is_sent_plainly_or_refused(value):
    try:
        text = token_amount(value)
    except EncodeError:
        return
    assert re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,18})?", text)
    assert Decimal(text) == Decimal(value)


@given(st.text())
def test_text_arrives_as_what_it_is(value):
    body = encode(ORDER_CREATE, {**ORDER, "callback_url": value})
    assert json.loads(body)["callback_url"] == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_is_written_as_other_writers_do(value):
    body = encode(ORDER_DETAIL, {"trade_no": f"x{value}"})
    assert body == json.dumps({"trade_no": f"x{value}"}, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("values", "field", "problem"),
    [
        ({"currency_id": 75}, "out_trade_no", "is required"),
        ({**ORDER, "out_trade_no": None}, "out_trade_no", "is required"),
        ({**ORDER, "out_trade_no": ""}, "out_trade_no", "must not be empty"),
        ({**ORDER, "out_trade_no": 5}, "out_trade_no", "must be a string, got int 5"),
        ({**ORDER, "out_trade_no": b"x"}, "out_trade_no", "must be a string, got bytes"),
        ({**ORDER, "currency_id": "75"}, "currency_id", "must be an integer, got str '75'"),
        ({**ORDER, "currency_id": True}, "currency_id", "must be an integer, got bool True"),
        ({**ORDER, "currency_id": 75.0}, "currency_id", "must be an integer, got float 75.0"),
        ({**ORDER, "currency_id": 0}, "currency_id", f"must lie between 1 and {2**63 - 1}, got int 0"),
        ({**ORDER, "currency_id": 10**5000}, "currency_id", f"must lie between 1 and {2**63 - 1}, got a very long int"),
        (
            {**ORDER, "callback_url": "\ud800"},
            "callback_url",
            "holds half of a surrogate pair, which UTF-8 cannot write",
        ),
        ({**ORDER, "currency": 75}, "currency", "is not a field of this operation; did you mean currency_id?"),
        ({**ORDER, "zzz": None}, "zzz", "is not a field of this operation"),
        ({**ORDER, "a\nb": 1}, "'a\\nb'", "is not a field of this operation"),
    ],
)
def test_a_field_that_cannot_be_sent_is_named(values, field, problem):
    with pytest.raises(EncodeError) as refusal:
        encode(ORDER_CREATE, values)
    assert (refusal.value.field, refusal.value.problem) == (field, problem)


def test_one_of_the_ids_is_needed_to_query():
    for values in ({}, {"trade_no": None, "out_trade_no": None}):
        with pytest.raises(EncodeError, match="at least one of trade_no, out_trade_no is required"):
            encode(ORDER_DETAIL, values)
    assert encode(ORDER_DETAIL, {"out_trade_no": "T"}) == b'{"out_trade_no":"T"}'


@pytest.mark.parametrize("value", [1773750780, "1773750780", 0])
def test_a_field_of_two_types_goes_as_it_was_given(value):
    body = encode(ENTRUST_PRE_CREATE, {"out_trade_no": "T", "symbol": "USD", "amount": 1, "time_expire": value})
    assert json.loads(body)["time_expire"] == value
    for wrong in (True, 1.5, Decimal(1)):
        with pytest.raises(EncodeError, match="must be an integer or a string"):
            encode(ENTRUST_PRE_CREATE, {"out_trade_no": "T", "symbol": "USD", "amount": 1, "time_expire": wrong})


@pytest.mark.parametrize("secret", [123456, 123456.5, b"123456", ["123456"], "123456\ud800"])
def test_a_secret_is_in_no_message(secret):
    with pytest.raises(EncodeError) as refusal:
        encode(PAYOUT_CREATE, {**PAYOUT, "google_code": secret})
    assert refusal.value.field == "google_code"
    assert "123456" not in str(refusal.value) + repr(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_long_value_is_cut_in_a_message():
    with pytest.raises(EncodeError) as refusal:
        token_amount("x" * 10_000)
    assert "x" * 40 in str(refusal.value)
    assert "x" * 61 not in str(refusal.value)


def test_an_error_can_be_pickled():
    error = pickle.loads(pickle.dumps(EncodeError("amount", "is required")))  # noqa: S301 - our own bytes
    assert (error.field, error.problem, str(error)) == ("amount", "is required", "amount: is required")


def test_every_operation_writes_and_refuses_by_its_table():
    for operation in OPERATIONS.values():
        values = {
            field.name: {"string": "x", "integer": 1, "decimal": 1, "integer|string": "1"}[field.kind]
            for field in operation.fields
        }
        assert list(json.loads(encode(operation, values))) == [field.name for field in operation.fields]
        for field in operation.fields:
            if field.required:
                with pytest.raises(EncodeError, match=f"^{field.name}: is required"):
                    encode(operation, {**values, field.name: None})


def test_patterns_and_flags_are_kept(tmp_path):
    code = """
from halopay_api.codec import EncodeError, encode
from halopay_api.operations import THING_CREATE
base = {"out_trade_no": "T", "count": 1, "amount": "1"}
assert encode(THING_CREATE, {**base, "code": "123456", "loud": True}).endswith(b'"code":"123456","loud":true}')
assert encode(THING_CREATE, {**base, "loud": False}).endswith(b'"loud":false}')
for name, wrong in [("code", "12345"), ("code", "123456\\n"), ("code", "\\uff11" * 6),
                    ("loud", 1), ("loud", "true"), ("when", 1.5)]:
    try:
        encode(THING_CREATE, {**base, name: wrong})
    except EncodeError as error:
        assert error.field == name and "12345" not in str(error), error
    else:
        raise AssertionError((name, wrong))
"""
    run(write(MINI, tmp_path), code)
