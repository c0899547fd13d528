"""Handing events to a function."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import logging
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from halopay_kit import signing
from halopay_kit.errors import ConfigurationError, FrequentOperation, InboxUnavailable
from halopay_kit.inbox import Inbox
from halopay_kit.inbox.consume import BACKOFF, Consumed, consume
from halopay_kit.inbox.hand import Hand
from halopay_kit.inbox.work import Work
from tests.inbox.waiting import KEY, Clock, at, fill, states, told

PLANTED = "planted-AppKey-0xC0FFEE"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(store_url, clock):
    with Inbox(store_url, clock=clock) as inbox:
        yield inbox


@pytest.fixture
def effects(inbox):
    """What handlers wrote in the transaction that they joined."""
    with inbox.store.writing() as connection:
        connection.execute(text("CREATE TABLE effects (id INTEGER)"))

    def effects():
        with inbox.store.reading() as connection:
            return connection.execute(text("SELECT id FROM effects ORDER BY id")).scalars().all()

    return effects


def write(connection, event):
    connection.execute(text("INSERT INTO effects VALUES (:id)"), {"id": event.id})


def until(true, patience=10.0):
    """Wait for something that happens in another thread or process."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_each_event_is_handled_once_and_those_of_an_order_in_order(inbox):
    fill(inbox, ["A", "B", "C"], 4)
    seen = []
    assert inbox.consume(seen.append, until_empty=True) == Consumed(done=12)
    assert sorted(told(seen)) == [f"{order}{number}" for order in "ABC" for number in range(1, 5)]
    for order in "ABC":
        mine = [name for name in told(seen) if name[0] == order]
        assert mine == sorted(mine)
    assert set(states(inbox).values()) == {"done"}
    assert inbox.consume(seen.append, until_empty=True) == Consumed()
    assert len(seen) == 12


def test_what_is_no_news_is_handed_to_nobody(inbox):
    fill(inbox, "A", 3)
    fill(inbox, "A", 1, first=2)  # the same once more
    fill(inbox, "B", first=5)
    fill(inbox, "B", first=4)  # overtaken
    seen = []
    inbox.consume(seen.append, until_empty=True)
    assert sorted(told(seen)) == ["A1", "A2", "A3", "B5"]


def test_a_failing_event_is_tried_later_and_later_then_dead_and_stops_no_other_order(inbox, clock):
    fill(inbox, "AB", 2)
    seen = []

    def handle(event):
        seen.append((clock.now, *told([event])))
        if event.trade_no == "A" and event.amount_collected == "1":
            raise ValueError(f"no. {event.attempts}")

    consumed = inbox.consume(handle, until_empty=True, attempts=3, backoff=[10, 100])
    assert consumed == Consumed(done=2, again=1)
    first = at(inbox, "A1")
    assert (first.state, first.attempts) == ("pending", 1)
    assert 8 <= first.due_at - clock.now <= 12
    clock.now = first.due_at
    assert inbox.consume(handle, until_empty=True, attempts=3, backoff=[10, 100]) == Consumed(again=1)
    assert 80 <= at(inbox, "A1").due_at - clock.now <= 120
    assert states(inbox)["A2"] == "pending"
    clock.now += 121
    assert inbox.consume(handle, until_empty=True, attempts=3, backoff=[10, 100]) == Consumed(done=1, dead=1)
    assert states(inbox) == {"A1": "dead", "B1": "done", "A2": "done", "B2": "done"}
    assert [name for _, name in seen].count("A1") == 3


def test_a_wish_to_be_asked_later_is_heard(inbox, clock):
    fill(inbox, "A")

    def handle(_event):
        error = FrequentOperation("slow down")
        error.retry_after = 5000
        raise error

    inbox.consume(handle, until_empty=True)
    assert at(inbox, "A1").due_at - clock.now == 5000
    assert BACKOFF[0] < 5000


def test_the_dead_letter_tells_where_it_failed_without_locals_source_or_secrets(inbox, tmp_path, caplog):
    fill(inbox, "A")
    sign = signing.sign(b"{}", 1_773_750_000, KEY)

    def deeper(app_key):
        raise LookupError(f"no such order; X-Sign: {sign}, app_key='{app_key}'")

    def handle(_event):
        try:
            deeper(PLANTED)
        except LookupError as error:
            raise RuntimeError(f"gave up on {PLANTED} \0 \ud800") from error

    with caplog.at_level(logging.DEBUG):
        inbox.consume(handle, until_empty=True, attempts=1)
    error = at(inbox, "A1").error
    assert error.startswith("Traceback")
    assert "test_inbox_consume.py" in error
    assert ", in deeper" in error
    assert "LookupError: no such order" in error
    assert error.endswith("RuntimeError: gave up on *** ␀ \\ud800")
    assert "raise RuntimeError" not in error
    assert "crew.py" not in error
    kept = [error, caplog.text]
    inbox.close()
    kept += [path.read_bytes().decode("latin-1") for path in Path(tmp_path).iterdir()]
    assert not [text for text in kept if PLANTED in text or sign in text]


