"""Findings become corrections, or words for a person; never a value that could be somebody's data."""

from __future__ import annotations

import datetime

import pytest

from codegen import document
from halopay_kit.contract.kinds import KINDS
from halopay_kit.contract.overlay import apply, manual, propose, read
from halopay_kit.contract.overlay.remedies import _REMEDIES
from tests.conftest import guess
from tests.contract.overlays import DAY, SEEN, TEXT, data, finding, lines, result

SCHEMAS = "/components/schemas"
CREATED = f"{SCHEMAS}/OrderCreated"
DETAIL = f"{SCHEMAS}/OrderDetail/properties"


def corrected(*findings, **more):
    """Return the spec's schemas after the overlay of these findings, which the generator can read."""
    made = propose(result(*findings, **more))
    assert read(made.text()) == made
    after = apply(TEXT, read(made.text())).after
    document.parse(after.encode())
    return data(after)["components"]["schemas"]


def test_every_remedy_of_the_table_is_there():
    assert {kind.remedy for kind in KINDS.values() if kind.remedy is not None} == set(_REMEDIES)


def test_a_correction_carries_the_day_and_its_source():
    seen = {"name": "risk_level", "type": "string", "schema": {"type": "string"}}
    made = propose(result(finding("field-added", "order.create.risk_level", CREATED, **seen)))
    assert made.version == DAY
    assert made.actions[0].update == {"risk_level": {"type": "string", "description": "Not documented.", **SEEN}}
    other = propose(
        result(finding("field-added", "order.create.risk_level", CREATED, **seen)), on=datetime.date(2027, 1, 2)
    )
    assert other.actions[0].update["risk_level"]["x-source"] == "observed#2027-01-02"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer"}, {"type": "integer"}),
        ({"type": "number"}, {"type": "number", "format": "decimal"}),
        ({"type": ["integer", "number"]}, {"type": "number", "format": "decimal"}),
        ({"type": ["null", "string"]}, {"type": ["string", "null"]}),
        ({"type": ["integer", "string"]}, {"type": ["integer", "string"]}),
        ({"type": "null"}, {"type": ["string", "null"]}),
        ({"type": "object"}, {"type": "object"}),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "array"}, {"type": "array", "items": {"type": "object"}}),
    ],
)
def test_a_new_field_has_the_type_that_was_seen(schema, expected):
    found = corrected(finding("field-added", "order.create.new", CREATED, name="new", schema=schema))
    assert found["OrderCreated"]["properties"]["new"] == {**expected, "description": "Not documented.", **SEEN}


def test_an_object_gets_a_schema_of_its_own():
    schema = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "in": {"type": "object", "properties": {"a": {"type": "string"}}},
            },
        },
    }
    found = corrected(finding("field-added", "order.create.parts", CREATED, name="parts", schema=schema))
    items = found["OrderCreated"]["properties"]["parts"]["items"]
    assert items == {"$ref": f"#{SCHEMAS}/OrderCreatedPartsItem"}
    assert found["OrderCreatedPartsItem"]["properties"]["id"] == {
        "type": "integer",
        "description": "Not documented.",
        **SEEN,
    }
    assert found["OrderCreatedPartsItemIn"]["properties"] == {
        "a": {"type": "string", "description": "Not documented.", **SEEN}
    }


@pytest.mark.parametrize(
    ("schema", "name", "reason"),
    [
        ({"type": "array", "items": {"type": "array"}}, "new", "a list of lists"),
        ({"type": ["object", "string"]}, "new", "a value that is object or string"),
        ({"type": "string"}, "tradeNo", "no name of its own in Python"),
        ({"type": "string"}, "(a name of 40 characters)", "may be somebody's data"),
        ({"type": "string"}, "支付", "no name of its own in Python"),
    ],
)
def test_what_the_spec_cannot_say_is_left_for_a_person(schema, name, reason):
    made = propose(result(finding("field-added", "order.create.new", CREATED, name=name, schema=schema)))
    assert made.actions == ()
    assert reason in made.manual[0].found
    assert made.manual[0].evidence == ("x1", "d1")


