"""The journey and the wrong calls: everything is reached and filled, and the ledger's entries are settled."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator

import attrs
import pytest
import yaml

from halopay_api.operations import OPERATIONS
from halopay_api.policy import RETRY_AFTER
from halopay_kit.contract.envelope import code, envelope
from halopay_kit.contract.exchange import Observed
from halopay_kit.contract.journey import follow_ups, links
from halopay_kit.contract.ledger import ENTRIES, verdicts
from halopay_kit.contract.observe import WEBHOOKS, Scope, observe
from halopay_kit.contract.probes import EDGES, SEALED
from halopay_kit.contract.target import Target
from halopay_kit.sandbox import Sandbox, Unknowns
from halopay_kit.sandbox.drift.places import places
from halopay_kit.signing import AppKey
from tests.conftest import ROOT

START = "2026-03-17T12:20:00Z"
JOURNEY = Scope(phases=("journey",))
WRONG = Scope(phases=("headers", "bodies"))


def looked(scope: Scope, **options: object) -> tuple[Observed, Sandbox]:
    with Sandbox(**{"seed": 1, "start": START, **options}) as box:  # type: ignore[arg-type]
        return observe(Target.sandbox(box), scope), box


@pytest.fixture(scope="module")
def journey() -> Observed:
    return looked(JOURNEY)[0]


@pytest.fixture(scope="module")
def wrong() -> Observed:
    return looked(WRONG)[0]


def test_the_journey_reaches_every_operation_and_every_webhook(journey):
    assert {exchange.operation for exchange in journey.exchanges} == set(OPERATIONS)
    assert {delivery.webhook for delivery in journey.deliveries} == set(WEBHOOKS)
    assert journey.unreached == {}


def test_every_field_of_every_operation_and_webhook_is_filled_at_least_once(journey):
    filled = set(_filled(journey))
    assert {place.name for place in places().values() if place.field} == filled


def _filled(observed: Observed) -> Iterator[str]:
    for exchange in observed.exchanges:
        data = envelope(exchange).get("data")
        for row in data if isinstance(data, list) else [data or {}]:
            yield from (f"{exchange.operation}.{name}" for name, value in row.items() if value not in (None, ""))
    for delivery in observed.deliveries:
        fields = json.loads(delivery.body or b"")
        yield from (f"{delivery.webhook}.{name}" for name, value in fields.items() if value not in (None, ""))


def test_every_status_is_seen(journey):
    told = {(each.webhook, json.loads(each.body or b"")["status"]) for each in journey.deliveries}
    payments = {("webhook.payment", status) for status in ("TO-BE-PAID", "PAID", "TIME-OUT")}
    payouts = {("webhook.payout", status) for status in ("PAID", "FAIL")}
    assert told == {*payments, *payouts, ("webhook.payment_qr_code", "PAID")}


def test_a_late_payment_follows_a_time_out(journey):
    late = [json.loads(each.body)["status"] for each in journey.deliveries if b"-late" in (each.body or b"")]
    assert late == ["TIME-OUT", "PAID"]


def test_a_delivery_that_is_always_refused_goes_through_the_whole_schedule(journey):
    attempts = Counter(each.delivery for each in journey.deliveries).most_common(1)[0]
    times = [each.at for each in journey.deliveries if each.delivery == attempts[0]]
    assert [round(later - earlier) for earlier, later in itertools.pairwise(times)] == list(RETRY_AFTER)


def test_every_right_call_is_answered_with_success(journey):
    assert {code(exchange) for exchange in journey.exchanges} == {0}


def test_each_wrong_call_is_answered_with_one_of_its_codes_and_never_with_data(wrong):
    for exchange in wrong.exchanges:
        assert exchange.expects is not None
        if exchange.expects.outcome == "refusal":
            assert code(exchange) in exchange.expects.codes, (exchange.operation, exchange.expects)
            assert "data" not in envelope(exchange)
        elif exchange.expects.outcome == "either":
            assert code(exchange) in {0, *exchange.expects.codes}, (exchange.operation, exchange.expects)
        else:
            assert code(exchange) == 0


def test_wrong_calls_of_every_sort_go_to_every_operation(wrong):
    why = {name: {each.expects.why for each in wrong.exchanges if each.operation == name} for name in OPERATIONS}
    for name, reasons in why.items():
        assert {row.why for row in SEALED} <= reasons, name
        assert "no body" in reasons
    assert {edge.operation for edge in EDGES} <= set(OPERATIONS)
    codes = {exchange_code for each in wrong.exchanges if (exchange_code := code(each))}
    assert {10002, 10003, 10004, 10006, 10007, 10008} <= codes


def test_the_same_seed_sends_the_same_bytes(journey, wrong):
    for before, scope in ((journey, JOURNEY), (wrong, WRONG)):
        again, _ = looked(scope)
        sent = [[(each.operation, each.answer_body) for each in one.exchanges] for one in (before, again)]
        assert [item for item in sent[0] if b"http://" not in (item[1] or b"")] == [
            item for item in sent[1] if b"http://" not in (item[1] or b"")
        ]


def test_what_is_not_wanted_is_not_sent():
    observed, _ = looked(Scope(phases=("headers", "bodies"), operations=("account.balance",)))
    assert {exchange.operation for exchange in observed.exchanges} == {"account.balance"}
    assert "order.create" in observed.unreached


def test_the_webhook_url_of_a_sandbox_is_put_back():
    _, box = looked(JOURNEY, webhook_url="http://127.0.0.1:9/mine")
    assert box.webhook_url == "http://127.0.0.1:9/mine"


def test_links_are_those_of_the_spec_and_lead_to_calls():
    assert {target for found in links().values() for target, _ in found} == {
        "order.detail", "payout.detail", "account.balance", "order.exchange_rates",
    }  # fmt: skip
    answer = {"data": [{"currency_id": 75}]}
    assert list(follow_ups("currency.token_list", answer)) == [
        ("order.exchange_rates", {"currency_id": 75, "fiat_name": "USD"})
    ]
    for nothing in ({}, {"data": []}, {"data": "text"}, {"data": [{"currency_id": None}]}, {"data": {"0": []}}):
        assert list(follow_ups("currency.token_list", nothing)) == []


# What drifts may do to a run: it goes on, and what cannot be seen any more is said.


@pytest.mark.parametrize(
    "drift",
    ["*:moved", "envelope:unwrapped", "envelope:code-text", "envelope:success-code", "*:data-null", "*:listed",
     "*.trade_no:removed", "*.out_trade_no:null", "header:x-timestamp-date", "signature:prose-reading",
     "webhook.*.type:removed", "webhook.*:camel-case"],
)  # fmt: skip
def test_a_journey_through_a_drifted_sandbox_comes_to_its_end(drift):
    observed, _ = looked(Scope(phases=("journey", "headers")), drift=[drift])
    assert {exchange.operation for exchange in observed.exchanges} >= {"order.create", "account.balance"}
    if "moved" not in drift:
        assert {delivery.webhook for delivery in observed.deliveries} == set(WEBHOOKS)


def test_an_operation_that_moved_takes_nothing_else_with_it():
    observed, _ = looked(JOURNEY, drift=["order.create:moved"])
    answered = {exchange.operation: exchange.status for exchange in observed.exchanges}
    assert answered.pop("order.create") == 404
    assert set(answered.values()) == {200}
    assert {code(each) for each in observed.exchanges if each.operation == "order.detail"} == {0}


def test_faults_do_not_stop_a_run():
    with Sandbox(seed=1, start=START) as box:
        box.faults.add("order.create", cut_after=1)
        box.faults.add("order.detail", not_json=1)
        box.faults.add("payout.create", error_after=1)
        observed = observe(Target.sandbox(box), JOURNEY)
    assert [each.error for each in observed.exchanges if each.status is None]
    assert {exchange.operation for exchange in observed.exchanges} == set(OPERATIONS)


def test_calls_that_came_too_soon_are_repeated_after_a_pause():
    slept: list[float] = []
    with Sandbox(seed=1, start=START) as box:
        box.faults.add("order.create", frequent=2)
        observed = observe(Target.sandbox(box), JOURNEY, sleep=slept.append)
    assert slept
    assert [code(each) for each in observed.exchanges if each.operation == "order.create"][:3] == [20009, 20009, 0]
    assert set(WEBHOOKS) == {delivery.webhook for delivery in observed.deliveries}


# The ledger of contradictions.


def test_every_entry_of_the_ledger_with_a_probe_has_a_row_here():
    ledger = yaml.safe_load((ROOT / "spec/contradictions.yaml").read_text("utf-8"))
    assert {entry.id: entry.subject for entry in ENTRIES} == {
        entry["id"]: entry["subject"] for entry in ledger if "probe" in entry
    }


def settled(observed: Observed, box: Sandbox) -> dict[str, tuple[str, str]]:
    return {each.entry: (each.settled, each.says) for each in verdicts(observed, [box.app_key])}


def test_a_sandbox_settles_every_entry():
    found = settled(*looked(Scope(phases=("journey", "headers"))))
    assert {each for each, _ in found.values()} == {"settled"}
    assert "the samples hold" in found["signature-content"][1]
    assert "signed afresh" in found["timestamp-against-retries"][1]
    assert "Paid for PAID" in found["event-type-case"][1]
    assert "23 of the 23" in found["fiat-count"][1]
    assert "a string of absolute seconds is taken" in found["expiry"][1]


def test_a_sandbox_that_signs_as_the_prose_says_is_found_out():
    found = settled(*looked(JOURNEY, drift=["signature:prose-reading"]))
    assert found["signature-content"][0] == "settled"
    assert "the prose holds" in found["signature-content"][1]


def test_both_readings_at_once_leave_it_open():
    found = settled(*looked(Scope(phases=("journey", "headers")), drift=["signature:prose-reading"]))
    assert found["signature-content"][0] == "open"


def test_another_signature_altogether_is_not_taken_for_either():
    found = settled(*looked(JOURNEY, drift=["signature:dotted"]))
    assert found["signature-content"][0] == "not reachable"


def test_retries_that_repeat_the_first_signature_are_told_from_those_that_do_not():
    found = settled(*looked(JOURNEY, unknowns=Unknowns(retries_signed_afresh=False)))
    assert "repeats the first attempt's X-Timestamp" in found["timestamp-against-retries"][1]


def test_a_header_that_is_gone_is_told():
    found = settled(*looked(JOURNEY, drift=["header:x-eventtype-removed"]))
    assert "no header for PAID" in found["event-type-case"][1]


def test_fiats_that_are_not_taken_are_named(journey):
    thai = next(each for each in journey.exchanges if b'"THB"' in (each.request_body or b""))
    refused = attrs.evolve(thai, answer_body=b'{"code":20003,"msg":"no"}')
    others = [refused if each is thai else each for each in journey.exchanges]
    found = {each.entry: each.says for each in verdicts(attrs.evolve(journey, exchanges=tuple(others)))}
    assert found["fiat-count"] == "22 of the 23 fiats are taken, not THB"


def test_where_nothing_was_done_the_reason_is_said():
    found = settled(*looked(Scope(phases=("headers",))))
    assert found["timestamp-against-retries"] == ("not reachable", "no webhook was seen")
    assert found["expiry"][0] == "not reachable"


def test_the_other_reading_of_the_signature_is_that_of_the_prose():
    content = b'{"out_trade_no":"T1","symbol":"USD","amount":"15"}1773750000'
    assert AppKey("testAppKey").digest_as_prose(content).hex() == (
        "bb200a25a6ad989c27a44545b22f81231a4d9d73ff272bd13659bc17be0ae33a"
    )
