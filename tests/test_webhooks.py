"""Webhooks: believed only with proof."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halopay_api.codec import UnknownEvent
from halopay_api.models import PaymentEvent, PaymentQrCodeEvent, PaymentStatus, PayoutEvent, PayoutStatus
from halopay_kit import signing, webhooks
from halopay_kit.errors import (
    AppIdMismatch,
    ConfigurationError,
    HaloPayError,
    MalformedEvent,
    OutsideTolerance,
    SignatureMismatch,
    SignatureMissing,
)
from halopay_kit.signing import AppKey
from tests.conftest import example, guess, vectors

KEY = AppKey("testAppKey")
NOW = 1773750000
PAYMENT = example("webhook.payment")["body"]


def sent(body, *, at=NOW, key=KEY, event_type="Paid", **changed):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    app_id = body.get("appid", "a") if isinstance(body, dict) else "a"
    headers = {"X-Appid": app_id, "X-Timestamp": str(at), "X-Sign": signing.sign(raw, at, key)}
    if event_type:
        headers["X-EventType"] = event_type
    return raw, headers | changed


def verified(body, *, now=NOW, **options):
    raw, headers = sent(body)
    return webhooks.verify(raw, headers, app_key=KEY, now=now, **options)


def test_a_payment_is_read_to_the_last_digit():
    event = verified(PAYMENT)
    assert isinstance(event.data, PaymentEvent)
    assert event.data.amount == Decimal("5")
    assert event.data.token_amount == Decimal("4.998045")
    assert event.data.status is PaymentStatus.PAID
    assert event.data.chain_id == 3448148188
    assert event.data.time == 1773471015
    assert event.app_id == "ad4cyr8dpfs9j2u1"
    assert event.signed_at == NOW
    assert event.drift == ()


def test_a_payout_and_a_fixed_address_are_told_apart():
    payout, qr = verified(example("webhook.payout")["body"]), verified(example("webhook.payment_qr_code")["body"])
    assert isinstance(payout.data, PayoutEvent)
    assert payout.data.status is PayoutStatus.PAID
    assert isinstance(qr.data, PaymentQrCodeEvent)


@pytest.mark.parametrize("kind", ["REFUND", None, 5])
def test_an_event_of_an_unknown_kind_is_kept_whole(kind):
    event = verified({"appid": "a", "type": kind, "news": [1, 2]})
    assert isinstance(event.data, UnknownEvent)
    assert event.data.fields["news"] == [1, 2]


def test_an_unknown_status_and_field_are_kept_and_reported():
    event = verified(PAYMENT | {"status": "REFUNDED", "memo": "x"})
    assert event.data.status == "REFUNDED"
    assert event.data.extra == {"memo": "x"}
    assert len(event.drift) == 2


def test_a_documented_field_that_is_missing_is_named():
    with pytest.raises(MalformedEvent, match="amount_collected"):
        verified({name: value for name, value in PAYMENT.items() if name != "amount_collected"})


@guess("PaymentQrCodeEvent")
def test_a_guess_that_is_wrong_breaks_nothing():
    payout = example("webhook.payout")["body"] | {"fee": {"amount": "1"}, "txid": 7}
    event = verified(payout)
    assert event.data.fee is None
    assert event.data.extra == {"fee": {"amount": "1"}, "txid": 7}


@pytest.mark.parametrize("case", vectors("hostile"))
def test_a_hostile_vector_is_refused(case):
    headers = {"X-Appid": "a", "X-Timestamp": case["timestamp"], "X-Sign": case["signature"]}
    with pytest.raises(HaloPayError):
        webhooks.verify(case["body"], headers, app_key=AppKey(case["app_key"]), now=NOW)


def test_a_retry_of_a_day_ago_is_taken_and_an_older_one_is_not():
    assert webhooks.RETRY_WINDOW.past == 24 * 3600 + 3 * 60 + 50 + 120
    raw, headers = sent(PAYMENT)
    webhooks.verify(raw, headers, app_key=KEY, now=NOW + 86750)
    webhooks.verify(raw, headers, app_key=KEY, now=NOW - 120)
    for now in (NOW + 86751, NOW - 121):
        with pytest.raises(OutsideTolerance):
            webhooks.verify(raw, headers, app_key=KEY, now=now)


def test_strict_freshness_is_two_minutes():
    with pytest.raises(OutsideTolerance):
        verified(PAYMENT, now=NOW + 121, freshness=webhooks.STRICT)
    assert verified(PAYMENT, now=datetime.fromtimestamp(NOW + 119, UTC), freshness=webhooks.STRICT)


@pytest.mark.parametrize(
    ("event_type", "agrees"), [("Paid", True), ("PAID", True), ("Time-Out", False), (None, None), ("", False)]
)
def test_the_event_type_routes_nothing_and_a_disagreement_is_reported(event_type, agrees):
    raw, headers = sent(PAYMENT, event_type=None)
    if event_type is not None:
        headers["X-EventType"] = event_type
    event = webhooks.verify(raw, headers, app_key=KEY, now=NOW)
    assert isinstance(event.data, PaymentEvent)
    assert event.event_type_agrees is agrees


def test_any_of_several_keys_may_have_signed():
    raw, headers = sent(PAYMENT)
    assert webhooks.verify(raw, headers, app_key=[AppKey("new"), KEY], now=NOW)
    assert webhooks.verify(raw, headers, app_key=(KEY, AppKey("new")), now=NOW)
    with pytest.raises(SignatureMismatch):
        webhooks.verify(raw, headers, app_key=[AppKey("new"), AppKey("newer")], now=NOW)
    with pytest.raises(ConfigurationError):
        webhooks.verify(raw, headers, app_key=[], now=NOW)


def test_headers_may_come_as_pairs_of_bytes_in_any_case():
    raw, headers = sent(PAYMENT)
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    assert webhooks.verify(raw, pairs, app_key="testAppKey", now=NOW)


def test_a_doubled_or_missing_header_is_refused():
    raw, headers = sent(PAYMENT)
    with pytest.raises(SignatureMissing, match="twice"):
        webhooks.verify(raw, [*headers.items(), ("x-sign", headers["X-Sign"])], app_key=KEY, now=NOW)
    for name in ("X-Appid", "X-Timestamp", "X-Sign"):
        with pytest.raises(SignatureMissing, match=name.lower()):
            webhooks.verify(raw, {k: v for k, v in headers.items() if k != name}, app_key=KEY, now=NOW)


def test_an_event_of_another_app_is_refused():
    with pytest.raises(AppIdMismatch):
        verified(PAYMENT, app_id="another")
    raw, headers = sent(PAYMENT, **{"X-Appid": "another"})
    with pytest.raises(AppIdMismatch, match="two apps"):
        webhooks.verify(raw, headers, app_key=KEY, now=NOW)


@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=20), st.text(max_size=80), max_size=5))
def test_no_bytes_and_headers_raise_a_foreign_error(body, headers):
    with pytest.raises(HaloPayError):
        webhooks.verify(body, headers, app_key=KEY, now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' + b"9" * 1_000_000 + b"}",
        b'{"a":NaN}',
        b'{"a":"\xff"}',
        b'{"type":"PAYMENT","amount":1e400}',
        rb'{"a":"\ud800"}',
        b"{}{}",
        b"{,}",
    ],
    ids=["deep", "long number", "NaN", "not UTF-8", "infinite", "lone surrogate", "two objects", "comma"],
)
def test_signed_nonsense_is_an_error_of_ours_or_an_unknown_event(body):
    raw, headers = sent(body)
    try:
        event = webhooks.verify(raw, headers, app_key=KEY, now=NOW)
    except HaloPayError:
        return
    assert isinstance(event.data, UnknownEvent | PaymentQrCodeEvent)
    assert event.drift


@pytest.mark.parametrize(
    "headers", [5, None, "abc", {1: "a"}, {"X-Sign": 5}, [("X-Sign",)], [(None, None)], {"X-Appid": ["a"]}]
)
def test_headers_that_are_none_are_an_error_of_ours(headers):
    with pytest.raises(SignatureMissing):
        webhooks.verify(b"{}", headers, app_key=KEY, now=NOW)


@pytest.mark.parametrize("app_id", [5, ["ad4cyr8dpfs9j2u1"], None, memoryview(b"a")])
def test_an_app_id_that_is_no_text_is_refused(app_id):
    raw, headers = sent(PAYMENT)
    with pytest.raises(HaloPayError):
        webhooks.verify(raw, headers | {"X-Appid": app_id}, app_key=KEY, now=NOW)
    qr = example("webhook.payment_qr_code")["body"]
    raw, headers = sent({name: value for name, value in qr.items() if name != "appid"})
    with pytest.raises(HaloPayError):
        webhooks.verify(raw, headers | {"X-Appid": app_id}, app_key=KEY, now=NOW)


@pytest.mark.parametrize("key", [None, 5, b"testAppKey", ["a\n"], [None]])
def test_a_key_that_is_none_is_an_error_of_ours(key):
    with pytest.raises(ConfigurationError):
        webhooks.verify(b"{}", {}, app_key=key, now=NOW)


@pytest.mark.parametrize("body", [None, "{}", 5, bytearray(b"{}")])
def test_a_body_that_is_not_bytes_is_an_error_of_ours(body):
    with pytest.raises(ConfigurationError, match="raw bytes"):
        webhooks.verify(body, {}, app_key=KEY, now=NOW)
