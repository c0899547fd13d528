"""What follows what: statuses that never go back, and webhooks that come again on their schedule."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from halopay_api.policy import RETRY_AFTER
from halopay_kit.contract.exchange import Delivery, Observed
from halopay_kit.contract.judge import judge
from tests.contract.session import (
    APP_KEY,
    as_traffic,
    first,
    saying,
    signed_anew,
    webhook,
    with_changed,
    with_headers,
)


def kinds(observed: Observed) -> list[tuple[str, str, dict[str, Any]]]:
    return [(each.kind, each.place, dict(each.seen)) for each in judge(as_traffic(observed), app_key=APP_KEY)]


def told(event: Delivery, status: str, *, later: int = 0, **fields: object) -> Delivery:
    """Return another webhook of the same, that many seconds later."""

    def change(body: dict[str, Any]) -> None:
        body.update(status=status, time=body["time"] + later, **fields)

    changed = with_headers(saying(event, change, later=later), x_eventtype=status.title())
    return attrs.evolve(changed, at=(event.at or 0) + later, delivery=None)


def heard(day: Observed, *more: Delivery) -> Observed:
    """Return the day with more webhooks, all of them taken in."""
    deliveries = [attrs.evolve(each, answered="Success") for each in (*day.deliveries, *more)]
    return attrs.evolve(
        day, deliveries=tuple(attrs.evolve(each, number=number) for number, each in enumerate(deliveries, 1))
    )


@pytest.mark.parametrize(
    ("kind", "before", "after", "place"),
    [
        ("PAYMENT", "PAID", "TO-BE-PAID", "webhook.payment.status"),
        ("PAYMENT", "PAID", "TIME-OUT", "webhook.payment.status"),
        ("PAYMENT", "TIME-OUT", "TO-BE-PAID", "webhook.payment.status"),
        ("PAYOUT", "PAID", "FAIL", "webhook.payout.status"),
        ("PAYOUT", "FAIL", "PAID", "webhook.payout.status"),
        ("PAYOUT", "PAID", "TO-BE-PAID", "webhook.payout.status"),
    ],
)
@pytest.mark.parametrize("later", [0, 60])
def test_a_status_never_goes_back(day: Observed, kind: str, before: str, after: str, place: str, later: int) -> None:
    back = told(webhook(day, kind, before), after, later=later)
    assert kinds(heard(day, back)) == [("transition-illegal", place, {"from": before, "to": after})]


@pytest.mark.parametrize("later", [0, 60])
def test_a_late_payment_completes_an_order_that_timed_out(day: Observed, later: int) -> None:
    expired = webhook(day, "PAYMENT", "TIME-OUT")
    amount = json.loads(expired.body or b"")["amount"]
    assert kinds(heard(day, told(expired, "PAID", later=later, amount_collected=amount, txid="ab" * 32))) == []


def test_a_webhook_that_comes_late_says_what_was(day: Observed) -> None:
    part, paid = webhook(day, "PAYMENT", "TO-BE-PAID"), webhook(day, "PAYMENT", "PAID")
    later = saying(paid, lambda body: body.update(time=body["time"] + 60), later=60)
    others = [each for each in day.deliveries if each not in (part, paid)]
    assert kinds(heard(attrs.evolve(day, deliveries=(later, part, *others)))) == []


def test_the_same_webhook_may_come_again(day: Observed) -> None:
    again = [attrs.evolve(each, at=(each.at or 0) + 7000, delivery=None) for each in day.deliveries]
    assert kinds(heard(day, *again)) == []


def test_what_was_collected_never_becomes_less(day: Observed) -> None:
    less = told(webhook(day, "PAYMENT", "TO-BE-PAID"), "TO-BE-PAID", later=30, amount_collected="1")
    paid = webhook(day, "PAYMENT", "PAID")
    without = attrs.evolve(day, deliveries=tuple(each for each in day.deliveries if each != paid))
    assert kinds(heard(without, less)) == [("amount-fell", "webhook.payment.amount_collected", {})]


def test_a_query_does_not_go_back_either(day: Observed) -> None:
    last = first(day, "order.detail", 2)
    assert json.loads(last.answer_body or b"")["data"]["status"] == "PAID"
    again = attrs.evolve(
        saying(last, lambda envelope: envelope["data"].update(status="TO-BE-PAID")),
        number=len(day.exchanges) + 1,
        at=(last.at or 0) + 1,
    )
    seen = {"from": "PAID", "to": "TO-BE-PAID"}
    more = attrs.evolve(day, exchanges=(*day.exchanges, again))
    assert kinds(heard(more)) == [("transition-illegal", "order.detail.status", seen)]
    alone = attrs.evolve(more, deliveries=())
    assert kinds(alone) == [("transition-illegal", "order.detail.status", seen)]


def test_a_query_agrees_with_the_end_that_a_webhook_told(day: Observed) -> None:
    paid, last = webhook(day, "PAYMENT", "PAID"), first(day, "order.detail", 2)
    other = saying(last, lambda envelope: envelope["data"].update(status="TO-BE-PAID"))
    later = attrs.evolve(other, at=(paid.at or 0) + 5)
    found = kinds(heard(with_changed(day, later)))
    assert found == [("transition-illegal", "order.detail.status", {"from": "PAID", "to": "TO-BE-PAID"})]


def test_a_query_that_overlaps_another_proves_nothing(day: Observed) -> None:
    last = first(day, "order.detail", 2)
    slow = attrs.evolve(
        saying(last, lambda envelope: envelope["data"].update(status="TO-BE-PAID")),
        number=len(day.exchanges) + 1,
        at=(last.at or 0) - 2,
        answered_at=(last.at or 0) + 5,
    )
    part = attrs.evolve(day, exchanges=(*day.exchanges, slow), deliveries=())
    assert kinds(part) == []


def test_many_payments_to_one_address_are_not_one_story(day: Observed) -> None:
    event = webhook(day, "PAYMENT", "PAID")
    address = next(each for each in day.deliveries if b"pay_address" in (each.body or b""))
    again = saying(address, lambda body: body.update(txid="cd" * 32, amount_collected="0.1"), later=20)
    assert event is not address
    assert kinds(heard(day, attrs.evolve(again, at=(again.at or 0) + 20, delivery=None))) == []


@pytest.mark.parametrize(
    ("said", "kind"), [("Paid", "event-type"), ("Fail", "event-type"), ("Refunded", "value-unknown")]
)
def test_a_header_that_says_something_else_than_the_body_is_drift(day: Observed, said: str, kind: str) -> None:
    (found,) = judge(
        with_changed(day, with_headers(webhook(day, "PAYMENT", "TIME-OUT"), x_eventtype=said)), app_key=APP_KEY
    )
    assert (found.kind, found.place, found.grade) == (kind, "header.x-eventtype", "drift")


@pytest.mark.parametrize("said", ["TIME-OUT", "Time-Out", "timeOut", "time_out"])
def test_only_letters_count_in_that_header(day: Observed, said: str) -> None:
    assert kinds(with_changed(day, with_headers(webhook(day, "PAYMENT", "TIME-OUT"), x_eventtype=said))) == []


def attempts(day: Observed, gaps: Sequence[float], *, answered: str | None = "503", afresh: bool = True) -> Observed:
    """Return a webhook that comes again after each of these seconds, and another one much later."""
    event, other = webhook(day, "PAYOUT", "PAID"), webhook(day, "PAYMENT", "TIME-OUT")
    times = [0.0]
    for gap in gaps:
        times.append(times[-1] + gap)
    made = []
    for time in times:
        one = signed_anew(event, event.body or b"", later=int(time)) if afresh else event
        made.append(attrs.evolve(one, at=(event.at or 0) + time, answered=answered, delivery=None))
    end = attrs.evolve(other, at=(event.at or 0) + times[-1] + 10, answered="Success", delivery=None)
    numbered = tuple(attrs.evolve(each, number=number) for number, each in enumerate((*made, end), 1))
    return attrs.evolve(day, exchanges=(), deliveries=numbered)


@pytest.mark.parametrize("afresh", [True, False])
@pytest.mark.parametrize(
    "gaps", [RETRY_AFTER, RETRY_AFTER[:4], [5.4, 17.2, 30, 199], RETRY_AFTER[3:9]], ids=["all", "some", "slow", "later"]
)
def test_retries_on_schedule_are_as_they_should_be(day: Observed, gaps: Sequence[float], afresh: bool) -> None:
    assert kinds(attempts(day, gaps, afresh=afresh)) == []


@pytest.mark.parametrize(
    ("gaps", "step", "expected", "came"),
    [
        ([5, 15, 300], 3, 30, 300),
        ([60], 1, 5, 60),
        ([5, 15, 3], 3, 30, 3),
        ([*RETRY_AFTER, 60], 16, 0, 60),
    ],
)
def test_a_retry_off_schedule_is_told(
    day: Observed, gaps: Sequence[float], step: int, expected: int, came: int
) -> None:
    assert kinds(attempts(day, gaps)) == [
        ("schedule", "webhook.payout", {"step": step, "expected": expected, "came": came})
    ]


def test_a_retry_that_never_came_is_told(day: Observed) -> None:
    given_up = attempts(day, [5, 15])
    end = attrs.evolve(given_up.deliveries[-1], at=(given_up.deliveries[-1].at or 0) + 600)
    seen = {"step": 3, "expected": 30, "came": None}
    assert kinds(with_changed(given_up, end)) == [("schedule", "webhook.payout", seen)]


def test_what_comes_after_it_was_taken_in_is_nobodys_schedule(day: Observed) -> None:
    assert kinds(attempts(day, [1000, 77], answered="Success")) == []


def test_what_nobody_knows_the_answers_to_is_no_gap(day: Observed) -> None:
    assert kinds(attempts(day, [1000], answered=None)) == []
    assert [kind for kind, *_ in kinds(attempts(day, [1000, 4000], answered=None))] == ["schedule"]
