"""No false alarms: an honest HaloPay keeps the spec, whatever happens and however it chooses what nobody knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from halopay_kit.contract.exchange import Delivery, Observed, header_of
from halopay_kit.contract.judge import judge, look
from halopay_kit.contract.observe import Scope, observe
from halopay_kit.contract.target import Target
from halopay_kit.sandbox import Sandbox, Unknowns
from tests.conftest import guess
from tests.contract.session import APP_KEY, SUCCESS, Session, as_traffic, with_headers

UNKNOWNS = [
    Unknowns(reused_out_trade_no="same"),
    Unknowns(reused_out_trade_no="new"),
    Unknowns(service_fee_bearer="nobody", payout_fee_rate=Decimal("0.01")),
    Unknowns(retries_signed_afresh=False),
    Unknowns(need_confirms=3),
]
LEGAL: list[dict[str, object]] = [{"doubled": 3}, {"reordered": 2}, {"late": "40s"}, {"lost": 1}, {"early": 1}]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_honest_day_has_nothing_to_report(seed: int) -> None:
    session = Session(seed)
    try:
        day = session.day()
    finally:
        session.close()
    assert judge(day, app_key=APP_KEY) == []
    assert judge(as_traffic(day), app_key=APP_KEY) == []


def test_every_operation_and_webhook_is_part_of_the_day(day: Observed) -> None:
    assert len({exchange.operation for exchange in day.exchanges if exchange.expects is SUCCESS}) == 10
    assert len(day.deliveries) == 7


@pytest.mark.parametrize("unknowns", UNKNOWNS, ids=lambda each: repr(each)[:60])
def test_a_run_reports_nothing_however_the_sandbox_chooses_what_is_unknown(unknowns: Unknowns) -> None:
    with Sandbox(seed=4, unknowns=unknowns) as box:
        observed = observe(Target.sandbox(box), Scope(phases=("journey", "bodies"), operations=("order.create",)))
        assert judge(observed, app_key=box.app_key) == []


@pytest.mark.parametrize("fault", LEGAL, ids=str)
def test_webhooks_that_come_late_twice_or_out_of_order_are_as_they_should_be(fault: dict[str, object]) -> None:
    with Sandbox(seed=4) as box:
        for webhook in ("webhook.payment", "webhook.payout"):
            box.faults.add(webhook, **fault)  # type: ignore[arg-type]
        observed = observe(Target.sandbox(box), Scope(phases=("journey",)))
        assert judge(observed, app_key=box.app_key) == []


@pytest.mark.parametrize(
    "clock", [{}, {"speed": 2}, {"start": "2026-03-17T12:20:00Z"}, {"start": "2031-01-01T00:00:00Z"}], ids=str
)
def test_a_sandbox_whose_webhooks_carry_the_time_of_the_machine_keeps_the_spec_wherever_its_own_time_is(
    clock: dict[str, Any],
) -> None:
    with Sandbox(seed=4, webhooks_signed_at="machine", **clock) as box:
        box.clock.advance("3d")
        observed = observe(Target.sandbox(box), Scope(phases=("journey",)))
        assert judge(observed, app_key=box.app_key) == []
        box.faults.add("webhook.payout", stale=1)
        observed = observe(Target.sandbox(box), Scope(phases=("journey",), seed=1))
        assert [each.kind for each in judge(observed, app_key=box.app_key)] == ["stale"]


def test_the_schedule_is_judged_by_the_clock_that_it_goes_by() -> None:
    with Sandbox(seed=4, webhooks_signed_at="machine") as box:
        observed = observe(Target.sandbox(box), Scope(phases=("journey",)))
    slow = tuple(_signed_later(each, each.number) for each in observed.deliveries)  # a slow machine: a second each
    kinds = {each.kind for each in judge(attrs.evolve(observed, deliveries=slow), app_key=None)}
    assert kinds == {"signature-unjudged"}
    hasty = tuple(attrs.evolve(each, target_time=each.at) for each in slow)
    kinds = {each.kind for each in judge(attrs.evolve(observed, deliveries=hasty), app_key=None)}
    assert "schedule" in kinds


def _signed_later(delivery: Delivery, seconds: int) -> Delivery:
    later = str(int(header_of(delivery.headers, "x-timestamp") or "") + seconds)
    return attrs.evolve(with_headers(delivery, x_timestamp=later), at=(delivery.at or 0.0) + seconds)


def test_a_part_of_a_day_has_nothing_to_report_either(day: Observed) -> None:
    for number in range(len(day.exchanges)):
        part = attrs.evolve(day, exchanges=day.exchanges[number : number + 1], deliveries=())
        assert judge(as_traffic(part), app_key=APP_KEY) == []
    for number in range(len(day.deliveries)):
        part = attrs.evolve(day, exchanges=(), deliveries=day.deliveries[number : number + 1], app_id=None)
        assert judge(part, app_key=APP_KEY) == []


def test_another_status_for_refusals_is_drift_and_nothing_worse() -> None:
    session = Session(unknowns=Unknowns(error_http_status=400))
    try:
        found = judge(session.day(), app_key=APP_KEY)
    finally:
        session.close()
    assert [(each.kind, each.place, each.grade, each.seen) for each in found] == [
        ("http-status", "envelope", "drift", {"status": 400})
    ]


@guess("OrderDetail")
def test_what_the_spec_only_infers_and_was_met_is_counted(day: Observed) -> None:
    counted = look(day, app_key=None).met
    assert counted["order.detail.pay_address"] == 3
    assert counted["payout.detail.status=PAID"] == 1
    assert counted["webhook.payment_qr_code"] == 2
    assert "order.create.amount" not in counted  # documented


@guess("PayoutDetail")
def test_a_guess_that_was_wrong_was_not_met(session: Session) -> None:
    drifted = look(session.day("payout.detail.fee:retyped-number"), app_key=None).met
    assert "payout.detail.fee" not in drifted
    assert drifted["payout.detail.amount"] == 2


def test_who_broke_what_is_known_of_every_exchange(session: Session) -> None:
    day = session.day("order.detail:added")
    judgement = look(day, app_key=APP_KEY)
    details = {
        f"x{each.number}" for each in day.exchanges if each.operation == "order.detail" and each.expects is SUCCESS
    }
    assert dict(judgement.found_at) == {number: {judgement.findings[0].id} for number in details}
    assert judgement.findings[0].count == len(details)
