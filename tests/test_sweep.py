"""What no webhook told is asked for, once each, and HaloPay is not hammered."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from halopay_api import codec
from halopay_api.codec import UnknownEvent
from halopay_api.models import PaymentEvent, PayoutEvent
from halopay_api.operations import OPERATIONS
from halopay_kit import HaloPay, Sandbox
from halopay_kit.answers import Answer
from halopay_kit.errors import ConfigurationError, ConnectionLost, InboxUnavailable, Unreachable
from halopay_kit.inbox import Arrival, Inbox
from halopay_kit.pytest_plugin.endpoint import WebhookEndpoint
from halopay_kit.sweep import Known, read_ledger, sweep
from halopay_kit.sweep.learned import event_of
from halopay_kit.sweep.pace import Pace
from tests.conftest import example
from tests.hostile import APP_ID, KEY, hostile, http, signed, success

ADDRESS = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"
START = "2026-03-17T12:20:00Z"


class Hand:
    """A clock that whoever sleeps moves on; threads may share it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


class Shop:
    """A merchant with a sandbox whose time stands still, a client on it and an inbox."""

    def __init__(self, box: Sandbox, url: str) -> None:
        self.box, self.hand = box, Hand()
        self.halopay = HaloPay(box.app_id, box.app_key, box.base_url, clock=box.clock.now)
        self.inbox = Inbox(url, clock=box.clock.now)

    def close(self) -> None:
        self.halopay.close()
        self.inbox.close()

    def orders(self, count: int, first: int = 0) -> list[Known]:
        numbers = [f"T{number:03}" for number in range(first, first + count)]
        for number in numbers:
            self.halopay.order.create(out_trade_no=number, currency_id=75, token_amount="15")
        return [Known(out_trade_no=number) for number in numbers]

    def payout(self, number: str) -> Known:
        self.halopay.payout.create(out_trade_no=number, currency_id=75, amount="4.2", address=ADDRESS)
        return Known(kind="payout", out_trade_no=number)

    def sweep(self, **options):
        options = {"clock": self.hand, "sleep": self.hand.sleep, "concurrency": 1} | options
        return sweep(self.halopay, self.inbox, **options)

    def asked(self) -> Counter[str]:
        """How often each number was asked for."""
        calls = [row.what for row in self.box.record if row.kind == "call"]
        bodies = [str(call["request"]) for call in calls if str(call["operation"]).endswith(".detail")]
        return Counter(bodies)

    def known(self) -> dict[str, str]:
        """Where each order and payout stands, by the inbox's last news."""
        events = self.inbox.events(limit=10_000)[::-1]
        return {event.out_trade_no: event.status for event in events if event.verdict == "news"}


@pytest.fixture
def shop(store_url: str) -> Iterator[Shop]:
    with Sandbox(start=START, seed="sweep") as box:
        shop = Shop(box, store_url)
        yield shop
        shop.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Shop]:
    with Sandbox(start=START, seed="sweep") as box:
        shop = Shop(box, str(tmp_path / "inbox.sqlite"))
        yield shop
        shop.close()


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
    for _ in range(100):
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
        {"rate": -1},
        {"late": -1},
        {"late": float("nan")},
    ],
)
def test_settings_that_cannot_be_right_send_nothing(small, options):
    with pytest.raises(ConfigurationError):
        small.sweep(**options)
    assert not small.asked()


# --- the ledger


def ledger(tmp_path: Path, content: str | bytes, name: str = "l.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("out_trade_no,trade_no,kind\nT1,,\n,X2,payout\n", "l.csv"),
        ("\ufeffout_trade_no,trade_no,kind\r\nT1,,payment\r\n,X2,PAYOUT\r\n", "l.CSV"),
        ('name,kind,Out_Trade_No , trade_no\n"a\nb\u2028",,T1,\n\n"c,d",payout, ,X2', "l.csv"),
        ('{"out_trade_no":"T1"}\n\n{"trade_no":"X2","kind":"payout","amount":1.5}\n', "l.jsonl"),
        ('\ufeff{"out_trade_no":"T1","trade_no":null}\r\n{"trade_no":"X2","kind":"payout"}', "l.ndjson"),
    ],
)
def test_a_ledger_is_read(tmp_path, content, name):
    assert read_ledger(ledger(tmp_path, content, name)) == [
        Known(out_trade_no="T1"),
        Known(kind="payout", trade_no="X2"),
    ]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("out_trade_no;kind\nT1;\n", "l.csv", "l.csv, line 1: column 1: the columns are separated by semicolons"),
        ("order,amount\nT1,5\n", "l.csv", "line 1: there is no column out_trade_no and no column trade_no"),
        ("out_trade_no,OUT_TRADE_NO\nT1,T1\n", "l.csv", "line 1: the column out_trade_no is there twice"),
        ("out_trade_no\nT1\nT2\nT1\n", "l.csv", "line 4: out_trade_no: 'T1' stands in line 2 already"),
        ("trade_no\nX1\nX1\n", "l.csv", "line 3: trade_no"),
        ("out_trade_no,kind\nT1,payment\nT2,refund\n", "l.csv", "line 3: kind: 'refund'"),
        ("out_trade_no,trade_no\nT1,\n,\n ,\n", "l.csv", None),
        ("out_trade_no,kind\nT1,\n,payout\n", "l.csv", "line 3: out_trade_no and trade_no"),
        ("out_trade_no,kind\nT1\n", "l.csv", "line 2: 1 cells under 2 columns"),
        ('out_trade_no\n"T1\n', "l.csv", "line 2: it is not CSV"),
        ('"a\nb",out_trade_no\n1,T1\n2,\x07\n', "l.csv", "line 4: out_trade_no"),
        (f"out_trade_no\n{'9' * 300}\n", "l.csv", "line 2: out_trade_no: longer"),
        ("out_trade_no\nT\x00\n", "l.csv", "line 2: a NUL byte"),
        (b"out_trade_no\nT1\n\xff\n", "l.csv", "line 3: byte 16 is not UTF-8"),
        ("out_trade_no\nT1\n".encode("utf-16"), "l.csv", "it is UTF-16"),
        ("", "l.csv", "names no order"),
        ("out_trade_no\n", "l.csv", "names no order"),
        ('{"out_trade_no":"T1"}\n{"out_trade_no":1001}\n', "l.jsonl", "line 2: out_trade_no: a int"),
        ('{"out_trade_no":"T1"}\n{"out_trade_no":\n', "l.jsonl", "line 2: it is not JSON, column"),
        ("[1]", "l.jsonl", "line 1: it is not a JSON object"),
        ('{"trade_no":"a","trade_no":"b"}', "l.jsonl", "line 1: a name stands there twice"),
        ('{"out_trade_no":"\\ud800"}', "l.jsonl", "line 1: out_trade_no"),
        ("[" * 100_000, "l.jsonl", "line 1: it is not JSON"),
        ("{}", "l.jsonl", "line 1: out_trade_no and trade_no"),
        ("out_trade_no\nT1\n", "l.xlsx", "neither in .csv"),
    ],
)
def test_a_ledger_with_anything_wrong_is_refused_as_a_whole(tmp_path, content, name, says):
    path = ledger(tmp_path, content, name)
    if says is None:
        assert len(read_ledger(path)) == 1
        return
    with pytest.raises(ConfigurationError) as refused:
        read_ledger(path)
    assert says in str(refused.value)
    assert "Nothing was sent" in str(refused.value)


def test_a_ledger_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_ledger(tmp_path / "none.csv")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_ledger(tmp_path)