def test_an_endless_message_is_cut(inbox):
    fill(inbox, "A")

    def handle(_event):
        raise ValueError("x" * 10**6 + "the end")

    inbox.consume(handle, until_empty=True, attempts=1)
    assert len(at(inbox, "A1").error) < 9000
    assert at(inbox, "A1").error.endswith("the end")


@pytest.mark.parametrize(("raised", "counted"), [(SystemExit, 1), (asyncio.CancelledError, 1), (KeyboardInterrupt, 0)])
@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_raised_beyond_exceptions_ends_it_and_leaves_nothing_claimed(inbox, raised, counted, workers):
    fill(inbox, "ABCDEF")

    def handle(event):
        if event.trade_no == "B":
            raise raised

    with pytest.raises(raised):
        inbox.consume(handle, until_empty=True, workers=workers)
    event = at(inbox, "B1")
    assert (event.state, event.attempts) == ("pending", counted)
    assert set(states(inbox).values()) <= {"done", "pending"}


def test_a_stop_finishes_the_handler_and_gives_the_rest_back(inbox):
    fill(inbox, [f"A{number}" for number in range(50)])
    stop, seen = threading.Event(), []

    def handle(event):
        seen.append(event.id)
        if len(seen) == 20:
            stop.set()

    assert inbox.consume(handle, stop=stop) == Consumed(done=20)
    assert sorted(states(inbox).values()) == ["done"] * 20 + ["pending"] * 30
    assert inbox.consume(handle, stop=stop) == Consumed()


def test_nothing_waits_behind_a_slow_handler(inbox):
    """What it holds and has not begun is given back, what is done is written, while it runs."""
    fill(inbox, [f"A{number}" for number in range(60)], 2)
    slow, beside = threading.Event(), []
    seen = []

    def handle(event):
        seen.append(event)
        if len(seen) == 30:  # in the midst of a claim of many
            done = sum(state == "done" for state in states(inbox).values())
            until(lambda: list(states(inbox).values()).count("claimed") == 1)
            assert list(states(inbox).values()).count("done") == 29 > done
            other = threading.Thread(target=lambda: beside.append(inbox.consume(lambda _: None, until_empty=True)))
            other.start()
            other.join()
            slow.set()

    inbox.consume(handle, until_empty=True)
    assert slow.is_set()
    assert beside == [Consumed(done=120 - 29 - 2)]  # all but the slow one, and the one behind it
    assert set(states(inbox).values()) == {"done"}


def test_the_lease_of_a_slow_handler_is_renewed(store_url):
    with Inbox(store_url) as inbox:
        fill(inbox, "A")

        def lease():
            with inbox.store.reading() as connection:
                return connection.execute(text("SELECT lease_until FROM halopay_events")).scalar()

        def handle(_event):
            for _ in range(3):
                before = lease()
                until(lambda before=before: lease() > before)

        assert inbox.consume(handle, until_empty=True, lease=0.3) == Consumed(done=1)


def test_a_handler_that_takes_longer_than_allowed_loses_the_event(store_url):
    with Inbox(store_url) as inbox:
        fill(inbox, "A")
        other = Work(inbox, "other", 60.0, 5)
        taken = []

        def handle(_event):
            until(lambda: taken.extend(other.turn((), 1)[0]) or taken)

        assert inbox.consume(handle, until_empty=True, lease=0.2, timeout=0.3) == Consumed(late=1)
        assert told(taken) == ["A1"]
        assert states(inbox) == {"A1": "claimed"}


def test_who_lost_the_lease_completes_nothing(inbox, clock):
    fill(inbox, "A")
    other = Work(inbox, "other", 60.0, 5)

    def handle(_event):
        clock.now += 61
        assert told(other.turn((), 1)[0]) == ["A1"]

    assert inbox.consume(handle, until_empty=True) == Consumed(late=1)
    assert states(inbox) == {"A1": "claimed"}


def test_no_event_is_begun_whose_lease_may_have_run_out(inbox, clock):
    fill(inbox, [f"A{number}" for number in range(30)])
    other = Work(inbox, "other", 60.0, 5)
    seen, taken = [], []

    def handle(event):
        seen.append(event.id)
        if len(seen) == 10:
            clock.now += 61
            while claimed := other.turn((), 5)[0]:
                taken.extend(claimed)

    consumed = inbox.consume(handle, until_empty=True)
    assert {event.id for event in taken}.isdisjoint(seen[10:])
    assert len(seen) + len(taken) == 30 + consumed.late
    assert consumed.late <= 10