def test_a_renamed_field_keeps_its_place_what_it_says_and_what_it_was():
    made = propose(result(finding("field-renamed", "order.create.amount", f"{CREATED}/properties/amount", name="sum")))
    after = apply(TEXT, made).after
    created = data(after)["components"]["schemas"]["OrderCreated"]
    names = list(created["properties"])
    assert names[names.index("contract") + 1] == "sum"
    assert created["properties"]["sum"] == {
        "type": "string", "format": "decimal", "description": "Tokens to be paid.", **SEEN, "x-was": "amount",
    }  # fmt: skip
    assert "sum" in created["required"]
    assert "amount" not in created["required"]


def test_links_follow_a_renamed_field():
    found = finding("field-renamed", "order.create.trade_no", f"{CREATED}/properties/trade_no", name="tradeNo")
    after = data(apply(TEXT, propose(result(found))).after)
    links = after["paths"]["/api/order/create"]["post"]["responses"]["200"]["links"]
    assert links["detail"]["requestBody"] == {"trade_no": "$response.body#/data/tradeNo"}
    others = after["paths"]["/api/payout/create"]["post"]["responses"]["200"]["links"]
    assert others["detail"]["requestBody"] == {"trade_no": "$response.body#/data/trade_no"}


def test_links_follow_into_a_list_and_into_an_object():
    pointer = f"{SCHEMAS}/OrderCreateAnswer/allOf/1/properties/data"
    listed = data(apply(TEXT, propose(result(finding("data-listed", "order.create", pointer)))).after)
    wrapped = data(apply(TEXT, propose(result(finding("data-wrapped", "order.create", pointer, name="result")))).after)
    for after, below in ((listed, "0/trade_no"), (wrapped, "result/trade_no")):
        links = after["paths"]["/api/order/create"]["post"]["responses"]["200"]["links"]
        assert links["detail"]["requestBody"] == {"trade_no": f"$response.body#/data/{below}"}
    assert wrapped["components"]["schemas"]["OrderCreateData"]["properties"]["result"]["$ref"] == f"#{CREATED}"


def test_a_field_that_is_renamed_and_retyped_can_be_applied_twice():
    pointer = f"{CREATED}/properties/amount"
    made = propose(
        result(
            finding("type-changed", "order.create.amount", pointer, type="number"),
            finding("field-renamed", "order.create.amount", pointer, name="sum"),
        )
    )
    after = apply(TEXT, made).after
    assert "sum" in data(after)["components"]["schemas"]["OrderCreated"]["properties"]


def test_two_fields_that_moved_share_their_object():
    found = corrected(
        finding("field-moved", "order.create.amount", f"{CREATED}/properties/amount", into="details", name="amount"),
        finding("field-moved", "order.create.mode", f"{CREATED}/properties/mode", into="details", name="mode"),
    )
    assert found["OrderCreated"]["properties"]["details"]["$ref"] == f"#{SCHEMAS}/OrderCreatedDetails"
    assert list(found["OrderCreatedDetails"]["properties"]) == ["amount", "mode"]
    assert {"amount", "mode"}.isdisjoint(found["OrderCreated"]["properties"])


@pytest.mark.parametrize(
    ("field", "kind", "expected"),
    [
        ("amount", "number", {"type": "number", "format": "decimal"}),
        ("amount", "boolean", {"type": "boolean"}),
        ("amount", "object", {"type": "object"}),
        ("amount", "array", {"type": "array", "items": {"type": "string", "format": "decimal"}}),
        ("chain", "integer", {"type": "integer"}),
        ("chain", "array", {"type": "array", "items": {"$ref": f"#{SCHEMAS}/Chain"}}),
        ("chain_id", "string", {"type": "string"}),
    ],
)
def test_another_type_takes_the_place_of_the_old_one(field, kind, expected):
    pointer = f"{CREATED}/properties/{field}"
    found = corrected(finding("type-changed", f"order.create.{field}", pointer, type=kind))["OrderCreated"][
        "properties"
    ]
    assert {key: found[field][key] for key in found[field] if key not in {"description", *SEEN}} == expected
    assert found[field]["x-provenance"] == "observed"


def test_two_types_are_a_list_of_types():
    pointer = f"{CREATED}/properties/mode"
    found = corrected(
        finding("type-changed", "order.create.mode", pointer, type="integer"),
        finding("type-changed", "order.create.mode", pointer, type="boolean"),
        finding("null", "order.create.mode", pointer, type="null"),
    )
    assert found["OrderCreated"]["properties"]["mode"]["type"] == ["boolean", "integer", "null"]


