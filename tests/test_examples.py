"""The examples: of the spec's own schemas, and carried through the codec without a loss."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from halopay_api import OPERATIONS, codec, models
from tests.conftest import ROOT, example

SPEC: dict[str, Any] = yaml.load((ROOT / "spec/halopay.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
CALLS = {item["post"]["operationId"]: item["post"] for item in SPEC["paths"].values()}
WEBHOOKS = {item["post"]["operationId"]: item["post"] for item in SPEC["webhooks"].values()}
EVENTS = {
    "webhook.payment": models.PaymentEvent,
    "webhook.payout": models.PayoutEvent,
    "webhook.payment_qr_code": models.PaymentQrCodeEvent,
}


def problems(schema: dict[str, Any], value: object) -> list[str]:
    """Say what JSON Schema has against a value."""
    whole = {**schema, "components": SPEC["components"]}
    validator = OAS31Validator(whole, format_checker=oas31_format_checker)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def request_schema(call: dict[str, Any]) -> dict[str, Any]:
    return call["requestBody"]["content"]["application/json"]["schema"]


def answer_schema(call: dict[str, Any]) -> dict[str, Any]:
    return call["responses"]["200"]["content"]["application/json"]["schema"]


def decoded(name: str) -> list[tuple[Any, dict[str, Any]]]:
    """Return what the codec makes of an example, each value beside what it was made of."""
    if name in EVENTS:
        body = codec.parse(json.dumps(example(name)["body"]).encode())
        return [(codec.event(body), body)]
    operation = OPERATIONS[name]
    data = codec.parse(json.dumps(example(name)["answer"]).encode())["data"]
    found = codec.decode(operation.model, data, many=operation.many)
    return list(zip(found, data, strict=True)) if operation.many else [(found, data)]


every_call = pytest.mark.parametrize("name", CALLS)
every_webhook = pytest.mark.parametrize("name", WEBHOOKS)
every_example = pytest.mark.parametrize("name", [*CALLS, *WEBHOOKS])


# --- files


def test_every_operation_and_webhook_has_an_example():
    assert {file.stem for file in (ROOT / "spec/examples").iterdir()} == {*CALLS, *WEBHOOKS}


@every_example
def test_an_example_is_named_after_what_it_shows(name):
    shown = example(name)
    assert shown.get("operation") == name or f"webhook.{shown.get('webhook')}" == name


@every_example
def test_an_example_says_whose_its_values_are(name):
    shown = example(name)
    assert shown["provenance"] in {"documented", "observed", "example", "skill", "inferred"}
    assert shown["note"].strip()


# --- schemas


@every_call
def test_a_request_is_of_its_schema(name):
    assert problems(request_schema(CALLS[name]), example(name)["request"]) == []


@every_call
def test_an_answer_is_of_its_schema(name):
    assert problems(answer_schema(CALLS[name]), example(name)["answer"]) == []


@every_webhook
def test_a_webhook_is_of_its_schema(name):
    assert problems(request_schema(WEBHOOKS[name]), example(name)["body"]) == []


def test_a_number_for_an_amount_is_not_of_the_schema():
    answer = example("order.create")["answer"]
    answer["data"]["amount"] = 15.724197
    assert problems(answer_schema(CALLS["order.create"]), answer) == [
        "$.data.amount: 15.724197 is not of type 'string'"
    ]


def test_a_missing_field_is_not_of_the_schema():
    body = example("webhook.payment")["body"]
    del body["time"]
    assert problems(request_schema(WEBHOOKS["webhook.payment"]), body) == ["$: 'time' is a required property"]


# --- codec


@every_call
def test_a_request_is_encoded_as_it_stands(name):
    request = example(name)["request"]
    assert codec.parse(codec.encode(OPERATIONS[name], request)) == request


@every_example
def test_a_decoded_example_goes_back_as_it_came(name):
    for value, wire in decoded(name):
        assert codec.unstructure(value) == wire


@every_example
def test_an_example_holds_nothing_beyond_the_spec(name):
    for value, _ in decoded(name):
        assert codec.drift(value) == ()
        assert value.extra == {}


@every_example
def test_an_amount_of_an_example_is_an_exact_decimal(name):
    for value, wire in decoded(name):
        properties = SPEC["components"]["schemas"][type(value).__name__]["properties"]
        for field in wire:
            if properties[field].get("format") == "decimal":
                assert type(getattr(value, field)) is Decimal, field
                assert str(getattr(value, field)) == wire[field]


@every_webhook
def test_a_webhook_is_told_by_its_body(name):
    assert type(codec.event(example(name)["body"])) is EVENTS[name]


# --- what HaloPay's documentation says

DOCUMENTED = [
    ("entrust.pre_create", "time_expire", 1773750780),
    ("order.create", "trade_no", "20250629153045a7b3c9d2e5f8a1b4c6"),
    ("order.create", "chain", models.Chain.TRON),
    ("order.create", "token", "TRX"),
    ("order.create", "contract", "TRX"),
    ("order.create", "amount", Decimal("15.724197")),
    ("order.create", "mode", "address"),
    ("order.create", "time_expire", 1753515371),
    ("order.create", "create_time", 1753513571),
    ("order.create", "decimal", 6),
    ("order.create", "chain_id", 3448148188),
    ("order.create", "equity", 1),
    ("order.create", "amount_collected", Decimal("0")),
    ("order.create", "need_confirms", 0),
    ("order.create", "already_confirms", 0),
    ("webhook.payment", "appid", "ad4cyr8dpfs9j2u1"),
    ("webhook.payment", "amount_collected", Decimal("5")),
    ("webhook.payment", "amount", Decimal("5")),
    ("webhook.payment", "token_amount", Decimal("4.998045")),
    ("webhook.payment", "chain", models.Chain.TRON),
    ("webhook.payment", "chain_id", 3448148188),
    ("webhook.payment", "type_", models.EventKind.PAYMENT),
    ("webhook.payment", "currency_id", 75),
    ("webhook.payment", "status", models.PaymentStatus.PAID),
    ("webhook.payment", "time", 1773471015),
]


@pytest.mark.parametrize(("name", "attribute", "wanted"), DOCUMENTED)
def test_a_documented_value_is_decoded_exactly(name, attribute, wanted):
    [(value, _)] = decoded(name)
    found = getattr(value, attribute)
    assert (type(found), found) == (type(wanted), wanted)


def test_the_hosted_request_is_the_one_of_the_page():
    request = {
        "out_trade_no": "uz54NEW9TVhLSIDHUSYB4aEFupKoE7I8",
        "symbol": "USD",
        "amount": "15",
        "time_expire": 1773750780,
    }
    assert example("entrust.pre_create")["request"] == request


def test_a_hosted_page_is_found_by_its_trade_no():
    [(order, _)] = decoded("entrust.pre_create")
    assert order.url == f"https://checkout.pay.halochat.io/{order.trade_no}"


def test_an_order_expires_after_half_an_hour():
    [(order, _)] = decoded("order.create")
    assert order.time_expire - order.create_time == 30 * 60


@every_example
def test_a_trade_no_is_a_time_and_hexadecimal_digits(name):
    for value, _ in decoded(name):
        if hasattr(value, "trade_no"):
            assert re.fullmatch(r"[0-9]{14}[0-9a-f]{18}", value.trade_no)


@every_webhook
def test_the_header_of_a_webhook_spells_its_status_otherwise(name):
    shown = example(name)
    assert shown["event_type"] != shown["body"]["status"]
    assert shown["event_type"].upper() == shown["body"]["status"]