def test_what_was_claimed_long_ago_is_not_begun(inbox, clock):
    fill(inbox, "ABC")
    hand = Hand(Work(inbox, "one", 60.0, 5), None)
    assert hand.turn(3) == 3
    assert hand.begin() is not None
    hand.end()
    clock.now += 31
    assert hand.begin() is None
    assert hand.turn(3) == 2
    assert hand.begin() is not None


def test_what_was_claimed_long_ago_is_not_begun_though_the_clock_was_put_back(inbox, clock, monkeypatch):
    fill(inbox, "ABC")
    hand = Hand(Work(inbox, "one", 60.0, 5), None)
    assert hand.turn(3) == 3
    passed = time.monotonic() + 31
    clock.now -= 100
    monkeypatch.setattr("halopay_kit.inbox.hand.time.monotonic", lambda: passed)
    assert hand.begin() is None
    assert hand.turn(3) == 3
    assert hand.begin() is not None


def test_the_front_door_says_on_what_terms_events_are_handed_out():
    door, room = inspect.signature(Inbox.consume), inspect.signature(consume)
    assert list(door.parameters)[1:] == list(room.parameters)[1:]
    assert [each.default for each in door.parameters.values()] == [each.default for each in room.parameters.values()]
    assert door.return_annotation == room.return_annotation == "Consumed"
    told = [inspect.getdoc(each).replace("`Inbox.revive`", "`revive`").split() for each in (Inbox.consume, consume)]
    assert told[0] == told[1]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_joined_effect_and_the_end_of_its_event_are_one(inbox, effects, workers):
    fill(inbox, "AB", 3)
    failed = []

    def handle(event, connection):
        write(connection, event)
        if event.id % 2 and event.id not in failed:
            failed.append(event.id)
            raise ValueError

    consumed = inbox.consume(handle, until_empty=True, transaction=True, backoff=[0], workers=workers)
    assert consumed == Consumed(done=6, again=3)
    assert effects() == [event.id for event in reversed(inbox.events())]
    assert inbox.stats().states["done"] == 6


@pytest.mark.parametrize(
    ("ends", "written"),
    [
        (lambda connection: connection.commit(), [1]),
        (lambda connection: connection.exec_driver_sql("COMMIT"), [1]),
        (lambda connection: connection.rollback(), []),
        (lambda connection: connection.close(), []),
    ],
    ids=["commit", "statement", "rollback", "close"],
)
def test_a_handler_that_ends_the_transaction_still_writes_at_most_once(inbox, effects, ends, written):
    fill(inbox, "A")

    def handle(event, connection):
        write(connection, event)
        ends(connection)

    inbox.consume(handle, until_empty=True, transaction=True, backoff=[0], attempts=3)
    assert effects() == written
    assert states(inbox) == {"A1": "done" if written else "dead"}


def test_an_error_of_the_database_that_a_handler_swallowed_is_no_success(postgres_url, clock):
    with Inbox(postgres_url, clock=clock) as inbox:
        fill(inbox, "A")

        def handle(_event, connection):
            try:
                connection.execute(text("SELECT 1 / 0"))
            except Exception:  # noqa: BLE001
                return

        assert inbox.consume(handle, until_empty=True, transaction=True, attempts=1) == Consumed(dead=1)


def test_a_handlers_own_error_of_the_database_is_told_as_it_is(inbox):
    fill(inbox, "A")
    inbox.consume(
        lambda _, connection: connection.execute(text("SELECT * FROM nowhere")),
        until_empty=True,
        transaction=True,
        attempts=1,
    )
    assert "nowhere" in at(inbox, "A1").error
    assert "halopay_kit.errors" not in at(inbox, "A1").error


def test_a_connection_that_breaks_under_the_handler_costs_one_try(postgres_url, clock):
    with Inbox(postgres_url, clock=clock) as inbox, Inbox(postgres_url, clock=clock) as another:
        fill(inbox, "A")
        broken = []

        def handle(_event, connection):
            if not broken:
                broken.append(connection.execute(text("SELECT pg_backend_pid()")).scalar())
                with another.store.writing() as beside:
                    beside.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": broken[0]})

        consumed = inbox.consume(handle, until_empty=True, transaction=True, backoff=[0])
        assert consumed == Consumed(done=1, again=1)


def test_a_joined_event_that_outlives_its_lease_is_nobody_elses(postgres_url, clock):
    with Inbox(postgres_url, clock=clock) as inbox:
        fill(inbox, "A", 2)

        def handle(event, _connection):
            if event.amount_collected == "1":
                clock.now += 1000
                assert Work(inbox, "other", 60.0, 5).turn((), 10)[0] == []

        assert inbox.consume(handle, until_empty=True, transaction=True) == Consumed(done=2)


