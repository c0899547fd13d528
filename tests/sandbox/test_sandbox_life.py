"""Orders, payouts, fixed addresses and balances through their lives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halopay_kit.sandbox import ControlError, Sandbox, Unknowns
from tests.sandbox.wire import KEY, START, TRON, Hand, Wire

ORDER = {"out_trade_no": "T1", "currency_id": 75, "token_amount": "10"}
PAYOUT = {"out_trade_no": "P1", "currency_id": 75, "amount": "40", "address": TRON}


@pytest.fixture
def order(wire: Wire):
    wire.data("order.create", **ORDER)

    def now() -> tuple[str, str]:
        detail = wire.data("order.detail", out_trade_no="T1")
        return detail["status"], detail["amount_collected"]

    return now


def test_an_order_paid_in_full_is_paid(box, order):
    paid = box.pay(out_trade_no="T1")
    assert order() == ("PAID", "10")
    assert len(paid["txid"]) == 64


def test_an_order_paid_in_part_is_to_be_paid_and_the_rest_completes_it(box, order):
    first = box.pay(out_trade_no="T1", amount="3.5")
    assert order() == ("TO-BE-PAID", "3.5")
    second = box.pay(out_trade_no="T1")
    assert order() == ("PAID", "10")
    assert first["txid"] != second["txid"]


def test_paying_too_much_completes_the_order_and_is_credited(box, order, wire):
    box.pay(out_trade_no="T1", amount=Decimal("12.5"))
    assert order() == ("PAID", "12.5")
    assert wire.balance(75) == "100012.49625"


def test_a_second_payment_of_a_paid_order_is_credited(box, order):
    box.pay(out_trade_no="T1")
    with pytest.raises(ControlError, match="paid in full"):
        box.pay(out_trade_no="T1")
    box.pay(out_trade_no="T1", amount=1)
    assert order() == ("PAID", "11")


def test_an_order_times_out_when_its_time_is_over(hand, order):
    hand.second = START + 1799.9
    assert order() == ("TO-BE-PAID", "0")
    hand.second = START + 1800
    assert order() == ("TIME-OUT", "0")


def test_a_timed_out_order_tells_what_was_collected(box, order):
    box.pay(out_trade_no="T1", amount=4)
    box.expire(out_trade_no="T1")
    assert order() == ("TIME-OUT", "4")


def test_a_late_payment_reopens_the_order(box, order):
    box.expire(out_trade_no="T1")
    box.pay(out_trade_no="T1", amount=4)
    assert order() == ("TIME-OUT", "4")
    box.pay(out_trade_no="T1")
    assert order() == ("PAID", "10")


def test_a_paid_order_stays_paid(box, hand, order):
    box.pay(out_trade_no="T1")
    hand.second += 10**6
    assert order() == ("PAID", "10")
    with pytest.raises(ControlError, match="is paid"):
        box.expire(out_trade_no="T1")


def test_an_order_is_paid_by_its_address(box, wire):
    address = wire.data("order.create", **ORDER)["pay_address"]
    assert box.pay(address=address)["status"] == "PAID"


def test_a_payout_that_is_settled_has_a_transaction(box, hand, wire):
    wire.data("payout.create", **PAYOUT)
    hand.second += 60
    settled = box.settle(out_trade_no="P1")
    assert settled == wire.data("payout.detail", out_trade_no="P1")
    assert (settled["status"], settled["time"], len(settled["txid"])) == ("PAID", START + 60, 64)
    assert wire.balance(75) == "99960"


def test_a_payout_that_fails_is_given_back(box, wire):
    wire.data("payout.create", **PAYOUT)
    failed = box.fail(out_trade_no="P1")
    assert failed["status"] == "FAIL"
    assert "txid" not in failed
    assert wire.balance(75) == "100000"


def test_a_payout_ends_once(box, wire):
    wire.data("payout.create", **PAYOUT)
    box.fail(out_trade_no="P1")
    for end in (box.settle, box.fail):
        with pytest.raises(ControlError, match="come to its end"):
            end(out_trade_no="P1")
    assert wire.balance(75) == "100000"


def test_a_payout_above_the_balance_fails_and_one_of_all_of_it_does_not(wire):
    assert wire.code("payout.create", **{**PAYOUT, "amount": "100000.000001"}) == 10002
    assert wire.code("payout.detail", out_trade_no="P1") == 10004
    assert wire.code("payout.create", **{**PAYOUT, "amount": "100000"}) == 0
    assert wire.balance(75) == "0"


def test_a_payout_may_cost_a_fee(hand):
    with Sandbox(app_key=KEY, clock=hand, unknowns=Unknowns(payout_fee_rate=Decimal("0.01"))) as box:
        wire = Wire(box, hand)
        assert wire.code("payout.create", **{**PAYOUT, "amount": "100000"}) == 10002
        wire.data("payout.create", **PAYOUT)
        assert wire.balance(75) == "99959.6"
        assert box.fail(out_trade_no="P1")["fee"] == "0.4"
        assert wire.balance(75) == "100000"
        wire.close()


def test_the_service_fee_may_be_nobody_s(hand):
    with Sandbox(app_key=KEY, clock=hand, unknowns=Unknowns(service_fee_bearer="nobody")) as box:
        wire = Wire(box, hand)
        wire.data("order.create", **ORDER)
        box.pay(out_trade_no="T1")
        assert wire.balance(75) == "100010"
        wire.close()


def test_a_fixed_address_takes_many_payments_told_apart_by_txid(box, wire):
    address = wire.data("payment_qr_code.create", currency_id=73)["pay_address"]
    paid = [box.pay(address=address, amount=amount) for amount in ("1", "1", "2.5")]
    assert len({payment["txid"] for payment in paid}) == 3
    assert wire.balance(73) == "100004.49865"
    with pytest.raises(ControlError, match="how much"):
        box.pay(address=address)


def test_a_number_of_18_decimals_is_exact(box, wire):
    wire.data("order.create", out_trade_no="T1", currency_id=68, token_amount="12345678901234567890.123456789012345678")
    box.pay(out_trade_no="T1")
    assert wire.data("order.detail", out_trade_no="T1")["amount_collected"] == "12345678901234567890.123456789012345678"
    fee = Fraction("12345678901234567890.123456789012345678") * 3 / 10_000
    fee = Fraction(fee * 10**18 // 1, 10**18)
    exact = 100_000 + Fraction("12345678901234567890.123456789012345678") - fee
    assert Fraction(wire.balance(68)) == exact


@pytest.mark.parametrize(
    "amount", [1.5, True, "1e3", "-1", 0, "0", Decimal("NaN"), Decimal("Infinity"), -1, "0.0000001"]
)
def test_an_amount_that_makes_no_sense_is_refused(box, order, amount):
    for act in (lambda: box.pay(out_trade_no="T1", amount=amount), lambda: box.fund(75, amount)):
        with pytest.raises(ControlError):
            act()
    assert order() == ("TO-BE-PAID", "0")


def test_funding_adds_to_the_balance(box, wire):
    assert box.fund(75, "0.5") == {"currency_id": 75, "balance": "100000.5"}
    assert wire.balance(75) == "100000.5"
    for unknown in (82, 9999):
        with pytest.raises(ControlError):
            box.fund(unknown, 1)


@pytest.mark.parametrize("name", ["pay", "expire", "settle", "fail"])
def test_what_is_not_there_cannot_be_played_with(box, name):
    for number in ({"trade_no": "x"}, {"out_trade_no": "x"}, {}):
        with pytest.raises(ControlError):
            getattr(box, name)(**number)


# --- money adds up, whatever happens

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def busy() -> Iterator[Wire]:
    hand = Hand()
    with Sandbox(seed=1, app_key=KEY, clock=hand, unknowns=Unknowns(payout_fee_rate=Decimal("0.007"))) as box:
        wire = Wire(box, hand)
        yield wire
        wire.close()


amounts = st.integers(1, 60_000_000_000).map(lambda units: f"{units // 10**6}.{units % 10**6:06d}")
steps = st.one_of(
    st.tuples(st.just("order"), amounts, st.lists(amounts, max_size=3)),
    st.tuples(st.just("payout"), amounts, st.sampled_from(["settle", "fail", "leave"])),
    st.tuples(st.just("fund"), amounts, st.none()),
    st.tuples(st.just("qr"), amounts, st.none()),
)


@settings(max_examples=25)
@given(steps=st.lists(steps, min_size=1, max_size=12))
def test_balances_are_what_came_in_less_fees_and_payouts(busy: Wire, steps):
    box = busy.box
    before = Fraction(busy.balance(75))
    expected = before
    collected: list[str] = []
    for step, amount, more in steps:
        number = f"N{next(NUMBERS)}"
        if step == "order":
            busy.data("order.create", out_trade_no=number, currency_id=75, token_amount=amount)
            for part in more:
                box.pay(out_trade_no=number, amount=part)
            collected += more
        elif step == "fund":
            box.fund(75, amount)
            expected += Fraction(amount)
        elif step == "qr":
            box.pay(address=busy.data("payment_qr_code.create", currency_id=75)["pay_address"], amount=amount)
            collected.append(amount)
        else:
            held = Fraction(busy.balance(75))
            taken = Fraction(amount) + down(Fraction(amount) * 7 / 1000)
            code = busy.code("payout.create", out_trade_no=number, currency_id=75, amount=amount, address=TRON)
            assert code == (0 if taken <= held else 10002)
            if code == 0:
                if more != "leave":
                    getattr(box, more)(out_trade_no=number)
                expected -= 0 if more == "fail" else taken
        expected_now = expected + sum(Fraction(part) - down(Fraction(part) * 3 / 10_000) for part in collected)
        assert Fraction(busy.balance(75)) == expected_now >= 0
    state = box.state()
    entries = sum(Fraction(entry["amount"]) for entry in state["entries"] if entry["currency_id"] == 75)
    assert Fraction(state["balances"]["75"]) == entries


def down(amount: Fraction) -> Fraction:
    """Round down to six decimals."""
    return Fraction(amount * 10**6 // 1, 10**6)
