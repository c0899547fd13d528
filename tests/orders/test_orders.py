"""A payer is handed one address, whatever became of the call that made the order."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from halopay_kit import HaloPay, OutcomeUnknown, Sandbox
from halopay_kit.errors import FrequentOperation, IntentMismatch, InvalidRequest
from halopay_kit.orders import Orders
from halopay_kit.sandbox import Unknowns
from tests.payouts.till import START

NATIVE = {"out_trade_no": "T1", "currency_id": 75, "token_amount": "15"}
HOSTED = {"out_trade_no": "T1", "symbol": "USD", "amount": "15"}


class Counter:
    def __init__(self, box: Sandbox, url: str) -> None:
        self.box = box
        self.halopay = HaloPay(box.app_id, box.app_key, box.base_url, clock=box.clock.now, sleep=box.clock.advance)
        self.orders = Orders(self.halopay, url, sleep=box.clock.advance)

    def made(self) -> int:
        return len(self.box._control.state()["orders"])

    def close(self) -> None:
        self.halopay.close()
        self.orders.close()


@pytest.fixture
def counter(store_url: str) -> Iterator[Counter]:
    with Sandbox(start=START, unknowns=Unknowns(reused_out_trade_no="new")) as box:
        counter = Counter(box, store_url)
        yield counter
        counter.close()


def test_an_order_is_made_once_and_the_same_again_is_the_same(counter):
    first, again = counter.orders.create(**NATIVE), counter.orders.create(**NATIVE)
    assert first.pay_address == again.pay_address
    assert counter.made() == 1


@pytest.mark.parametrize("fault", ["cut_after", "wrong_signature", "error_after", "failed_after"])
def test_an_order_whose_answer_was_lost_is_found_again(counter, fault):
    counter.box.faults.add("order.create", **{fault: 1})
    found = counter.orders.create(**NATIVE)
    assert found.found
    assert found.pay_address == counter.orders.create(**NATIVE).pay_address
    assert counter.made() == 1


def test_a_hosted_order_is_found_again_with_its_page(counter):
    counter.box.faults.add("entrust.pre_create", cut_after=1)
    found = counter.orders.pre_create(**HOSTED)
    assert found.url.endswith(f"/checkout/{found.trade_no}")
    assert counter.made() == 1


def test_while_nothing_is_known_no_other_address_is_handed_out(counter):
    counter.box.faults.add("order.create", cut_after=1)
    counter.box.faults.add("order.detail", error_before=True)
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            counter.orders.create(**NATIVE)
    counter.box.faults.clear()
    assert counter.orders.create(**NATIVE).found
    assert counter.made() == 1


def test_one_that_haloPay_did_not_know_for_long_enough_is_made_then(counter):
    counter.box.faults.add("order.create", cut_before=1)
    with pytest.raises(OutcomeUnknown):
        counter.orders.create(**NATIVE)
    counter.box.clock.advance("2m")
    with pytest.raises(OutcomeUnknown):
        counter.orders.create(**NATIVE)
    counter.box.clock.advance("4m")
    assert counter.orders.create(**NATIVE).pay_address
    assert counter.made() == 1


def test_a_refused_order_is_not_made_and_can_be_made_again(counter):
    counter.box.faults.add("order.create", frequent=1)
    with pytest.raises(FrequentOperation):
        counter.orders.create(**NATIVE)
    assert counter.orders.create(**NATIVE).pay_address
    assert counter.made() == 1


def test_another_order_under_the_same_number_is_an_error(counter):
    counter.orders.create(**NATIVE)
    with pytest.raises(IntentMismatch, match="another order"):
        counter.orders.create(**{**NATIVE, "token_amount": "16"})
    with pytest.raises(IntentMismatch):
        counter.orders.pre_create(**HOSTED)
    with pytest.raises(InvalidRequest):
        counter.orders.create(**{**NATIVE, "token_amount": 1.5})
    assert counter.made() == 1


def test_someone_else_s_order_under_our_number_is_not_handed_out(counter):
    counter.halopay.order.create(out_trade_no="T1", currency_id=75, token_amount="99")
    counter.box.faults.add("order.create", cut_before=1)
    with pytest.raises(IntentMismatch, match="99"):
        counter.orders.create(**NATIVE)


def test_many_threads_make_one_order(counter):
    addresses, unknown = [], []

    def make() -> None:
        try:
            addresses.append(counter.orders.create(**NATIVE).pay_address)
        except OutcomeUnknown as error:
            unknown.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.made() == 1
    assert len(set(addresses)) == 1
