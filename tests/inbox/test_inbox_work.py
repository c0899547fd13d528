"""Claims: who may work on an event, and when."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox import Inbox, claims
from halopay_kit.inbox.work import LOST, Outcome, Work
from tests.inbox.waiting import START, Clock, at, fill, states, told


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(store_url, clock):
    with Inbox(store_url, clock=clock) as inbox:
        yield inbox


def work(inbox, name="one", *, lease=60.0, tries=3):
    return Work(inbox, name, lease, tries)


def claim(worker, most=10):
    return worker.turn((), most)[0]


def settle(worker, event, what, **how):
    return worker.turn([Outcome(event, what, **how)])[1]


def test_of_each_order_the_earliest_event_is_claimed(inbox):
    fill(inbox, "AB", 3)
    claimed = claim(work(inbox))
    assert told(claimed) == ["A1", "B1"]
    assert [(event.state, event.attempts) for event in claimed] == [("claimed", 1)] * 2
    assert claim(work(inbox, "another")) == []


def test_the_next_event_is_free_when_the_one_before_is_done_or_dead(inbox):
    fill(inbox, "AB", 2)
    worker = work(inbox)
    a, b = claim(worker)
    assert settle(worker, a, "done")["done"] == 1
    assert settle(worker, b, "dead", error="because")["dead"] == 1
    assert told(claim(work(inbox, "another"))) == ["A2", "B2"]
    assert (at(inbox, "B1").error, at(inbox, "B1").finished_at) == ("because", START)


def test_what_is_settled_and_what_is_claimed_next_are_one_turn(inbox):
    fill(inbox, "A", 3)
    worker = work(inbox)
    [first] = claim(worker)
    claimed, _ = worker.turn([Outcome(first, "done")], 10)
    assert told(claimed) == ["A2"]


def test_while_an_event_waits_for_another_try_those_behind_it_wait_too(inbox, clock):
    fill(inbox, "AB", 2)
    worker = work(inbox)
    a, b = claim(worker)
    settle(worker, a, "again", error="not yet", delay=30)
    settle(worker, b, "done")
    assert told(claim(worker)) == ["B2"]
    fill(inbox, "A", first=3)
    clock.now += 29
    assert claim(worker) == []
    clock.now += 2
    [again] = claim(worker)
    assert (told([again]), again.attempts, again.error) == (["A1"], 2, "not yet")


def test_what_is_given_back_counts_no_try_and_can_be_had_at_once(inbox):
    fill(inbox, "A")
    worker = work(inbox)
    settle(worker, claim(worker)[0], "back")
    [event] = claim(work(inbox, "another"))
    assert event.attempts == 1


def test_who_lost_the_lease_cannot_finish_the_event(inbox, clock):
    fill(inbox, "A")
    slow, other = work(inbox, "slow"), work(inbox, "other")
    [event] = claim(slow)
    clock.now += 61
    [taken] = claim(other)
    assert settle(slow, event, "done") == {"late": 1}
    assert settle(slow, event, "again", error="x") == {"late": 1}
    assert settle(slow, event, "dead", error="x") == {"late": 1}
    settle(slow, event, "back")
    with slow.joined(event) as connection:
        assert connection is None
    assert states(inbox) == {"A1": "claimed"}
    assert settle(other, taken, "done")["done"] == 1


def test_a_lease_that_ran_out_unnoticed_is_no_reason_to_work_twice(inbox, clock):
    fill(inbox, "A")
    worker = work(inbox)
    [event] = claim(worker)
    clock.now += 61
    assert settle(worker, event, "done")["done"] == 1


def test_a_renewed_lease_holds_on(inbox, clock):
    fill(inbox, "A")
    worker = work(inbox)
    [event] = claim(worker)
    clock.now += 50
    assert worker.renew(event)
    clock.now += 50
    assert claim(work(inbox, "other")) == []
    clock.now += 20
    claim(work(inbox, "other"))
    assert not worker.renew(event)


def test_events_of_a_lost_worker_are_handed_out_alone_and_dead_when_it_happens_too_often(inbox, clock):
    fill(inbox, "ABC")
    assert len(claim(work(inbox, "lost", tries=2))) == 3
    clock.now += 61
    worker = work(inbox, tries=2)
    [suspect] = claim(worker)
    assert (suspect.attempts, suspect.error) == (2, LOST)
    assert settle(worker, suspect, "done")["done"] == 1
    [killer] = claim(worker)
    [third] = claim(worker)
    clock.now += 50
    worker.renew(third)
    clock.now += 11
    assert worker.turn((), 10) == ([], {"dead": 1})
    assert at(inbox, told([killer])[0]).error == LOST
    assert sorted(states(inbox).values()) == ["claimed", "dead", "done"]


def test_a_dead_event_is_revived_once_with_all_its_tries(inbox):
    fill(inbox, "A", 2)
    worker = work(inbox)
    [event] = claim(worker)
    settle(worker, event, "dead", error="because")
    assert inbox.revive(event.id)
    assert not inbox.revive(event.id)
    assert not inbox.revive(event.id + 100)
    [again] = claim(worker)
    assert (again.id, again.attempts, again.error) == (event.id, 1, "because")


@pytest.mark.parametrize("wrong", ["0) OR (state = 'dead'", "1", 1.0, None, True, b"1", [1]])
def test_only_an_id_revives_an_event(inbox, wrong):
    fill(inbox, "AB")
    work = Work(inbox, "one", 60.0, 5)
    dead, _ = work.turn((), 2)
    work.turn([Outcome(event, "dead", "no") for event in dead])
    with pytest.raises(ConfigurationError, match="id of an event"):
        inbox.revive(wrong)
    assert not any(inbox.revive(number) for number in (-1, 0, 2**63, 10**40))
    assert set(states(inbox).values()) == {"dead"}


def test_a_revived_event_waits_for_a_later_one_that_is_under_way(inbox):
    fill(inbox, "A", 3)
    worker = work(inbox)
    [first] = claim(worker)
    settle(worker, first, "dead")
    [second] = claim(worker)
    inbox.revive(first.id)
    assert claim(work(inbox, "other")) == []
    settle(worker, second, "done")
    assert told(claim(worker)) == ["A1"]


def test_a_later_event_whose_lease_ran_out_goes_before_a_revived_one_or_after_but_never_beside(inbox, clock):
    fill(inbox, "A", 2)
    worker = work(inbox)
    [first] = claim(worker)
    settle(worker, first, "dead")
    claim(worker)
    inbox.revive(first.id)
    clock.now += 61
    [one] = claim(worker)
    assert claim(worker) == []
    settle(worker, one, "done")
    assert len(claim(worker)) == 1


def test_what_is_written_beside_is_there_if_and_only_if_the_event_is_done(inbox):
    with inbox.store.writing() as connection:
        connection.execute(text("CREATE TABLE effects (id INTEGER)"))
    fill(inbox, "AB")
    worker = work(inbox)
    a, b = claim(worker)
    with worker.joined(a) as connection:
        connection.execute(text("INSERT INTO effects VALUES (1)"))

    def fail():
        with worker.joined(b) as connection:
            connection.execute(text("INSERT INTO effects VALUES (2)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert states(inbox) == {"A1": "done", "B1": "claimed"}
    with inbox.store.reading() as connection:
        assert connection.execute(text("SELECT id FROM effects")).scalars().all() == [1]


@pytest.mark.parametrize(
    "ends",
    [
        lambda connection: connection.commit(),
        lambda connection: connection.rollback(),
        lambda connection: connection.close(),
        lambda connection: connection.exec_driver_sql("ROLLBACK"),
        lambda connection: connection.get_transaction().rollback(),
    ],
    ids=["commit", "rollback", "close", "statement", "transaction"],
)
def test_a_transaction_that_the_handler_ended_is_told(inbox, ends):
    fill(inbox, "A")
    worker = work(inbox)
    [event] = claim(worker)
    with pytest.raises(ConfigurationError, match="ended"), worker.joined(event) as connection:
        ends(connection)


def test_only_what_is_due_is_looked_at(inbox, clock):
    """However many are done, wait, or wait behind others."""
    worker = work(inbox)
    fill(inbox, "ABC", 2)
    for event in claim(worker):
        settle(worker, event, "again", error="x", delay=1000)
    assert not worker.waiting()
    fill(inbox, "ABC", first=3)  # due, behind what waits
    assert not worker.waiting()
    claim(worker)
    with inbox.store.reading() as connection:
        due = "SELECT count(*) FROM halopay_events WHERE state = 'pending' AND due_at <= :now"
        assert connection.execute(text(due), {"now": clock.now}).scalar() == 0
    clock.now += 1001
    assert told(claim(worker)) == ["A1", "B1", "C1"]


def test_among_many_that_are_done_claims_go_by_the_partial_indexes(inbox):
    fill(inbox, "ABC", 2)
    columns = "subject_id, app_id, kind, verdict, origin, received_at, signed_at, body, due_at"
    with inbox.store.writing() as connection:
        postgres = connection.dialect.name == "postgresql"
        number = "CAST(row_number() OVER () AS text)" if postgres else "randomblob(8)"
        key = f"CAST({number} AS bytea)" if postgres else number
        many = "FROM halopay_events a, halopay_events b, halopay_events c, halopay_events d"
        copied = ", ".join(f"a.{column}" for column in columns.split(", "))
        connection.exec_driver_sql(
            f"INSERT INTO halopay_events ({columns}, key, state) SELECT {copied}, {key}, 'done' {many}"
        )
        connection.exec_driver_sql("ANALYZE")
        for name, wanted in (("due", {"due", "unfinished"}), ("expired", set()), ("waiting", {"due"})):
            said = claims._rendered(name, connection.dialect.name, served=False)
            said = ("EXPLAIN " if postgres else "EXPLAIN QUERY PLAN ") + said
            plan = str(connection.exec_driver_sql(said, {"now": START, "most": 10}).all())
            assert all(f"halopay_events_{index}" in plan for index in wanted), plan
            assert "Seq Scan" not in plan
            assert "SCAN e" not in plan


def test_on_postgresql_leases_are_measured_by_its_own_clock(postgres_url):
    with Inbox(postgres_url) as inbox:
        fill(inbox, "A")
        worker = work(inbox)
        [event] = claim(worker)
        lease = "SELECT lease_until - extract(epoch FROM clock_timestamp()) FROM halopay_events"
        with inbox.store.reading() as connection:
            assert 50 < connection.execute(text(lease)).scalar() <= 60
        assert worker.renew(event)
        assert settle(worker, event, "again", error="x", delay=0.0)["again"] == 1
        assert told(claim(worker)) == ["A1"]


def test_two_claims_at_the_same_moment_do_not_meet(postgres_url, clock):
    with Inbox(postgres_url, clock=clock) as inbox:
        fill(inbox, "ABCD", 2)
        one, two = work(inbox, "one"), work(inbox, "two")
        with inbox.store.writing() as connection:
            first, _ = one._turn(connection, (), 2)  # not committed yet
            second = claim(two)
        assert told(first) == ["A1", "B1"]
        assert told(second) == ["C1", "D1"]
