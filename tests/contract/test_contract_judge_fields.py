"""Fields: what is the same under another name, what is new, what may be somebody's data, specs that have learned."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import attrs
import pytest

from halopay_kit.contract.exchange import Observed
from halopay_kit.contract.judge import Spec, judge
from tests.conftest import guess
from tests.contract.session import APP_KEY, Session, as_traffic, first, saying, webhook, with_changed
from tests.sandbox.wire import SPEC


def kinds(observed: Observed, spec: Spec | None = None) -> list[tuple[str, str]]:
    return [(each.kind, each.place) for each in judge(as_traffic(observed), app_key=APP_KEY, spec=spec)]


def rename(name: str, other: str) -> Any:
    return lambda envelope: envelope["data"].update({other: envelope["data"].pop(name)})


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("pay_address", "payAddress"),
        ("pay_address", "Pay-Address"),
        ("amount", "new_amount"),
        ("amount", "token_amount"),
        ("pay_address", "address"),
        ("entrust_url", "entrust_uri"),
        ("redirect_url", "return_to"),  # what was sent comes back under it
    ],
)
def test_a_field_under_another_name_is_one_finding(day: Observed, name: str, other: str) -> None:
    only = attrs.evolve(day, exchanges=(saying(first(day, "order.create"), rename(name, other)),), deliveries=())
    assert kinds(only) == [("field-renamed", f"order.create.{name}")]


@pytest.mark.parametrize(("name", "other"), [("mode", "risk_level"), ("chain", "fee_payer"), ("equity", "token_name")])
def test_one_that_went_and_another_one_that_came_are_two(day: Observed, name: str, other: str) -> None:
    only = attrs.evolve(day, exchanges=(saying(first(day, "order.create"), rename(name, other)),), deliveries=())
    assert kinds(only) == [("field-missing", f"order.create.{name}"), ("field-added", f"order.create.{other}")]


def test_a_new_field_is_sketched_without_its_values(day: Observed) -> None:
    secret = {"level": "somebody@example.com", "points": [{"at": 1.5}, {"at": None}], "0x7169d38820dfd117c3fa": 1}
    answer = saying(first(day, "order.detail"), lambda envelope: envelope["data"].update(risk=secret))
    (found,) = judge(as_traffic(with_changed(day, answer)), app_key=APP_KEY)
    assert found.place == "order.detail.risk"
    assert found.seen["schema"] == {
        "type": "object",
        "properties": {
            "level": {"type": "string"},
            "points": {
                "type": "array",
                "items": {"type": "object", "properties": {"at": {"type": ["null", "number"]}}},
            },
            "(a name of 22 characters)": {"type": "integer"},
        },
    }


def test_what_is_new_beside_a_field_that_moved_is_told_too(day: Observed) -> None:
    def move(envelope: dict[str, Any]) -> None:
        envelope["data"]["details"] = {"mode": envelope["data"].pop("mode"), "risk_level": "low"}

    only = attrs.evolve(day, exchanges=(saying(first(day, "order.create"), move),), deliveries=())
    assert kinds(only) == [("field-moved", "order.create.mode"), ("field-added", "order.create.details.risk_level")]


@pytest.mark.parametrize("value", ["somebody@example.com", "Jane Doe 1971-02-03", "4111111111111111", "x" * 500])
def test_what_may_be_somebodys_data_is_in_no_finding(day: Observed, value: str) -> None:
    spoilt = [
        saying(first(day, "order.detail"), lambda envelope: envelope["data"].update({"status": value, value: 1})),
        saying(webhook(day, "PAYOUT", "PAID"), lambda body: body.update(amount=value, chain=value, time=value)),
    ]
    findings = judge(as_traffic(with_changed(day, *spoilt)), app_key=APP_KEY)
    assert len(findings) == 5
    for each in findings:
        assert value not in json.dumps([each.says, each.place, each.id, dict(each.seen)])


def test_a_field_that_only_sometimes_comes_is_missed_only_where_it_should(day: Observed) -> None:
    def without_txid(message: Any) -> Any:
        return saying(message, lambda body: body.get("data", body).pop("txid", None))

    details = [without_txid(first(day, "order.detail", number)) for number in range(3)]
    assert kinds(with_changed(day, *details)) == [("field-missing", "order.detail.txid")]
    assert kinds(with_changed(day, *details[:2])) == []
    unpaid = attrs.evolve(day, exchanges=(first(day, "order.create"), details[0]), deliveries=())
    assert kinds(unpaid) == []


def test_a_required_field_is_missed_wherever_it_is_missing(day: Observed) -> None:
    event = saying(webhook(day, "PAYMENT", "TIME-OUT"), lambda body: body.pop("amount"))
    (found,) = judge(as_traffic(with_changed(day, event)), app_key=APP_KEY)
    assert (found.kind, found.grade, found.count) == ("field-missing", "broken", 1)


@guess("OrderDetail")
def test_a_documented_field_is_a_promise_and_a_guess_is_none(session: Session) -> None:
    documented, guessed = "order.create.mode:retyped-number", "order.detail.mode:retyped-number"
    grades = {each.place: each.grade for each in judge(session.day(documented, guessed), app_key=APP_KEY)}
    assert grades == {"order.create.mode": "broken", "order.detail.mode": "drift"}


def test_one_webhook_is_told_from_another_by_what_was_created(session: Session) -> None:
    day = session.day("webhook.payment.out_trade_no:removed")
    assert kinds(day) == [("field-missing", "webhook.payment.out_trade_no")]
    assert kinds(attrs.evolve(day, exchanges=())) == [("field-missing", "webhook.payment.out_trade_no")]


def learned(change: Any) -> Spec:
    document = copy.deepcopy(SPEC)
    change(document["components"])
    return Spec.of(document)


def test_a_spec_that_has_learned_finds_nothing_any_more(session: Session) -> None:
    def learn(components: dict[str, Any]) -> None:
        schemas = components["schemas"]
        order, detail = schemas["OrderCreated"], schemas["OrderDetail"]["properties"]
        order["properties"]["risk_level"] = {"type": "string"}
        order["properties"]["new_amount"] = order["properties"].pop("amount")
        order["required"].remove("amount")
        detail["details"] = {"type": "object", "properties": {"mode": detail.pop("mode")}}
        detail["equity"]["type"] = ["integer", "null"]
        detail["decimal"]["type"] = "string"
        detail["create_time"]["description"] = "Creation, unix milliseconds."
        detail["txid"]["minLength"] = 0
        schemas["PayoutStatus"]["enum"].append("SUSPENDED")
        schemas["ResultCode"]["enum"].append(20017)
        components["headers"]["RequestId"] = {"schema": {"type": "string"}}
        components["parameters"]["RequestId"] = {"name": "X-Request-Id", "in": "header", "schema": {"type": "string"}}
        schemas["Envelope"]["properties"]["request_id"] = {"type": "string"}

    drifted = session.day(
        "order.create:added",
        "order.create.amount:renamed",
        "order.detail.mode:nested",
        "order.detail.equity:null",
        "order.detail.decimal:retyped-text",
        "order.detail.create_time:milliseconds",
        "order.detail.txid:emptied",
        "payout.detail.status:new-value",
        "account.balance:code-added",
        "envelope:added",
    )
    assert len(kinds(drifted)) == 10
    assert kinds(drifted, learned(learn)) == []


def test_a_form_and_a_least_value_that_the_spec_gives_are_judged(day: Observed) -> None:
    def learn(components: dict[str, Any]) -> None:
        detail = components["schemas"]["OrderDetail"]["properties"]
        detail["pay_address"]["pattern"] = "^0x"
        detail["chain_id"]["minimum"] = 10**12
        detail["token"]["pattern"] = "^[A-Z]+$"
        detail["decimal"]["minimum"] = 6

    assert kinds(day, learned(learn)) == [
        ("value-malformed", "order.detail.chain_id"),
        ("value-malformed", "order.detail.pay_address"),
    ]


def test_an_object_that_the_spec_knows_is_judged_inside(session: Session) -> None:
    def learn(components: dict[str, Any]) -> None:
        detail = components["schemas"]["OrderDetail"]["properties"]
        detail["details"] = {"type": "object", "properties": {"mode": {"type": "integer"}, "more": {"type": "string"}}}
        del detail["mode"]

    found = kinds(session.day("order.detail.mode:nested"), learned(learn))
    assert found == [("type-changed", "order.detail.details.mode"), ("field-missing", "order.detail.details.more")]


def test_a_finding_keeps_its_id_from_run_to_run(session: Session) -> None:
    drift = ("order.detail.amount:retyped-number", "webhook.payment.status:recased", "payout.create:added")
    one, other = (judge(session.day(*drift), app_key=APP_KEY) for _ in range(2))
    assert [each.id for each in one] == [each.id for each in other]
    assert len({each.id for each in one}) == 3


def test_the_same_from_many_calls_is_one_finding_with_evidence(session: Session) -> None:
    (found,) = judge(session.day("webhook.payment.status:recased"), app_key=APP_KEY)
    assert found.count == 3
    assert found.seen["values"] == {"paid": "PAID", "time-out": "TIME-OUT", "to-be-paid": "TO-BE-PAID"}
    assert found.pointer == "/components/schemas/PaymentStatus"
    assert list(found.evidence) == sorted(found.evidence)
    assert found.first_at == session.box.clock.now()


def test_every_pointer_leads_somewhere(session: Session) -> None:
    drifts = [
        "order.create:added",
        "order.detail.chain:new-value",
        "header:added",
        "signature:dotted",
        "envelope:code-text",
    ]
    for finding in itertools.chain.from_iterable(judge(session.day(each), app_key=APP_KEY) for each in drifts):
        found: Any = SPEC
        for step in (finding.pointer or "").split("/")[1:]:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        assert found
