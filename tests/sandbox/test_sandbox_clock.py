"""The sandbox's time: standing still, flowing, travelling, and what falls due on the way."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox import ControlError, Sandbox, Unknowns
from halopay_kit.sandbox.business.operations import OPERATIONS
from halopay_kit.sandbox.clock import Clock
from halopay_kit.sandbox.wire.fields import Fields
from halopay_kit.sandbox.wire.refusal import Refused
from tests.hostile import hostile, http
from tests.sandbox.wire import KEY, START, TRON, Hand, Wire

BEGIN = "2026-03-17T12:20:00Z"
ORDER = {"out_trade_no": "T1", "currency_id": 75, "token_amount": "10"}
PAYOUT = {"out_trade_no": "P1", "currency_id": 75, "amount": "40", "address": TRON}


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(seed="a test", app_key=KEY, start=BEGIN) as box:
        yield box


@pytest.fixture
def wire(box: Sandbox, hand: Hand) -> Iterator[Wire]:
    wire = Wire(box, hand)
    yield wire
    wire.close()


@pytest.mark.parametrize(
    "start", [BEGIN, START, float(START), datetime.fromtimestamp(START, UTC), "2026-03-17T13:20:00+01:00"]
)
def test_a_clock_with_a_start_stands_still(start):
    clock = Clock(start)
    assert (clock.now(), clock.second(), clock.flows) == (START, START, False)


@pytest.mark.parametrize(
    ("span", "seconds"),
    [
        ("3h", 10_800),
        ("24h3m50s", 86_630),
        ("1d", 86_400),
        ("0.5s", 0.5),
        (" 90s ", 90),
        (90, 90),
        (1.5, 1.5),
        (timedelta(minutes=2), 120),
        (0, 0),
    ],
)
def test_it_is_advanced_by_a_span(span, seconds):
    clock = Clock(BEGIN)
    clock.advance(span)
    assert clock.now() == START + seconds


@pytest.mark.parametrize(
    "span", ["", "3", "h", "3h2d", "-3h", "3 h", -1, -0.1, float("nan"), float("inf"), 10**11, True, None, b"3h", "٣h"]
)
def test_what_is_no_span_is_refused(span):
    clock = Clock(BEGIN)
    with pytest.raises(ControlError):
        clock.advance(span)
    assert clock.now() == START


def test_it_travels_to_a_time_and_never_back():
    clock = Clock(BEGIN)
    clock.travel_to("2026-03-17T12:30:00Z")
    assert clock.now() == START + 600
    clock.travel_to(datetime.fromtimestamp(START + 700, timezone(timedelta(hours=9))))
    clock.travel_to(START + 800)
    assert clock.now() == START + 800
    for wrong in (START, "2026-03-17", "noon", "2026-03-18T12:00:00", 5, None, True, datetime(2027, 1, 1)):  # noqa: DTZ001
        with pytest.raises(ControlError):
            clock.travel_to(wrong)
    assert clock.now() == START + 800


def test_without_a_start_it_flows_with_the_machine_s_and_what_it_was_advanced_by():
    clock = Clock()
    assert clock.flows
    assert abs(clock.now() - time.time()) < 5
    clock.advance("3h")
    assert abs(clock.now() - time.time() - 10_800) < 5
    assert abs(clock.machine() - time.time()) < 5


def test_it_flows_as_fast_as_one_likes(monkeypatch):
    seconds = iter([100.0, 100.0, 102.0, 103.0])
    monkeypatch.setattr("halopay_kit.sandbox.clock.time.monotonic", lambda: next(seconds))
    clock = Clock(BEGIN, speed=60)
    assert (clock.now(), clock.now()) == (START + 120, START + 180)


@pytest.mark.parametrize(
    "wrong",
    [
        {"speed": 0},
        {"speed": -1},
        {"speed": True},
        {"speed": float("nan")},
        {"start": "yesterday"},
        {"start": 5},
        {"start": BEGIN, "clock": lambda: START},
    ],
)
def test_a_clock_that_cannot_be_right_is_refused(wrong):
    with pytest.raises(ConfigurationError):
        Sandbox(**wrong)


def test_orders_expire_by_it(box, wire):
    wire.data("order.create", **ORDER)
    box.clock.advance(1799)
    assert box.state()["orders"][0]["status"] == "TO-BE-PAID"
    box.clock.advance(1)
    assert box.state()["orders"][0]["status"] == "TIME-OUT"


def test_what_falls_due_happens_at_its_second(box, wire):
    wire.data("order.create", **ORDER)
    wire.data("order.create", **{**ORDER, "out_trade_no": "T2"}, time_out=START + 60)
    box.clock.advance("7d")
    events = [row for row in box.record if row.kind == "event"]
    assert [row.time - START for row in events] == [60, 1800]
    assert [json.loads(row.what["body"])["time"] - START for row in events] == [60, 1800]


def test_confirmations_grow_with_it_and_a_payment_counts_once_there_are_enough(hand):
    with Sandbox(app_key=KEY, start=BEGIN, unknowns=Unknowns(need_confirms=19)) as box:
        wire = Wire(box, hand)
        created = wire.data("order.create", **ORDER)
        assert (created["need_confirms"], created["already_confirms"]) == (19, 0)
        paid = box.pay(out_trade_no="T1")
        assert (paid["status"], paid["already_confirms"], paid["amount_collected"]) == ("TO-BE-PAID", 0, "0")
        hand.second = START + 30
        box.clock.advance("30s")
        assert wire.data("order.detail", out_trade_no="T1")["already_confirms"] == 10
        assert box.state()["balances"]["75"] == "100000"
        hand.second = START + 57
        box.clock.advance("27s")
        detail = wire.data("order.detail", out_trade_no="T1")
        assert (detail["status"], detail["already_confirms"], detail["amount_collected"]) == ("PAID", 19, "10")
        assert box.state()["balances"]["75"] == "100009.997"
        wire.close()


def test_payouts_may_settle_by_themselves(hand):
    with Sandbox(app_key=KEY, start=BEGIN, payouts_settle_after="2m") as box:
        wire = Wire(box, hand)
        wire.data("payout.create", **PAYOUT)
        wire.data("payout.create", **{**PAYOUT, "out_trade_no": "P2"})
        box.fail(out_trade_no="P2")
        box.clock.advance("1h")
        assert [payout["status"] for payout in box.state()["payouts"]] == ["PAID", "FAIL"]
        assert box.state()["payouts"][0]["time"] == START + 120
        wire.close()


def test_a_caller_that_does_not_travel_along_is_answered_in_its_own_time(box, hand, wire):
    box.clock.advance("24h")
    hand.second = time.time()
    assert wire.call("currency.token_list")["code"] == 0
    hand.second = START + 86_400
    assert wire.call("currency.token_list")["code"] == 0


@pytest.mark.parametrize("off", [-121, 121, -86_400])
def test_a_caller_off_both_clocks_is_refused(box, wire, off):
    box.clock.advance("1d")
    for now in (START + 86_400, int(time.time())):
        answer = wire.send("/api/currency/token-list", b"{}", timestamp=str(now + off))
        assert json.loads(answer.data)["code"] == 10007


def test_the_clock_is_moved_and_read_by_control_calls(wire):
    assert wire.control("advance", body={"by": "3h"})[1]["time"] == START + 10_800
    assert wire.control("advance", body={"by": 60})[1]["iso"] == "2026-03-17T15:21:00Z"
    assert wire.control("advance", body={"to": START + 20_000})[0] == 200
    status, clock = wire.control("clock", method="GET")
    assert (status, clock["time"], clock["flows"]) == (200, START + 20_000, False)
    for wrong in ({}, {"by": "3h", "to": START}, {"by": "soon"}, {"by": -1}, {"by": None}, {"by": True}):
        assert wire.control("advance", body=wrong)[0] == 422
    assert wire.control("advance", body={"to": START})[0] == 409


def test_a_clock_of_one_s_own_brings_what_is_due_when_somebody_looks():
    hand = Hand()
    with hostile(http(b"no")) as server, Sandbox(app_key=KEY, clock=hand, webhook_url=server.base_url) as box:
        wire = Wire(box, hand)
        wire.data("order.create", **ORDER)
        hand.second += 1800
        box.pay(out_trade_no="T1")
        assert [row.what["status"] for row in box.record if row.kind == "event"] == ["TIME-OUT", "PAID"]
        hand.second += 5
        assert [len(delivery.attempts) for delivery in box.deliveries] == [2, 2]
        wire.close()


def test_a_flowing_clock_that_was_moved_knows_what_is_due_sooner():
    with Sandbox(app_key=KEY, start=BEGIN, speed=1000) as box:
        with box._gateway.lock:
            OPERATIONS["order.create"](box._gateway, Fields({**ORDER, "time_out": START + 10**6}))
        box.clock.travel_to(START + 10**6 - 100)
        until = time.monotonic() + 10
        while not any(row.kind == "event" for row in box.record):
            assert time.monotonic() < until
        (event,) = (row for row in box.record if row.kind == "event")
        assert event.time - START - 10**6 < 5000


def test_balances_add_up_at_every_moment_of_ten_thousand_steps():
    box = Sandbox(seed=5, app_key=KEY, start=BEGIN, payouts_settle_after="1h")
    gateway, dice = box._gateway, random.Random(5)  # repeatable on purpose
    orders: list[str] = []
    payouts: list[str] = []

    def call(operation: str, **fields: object) -> bool:
        try:
            with gateway.lock:
                OPERATIONS[operation](gateway, Fields(fields))
        except Refused:
            return False
        return True

    def amount() -> str:
        return f"{dice.randrange(1, 10**10) / 10**6:.6f}"

    balances = dict.fromkeys((68, 70, 73, 75), Fraction(100_000))
    counted = 0
    for step in range(10_000):
        currency = dice.choice(list(balances))
        address = TRON if currency in {73, 75} else f"0x{step:040x}"
        what = dice.choice(["order", "pay", "pay", "payout", "settle", "fail", "fund", "expire", "qr", "time"])
        try:
            if what == "order" and call(
                "order.create", out_trade_no=f"N{step}", currency_id=currency, token_amount=amount()
            ):
                orders.append(f"N{step}")
            elif what == "pay":
                box.pay(out_trade_no=dice.choice(orders or ["none"]), amount=amount() if dice.random() < 0.5 else None)
            elif what == "payout" and call(
                "payout.create", out_trade_no=f"N{step}", currency_id=currency, amount=amount(), address=address
            ):
                payouts.append(f"N{step}")
            elif what in {"settle", "fail"}:
                getattr(box, what)(out_trade_no=dice.choice(payouts or ["none"]))
            elif what == "fund":
                box.fund(currency, amount())
            elif what == "expire":
                box.expire(out_trade_no=dice.choice(orders or ["none"]))
            elif what == "qr" and call("payment_qr_code.create", out_trade_no=f"Q{step}", currency_id=currency):
                box.pay(out_trade_no=f"Q{step}", amount=amount())
            elif what == "time":
                box.clock.advance(dice.randrange(600))
        except ControlError:
            pass
        for entry in gateway.book.entries[counted:]:
            counted += 1
            if entry.why != "opening" and entry.currency_id in balances:
                assert (entry.amount > 0) is (entry.why in {"funded", "collected", "returned"})
                balances[entry.currency_id] += Fraction(entry.amount)
        assert Fraction(gateway.book.balance(currency)) == balances[currency] >= 0
    collected = sum(Fraction(payment.amount) for payment in gateway.book.payments)
    by_why = {
        why: sum(Fraction(entry.amount) for entry in gateway.book.entries if entry.why == why)
        for why in ("opening", "funded", "collected", "fee", "payout", "returned")
    }
    assert by_why["collected"] == collected
    assert by_why["payout"] == -sum(Fraction(payout.amount) for payout in gateway.book.payouts)
    assert by_why["returned"] == sum(Fraction(row.amount) for row in gateway.book.payouts if row.status == "FAIL")
    held = sum(Fraction(gateway.book.balance(token.currency_id)) for token in gateway.world.enabled())
    assert held == sum(by_why.values())
    assert min(len(orders), len(payouts), len(gateway.book.payments)) > 500