def test_null_is_said_of_a_type_and_of_a_reference():
    found = corrected(
        finding("null", "order.detail.txid", f"{DETAIL}/txid", type="null"),
        finding("null", "order.detail.status", f"{DETAIL}/status", type="null"),
    )["OrderDetail"]["properties"]
    assert found["txid"]["type"] == ["string", "null"]
    assert found["status"]["anyOf"] == [{"$ref": f"#{SCHEMAS}/PaymentStatus"}, {"type": "null"}]
    assert "$ref" not in found["status"]


def test_an_empty_text_is_said_of_a_text_and_of_a_list_of_values():
    found = corrected(
        finding("value-empty", "order.create.trade_no", f"{CREATED}/properties/trade_no", type="string"),
        finding("value-empty", "order.create.chain", f"{CREATED}/properties/chain", type="string"),
    )
    assert found["OrderCreated"]["properties"]["trade_no"]["minLength"] == 0
    assert found["Chain"]["enum"][-1] == ""
    assert found["Chain"]["x-values"][""]["name"] == "EMPTY"


def test_new_values_have_names_of_their_own():
    found = corrected(
        finding("value-unknown", "order.detail.status", f"{SCHEMAS}/PaymentStatus", value="SUSPENDED"),
        finding("value-recased", "order.detail.status", f"{SCHEMAS}/PaymentStatus", values={"paid": "PAID"}),
        finding("value-unknown", "order.exchange_rates.fiat_name", f"{SCHEMAS}/FiatName", value="usd"),
    )
    assert found["PaymentStatus"]["enum"] == ["TO-BE-PAID", "PAID", "TIME-OUT", "SUSPENDED", "paid"]
    assert found["PaymentStatus"]["x-values"]["paid"]["name"] == "PAID_2"
    assert "name" not in found["PaymentStatus"]["x-values"]["SUSPENDED"]
    assert found["FiatName"]["x-values"] == {
        "usd": {"name": "USD_2", "meaning": "not documented", "x-provenance": "observed"}
    }


def test_a_value_that_may_be_data_is_not_listed():
    made = propose(
        result(
            finding(
                "value-unknown", "order.detail.status", f"{SCHEMAS}/PaymentStatus", value="(a text of 60 characters)"
            )
        )
    )
    assert made.actions == ()
    assert "may be somebody's data" in made.manual[0].found


def test_a_new_code_leaves_open_what_became_of_the_money():
    made = propose(result(finding("code-unknown", "payout.create", f"{SCHEMAS}/ResultCode", code=20017)))
    codes = data(apply(TEXT, made).after)["components"]["schemas"]["ResultCode"]
    assert codes["enum"][-1] == 20017
    assert codes["x-values"]["20017"]["outcome"] == "unknown"
    assert "neither done nor not done" in made.manual[0].advice


def test_a_new_header_is_described_on_its_side():
    found = finding("header-unknown", "header.x-request-id", "/components/headers", name="x-request-id")
    after = data(apply(TEXT, propose(result(found))).after)
    assert after["components"]["headers"]["XRequestId"]["required"] is False
    for item in after["paths"].values():
        assert item["post"]["responses"]["200"]["headers"]["X-Request-Id"] == {
            "$ref": "#/components/headers/XRequestId"
        }
    for item in after["webhooks"].values():
        assert item["post"]["parameters"][-1] == {"$ref": "#/components/parameters/XRequestId"}


def test_a_time_has_another_unit_or_form():
    found = corrected(
        finding("time-scale", "order.create.create_time", f"{CREATED}/properties/create_time", unit="milliseconds"),
        finding("time-format", "order.create.time_expire", f"{CREATED}/properties/time_expire", format="date-time"),
    )["OrderCreated"]["properties"]
    assert found["create_time"]["description"] == "Creation, unix milliseconds."
    assert found["time_expire"]["format"] == "date-time"
    assert found["time_expire"]["description"] == "Expiry, a date and time."


def test_a_field_that_never_came_stays_and_is_marked():
    found = corrected(
        finding("field-missing", "order.create.mode", f"{CREATED}/properties/mode"),
        finding("field-missing", "order.detail.txid", f"{DETAIL}/txid"),
    )
    assert found["OrderCreated"]["properties"]["mode"]["x-not-seen"] == f"observed#{DAY}"
    assert found["OrderCreated"]["properties"]["mode"]["x-provenance"] == "documented"
    assert "mode" not in found["OrderCreated"]["required"]
    assert found["OrderDetail"]["properties"]["txid"]["x-not-seen"] == f"observed#{DAY}"


