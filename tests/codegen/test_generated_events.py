"""Webhooks: which event a body is, and what it shows beyond the spec."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from halopay_api import models
from halopay_api.codec import DecodeError, UnknownEvent, decode, drift, event, parse, unstructure

PAYMENT = {
    "appid": "ad4cyr8dpfs9j2u1",
    "trade_no": "20250629153045a7b3c9d2e5f8a1b4c6",
    "out_trade_no": "T",
    "amount_collected": "5",
    "amount": "5",
    "token_amount": "4.998045",
    "chain": "Tron",
    "chain_id": 3448148188,
    "type": "PAYMENT",
    "currency_id": 75,
    "txid": "x",
    "status": "PAID",
    "time": 1773471015,
}


def test_the_body_of_a_payment_becomes_a_payment():
    found = event(PAYMENT)
    assert isinstance(found, models.PaymentEvent)
    assert (found.type_, found.status) == (models.EventKind.PAYMENT, models.PaymentStatus.PAID)
    assert unstructure(found) == PAYMENT


def test_a_payment_without_a_merchants_id_is_one_to_a_fixed_address():
    for missing in ({}, {"out_trade_no": None}):
        found = event({**{k: v for k, v in PAYMENT.items() if k != "out_trade_no"}, **missing})
        assert isinstance(found, models.PaymentQrCodeEvent)


def test_the_body_of_a_payout_becomes_a_payout():
    found = event({"type": "PAYOUT", "appid": "a", "chain": "Tron", "chain_id": 1, "contract": "c", "new": 5})
    assert isinstance(found, models.PayoutEvent)
    assert (found.contract, found.extra) == ("c", {"new": 5})


@pytest.mark.parametrize("kind", ["REFUND", "payment", None, 5, [], {}])
def test_an_event_of_another_kind_is_kept_whole(kind):
    body = json.dumps({"type": kind, "a": 1.5}).encode()
    found = event(parse(body), body)
    assert found == UnknownEvent(kind if isinstance(kind, str) else None, {"type": kind, "a": Decimal("1.5")})
    assert unstructure(found) == {"type": kind, "a": Decimal("1.5")}
    assert len(drift(found)) == 1
    hash(found)


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_an_event_is_an_object(value):
    with pytest.raises(DecodeError, match=r"^expected an object, got "):
        event(value)


def test_an_event_names_the_fields_that_a_documented_one_lacks():
    with pytest.raises(DecodeError) as refusal:
        event({"type": "PAYMENT", "out_trade_no": "T"})
    assert refusal.value.problems[0] == "appid: missing"


def test_an_unknown_status_is_kept_and_reported():
    found = event({**PAYMENT, "status": "REFUNDED"})
    assert isinstance(found, models.PaymentEvent)
    assert (found.status, found.status.known, found.status.value) == ("REFUNDED", False, "REFUNDED")
    assert drift(found) == ("status: unknown value 'REFUNDED'",)
    assert unstructure(found)["status"] == "REFUNDED"


def test_a_long_unknown_value_is_cut_in_a_report():
    assert len(drift(event({**PAYMENT, "status": "x" * 5000}))[0]) < 100
    assert len(drift(decode(models.AccountBalance, {"new": 10**4000}))[0]) < 100
