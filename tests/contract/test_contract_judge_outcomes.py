"""Outcomes: what a call was meant to provoke, and what came; a refusal never has data."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from halopay_kit.contract.exchange import Exchange, Expectation, Observed
from halopay_kit.contract.judge import judge
from tests.contract.session import APP_KEY, STALE, SUCCESS, Session, first, saying, with_changed

REFUSAL = Expectation(outcome="refusal", codes=frozenset({10008}), why="a bad signature")
EITHER = Expectation(outcome="either", codes=frozenset({10003}), why="the edge of it")


def kinds(day: Observed, exchange: Exchange, expects: Expectation | None) -> list[tuple[str, str, str, dict[str, Any]]]:
    changed = with_changed(day, attrs.evolve(exchange, expects=expects))
    findings = judge(changed, app_key=APP_KEY)
    return [(each.kind, each.grade, each.place, dict(each.seen)) for each in findings]


@pytest.fixture
def refused(day: Observed) -> Exchange:
    return next(each for each in day.exchanges if each.expects == STALE and each.operation == "order.detail")


def with_code(exchange: Exchange, code: int, **more: object) -> Exchange:
    changed: Exchange = saying(exchange, lambda envelope: envelope.update(code=code, **more))
    return changed


def test_a_success_that_should_have_been_a_refusal(day: Observed) -> None:
    seen = {"why": "a bad signature"}
    assert kinds(day, first(day, "order.detail"), REFUSAL) == [("accepted", "broken", "order.detail", seen)]


def test_a_refusal_with_another_code(day: Observed, refused: Exchange) -> None:
    seen = {"why": "a bad signature", "code": 10007, "expected": [10008]}
    assert kinds(day, refused, REFUSAL) == [("wrong-code", "broken", "order.detail", seen)]
    assert kinds(day, refused, attrs.evolve(REFUSAL, codes=frozenset())) == []


def test_a_refusal_that_should_have_been_a_success(day: Observed, refused: Exchange) -> None:
    assert kinds(day, refused, SUCCESS) == [("refused", "broken", "order.detail", {"code": 10007})]


def test_where_both_will_do_the_code_is_judged_all_the_same(day: Observed, refused: Exchange) -> None:
    assert kinds(day, first(day, "order.detail"), EITHER) == []
    assert kinds(day, with_code(refused, 10003), EITHER) == []
    assert [kind for kind, *_ in kinds(day, refused, EITHER)] == ["wrong-code"]


def test_recorded_traffic_may_be_refused_for_any_reason(day: Observed, refused: Exchange) -> None:
    assert kinds(day, with_code(refused, 20003), None) == []


def test_too_many_calls_are_noted(day: Observed, refused: Exchange) -> None:
    assert kinds(day, with_code(refused, 20009), SUCCESS) == [("frequent", "note", "order.detail", {})]


def test_a_code_that_nobody_listed_is_drift_and_no_wrong_code(day: Observed, refused: Exchange) -> None:
    for expects in (REFUSAL, SUCCESS, None):
        assert kinds(day, with_code(refused, 20017), expects) == [
            ("code-unknown", "drift", "order.detail", {"code": 20017})
        ]


def test_a_refusal_never_has_data(day: Observed, refused: Exchange) -> None:
    told = with_code(refused, 10007, data={"trade_no": "1"})
    assert kinds(day, told, STALE) == [("data-with-refusal", "broken", "order.detail", {})]


@pytest.mark.parametrize(("data", "name"), [(None, "null"), ({}, "object"), ([], "array")])
def test_empty_data_of_a_refusal_are_drift(day: Observed, refused: Exchange, data: object, name: str) -> None:
    told = with_code(refused, 10007, data=data)
    assert kinds(day, told, STALE) == [("refusal-data-empty", "drift", "envelope.data", {"type": name})]


def test_no_answer_is_a_failure_of_a_run_and_a_note_of_traffic(day: Observed) -> None:
    lost = attrs.evolve(first(day, "account.balance"), status=None, answer_body=None, answer_headers=(), error="gone")
    assert [found[:2] for found in kinds(day, lost, SUCCESS)] == [("no-answer", "broken")]
    assert [found[:2] for found in kinds(day, lost, None)] == [("no-answer", "note")]


HOSTED = {"out_trade_no": "T", "symbol": "USD", "amount": "15"}


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("order.detail", {"trade_no": 5}),
        ("entrust.pre_create", {**HOSTED, "amount": "1.234"}),
        ("account.balance", {"currency_id": 0}),
    ],
)
def test_a_call_that_is_not_as_the_spec_has_it_is_rightly_refused(
    session: Session, operation: str, fields: dict[str, Any]
) -> None:
    session.begin()
    session.call(operation, fields)
    assert judge(session.observed(), app_key=APP_KEY) == []
