"""Genuine bytes that are no event: kept once, with the reason."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from halopay_kit.inbox import Inbox
from halopay_kit.inbox.off_spec import OffSpec
from tests.inbox.abreast import run_threads
from tests.inbox.arrivals import NOW, arrival, payment

FIRST = ("halopay_unknown_digest", "halopay_subjects_unnamed")  # indexes that the first version had not


def off_spec(body=b'{"a": 1}', at=NOW, problem="status: missing", **options):
    told = {"app_id": "app", "signed_at": int(at), "headers": (("X-EventType", "Paid"), ("X-Sign", "secret"))}
    return OffSpec(body=body, received_at=at, problem=problem, **(told | options))


@pytest.fixture
def inbox(store_url):
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        yield inbox


def test_each_body_is_kept_once_beside_those_of_unknown_types(inbox):
    inbox.take([arrival(type="REFUND"), arrival(type="REFUND")])
    inbox.keep([off_spec(), off_spec(at=NOW + 5), off_spec(b"\xff{")])
    inbox.keep([off_spec(at=NOW + 9)])
    inbox.keep([])
    found = inbox.unknown()
    assert sorted((each.body, each.problem) for each in found if each.problem) == [
        (b'{"a": 1}', "status: missing"),
        (b"\xff{", "status: missing"),
    ]
    assert [each.problem for each in found].count(None) == 2
    first = next(each for each in found if each.body == b'{"a": 1}')
    assert (first.received_at, first.headers, first.event_id) == (NOW, (("X-EventType", "Paid"),), None)
    assert [each.id for each in inbox.unknown(after=found[1].id)] == [each.id for each in found[2:]]
    assert (inbox.stats().events, inbox.stats().unknown) == (0, 2)


def test_whatever_stands_in_it_is_kept(inbox):
    inbox.keep([off_spec(app_id="a\0\ud800" + "x" * 600, problem="\0\ud800 AppKey: planted" + "y" * 99_999)])
    (kept,) = inbox.unknown()
    assert "planted" not in kept.problem
    assert len(kept.problem) < 1100


def test_several_at_once_keep_it_once(store_url, inbox):
    def keep(number):
        with Inbox(store_url) as another:
            for turn in range(10):
                another.keep([off_spec(b"{%d}" % ((number + each) % 7), at=NOW + turn) for each in range(7)])
        return True

    assert list(run_threads(keep, [(number,) for number in range(4)])) == [True] * 4
    assert sorted(each.body for each in inbox.unknown()) == [b"{%d}" % number for number in range(7)]


def test_an_inbox_of_the_first_version_keeps_its_rows_and_learns_to(store_url):
    with Inbox(store_url) as inbox:
        inbox.take([payment(1), arrival(type="REFUND")])
        with inbox.store.writing() as connection:
            for index in FIRST:
                connection.execute(text(f"DROP INDEX IF EXISTS {index}"))
            for column in ("problem", "digest"):
                connection.execute(text(f"ALTER TABLE halopay_unknown DROP COLUMN {column}"))
            connection.execute(text("UPDATE halopay_versions SET version = 1 WHERE room = 'inbox'"))
    with Inbox(store_url) as inbox:
        inbox.keep([off_spec(), off_spec()])
        assert [each.problem for each in inbox.unknown()] == ["status: missing", None]
        assert [event.trade_no for event in inbox.events()] == ["T1"]
