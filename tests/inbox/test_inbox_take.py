"""Taking in: once, with its verdict, whatever it says, whoever else does it at the same time."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from halopay_api.codec import UnknownEvent
from halopay_api.models import PaymentEvent
from halopay_kit.errors import ConfigurationError, HaloPayError, InboxUnavailable
from halopay_kit.inbox import Arrival, Inbox
from halopay_kit.inbox.transitions import HANDED_ON, NOTHING, judge
from tests.conftest import guess
from tests.inbox.abreast import STORM, run_processes, run_threads, storm
from tests.inbox.arrivals import NOW, PAYMENT, QR, arrival, event, payment, payout


@pytest.fixture
def inbox(store_url):
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        yield inbox


def verdicts(inbox, *arrivals):
    return [inbox.take([one])[0].verdict for one in arrivals]


def rows(inbox, query, **values):
    with inbox.store.reading() as connection:
        return connection.execute(text(query), values).all()


def test_an_event_is_kept_as_it_came(inbox):
    one = payment(1, at=NOW + 0.25, headers=[("X-EventType", "Paid")])
    [taken] = inbox.take([one])
    assert (taken.new, taken.verdict) == (True, "news")
    kept = inbox.event(taken.event_id)
    assert kept.body == one.event.body
    assert kept.data == one.event.data
    assert isinstance(kept.data, PaymentEvent)
    assert (kept.kind, kept.app_id, kept.trade_no, kept.out_trade_no) == ("payment", PAYMENT["appid"], "T1", "O1")
    assert (kept.status, kept.amount_collected, kept.txid) == ("PAID", "5", PAYMENT["txid"])
    assert (kept.received_at, kept.signed_at, kept.origin) == (NOW + 0.25, NOW, "webhook")
    assert (kept.state, kept.attempts, kept.due_at, kept.finished_at, kept.error) == (
        "pending",
        0,
        0,
        None,
        None,
    )


def test_the_same_bytes_again_are_a_delivery_and_no_event(inbox):
    [first] = inbox.take([payment(1)])
    [again] = inbox.take([payment(1, at=NOW + 5, headers=[("X-Try", "2")])])
    assert (again.event_id, again.new, again.verdict) == (first.event_id, False, "news")
    assert len(inbox.events()) == 1
    one, two = inbox.deliveries(first.event_id)
    assert [(one.attempt, one.received_at), (two.attempt, two.received_at)] == [(1, NOW), (2, NOW + 5)]
    assert two.headers == (("X-Try", "2"),)
    assert one.body == two.body == payment(1).event.body


def test_the_same_said_in_other_bytes_is_kept_and_not_handed_on(inbox):
    inbox.take([payment(1)])
    [again] = inbox.take([payment(1, time=NOW + 1)])
    assert (again.new, again.verdict) == (True, "repeat")
    assert inbox.event(again.event_id).state == "passed"


def test_an_order_is_followed_to_its_end(inbox):
    said = [
        payment(1, "TO-BE-PAID", "2"),
        payment(1, "TO-BE-PAID", "3"),
        payment(1, "TIME-OUT", "3"),
        payment(1, "PAID", "5"),
        payment(1, "TIME-OUT", "5"),
        payment(1, "PAID", "6"),
    ]
    assert verdicts(inbox, *said) == ["news", "news", "news", "news", "regress", "news"]
    assert [one.state for one in inbox.events()] == ["pending", "passed", "pending", "pending", "pending", "pending"]


def test_two_ends_of_a_payout_are_flagged_and_the_second_is_not_handed_on(inbox):
    assert verdicts(inbox, payout(1, "PAID"), payout(1, "FAIL"), payout(1, "PAID")) == ["news", "conflict", "news"]
    [flagged] = inbox.events(verdict="conflict")
    assert (flagged.status, flagged.state) == ("FAIL", "passed")


def test_a_status_we_do_not_know_is_handed_on_once(inbox):
    strange = [payment(1, "REFUNDED", time=NOW + second) for second in range(3)]
    assert verdicts(inbox, payment(1), *strange) == ["news", "unknown-status", "repeat", "repeat"]
    assert verdicts(inbox, payment(1, "REFUNDED", "7"), payment(1, time=0)) == ["unknown-status", "repeat"]
    assert {one.status for one in inbox.events(state="pending")} == {"PAID", "REFUNDED"}


def test_a_payout_without_a_status_is_handed_on_once(inbox):
    assert verdicts(inbox, payout(1, None), payout(1, None, time=1)) == ["unknown-status", "repeat"]


def test_an_unknown_type_is_kept_and_is_no_event(inbox):
    one = arrival(PAYMENT, type="REFUND", headers=[("X-Appid", "a")])
    [taken] = inbox.take([one])
    assert (taken.event_id, taken.new, taken.verdict) == (None, False, "unknown-type")
    assert inbox.events() == []
    [kept] = inbox.unknown()
    assert (kept.event_id, kept.body, kept.headers) == (None, one.event.body, (("X-Appid", "a"),))
    assert inbox.unknown(after=kept.id) == []
    assert inbox.stats().unknown == 1


def test_a_batch_says_what_its_arrivals_would_have_said_one_by_one(inbox):
    batch = [
        payment(1, "TO-BE-PAID", "2"),
        payment(2),
        payment(1, "PAID"),
        arrival(PAYMENT, type="REFUND"),
        payment(1, "TO-BE-PAID", "2"),
        payment(2),
        payment(1, "TIME-OUT"),
    ]
    taken = inbox.take(batch)
    assert [(one.verdict, one.new) for one in taken] == [
        ("news", True),
        ("news", True),
        ("news", True),
        ("unknown-type", False),
        ("news", False),
        ("news", False),
        ("regress", True),
    ]
    assert taken[0].event_id == taken[4].event_id < taken[2].event_id < taken[6].event_id
    assert [one.attempt for one in inbox.deliveries(taken[0].event_id)] == [1, 2]


def test_nothing_is_nothing(inbox):
    assert inbox.take([]) == []


@pytest.mark.parametrize("size", [1, 31, 32, 33, 65, 200])
def test_batches_of_any_size_come_in_order(inbox, size):
    inbox.take([payment(number) for number in range(0, size, 3)])  # some are there already
    taken = inbox.take([payment(number) for number in range(size)])
    assert [one.new for one in taken] == [number % 3 != 0 for number in range(size)]
    kept = {one.id: one.trade_no for one in inbox.events(limit=1000)}
    assert [kept[one.event_id] for one in taken] == [f"T{number}" for number in range(size)]
    again = inbox.take([payment(number) for number in range(size)])
    assert [one.event_id for one in again] == [one.event_id for one in taken]


def test_what_the_subject_lacked_is_learned_from_a_later_event(inbox):
    inbox.take([payout(1, "TO-BE-PAID", out_trade_no=None)])
    inbox.take([payout(1, "TO-BE-PAID")])  # no news, but for the number
    assert len(inbox.events(out_trade_no="PO1")) == 2


def test_payments_to_a_qr_code_are_each_news(inbox):
    said = [arrival(QR, txid=str(number)) for number in range(3)]
    assert verdicts(inbox, *said, said[0]) == ["news"] * 4
    assert len(inbox.events(trade_no=QR["trade_no"], kind="payment-qr-code")) == 3


def test_a_captured_request_sent_again_under_another_app_is_a_duplicate(inbox):
    bare = {name: value for name, value in QR.items() if name != "appid"}
    first, *again = (inbox.take([arrival(bare, app_id=app)])[0] for app in ("one", "two", "three"))
    assert [(one.event_id, one.new) for one in again] == [(first.event_id, False)] * 2
    assert inbox.event(first.event_id).app_id == "one"


def test_what_a_receiver_took_in_whose_clock_is_ahead_is_handed_out_at_once(inbox):
    inbox.take([payment(1, at=NOW + 600)])
    inbox.take([payment(1, "PAID", "9")])
    inbox.take([payment(2)])
    seen = []
    inbox.consume(lambda event: seen.append((event.trade_no, event.amount_collected)), until_empty=True)
    assert sorted(seen) == [("T1", "5"), ("T1", "9"), ("T2", "5")]
    assert seen.index(("T1", "5")) < seen.index(("T1", "9"))


# --- answers of queries


def test_paid_of_which_the_query_told_no_amount_is_not_news_by_the_webhook_that_does(inbox):
    said = {"type": "PAYMENT", "appid": PAYMENT["appid"], "trade_no": "T1", "out_trade_no": "O1", "status": "PAID"}
    untold = attrs.evolve(event(PAYMENT), data=UnknownEvent("PAYMENT", said), body=json.dumps(said).encode())
    before = [payment(1, "TO-BE-PAID", "3"), Arrival(event=untold, received_at=NOW, origin="query")]
    assert verdicts(inbox, *before, payment(1), payment(1, "PAID", "6")) == ["news", "news", "repeat", "news"]
    assert rows(inbox, "SELECT amount_collected FROM halopay_subjects") == [("6",)]


def test_a_query_that_tells_news_is_an_event_without_a_delivery(inbox):
    [taken] = inbox.take([payment(1, origin="query")])
    assert (taken.new, taken.verdict) == (True, "news")
    assert inbox.event(taken.event_id).origin == "query"
    assert inbox.deliveries(taken.event_id) == []
    assert (inbox.stats().events, inbox.stats().deliveries) == (1, 0)


@pytest.mark.parametrize(("status", "verdict"), [("PAID", "repeat"), ("TIME-OUT", "regress")])
def test_a_query_that_tells_nothing_new_is_not_kept(inbox, status, verdict):
    inbox.take([payment(1)])
    [taken] = inbox.take([payment(1, status, time=1, origin="query")])
    assert (taken.event_id, taken.new, taken.verdict) == (None, False, verdict)
    assert len(inbox.events()) == 1


def test_a_query_that_contradicts_is_kept_and_flagged(inbox):
    inbox.take([payout(1)])
    [taken] = inbox.take([payout(1, "FAIL", origin="query")])
    assert (taken.new, taken.verdict) == (True, "conflict")


def test_a_webhook_that_comes_after_the_query_is_no_news(inbox):
    assert verdicts(inbox, payment(1, origin="query"), payment(1, time=1)) == ["news", "repeat"]


def test_a_webhook_in_the_bytes_of_a_query_is_its_first_delivery(inbox):
    [asked] = inbox.take([payment(1, origin="query")])
    [told] = inbox.take([payment(1)])
    assert (told.event_id, told.new) == (asked.event_id, False)
    assert [one.attempt for one in inbox.deliveries(asked.event_id)] == [1]
    inbox.take([payment(1)])
    assert [one.attempt for one in inbox.deliveries(asked.event_id)] == [1, 2]


def test_an_answer_that_lacks_what_a_webhook_has_is_an_event_all_the_same(inbox):
    body = json.dumps({"type": "PAYMENT", "trade_no": "T1", "out_trade_no": "O1", "status": "PAID"}).encode()
    data = UnknownEvent("PAYMENT", json.loads(body))
    raw = event(PAYMENT)
    answer = type(raw)(data=data, app_id="a", signed_at=NOW, body=body, event_type=None, event_type_agrees=None)
    [taken] = inbox.take([Arrival(event=answer, received_at=NOW, origin="query")])
    kept = inbox.event(taken.event_id)
    assert (kept.kind, kept.trade_no, kept.status) == ("payment", "T1", "PAID")
    assert kept.data == data


# --- what must not be kept, or not hurt


def test_headers_are_kept_without_secrets(inbox):
    secret = "planted-AppKey-0123456789"
    harmless = [
        ("X-Appid", "a"),
        ("X-Timestamp", str(NOW)),
        ("User-Agent", "Go-http-client/1.1"),
        ("x-forwarded-for", "1"),
    ]
    names = [
        "X-Sign",
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "X-Api-Key",
        "X-AppKey",
        "X-Access-Token",
        "x-secret",
    ]
    [taken] = inbox.take([payment(1, headers=[*harmless, *((name, secret) for name in names)])])
    inbox.take([payment(1, headers=[(name, secret) for name in names])])
    inbox.take([arrival(PAYMENT, type="REFUND", headers=[(name.lower(), secret) for name in names])])
    assert inbox.deliveries(taken.event_id)[0].headers == tuple(harmless)
    assert not any(secret in str(row) for row in rows(inbox, "SELECT * FROM halopay_deliveries"))
    assert not any("X-Sign" in str(row) for row in rows(inbox, "SELECT * FROM halopay_deliveries"))


def test_the_planted_app_key_is_in_no_byte_of_the_file(tmp_path):
    path = tmp_path / "inbox.sqlite"
    with Inbox(path) as inbox:
        inbox.take([payment(number, headers=[("X-Sign", "testAppKey"), ("Key", "testAppKey")]) for number in range(9)])
        inbox.reject({"signature": 3})
        for file in tmp_path.iterdir():
            assert b"testAppKey" not in file.read_bytes()


HOSTILE = [
    "\0",
    "a\0b",
    "\u202e\U0001f4a9",
    "' OR 1=1 --",
    "%s %(x)s {0} ? :x",
    "\\x00 \\u0000 \\",
    "x" * 5000,
    "é" * 3000,
    "\n\r\t\"'{}[],",
    "1" * 400,
]


@pytest.mark.parametrize("nasty", HOSTILE, ids=range(len(HOSTILE)))
def test_a_genuine_event_is_kept_whatever_its_texts_are(inbox, nasty):
    body = {
        **PAYMENT,
        "trade_no": nasty,
        "out_trade_no": nasty,
        "txid": nasty,
        "status": nasty,
        "chain": nasty,
        nasty: nasty,
    }
    one = arrival(json.dumps(body).encode(), headers=[(nasty[:99], nasty), ("a", nasty)])
    other = arrival(json.dumps(body | {"trade_no": nasty + "!"}).encode())
    first, second = inbox.take([one, other])
    assert first.event_id != second.event_id
    assert inbox.take([one])[0] == type(first)(first.event_id, False, "unknown-status")
    kept = inbox.event(first.event_id)
    assert kept.body == one.event.body
    assert (kept.data.trade_no, kept.data.status) == (nasty, nasty)
    assert {found.id for found in inbox.events(out_trade_no=nasty, status=nasty)} == {first.event_id, second.event_id}
    assert [found.id for found in inbox.events(trade_no=nasty)] == [first.event_id]
    assert inbox.deliveries(first.event_id)[0].headers[-1] == ("a", nasty[:512])
    assert inbox.stats().statuses == {"?": 2}


@pytest.mark.parametrize("nasty", ["\0", "\ud800", "\udfff\ud800", "x" * 3000])
def test_a_genuine_event_is_kept_whatever_app_the_headers_name(inbox, nasty):
    raw = event(QR | {"appid": None})
    odd = type(raw)(data=raw.data, app_id=nasty, signed_at=NOW, body=raw.body, event_type=None, event_type_agrees=None)
    headers = ((nasty, nasty), ("a", nasty))
    [taken] = inbox.take([Arrival(event=odd, received_at=NOW, headers=headers)])
    assert taken.new
    assert inbox.deliveries(taken.event_id)[0].headers[1] == ("a", nasty[:512])
    assert inbox.take([Arrival(event=odd, received_at=NOW)])[0].event_id == taken.event_id


@guess("PaymentQrCodeEvent")
@pytest.mark.parametrize("number", [10**40, 10**400, -(10**40), 1.5, True, [1], {"a": "\0"}], ids=range(7))
def test_inferred_fields_of_another_shape_are_kept(inbox, number):
    said = payout(1, number, trade_no=number, amount_collected=number, txid=number, fee=number)
    [taken] = inbox.take([said])
    assert taken.new
    assert inbox.event(taken.event_id).data == said.event.data


def test_amounts_of_forty_digits_are_compared_exactly(inbox):
    small, large = "1" * 40, "1" * 39 + "2"
    assert Decimal(small) + 0 == Decimal(large) + 0  # what arithmetic in 28 digits makes of them
    said = [payment(1, "TO-BE-PAID", small), payment(1, "TO-BE-PAID", large), payment(1, "TO-BE-PAID", small, time=1)]
    assert verdicts(inbox, *said) == ["news", "news", "regress"]
    assert inbox.events(verdict="regress")[0].amount_collected == small


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "webhook",
        Arrival(event=None, received_at=NOW),
        Arrival(event=payment(1).event, received_at=float("nan")),
        Arrival(event=payment(1).event, received_at=float("inf")),
        Arrival(event=payment(1).event, received_at=10**30),
        Arrival(event=payment(1).event, received_at="now"),
        Arrival(event=payment(1).event, received_at=NOW, headers=((1, 2),)),
        Arrival(event=payment(1).event, received_at=NOW, headers=(5,)),
    ],
)
def test_what_is_no_arrival_is_refused_and_nothing_is_stored(inbox, odd):
    with pytest.raises(ConfigurationError):
        inbox.take([payment(2), odd])
    assert inbox.events() == []


def test_a_batch_is_stored_whole_or_not_at_all(inbox):
    with inbox.store.writing() as connection:
        connection.execute(text("ALTER TABLE halopay_counts RENAME TO elsewhere"))  # the last thing that is written
    with pytest.raises(InboxUnavailable):
        inbox.take([payment(1), payment(2)])
    with inbox.store.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO halopay_counts"))
    assert inbox.events() == []
    assert [one.new for one in inbox.take([payment(1), payment(2)])] == [True, True]


# --- beside others

SAID = st.lists(
    st.tuples(
        st.sampled_from(["payment", "payout"]),
        st.integers(0, 2),
        st.sampled_from(["TO-BE-PAID", "TIME-OUT", "PAID", "FAIL", "HELD"]),
        st.integers(0, 3),
        st.integers(0, 1),
        st.sampled_from(["webhook", "webhook", "query"]),
    ),
    max_size=30,
)


def said_of(kind, number, status, amount, variant, origin):
    if kind == "payment":
        return payment(number, status, str(amount), time=variant, origin=origin)
    return payout(number, status, time=variant, origin=origin)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=SAID, cuts=st.lists(st.integers(0, 30), max_size=5))
def test_however_arrivals_are_cut_into_batches_each_event_is_kept_once_and_judged_alike(store_url, said, cuts):
    arrivals = [said_of(*one) for one in said]
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        with inbox.store.writing() as connection:
            for table in ("events", "subjects", "redeliveries", "counts"):
                connection.execute(text(f"DELETE FROM halopay_{table}"))
        edges = sorted({0, len(arrivals), *(min(cut, len(arrivals)) for cut in cuts)})
        taken = [one for start, end in pairwise(edges) for one in inbox.take(arrivals[start:end])]
        kept = inbox.events(limit=1000)
        standings, first = {}, {}
        for one, (kind, number, status, amount, _, origin), what in zip(arrivals, said, taken, strict=True):
            worth = None if kind == "payout" else Decimal(amount)
            before = standings.get((kind, number), NOTHING)
            verdict, standings[kind, number] = judge(kind, before, status, worth)
            event_id = first.get(one.event.body)
            if event_id is None and (origin == "webhook" or verdict in HANDED_ON or verdict == "conflict"):
                assert what.new
                first[one.event.body] = what.event_id
                assert what.verdict == verdict
            else:
                assert (what.event_id, what.new) == (event_id, False)
        assert {one.body: one.id for one in kept} == first
        assert all((one.state == "pending") is (one.verdict in HANDED_ON) for one in kept)
        assert sum(inbox.stats().states.values()) == len(kept)


def check_storm(url, results, takers, rounds):
    assert all(isinstance(one, dict) for one in results), results
    new = sum((Counter(one) for one in results), Counter())
    with Inbox(url) as inbox:
        kept = sorted(inbox.events(limit=1000), key=lambda one: one.id)
        assert len(kept) == len(STORM)
        assert new == Counter({one.id: 1 for one in kept})  # each was new to one, once
        assert all(len(inbox.deliveries(one.id)) == takers * rounds for one in kept)
        assert inbox.stats().deliveries == takers * rounds * len(STORM)
        standings = {}
        for one in kept:  # in the order of their ids the verdicts are those of the table
            before = standings.get(one.subject, NOTHING)
            verdict, standings[one.subject] = judge("payment", before, one.status, Decimal(one.amount_collected))
            assert one.verdict == verdict
        told = rows(inbox, "SELECT id, status FROM halopay_subjects")
        assert dict(map(tuple, told)) == {subject: standing.status for subject, standing in standings.items()}


def test_threads_that_take_the_same_at_once_keep_each_event_once(store_url):
    with Inbox(store_url):
        results = run_threads(storm, [(store_url, seed, 2) for seed in range(4)])
    check_storm(store_url, results, 4, 2)


def test_processes_that_take_the_same_at_once_keep_each_event_once(store_url):
    check_storm(store_url, run_processes(storm, [(store_url, seed, 2) for seed in range(3)]), 3, 2)


def test_one_inbox_is_shared_by_many_threads(inbox):
    failed = []

    def take(number):
        try:
            for turn in range(10):
                inbox.take([payment(number * 10 + turn), payment(0, time=turn)])
                inbox.events(limit=5)
        except HaloPayError as error:
            failed.append(error)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert inbox.stats().events == 90


def test_what_was_taken_is_on_the_disk_without_a_close(tmp_path):
    path = tmp_path / "inbox.sqlite"
    inbox = Inbox(path)
    inbox.take([payment(1)])
    copies = tmp_path / "copies"
    copies.mkdir()
    for file in tmp_path.glob("inbox.sqlite*"):  # as a machine that stops now would leave them
        if not file.name.endswith("-shm"):
            Path(copies / file.name).write_bytes(file.read_bytes())
    with sqlite3.connect(copies / "inbox.sqlite") as copy:
        assert copy.execute("SELECT trade_no FROM halopay_events").fetchall() == [("T1",)]
    copy.close()
    inbox.close()
