"""A sweep slows down when it should, tells what failed, and stops where to go on makes no sense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from halopay_kit import HaloPay
from halopay_kit.errors import ConfigurationError, ConnectionLost, Unreachable
from halopay_kit.sweep import Known, sweep
from halopay_kit.sweep.pace import Pace
from tests.hostile import APP_ID, KEY, hostile, http, signed, success
from tests.shop import Hand, Shop, opened


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Shop]:
    with opened(str(tmp_path / "inbox.sqlite")) as shop:
        yield shop


# --- not hammering


def test_20009_slows_everybody_down_and_every_order_is_asked_for_in_the_end(small):
    orders = small.orders(12)
    small.box.faults.add("order.detail", frequent=6)
    swept = small.sweep(orders=orders, concurrency=4)
    assert swept.complete
    assert swept.answered == 12
    assert swept.calls == 12 + 6
    assert 1 <= swept.slowed <= 6
    assert small.hand.now > 1


def test_a_halopay_that_says_nothing_but_20009_is_left_in_peace(small):
    orders = small.orders(30)
    small.box.faults.add("order.detail", frequent=True)
    swept = small.sweep(orders=orders, concurrency=4)
    assert not swept.complete
    assert "for less" in swept.stopped
    assert swept.error.code == 20009
    assert swept.calls <= 4 * 15
    assert small.hand.now > 120
    small.box.faults.clear()
    assert small.sweep().complete


def test_a_rest_that_halopay_asks_for_is_kept_by_all(small):
    patience = [signed({"code": 20009, "msg": ""}, at=1773750000, Retry_After="77")]
    fine = signed(success({"status": "PAID"}), at=1773750000)
    with hostile(*patience, fine) as server, HaloPay(APP_ID, KEY, server.base_url, clock=lambda: 1773750000) as halopay:
        hand = Hand()
        known = [Known(out_trade_no=str(number)) for number in range(3)]
        swept = sweep(halopay, small.inbox, orders=known, concurrency=1, clock=hand, sleep=hand.sleep)
    assert swept.complete
    assert hand.now >= 77


def test_a_rest_beyond_reason_stops_the_sweep(small):
    with hostile(signed({"code": 20009, "msg": ""}, at=1773750000, Retry_After="86400")) as server:
        with HaloPay(APP_ID, KEY, server.base_url, clock=lambda: 1773750000) as halopay:
            swept = sweep(halopay, small.inbox, orders=[Known(out_trade_no="T1")])
    assert "86400 seconds" in swept.stopped
    assert swept.calls == 1


def test_the_rate_is_kept(small):
    small.sweep(orders=small.orders(20), rate=2.0, concurrency=4)
    assert 9 <= small.hand.now <= 12


def test_what_went_out_together_slows_down_once():
    hand = Hand()
    pace = Pace(rate=None, clock=hand, sleep=hand.sleep, over=lambda: False)
    turns = [pace.turn() for _ in range(8)]
    assert [pace.slow(0, turn) for turn in turns] == [True] + [False] * 7
    assert pace.turn() == 1
    assert hand.now == pytest.approx(0.25)
    for _ in range(200):
        pace.ease()
    hand.slept.clear()
    hand.now += 1
    assert (pace.turn(), pace.turn(), hand.slept) == (1, 1, [])


# --- errors


def test_queries_that_fail_are_told_and_asked_for_again_next_time(small):
    orders = small.orders(6)
    small.box.faults.add("order.detail", cut_before=3)  # one query and all its repetitions
    swept = small.sweep(orders=orders)
    assert (swept.answered, swept.failed_count, swept.complete, swept.stopped) == (5, 1, False, None)
    assert isinstance(swept.failed[0].error, ConnectionLost)
    again = small.sweep()
    assert again.complete
    assert len(small.known()) == 6


def test_an_answer_that_does_not_verify_teaches_nothing(small):
    orders = small.orders(2)
    small.box.faults.add("order.detail", wrong_signature=3)
    swept = small.sweep(orders=orders)
    assert (swept.answered, swept.failed_count) == (1, 1)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_with_a_wrong_key_it_stops_early(small, concurrency):
    orders = small.orders(40)
    with HaloPay(small.box.app_id, "another-key", small.box.base_url, clock=small.box.clock.now) as stranger:
        swept = sweep(stranger, small.inbox, orders=orders, concurrency=concurrency)
    assert swept.calls <= concurrency
    assert (swept.answered, swept.failed_count) == (0, 0)
    assert "AppKey" in swept.stopped
    assert small.sweep().complete


def test_where_nobody_answers_it_stops_early(small):
    hand = Hand()
    orders = [Known(out_trade_no=str(number)) for number in range(200)]
    with HaloPay(APP_ID, KEY, "http://127.0.0.1:9") as nobody:
        swept = sweep(nobody, small.inbox, orders=orders, concurrency=2, clock=hand, sleep=hand.sleep)
    assert "in a row" in swept.stopped
    assert isinstance(swept.error, Unreachable)
    assert swept.calls <= 20


def test_answers_that_are_no_json_stop_it_early(small):
    hand = Hand()
    orders = [Known(out_trade_no=str(number)) for number in range(200)]
    with hostile(http(b"<html>", content_type="text/html")) as server, HaloPay(APP_ID, KEY, server.base_url) as halopay:
        swept = sweep(halopay, small.inbox, orders=orders, concurrency=1, clock=hand, sleep=hand.sleep)
    assert swept.calls <= 10
    assert swept.stopped


@pytest.mark.parametrize(
    "options",
    [
        {"concurrency": 0},
        {"concurrency": 33},
        {"concurrency": True},
        {"rate": 0},
        {"late": -1},
        {"late": float("nan")},
    ],
)
def test_settings_that_cannot_be_right_send_nothing(small, options):
    with pytest.raises(ConfigurationError):
        small.sweep(**options)
    assert not small.asked()