BY_HAND = {
    "signature-reading": ("signature", "/x-signature", {"reading": "prose"}, "signing.py"),
    "time-scale": ("header.x-timestamp", "/components/headers/Timestamp", {"unit": "milliseconds"}, "unix seconds"),
    "header-renamed": (
        "header.x-sign",
        "/components/headers/Signature",
        {"name": "x-signature"},
        "Headers are read by code",
    ),
    "type-changed": ("envelope.code", f"{SCHEMAS}/Envelope/properties/code", {"type": "string"}, "answers.py"),
    "field-renamed": (
        "envelope.data",
        f"{SCHEMAS}/OrderCreateAnswer/allOf/1/properties/data",
        {"name": "result"},
        "answers.py",
    ),
    "operation-missing": ("order.create", "/paths/~1api~1order~1create", {"status": 404}, "x-legacy-path"),
    "money-inexact": ("order.create.amount", None, {"why": "not what was asked for"}, "Ask HaloPay"),
    "schedule": ("webhook.payment", None, {"step": 1}, "retry-after-seconds"),
}


@pytest.mark.parametrize("kind", BY_HAND)
def test_what_is_code_and_not_spec_is_left_for_a_person(kind):
    place, pointer, seen, advice = BY_HAND[kind]
    made = propose(result(finding(kind, place, pointer, **seen)))
    assert made.actions == ()
    assert [remark.place for remark in made.manual] == [place]
    assert advice in made.manual[0].advice
    assert read(made.text()).manual == made.manual


def test_every_kind_that_no_remedy_mends_has_advice():
    without = [kind.name for kind in KINDS.values() if kind.remedy is None and kind.grade != "note"]
    told = [name for name in without if manual.advice(name) != manual.advice("")]
    assert set(without) - set(told) <= {"no-answer", "not-an-answer"}


def test_what_is_accepted_is_not_corrected():
    seen = {"name": "risk_level", "schema": {"type": "string"}}
    made = propose(result(accepted=(finding("field-added", "order.create.risk_level", CREATED, **seen),)))
    assert (made.actions, made.manual) == ((), ())


def test_a_pointer_into_another_spec_is_told():
    made = propose(result(finding("null", "order.create.x", f"{CREATED}/properties/nothing", type="null")))
    assert "nothing stands at" in made.manual[0].found


MET = {"order.detail.status": 4, "order.detail.txid": 1, "order.detail.chain=ETH": 2, "webhook.payment_qr_code": 3}


@guess("OrderDetail")
def test_what_was_met_as_guessed_is_a_guess_no_more():
    made = propose(result(met=MET, target="https://api.pay.halochat.io", live=True))
    after = data(apply(TEXT, made).after)
    detail = after["components"]["schemas"]["OrderDetail"]
    assert {detail["properties"][name]["x-provenance"] for name in ("status", "txid")} == {"observed"}
    assert detail["properties"]["chain"]["x-provenance"] == "inferred"
    assert detail["x-provenance"] == "observed"
    assert after["components"]["schemas"]["OrderDetailAnswer"]["x-source"] == f"observed#{DAY}"
    assert after["components"]["schemas"]["Chain"]["x-values"]["ETH"] == {
        "meaning": "Ethereum",
        "x-provenance": "observed",
    }
    assert after["webhooks"]["payment-qr-code"]["post"]["x-provenance"] == "observed"
    assert after["webhooks"]["payment"]["post"]["x-provenance"] == "documented"


def test_what_a_sandbox_answers_proves_no_guess():
    made = propose(result(met=MET))
    assert made.actions == ()
    assert "not HaloPay" in made.description


def test_a_raised_guess_changes_its_line_only():
    made = propose(result(met={"order.detail.txid": 1}, target="https://api.pay.halochat.io", live=True))
    same = "txid: {type: string, description: Transaction that paid it."
    changed = [line for line in lines(TEXT, apply(TEXT, made).after) if "Transaction that paid it" in line]
    assert changed == [
        f"-{same}, x-provenance: inferred, x-source: native#2/response}}",
        f"+{same}, x-provenance: observed, x-source: observed#{DAY}}}",
    ]
