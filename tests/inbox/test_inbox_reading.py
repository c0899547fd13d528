"""Finding what was kept, and how much there is of it."""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from halopay_api.policy import RETRY_AFTER
from halopay_kit.errors import ConfigurationError, MalformedEvent
from halopay_kit.inbox import Inbox
from halopay_kit.inbox.work import Outcome, Work
from tests.inbox.arrivals import NOW, PAYMENT, QR, arrival, payment, payout


@pytest.fixture
def inbox(store_url):
    with Inbox(store_url, clock=lambda: NOW + 100) as inbox:
        yield inbox


def numbers(found):
    return [one.trade_no for one in found]


def fill(inbox, count, **options):
    return inbox.take([payment(number, at=NOW + number, **options) for number in range(count)])


def test_the_newest_come_first(inbox):
    inbox.take([payment(2, at=NOW + 2)])
    inbox.take([payment(1, at=NOW + 1), payment(3, at=NOW + 3), payment(4, at=NOW + 3)])
    assert numbers(inbox.events()) == ["T4", "T3", "T2", "T1"]


def test_pages_follow_each_other_without_gap_or_repetition(inbox):
    inbox.take([payment(number, at=NOW + number // 7) for number in range(40)])
    found, page = [], inbox.events(limit=6)
    while page:
        found += page
        inbox.take([payment(100 + len(found), at=NOW + 99)])  # what comes meanwhile is on no later page
        page = inbox.events(limit=6, after=page[-1].id)
    assert numbers(found) == [f"T{number}" for number in reversed(range(40))]


def test_filters_are_joined_by_and(inbox):
    inbox.take(
        [
            payment(1, "TO-BE-PAID", "2"),
            payment(1, "PAID"),
            payment(1, "TIME-OUT"),
            payment(2, "PAID", origin="query"),
            payout(3),
            payout(3, "FAIL"),
            arrival(QR),
        ]
    )
    assert len(inbox.events(kind="payment")) == 4
    assert len(inbox.events(kind="payment", status="PAID")) == 2
    assert numbers(inbox.events(status="PAID", origin="query")) == ["T2"]
    assert numbers(inbox.events(verdict="conflict")) == ["P3"]
    assert inbox.events(verdict="conflict", kind="payment") == []
    assert len(inbox.events(state="passed")) == 2
    assert len(inbox.events(state="pending", verdict="news")) == 5
    assert len(inbox.events(out_trade_no="O1", trade_no="T1")) == 3
    assert inbox.events(out_trade_no="O1", trade_no="T2") == []
    assert len(inbox.events(origin="webhook")) == 6
    assert len(inbox.events(verdict="news", state="done")) == 0
    assert inbox.events(status="no such") == []


def test_a_time_span_has_its_beginning_and_not_its_end(inbox):
    fill(inbox, 10)
    assert numbers(inbox.events(since=NOW + 3, until=NOW + 5)) == ["T4", "T3"]
    until = datetime.fromtimestamp(NOW + 2, UTC)
    assert numbers(inbox.events(until=until)) == ["T1", "T0"]
    assert len(inbox.events(since=0, until=10**12)) == 10


@pytest.mark.parametrize(
    "odd",
    [
        {"limit": -1},
        {"limit": 10_001},
        {"limit": True},
        {"limit": "5"},
        {"after": 10**30},
        {"after": 12345},
        {"after": "1"},
        {"after": -1},
        {"kind": "refund"},
        {"verdict": "good"},
        {"state": "open"},
        {"origin": "mail"},
        {"status": 5},
        {"trade_no": b"T1"},
        {"since": "yesterday"},
        {"since": datetime(2026, 1, 1)},  # noqa: DTZ001  # that is the point
        {"until": True},
    ],
)
def test_a_filter_that_cannot_be_right_is_refused(inbox, odd):
    with pytest.raises(ConfigurationError):
        inbox.events(**odd)


@pytest.mark.parametrize("nobody", [0, -1, 10**30, True, "1", None, 1.0])
def test_what_is_no_id_is_nobodys(inbox, nobody):
    fill(inbox, 1)
    assert inbox.event(nobody) is None
    assert inbox.deliveries(nobody) == []


def test_an_event_that_this_kit_cannot_read_says_so(inbox):
    [taken] = fill(inbox, 1)
    with inbox.store.writing() as connection:
        connection.execute(
            text("UPDATE halopay_events SET body = :body"), {"body": b'{"type": "PAYMENT", "out_trade_no": 5}'}
        )
    with pytest.raises(MalformedEvent, match=f"event {taken.event_id}"):
        _ = inbox.event(taken.event_id).data


def test_deliveries_of_a_patient_sender_are_cut_at_the_limit(inbox):
    for _ in range(5):
        fill(inbox, 1)
    [kept] = inbox.events()
    assert [one.attempt for one in inbox.deliveries(kept.id)] == [1, 2, 3, 4, 5]
    assert [one.attempt for one in inbox.deliveries(kept.id, limit=2)] == [1, 2]


def test_sql_sees_every_delivery_with_its_bytes(inbox):
    fill(inbox, 2)
    fill(inbox, 1)
    inbox.take([arrival(PAYMENT, type="REFUND"), payment(9, origin="query")])
    with inbox.store.reading() as connection:
        seen = connection.execute(text("SELECT event_id, attempt, body FROM halopay_deliveries")).all()
    first = next(one for one in inbox.events() if one.trade_no == "T0")
    assert len(seen) == 4
    assert sorted((attempt, bytes(body)) for event_id, attempt, body in seen if event_id == first.id) == [
        (1, first.body),
        (2, first.body),
    ]


# --- numbers


def recounted(inbox):
    """Count again what stats keeps count of."""
    with inbox.store.reading() as connection:

        def by(name):
            return dict(map(tuple, connection.execute(text(f"SELECT {name}, count(*) FROM halopay_events GROUP BY 1"))))

        deliveries = connection.execute(text("SELECT count(*) FROM halopay_deliveries WHERE event_id IS NOT NULL"))
        return {
            "kinds": by("kind"),
            "verdicts": by("verdict"),
            "origins": by("origin"),
            "states": by("state"),
        }, deliveries.scalar()


def check(inbox):
    found = inbox.stats()
    counted, deliveries = recounted(inbox)
    for name, numbers in counted.items():
        assert {what: n for what, n in getattr(found, name).items() if n} == numbers, name
    assert found.events == sum(counted["kinds"].values())
    assert found.deliveries == deliveries
    return found


def test_the_numbers_of_nothing_are_nothing(inbox):
    found = check(inbox)
    assert (found.events, found.lag, found.last_received_at, found.attempts, found.rejected) == (0, 0, None, (), {})
    assert found.states == {"pending": 0, "claimed": 0, "done": 0, "dead": 0, "passed": 0}


def test_the_numbers_are_those_of_the_tables(inbox):
    fill(inbox, 10)
    fill(inbox, 4, time=1)
    fill(inbox, 4)
    inbox.take([payout(1), payout(1, "FAIL"), payout(2, "HELD"), arrival(QR), payment(77, origin="query")])
    found = check(inbox)
    assert (found.events, found.deliveries, found.duplicates) == (19, 22, 4)
    assert found.statuses == {"PAID": 17, "FAIL": 1, "?": 1}
    assert found.verdicts == {"news": 13, "repeat": 4, "conflict": 1, "unknown-status": 1}
    assert found.last_received_at == NOW + 9
    assert (found.now, found.lag) == (NOW + 100, 100)


def test_what_came_later_than_now_by_another_hosts_clock_does_not_wait_for_less_than_nothing(inbox):
    inbox.take([payment(1, at=NOW + 600)])
    assert inbox.stats().lag == 0


def test_the_numbers_follow_the_work(inbox):
    fill(inbox, 10)
    worker = Work(inbox, "one", 60.0, 3)
    claimed, _ = worker.turn((), 5)
    assert check(inbox).states == {"pending": 5, "claimed": 5, "done": 0, "dead": 0, "passed": 0}
    worker.turn([Outcome(claimed[0], "done"), Outcome(claimed[1], "dead"), Outcome(claimed[2], "again", delay=5.0)])
    assert check(inbox).states == {"pending": 6, "claimed": 2, "done": 1, "dead": 1, "passed": 0}
    inbox.revive(claimed[1].id)
    assert check(inbox).states == {"pending": 7, "claimed": 2, "done": 1, "dead": 0, "passed": 0}


def test_attempts_are_set_beside_the_documented_schedule(inbox):
    at = NOW
    for attempt, wait in enumerate((0, *RETRY_AFTER), 1):
        at += wait
        inbox.take([payment(1, at=at + attempt)])
    inbox.take([payment(1, at=at + 1000), payment(1, at=at + 3000), payment(2)])
    found = inbox.stats().attempts
    assert [one.number for one in found] == list(range(1, 18))
    assert [one.deliveries for one in found] == [2] + [1] * 15 + [2]
    assert [one.documented for one in found] == [*itertools.accumulate(RETRY_AFTER, initial=0), None]
    assert [round(one.after - (one.documented or 0)) for one in found[:16]] == list(range(16))
    assert inbox.stats().duplicates == 17


def test_rejected_requests_are_counted_by_reason_and_day(store_url):
    day = [1773750000.0]
    with Inbox(store_url, clock=lambda: day[0]) as inbox:
        inbox.reject({"signature": 3, "malformed": 1, "nothing": 0})
        inbox.reject({"signature": 2})
        day[0] += 86400
        inbox.reject({"signature": 1, "\0" + "x" * 100: 1})
        found = inbox.stats()
        assert found.rejected == {"signature": 6, "malformed": 1, "␀" + "x" * 63: 1}
        assert found.rejected_by_day["2026-03-17"] == {"malformed": 1, "signature": 5}
        assert list(found.rejected_by_day) == ["2026-03-17", "2026-03-18"]
        inbox.reject({})
        for odd in (-1, 1.5, "3", 10**30, True):
            with pytest.raises(ConfigurationError):
                inbox.reject({"signature": odd})


# --- expectations


def expected(inbox):
    with inbox.store.reading() as connection:
        query = "SELECT kind, out_trade_no, trade_no, app_id, expected_at FROM halopay_expected ORDER BY id"
        return list(map(tuple, connection.execute(text(query))))


def test_what_is_expected_twice_is_expected_once(inbox):
    inbox.expect(out_trade_no="O1")
    inbox.expect(out_trade_no="O1", trade_no="T1")
    inbox.expect(out_trade_no="O1")
    inbox.expect(kind="payout", out_trade_no="O1", app_id="a")
    inbox.expect(trade_no="T2")
    assert expected(inbox) == [
        ("payment", "O1", "T1", "", NOW + 100),
        ("payout", "O1", None, "a", NOW + 100),
        ("payment", None, "T2", "", NOW + 100),
    ]


@pytest.mark.parametrize("nasty", ["\0", "\ud800", "x" * 5000, "'"])
def test_a_strange_number_can_be_expected(inbox, nasty):
    inbox.expect(out_trade_no=nasty, trade_no=nasty)
    assert len(expected(inbox)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"out_trade_no": ""},
        {"out_trade_no": 5},
        {"kind": "refund", "trade_no": "T"},
        {"trade_no": "T", "app_id": 5},
    ],
)
def test_an_expectation_without_a_number_is_refused(inbox, odd):
    with pytest.raises(ConfigurationError):
        inbox.expect(**odd)


# --- indexes

FILTERS = {
    "status": "PAID",
    "kind": "payment",
    "trade_no": "T1",
    "out_trade_no": "O1",
    "verdict": "conflict",
    "state": "dead",
    "origin": "query",
    "since": NOW,
    "until": NOW + 9,
}
ALONE = [{name: value} for name, value in FILTERS.items()]
USUAL = [{"verdict": "news"}, {"state": "done"}, {"origin": "webhook"}, {}]
RAREST = ("out_trade_no", "trade_no", "verdict", "state", "origin", "status", "kind")
PAIRS = [dict(pair) for pair in itertools.combinations(FILTERS.items(), 2)]


@contextmanager
def listening(inbox):
    """Write down what is asked of the database."""
    said = []

    def hear(_connection, _cursor, query, values, *_):
        said.append((query, values))

    event.listen(inbox.store._engine, "before_cursor_execute", hear)
    yield said
    event.remove(inbox.store._engine, "before_cursor_execute", hear)


def served(filters):
    """Return the index that is to find these: that of the filter that usually leaves the fewest."""
    chosen = [name for name in RAREST if name in filters and {name: filters[name]} not in USUAL]
    return f"halopay_events_{(chosen or ['received_at'])[0]}".replace("out_trade_no", "key")


@pytest.mark.parametrize("filters", [*ALONE, *USUAL, *PAIRS, FILTERS], ids=lambda filters: "+".join(filters) or "none")
def test_sqlite_finds_a_page_by_the_index_that_leaves_the_fewest(tmp_path, filters):
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        [taken] = inbox.take([payment(1)])
        with listening(inbox) as said:
            inbox.events(**filters)
            inbox.events(**filters, after=taken.event_id)
        pages = [one for one in said if "ORDER BY" in one[0] and "halopay_events" in one[0]]
        assert len(pages) == 2
        with inbox.store.reading() as connection:
            for query, values in pages:
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
                [main] = [step for step in plan if "halopay_events" in step]
                assert f"USING INDEX {served(filters)}" in main
                assert main.startswith("SEARCH") or not {*filters} - {"verdict", "state", "origin"}
                assert not any("SCAN" in step and "INDEX" not in step for step in plan)
                assert not any("TEMP B-TREE" in step for step in plan) or "out_trade_no" in filters


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"kind": "payout", "status": "PAID"}, "kind"),
        ({"kind": "payment", "status": "TIME-OUT"}, "status"),
        ({"kind": "payout", "state": "pending"}, "kind"),
        ({"kind": "payment", "verdict": "repeat"}, "verdict"),
        ({"kind": "payment", "status": "never heard of"}, "status"),
        ({"kind": "payout", "status": "PAID", "trade_no": "P1"}, "trade_no"),
    ],
)
def test_sqlite_takes_the_index_of_the_rarer_one(tmp_path, filters, index):
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        inbox.take([*(payment(number) for number in range(20)), payout(1), payment(1, "TIME-OUT"), payment(2, time=1)])
        with listening(inbox) as said:
            inbox.events(**filters)
        query, values = said[-1]
        with inbox.store.reading() as connection:
            [plan] = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
        assert f"USING INDEX halopay_events_{index} " in plan


def test_postgresql_finds_a_page_by_the_same_index_even_without_statistics(postgres_url):
    with Inbox(postgres_url) as inbox:
        inbox.take([payment(number, at=NOW + number) for number in range(500)])
        for filters in (*ALONE, *USUAL, *PAIRS, FILTERS):
            with listening(inbox) as said:
                inbox.events(**filters)
            [(settings, _)] = [one for one in said if "set_config" in one[0]]
            [(query, values)] = [one for one in said if "ORDER BY" in one[0] and "halopay_events" in one[0]]
            with inbox.store.reading() as connection:
                connection.exec_driver_sql(settings)
                plan = json.dumps(connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {query}", values).scalar())
            assert "Seq Scan" not in plan, filters
            assert '"Sort"' not in plan or "out_trade_no" in filters, filters
            assert f'"Index Name": "{served(filters)}"' in plan, filters


def test_sqlite_reads_its_numbers_without_walking_the_events(tmp_path):
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        with listening(inbox) as said:
            inbox.stats()
        with inbox.store.reading() as connection:
            for query, values in [one for one in said if "halopay_events" in one[0]]:
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
                assert all("INDEX" in step for step in plan), plan