def test_several_workers_never_have_two_of_an_order_at_once(inbox):
    fill(inbox, "ABCDE", 8)
    inside, worst, order = set(), [], {}
    lock = threading.Lock()

    def handle(event):
        with lock:
            worst.extend(inside & {event.subject})
            inside.add(event.subject)
            order.setdefault(event.subject, []).append(event.id)
        time.sleep(0.001)
        with lock:
            inside.discard(event.subject)

    assert inbox.consume(handle, until_empty=True, workers=8) == Consumed(done=40)
    assert worst == []
    assert all(ids == sorted(ids) for ids in order.values())


def test_workers_wait_for_what_another_one_still_works_on(inbox):
    fill(inbox, "A", 3)
    seen = []

    def handle(event):
        time.sleep(0.03)
        seen.append(event)

    assert inbox.consume(handle, until_empty=True, workers=3) == Consumed(done=3)
    assert told(seen) == ["A1", "A2", "A3"]


def test_what_comes_later_is_taken_up_until_it_is_stopped(inbox):
    stop, seen = threading.Event(), []
    thread = threading.Thread(target=lambda: inbox.consume(seen.append, stop=stop))
    thread.start()
    fill(inbox, "A", 2)
    until(lambda: len(seen) == 2)
    fill(inbox, "B", 1)
    until(lambda: len(seen) == 3)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


async def _asynchronous(_event):
    raise AssertionError


def _generator(_event):
    yield


class _Asynchronous:
    async def __call__(self, _event):
        raise AssertionError


@pytest.mark.parametrize(
    "handler", [_asynchronous, _generator, _Asynchronous(), functools.partial(_asynchronous), None, "print"]
)
def test_a_handler_that_would_do_nothing_when_called_is_refused(tmp_path, handler):
    with Inbox(tmp_path / "inbox.sqlite") as inbox, pytest.raises(ConfigurationError, match="handler"):
        inbox.consume(handler, until_empty=True)


@pytest.mark.parametrize("lazy", [lambda event: _asynchronous(event), lambda event: _generator(event)])
def test_a_handler_that_returns_work_to_be_done_has_failed(inbox, lazy):
    fill(inbox, "A")
    assert inbox.consume(lazy, until_empty=True) == Consumed(again=1)
    assert "nothing was done" in at(inbox, "A1").error
    gc.collect()


@pytest.mark.parametrize(
    "terms",
    [
        {"workers": 0},
        {"workers": 1.5},
        {"workers": 100},
        {"batch": 0},
        {"attempts": 0},
        {"attempts": True},
        {"lease": 0},
        {"lease": float("nan")},
        {"lease": float("inf")},
        {"lease": "60"},
        {"timeout": 0},
        {"backoff": []},
        {"backoff": [-1]},
        {"backoff": ["1"]},
        {"backoff": 5},
        {"backoff": None},
    ],
    ids=str,
)
def test_terms_that_cannot_be_right_are_refused(tmp_path, terms):
    with Inbox(tmp_path / "inbox.sqlite") as inbox, pytest.raises(ConfigurationError, match=next(iter(terms))):
        inbox.consume(print, until_empty=True, **terms)


def test_a_store_that_fails_is_asked_again_and_what_was_done_is_not_forgotten(postgres_url, clock):
    with Inbox(postgres_url, clock=clock) as inbox, Inbox(postgres_url, clock=clock) as another:
        fill(inbox, "A")

        def rename(before, after):
            with another.store.writing() as connection:
                connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

        def handle(_event):
            rename("halopay_events", "away")
            threading.Timer(0.1, lambda: rename("away", "halopay_events")).start()

        assert inbox.consume(handle, until_empty=True) == Consumed(done=1)


def test_a_store_that_fails_for_as_long_as_a_lease_ends_it(postgres_url, clock):
    with Inbox(postgres_url, clock=clock) as inbox, Inbox(postgres_url, clock=clock) as another:
        fill(inbox, "A")

        def handle(_event):
            with another.store.writing() as connection:
                connection.execute(text("ALTER TABLE halopay_events RENAME TO away"))

        with pytest.raises(InboxUnavailable):
            inbox.consume(handle, until_empty=True, lease=0.1)


def test_with_a_single_try_no_event_is_claimed_before_its_turn(inbox):
    """Or those that a killed worker only held would be dead with the one that it died of."""
    fill(inbox, [f"A{number}" for number in range(9)])

    def handle(_event):
        assert list(states(inbox).values()).count("claimed") == 1

    assert inbox.consume(handle, until_empty=True, attempts=1) == Consumed(done=9)
