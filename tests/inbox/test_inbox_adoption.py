"""One order told of with and without its trade_no is one; two orders of one out_trade_no stay two."""

from __future__ import annotations

import random
import threading
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from halopay_kit.errors import HaloPayError
from halopay_kit.inbox import Inbox, rows_postgresql, rows_sqlite
from tests.inbox.arrivals import NOW, PAYMENT, PAYOUT, QR, arrival, payment, payout


@pytest.fixture
def inbox(store_url):
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        yield inbox


def verdicts(inbox, *arrivals):
    return [inbox.take([one])[0].verdict for one in arrivals]


def subjects(inbox):
    with inbox.store.reading() as connection:
        query = "SELECT trade_no, out_trade_no, status FROM halopay_subjects ORDER BY id"
        return [tuple(row) for row in connection.execute(text(query))]


NAMED, UNNAMED = payment(1), payment(1, trade_no="")


@pytest.mark.parametrize("said", [(NAMED, UNNAMED), (UNNAMED, NAMED)], ids=["first with", "first without"])
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two"])
def test_an_order_told_of_with_and_without_its_trade_no_is_handed_on_once(inbox, said, together):
    taken = inbox.take(said) if together else [inbox.take([one])[0] for one in said]
    assert [(one.new, one.verdict) for one in taken] == [(True, "news"), (True, "repeat")]
    assert subjects(inbox) == [("T1", "O1", "PAID")]
    again = [inbox.take([one])[0] for one in said]
    assert [(one.new, one.event_id) for one in again] == [(False, one.event_id) for one in taken]
    assert len(subjects(inbox)) == 1


def test_a_payout_whose_trade_no_comes_later_is_followed_to_its_end(inbox):
    bare = {"trade_no": None}
    assert verdicts(inbox, payout(1, "TO-BE-PAID", **bare), payout(1), payout(1, **bare), payout(1, "FAIL")) == [
        "news",
        "news",
        "repeat",
        "conflict",
    ]
    assert subjects(inbox) == [("P1", "PO1", "PAID")]


def test_an_order_whose_trade_no_the_query_did_not_tell_is_not_news_by_the_webhook(inbox):
    asked = payment(1, trade_no="", time=1, origin="query")
    assert verdicts(inbox, asked, payment(1), payment(1, trade_no="", time=2, origin="query")) == [
        "news",
        "repeat",
        "repeat",
    ]


def test_two_orders_of_one_out_trade_no_do_not_swallow_each_others_news(inbox):
    one, other = payment(1), payment(1, trade_no="T2")
    assert verdicts(inbox, one, other) == ["news", "news"]
    bare = payment(1, trade_no="")  # of which of them is not known
    assert verdicts(inbox, bare, payment(1, trade_no="T3")) == ["news", "news"]
    assert [trade_no for trade_no, _, _ in subjects(inbox)] == ["T1", "T2", None, "T3"]


def test_the_same_bytes_stay_one_event_though_another_order_came_in_between(inbox):
    bare, other = payment(1, trade_no=""), payment(1, trade_no="T2")
    first = inbox.take([bare])[0]
    inbox.take([payment(1), other])
    assert inbox.take([bare])[0].event_id == first.event_id
    batch = [payment(5, trade_no=""), payment(5), payment(5, trade_no="T6"), payment(5, trade_no="")]
    taken = inbox.take(batch)
    assert taken[3].event_id == taken[0].event_id
    assert [one.verdict for one in taken] == ["news", "repeat", "news", "news"]


def test_the_first_order_without_a_trade_no_gets_one_and_the_second_begins_its_own(inbox):
    said = [payment(1, trade_no=""), payment(1, trade_no="T1", time=1), payment(1, trade_no="T2")]
    assert [one.verdict for one in inbox.take(said)] == ["news", "repeat", "news"]
    assert subjects(inbox) == [("T1", "O1", "PAID"), ("T2", "O1", "PAID")]


@pytest.mark.parametrize(
    "other",
    [
        payout(1, out_trade_no="O1"),
        payment(1, appid="ad4cyr8dpfs9j2u2"),
        payment(1, out_trade_no="O2"),
        arrival(QR, trade_no="T1"),
    ],
    ids=["kind", "app", "number", "qr"],
)
def test_nothing_else_is_joined(inbox, other):
    assert verdicts(inbox, payment(1, trade_no=""), other) == ["news", "news"]
    assert len(subjects(inbox)) == 2


def test_an_order_that_has_another_trade_no_already_is_not_joined_by_a_new_one(inbox):
    assert verdicts(inbox, payment(1, "TO-BE-PAID", "1"), payment(1, "TO-BE-PAID", "1", trade_no="T2")) == ["news"] * 2


def test_what_was_asked_for_under_one_number_is_found_under_the_other_by_the_merchants(inbox):
    inbox.take([payment(1, trade_no=""), payment(1)])
    assert len({one.subject for one in inbox.events(out_trade_no="O1")}) == 1


