"""The guard of live targets: what arrives, how fast, what never does; a recording proxy stands for the live host."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest

from halopay_api.operations import OPERATIONS
from halopay_kit import Sandbox
from halopay_kit.contract.caller import RIGHT, SUCCESS, Caller, Seal
from halopay_kit.contract.envelope import code
from halopay_kit.contract.exchange import Expectation
from halopay_kit.contract.fuzz import fuzz
from halopay_kit.contract.live import observe_live
from halopay_kit.contract.log import Log
from halopay_kit.contract.observe import Scope, observe
from halopay_kit.contract.pace import Pace
from halopay_kit.contract.plan import Create, Plan
from halopay_kit.contract.target import Target
from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import AppKey, verify
from tests.contract.proxy import Proxy

EFFECTS = {operation.path: operation.effect for operation in OPERATIONS.values()}
REAL = "https://api.pay.halochat.io"


@pytest.fixture
def proxy(box: Sandbox) -> Iterator[Proxy]:
    with Proxy(box.base_url) as proxy:
        yield proxy


@pytest.fixture
def target(box: Sandbox, proxy: Proxy) -> Target:
    return Target.at(proxy.base_url, box.app_id, box.app_key, live=True)


class Time:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def tick(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def look(target: Target, plan: Plan):
    time = Time()
    return observe_live(target, plan, tick=time.tick, sleep=time.sleep)


def test_only_reading_operations_arrive_and_every_one_is_rightly_signed(box, proxy, target):
    observed = look(target, Plan())
    assert {EFFECTS[path] for path in proxy.paths} == {"read"}
    assert {each.method for each in proxy.arrived} == {"POST"}
    for each in proxy.arrived:
        verify(each.body, each.headers["X-Timestamp"], each.headers["X-Sign"], box.app_key)
        assert each.headers["X-Appid"] == box.app_id
    assert observed.live
    assert len(observed.exchanges) == len(proxy.arrived)
    assert {code(exchange) for exchange in observed.exchanges} == {0}
    assert not box.deliveries


def test_what_arrives_is_what_was_planned(proxy, target):
    plan = Plan(currency_ids=(75, 70))
    look(target, plan)
    planned = {OPERATIONS[step.operation].path: step.calls for step in plan.steps}
    assert Counter(proxy.paths) == planned
    assert len(proxy.arrived) == plan.calls


def test_currencies_that_are_not_given_are_found(proxy, target):
    look(target, Plan())
    asked = [json.loads(each.body) for each in proxy.arrived if each.path.endswith("/account/balance")]
    assert [each["currency_id"] for each in asked] == [68, 69, 70, 73, 75]


def test_orders_and_payouts_that_are_given_are_looked_at(halopay, target):
    order = halopay.order.create(out_trade_no="T", currency_id=75, token_amount="1")
    plan = Plan(trade_no=order.trade_no, out_trade_no="T", payout_out_trade_no="no-such-payout")
    observed = look(target, plan)
    said = [(each.operation, code(each)) for each in observed.exchanges if "detail" in (each.operation or "")]
    assert said == [("order.detail", 0), ("order.detail", 0), ("payout.detail", 10004)]


def test_calls_come_at_the_rate_that_was_said(target):
    time = Time()
    observed = observe_live(target, Plan(rate=0.5, currency_ids=(75,)), tick=time.tick, sleep=time.sleep)
    assert time.now == pytest.approx(2.0 * (len(observed.exchanges) - 1))


def test_calls_come_at_the_rate_that_was_said_by_the_clock_on_the_wall(proxy, target):
    observe_live(target, Plan(rate=5, currency_ids=(75,)), progress=_stop_after(6))
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(proxy.arrived)]
    assert min(gaps) > 0.15


def _stop_after(count: int):
    left = itertools.count(1)

    def progress(_: int) -> None:
        if next(left) == count:
            raise KeyboardInterrupt

    return progress


def test_an_interrupted_run_keeps_what_it_saw(proxy, target):
    observed = observe_live(target, Plan(), tick=Time().tick, sleep=lambda _: None, progress=_stop_after(3))
    assert observed.interrupted
    assert len(observed.exchanges) == len(proxy.arrived) == 3
    assert observed.unreached["order.detail"].startswith("no real id")
    assert "webhook.payment" in observed.unreached


def test_too_frequent_calls_slow_the_run_down_and_are_repeated_a_few_times_only(box, proxy, target):
    box.faults.add("currency.token_list", frequent=100)
    time = Time()
    observed = observe_live(target, Plan(currency_ids=(75,)), tick=time.tick, sleep=time.sleep)
    assert Counter(proxy.paths)["/api/currency/token-list"] == 4
    assert [round(each) for each in time.slept[:5]] == [1, 2, 4, 8, 16]
    assert all(each >= 16 for each in time.slept[4:])
    assert len(observed.exchanges) == Plan(currency_ids=(75,)).calls + 3


def test_the_pace_is_as_slow_as_halopay_asks_for():
    time = Time()
    pace = Pace(10, tick=time.tick, sleep=time.sleep)
    pace.wait()
    pace.slow_down(asked=30)
    pace.wait()
    assert time.slept == [30]


def test_wrong_credentials_are_tried_once(box, proxy):
    target = Target.at(proxy.base_url, box.app_id, AppKey("notTheAppsKey"), live=True)
    observed = look(target, Plan())
    assert len(proxy.arrived) == 1
    assert observed.unreached["account.balance"] == "the first call was refused with 10008; no more were sent"


def test_silence_is_not_met_with_forty_calls(box):
    target = Target.at("http://127.0.0.1:9", box.app_id, box.app_key, live=True)
    observed = look(target, Plan(currency_ids=(75,)))
    assert len(observed.exchanges) == 3
    assert "not answered" in observed.unreached["order.exchange_rates"]


def test_orders_are_created_with_leave_only_and_no_greater_than_allowed(proxy, target):
    plan = Plan(create=Create.of("0.50", "EUR"))
    observed = look(target, plan)
    assert {EFFECTS[path] for path in proxy.paths} == {"read", "creates"}
    created = [json.loads(each.body) for each in proxy.arrived if EFFECTS[each.path] == "creates"]
    amounts = [(each.get("fiat_amount") or each["amount"], each.get("fiat_name") or each["symbol"]) for each in created]
    assert amounts == [("0.50", "EUR")] * 3
    assert len(proxy.arrived) == plan.calls
    assert {code(exchange) for exchange in observed.exchanges} == {0}
    assert not any("callback_url" in each for each in created)


def test_a_large_allowance_makes_no_large_order():
    assert Create.of("100000", "USD").amount == "1.00"
    assert Create.of("0.509", "USD").amount == "0.50"


@pytest.mark.parametrize(
    ("amount", "fiat"),
    [("0", "USD"), ("-1", "USD"), ("NaN", "USD"), ("much", "USD"), ("1", "XXX"), ("1e999999999", "USD")],
)
def test_leave_to_create_needs_an_amount_and_a_fiat(amount, fiat):
    with pytest.raises(ConfigurationError):
        Create.of(amount, fiat)


@pytest.mark.parametrize("rate", [0, -1, 6, float("nan"), float("inf")])
def test_no_rate_is_too_fast(rate):
    with pytest.raises(ConfigurationError):
        Plan(rate=rate)


def test_an_address_that_is_not_this_machine_is_live_whatever_is_said(box):
    target = Target.at(REAL, box.app_id, box.app_key, live=False, control_token="token")
    assert target.live
    assert target.player is None


def test_neither_a_sandbox_run_nor_made_up_calls_touch_a_live_target(proxy, target):
    with pytest.raises(ConfigurationError):
        observe(target, Scope())
    with pytest.raises(ConfigurationError):
        fuzz(target, Log(), Scope(), Pace(), lambda _: None)
    assert not proxy.arrived


@pytest.mark.parametrize("effects", [frozenset({"read"}), frozenset({"read", "creates", "moves-money"})])
def test_a_payout_never_leaves_for_a_live_target_even_if_somebody_asks_for_it(proxy, target, effects):
    caller = Caller(target, Log(), effects=effects)
    with pytest.raises(ConfigurationError):
        caller.call("payout.create", {"out_trade_no": "P", "currency_id": 75, "amount": "1", "address": "T"})
    caller.close()
    assert not proxy.arrived


@pytest.mark.parametrize("seal", [Seal(reading="wrong"), Seal(reading="missing"), Seal(ahead=-600), Seal(app_id="x")])
def test_no_call_with_wrong_headers_leaves_for_a_live_target(proxy, target, seal):
    caller = Caller(target, Log())
    with pytest.raises(ConfigurationError):
        caller.send("currency.token_list", b"{}", seal, Expectation(outcome="refusal"))
    with pytest.raises(ConfigurationError):
        caller.send("order.create", b"{}", RIGHT, SUCCESS)
    caller.close()
    assert not proxy.arrived


def test_no_plan_has_a_payout_or_a_fixed_address():
    everything = Plan(
        trade_no="1",
        out_trade_no="2",
        payout_trade_no="3",
        payout_out_trade_no="4",
        create=Create(max_amount=Decimal(1), fiat="USD"),
    )
    assert "moves-money" not in everything.effects | {step.effect for step in everything.steps}
    assert set(everything.unreached) == {"payout.create", "payment_qr_code.create"}
    assert {step.effect for step in Plan().steps} == {"read"}
