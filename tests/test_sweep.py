"""What no webhook told is asked for, once each, and HaloPay is not hammered."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from halopay_api import codec
from halopay_api.codec import UnknownEvent
from halopay_api.models import PaymentEvent, PayoutEvent
from halopay_api.operations import OPERATIONS
from halopay_kit import HaloPay, Sandbox
from halopay_kit.answers import Answer
from halopay_kit.errors import InboxUnavailable
from halopay_kit.inbox import Arrival
from halopay_kit.inbox.schema import expected
from halopay_kit.pytest_plugin.endpoint import WebhookEndpoint
from halopay_kit.sweep import Known, read_ledger, sweep
from halopay_kit.sweep.agenda import Agenda
from halopay_kit.sweep.learned import event_of
from tests.conftest import example, guess
from tests.hostile import APP_ID, KEY, hostile, signed, success
from tests.inbox.arrivals import arrival
from tests.shop import ADDRESS, START, Shop, opened


@pytest.fixture
def shop(store_url: str) -> Iterator[Shop]:
    with opened(store_url) as shop:
        yield shop


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Shop]:
    with opened(str(tmp_path / "inbox.sqlite")) as shop:
        yield shop


# --- what is learned


def test_after_a_sweep_the_inbox_knows_every_final_state_though_webhooks_were_lost(shop, tmp_path):
    with WebhookEndpoint(shop.box.app_id, shop.box.app_key, shop.box.clock.now) as endpoint:
        shop.box.webhook_url = endpoint.url
        for webhook in ("webhook.payment", "webhook.payout"):
            shop.box.faults.add(webhook, lost=True, probability=0.3)
        orders = shop.orders(60)
        for place, order in enumerate(orders):
            if place % 4 == 0:
                shop.box.pay(out_trade_no=order.out_trade_no)
            elif place % 4 == 1:
                shop.box.pay(out_trade_no=order.out_trade_no, amount="5")
        payouts = [shop.payout(f"P{number}") for number in range(10)]
        for place, payout in enumerate(payouts):
            (shop.box.fail if place % 2 else shop.box.settle)(out_trade_no=payout.out_trade_no)
        shop.box.clock.advance("31m")
        shop.box.pay(out_trade_no=orders[2].out_trade_no)  # late
        shop.box.clock.advance("25h")
        lost = [delivery for delivery in shop.box.deliveries if delivery.state == "lost"]
        came = [Arrival(event=event, received_at=shop.box.clock.now()) for event in endpoint.events]
    assert len(lost) > 10
    shop.inbox.take(came)
    ledger = tmp_path / "ledger.csv"
    rows = [f"{known.out_trade_no},{known.kind}" for known in orders + payouts]
    ledger.write_text("\n".join(["out_trade_no,kind", *rows]) + "\n")

    swept = shop.sweep(orders=read_ledger(ledger), concurrency=4)

    assert swept.complete
    truth = {
        **{order.out_trade_no: shop.halopay.order.detail(out_trade_no=order.out_trade_no).status for order in orders},
        **{each.out_trade_no: shop.halopay.payout.detail(out_trade_no=each.out_trade_no).status for each in payouts},
    }
    assert shop.known() == truth
    assert Counter(truth.values()) == {"PAID": 21, "TIME-OUT": 44, "FAIL": 5}
    assert shop.sweep(orders=read_ledger(ledger)).news == 0


def test_what_is_in_the_inbox_is_asked_for_without_a_ledger(shop):
    shop.sweep(orders=[*shop.orders(3), shop.payout("P1")])
    shop.box.pay(out_trade_no="T001")
    shop.box.settle(out_trade_no="P1")
    swept = shop.sweep()
    assert (swept.due, swept.answered, swept.news, swept.open) == (4, 4, 2, 2)
    assert shop.known() == {"T000": "TO-BE-PAID", "T001": "PAID", "T002": "TO-BE-PAID", "P1": "PAID"}
    assert shop.sweep().due == 2


def test_what_was_announced_is_asked_for(small):
    small.orders(1)
    small.inbox.expect(out_trade_no="T000")
    small.inbox.expect(out_trade_no="T000")
    assert small.sweep().news == 1
    assert small.known() == {"T000": "TO-BE-PAID"}


def test_an_answer_has_the_shape_of_the_webhook_that_was_lost(small):
    small.box.pay(out_trade_no=small.orders(1)[0].out_trade_no, amount="20.5")
    payout = small.payout("P1")
    small.box.settle(out_trade_no="P1")
    small.sweep(orders=[Known(out_trade_no="T000"), payout])
    paid, sent = (small.inbox.events(kind=kind)[0] for kind in ("payment", "payout"))
    assert isinstance(paid.data, PaymentEvent)
    assert (paid.data.amount, paid.data.amount_collected) == (Decimal(15), Decimal("20.5"))
    assert paid.data.txid == small.halopay.order.detail(out_trade_no="T000").txid
    assert paid.data.time == int(small.box.clock.now())
    assert isinstance(sent.data, PayoutEvent)
    assert (sent.data.amount, sent.data.address, sent.status) == (Decimal("4.2"), ADDRESS, "PAID")
    assert {paid.origin, sent.origin} == {"query"}
    assert not small.inbox.deliveries(paid.id)


def test_an_order_whose_payer_never_chose_a_token_times_out_as_an_event_too(small):
    small.halopay.entrust.pre_create(out_trade_no="H1", symbol="EUR", amount="24.90")
    small.box.clock.advance("31m")
    small.sweep(orders=[Known(out_trade_no="H1")])
    event = small.inbox.events()[0]
    assert isinstance(event.data, PaymentEvent)
    assert (event.data.status, event.data.amount_collected, event.data.chain) == ("TIME-OUT", Decimal(0), "")


def test_a_late_payment_is_found_for_two_days_and_then_no_more(small):
    orders = small.orders(2)
    small.box.clock.advance("31m")
    small.sweep(orders=orders)
    small.box.clock.advance("47h")
    small.box.pay(out_trade_no="T000")
    assert small.sweep().news == 1
    assert small.known() == {"T000": "PAID", "T001": "TIME-OUT"}
    small.box.clock.advance("2h")
    small.box.pay(out_trade_no="T001")
    assert small.sweep().due == 0
    assert small.sweep(late=7 * 86_400).news == 1


def test_what_halopay_does_not_know_is_told_and_is_no_failure(small):
    swept = small.sweep(orders=[*small.orders(1), Known(out_trade_no="T404"), Known(kind="payout", trade_no="none")])
    assert swept.complete
    assert [each.out_trade_no or each.trade_no for each in swept.missing] == ["T404", "none"]
    assert swept.missing_count == 2


def test_an_order_that_goes_by_another_number_at_halopay_is_not_believed(small):
    small.orders(2)
    trade_no = small.halopay.order.detail(out_trade_no="T001").trade_no
    swept = small.sweep(orders=[Known(out_trade_no="T000", trade_no=trade_no)])
    assert swept.failed_count == 1
    assert "another out_trade_no" in swept.failed[0].error.problem
    assert not small.inbox.events()


def test_announced_by_both_numbers_it_is_asked_for_once(small):
    small.orders(1)
    trade_no = small.halopay.order.detail(out_trade_no="T000").trade_no
    before = small.asked().total()
    small.sweep(orders=[Known(out_trade_no="T000"), Known(trade_no=trade_no)])
    assert small.asked().total() - before == 1


def test_other_apps_orders_are_left_alone(small):
    small.sweep(orders=small.orders(1))
    with (
        Sandbox(start=START) as other,
        HaloPay(other.app_id, other.app_key, other.base_url, clock=other.clock.now) as one,
    ):
        swept = sweep(one, small.inbox)
    assert (swept.due, swept.elsewhere) == (0, 1)
    assert small.sweep().elsewhere == 0


CHANGES = {
    "removed": lambda _value: ...,
    "null": lambda _value: None,
    "a number": lambda value: int(value) if str(value).isdigit() else 7,
    "a fraction": lambda _value: 1.5,
    "a text": lambda value: str(value),
    "nonsense": lambda _value: "nonsense, 1e5",
    "a list": lambda value: [value],
    "an object": lambda value: {"value": value},
    "negative": lambda _value: -1,
    "huge": lambda _value: 10**70,
}


@guess("OrderDetail")
@pytest.mark.parametrize("name", ["order.detail", "payout.detail"])
def test_whatever_a_guessed_field_turns_out_to_be_the_state_is_learned(name, small):
    kind, operation = "payment" if name == "order.detail" else "payout", OPERATIONS[name]
    data, arrivals = example(name)["answer"]["data"], []
    asked = {"trade_no": data["trade_no"], "out_trade_no": data["out_trade_no"]}
    for field in data.keys() - {"status"}:
        for change in CHANGES.values():
            changed = {**data, field: change(data[field])}
            body = json.dumps({key: value for key, value in changed.items() if value is not ...}).encode()
            answer = Answer(
                operation=operation,
                data=codec.decode(operation.model, codec.parse(body), body=body, at=""),
                msg="",
                status=200,
                headers={"X-Appid": APP_ID, "X-Timestamp": "1773750000"},
                body=body,
            )
            event = event_of(answer, kind, asked, None)
            arrivals.append(Arrival(event=event, received_at=1773750000, origin="query"))
    assert len(arrivals) > 100
    small.inbox.take(arrivals)
    events = small.inbox.events(limit=1000)
    assert {(event.kind, event.status) for event in events} == {(kind, "PAID")}
    assert {type(event.data) for event in events} <= {PaymentEvent, PayoutEvent, UnknownEvent}


def test_an_answer_without_a_status_is_a_failure_of_this_one(small):
    with hostile(signed(success({"out_trade_no": "T1"}), at=1773750000)) as server:
        with HaloPay(APP_ID, KEY, server.base_url, clock=lambda: 1773750000) as halopay:
            swept = sweep(halopay, small.inbox, orders=[Known(out_trade_no="T1")])
    assert "no status" in swept.failed[0].error.problem
    assert not swept.complete


def test_paid_without_any_amount_is_known_and_its_amounts_are_not_made_up(small):
    data = {"trade_no": "1", "out_trade_no": "T1", "status": "PAID"}
    with hostile(signed(success(data), at=1773750000)) as server:
        with HaloPay(APP_ID, KEY, server.base_url, clock=lambda: 1773750000) as halopay:
            assert sweep(halopay, small.inbox, orders=[Known(out_trade_no="T1")]).complete
    event = small.inbox.events()[0]
    assert (event.kind, event.status, event.amount_collected) == ("payment", "PAID", None)
    assert isinstance(event.data, UnknownEvent)
    assert "amount" not in event.data.fields


def answered_about_t1(shop, **data):
    shop.box.clock.advance("1s")
    at = int(shop.box.clock.now())
    with hostile(signed(success(data), at=at)) as server:
        with HaloPay(APP_ID, KEY, server.base_url, clock=lambda: at) as halopay:
            assert sweep(halopay, shop.inbox, orders=[Known(out_trade_no="T1")]).complete
    return shop.inbox.events()[0]


@pytest.mark.parametrize("amount", ["15", "4.99", "16"])
def test_the_amount_of_an_order_is_not_what_was_collected(small, amount):
    asked = answered_about_t1(small, out_trade_no="T1", trade_no="1", status="PAID", amount=amount)
    assert asked.amount_collected is None
    told = {"trade_no": "1", "out_trade_no": "T1", "amount_collected": "15", "appid": APP_ID}
    [taken] = small.inbox.take([arrival(**told)])
    assert taken.verdict == "repeat"


def test_an_answer_that_lacks_the_trade_no_has_the_one_of_the_ledger(small):
    order = Known(out_trade_no="T1", trade_no="20260317")
    with hostile(signed(success({"status": "PAID"}), at=1773750000)) as server:
        with HaloPay(APP_ID, KEY, server.base_url, clock=lambda: 1773750000) as halopay:
            assert sweep(halopay, small.inbox, orders=[order]).complete
    [event] = small.inbox.events()
    assert (event.trade_no, event.out_trade_no) == ("20260317", "T1")


def test_an_answer_that_lacks_the_trade_no_is_about_the_order_that_has_one_in_the_inbox(small):
    told = {"trade_no": "1", "out_trade_no": "T1", "appid": APP_ID}
    small.inbox.take([arrival(**told, status="TO-BE-PAID", amount_collected="3")])
    asked = answered_about_t1(small, out_trade_no="T1", status="PAID")
    assert (asked.trade_no, asked.verdict) == ("1", "news")
    assert small.inbox.take([arrival(**told)])[0].verdict == "repeat"


def test_a_long_ledger_beside_a_long_inbox_is_looked_up_by_index(small):
    agenda = Agenda(small.inbox, "app", late=0, afresh=True)
    with small.inbox.store.reading() as connection:
        query = select(expected.c.id).where(agenda._heard_of())
        text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all())
    assert "halopay_events_trade_no (trade_no=?)" in plan
    assert "halopay_subjects_out_trade_no (out_trade_no=?)" in plan


# --- going on where one stopped


def test_a_sweep_that_was_stopped_goes_on_and_asks_for_nothing_twice(shop):
    orders = shop.orders(20)
    stop = threading.Event()

    def enough(done: int, of: int) -> None:
        assert of == 20
        if done == 7:
            stop.set()

    first = shop.sweep(orders=orders, stop=stop, progress=enough)
    assert (first.answered, first.complete, first.resumed) == (7, False, False)
    second = shop.sweep(orders=orders)
    assert (second.answered, second.complete, second.resumed) == (13, True, True)
    assert set(shop.asked().values()) == {1}
    assert len(shop.asked()) == 20
    third = shop.sweep(orders=orders)
    assert (third.answered, third.resumed) == (20, False)


@pytest.mark.parametrize(("pause", "afresh", "answered"), [("0s", False, 3), ("2h", False, 5), ("0s", True, 5)])
def test_one_that_stopped_long_ago_or_is_not_wanted_is_not_gone_on_with(small, pause, afresh, answered):
    small.sweep(orders=small.orders(5))
    stop = threading.Event()
    small.sweep(stop=stop, progress=lambda done, _of: done == 2 and stop.set())
    small.box.clock.advance(pause)
    swept = small.sweep(afresh=afresh)
    assert (swept.answered, swept.resumed) == (answered, answered == 3)


def test_ctrl_c_leaves_nothing_half_done(small):
    orders = small.orders(10)
    small.box.faults.add("order.detail", delay="0.02s")
    main = threading.main_thread().ident

    def interrupt(done: int, _of: int) -> None:
        if done == 3:
            signal.pthread_kill(main, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        small.sweep(orders=orders, progress=interrupt)
    small.box.faults.clear()
    assert 3 <= len(small.inbox.events()) < 10
    swept = small.sweep()
    assert swept.resumed
    assert set(small.asked().values()) == {1}
    assert len(small.known()) == 10


def test_told_to_stop_when_all_is_done_it_is_complete(small):
    stop = threading.Event()
    swept = small.sweep(orders=small.orders(3), stop=stop, progress=lambda done, of: done == of and stop.set())
    assert swept.complete
    assert not small.sweep().resumed


def test_a_broken_progress_stops_the_sweep_and_is_seen(small):
    def broken(_done: int, _of: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        small.sweep(orders=small.orders(3), progress=broken, concurrency=3)
    assert small.sweep().complete


def test_a_store_that_fails_stops_the_sweep(small):
    orders = small.orders(3)
    with pytest.raises(InboxUnavailable):
        small.sweep(orders=orders, progress=lambda _done, _of: small.inbox.close())
    assert sum(small.asked().values()) <= 2