def test_those_without_a_trade_no_are_found_among_many_by_an_index_of_them_alone(inbox):
    inbox.take([payment(0, trade_no="")])
    with inbox.store.reading() as connection:
        driver = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            plans = [
                driver.execute(f"EXPLAIN QUERY PLAN {rows_sqlite._HAS_UNNAMED}").fetchall(),
                driver.execute(f"EXPLAIN QUERY PLAN {rows_sqlite._UNNAMED}", ("app", "payment", "O1")).fetchall(),
            ]
        else:
            driver.execute("SET LOCAL enable_seqscan = off")  # the table is small
            plans = [driver.execute(f"EXPLAIN {rows_postgresql._HAS_UNNAMED}").fetchall()]
    assert all("halopay_subjects_unnamed" in str(plan) for plan in plans), plans


# --- however it is cut, and beside others

SAID = st.lists(
    st.tuples(
        st.sampled_from(["payment", "payout"]),
        st.sampled_from(["O1", "O2"]),
        st.sampled_from([None, None, "T1", "T2", "T3"]),
        st.sampled_from(["TO-BE-PAID", "PAID", "FAIL"]),
        st.integers(0, 1),
        st.sampled_from(["webhook", "webhook", "query"]),
    ),
    max_size=20,
)


def said_of(kind, out_trade_no, trade_no, status, variant, origin):
    of, empty = (PAYMENT, "") if kind == "payment" else (PAYOUT, None)
    numbers = {"trade_no": (trade_no and trade_no + out_trade_no) or empty, "out_trade_no": out_trade_no}
    return arrival(of, **numbers, status=status, time=variant, origin=origin)


def reset(inbox):
    with inbox.store.writing() as connection:
        for table in ("events", "subjects", "redeliveries", "counts"):
            connection.execute(text(f"DELETE FROM halopay_{table}"))


def outcome(inbox, batches):
    """Return what came of each arrival, whatever ids were given."""
    reset(inbox)
    places, taken = {}, []
    for batch in batches:
        for one in inbox.take(batch):
            event = one.event_id and places.setdefault(one.event_id, len(places))
            taken.append((event, one.new, one.verdict))
    return taken, subjects_with_events(inbox)


def subjects_with_events(inbox):
    with inbox.store.reading() as connection:
        query = """SELECT s.kind, s.trade_no, s.out_trade_no, s.status, count(e.id) FROM halopay_subjects s
                   LEFT JOIN halopay_events e ON e.subject_id = s.id GROUP BY s.id, s.kind, s.trade_no, s.out_trade_no,
                   s.status"""
        return Counter(tuple(row) for row in connection.execute(text(query)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=SAID, cuts=st.lists(st.integers(0, 20), max_size=4))
def test_however_arrivals_are_cut_into_batches_the_same_comes_of_them(inbox, said, cuts):
    arrivals = [  # no two answers have the same bytes: their time is that of the answer
        said_of(*what, 10 + place if origin == "query" else variant, origin)
        for place, (*what, variant, origin) in enumerate(said)
    ]
    edges = sorted({0, len(arrivals), *(min(cut, len(arrivals)) for cut in cuts)})
    whole = outcome(inbox, [arrivals[start:end] for start, end in pairwise(edges)])
    assert whole == outcome(inbox, [[one] for one in arrivals])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=SAID)
def test_a_webhook_that_was_taken_in_once_is_never_new_again(inbox, said):
    reset(inbox)
    arrivals = [said_of(*one, "webhook") for *one, _ in said]
    inbox.take(arrivals)
    again = inbox.take(random.Random(1).sample(arrivals, len(arrivals)))
    assert not any(one.new for one in again)


def test_several_that_take_in_both_at_once_make_one_order_of_them(store_url):
    orders = range(12)
    told = [
        arrival(of, trade_no=trade_no, out_trade_no=f"{prefix}{number}", status=status, time=variant)
        for number in orders
        for variant in range(2)
        for status in ("TO-BE-PAID", "PAID")
        for of, prefix, empty in ((PAYMENT, "O", ""), (PAYOUT, "PO", None))
        for trade_no in (empty, f"{prefix}T{number}")
    ]
    failed = []

    def storm(seed):
        chance = random.Random(seed)
        mine = chance.sample(told, len(told))
        try:
            with Inbox(store_url) as inbox:
                while mine:
                    size = chance.randrange(1, 12)
                    batch, mine = mine[:size], mine[size:]
                    inbox.take(batch)
        except HaloPayError as error:
            failed.append(error)

    with Inbox(store_url) as inbox:
        threads = [threading.Thread(target=storm, args=(seed,)) for seed in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert len(subjects(inbox)) == 2 * len(orders)
        assert all(trade_no for trade_no, _, _ in subjects(inbox))
        paid = Counter(one.out_trade_no for one in inbox.events(status="PAID", state="pending", limit=1000))
        assert set(paid.values()) == {1}
        assert len(inbox.events(limit=1000)) == len(told)
