"""What is news, by the table."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halopay_kit.inbox.transitions import (
    HANDED_ON,
    KINDS,
    NOTHING,
    PHASES,
    TABLE,
    judge,
    phase,
    plain,
)

STATUSES = ("TO-BE-PAID", "TIME-OUT", "PAID", "FAIL")
RANKS = {None: 0, "TO-BE-PAID": 1, "TIME-OUT": 2, "PAID": 3, "FAIL": 3}
AMOUNTS = st.one_of(st.none(), st.decimals(0, 20, places=1))
EVENTS = st.lists(st.tuples(st.sampled_from((*STATUSES, "REFUNDED", "HELD", None)), AMOUNTS), max_size=12)


def told(kind, *events):
    """Return the verdicts on what is said one after the other: status, or status and amount."""
    standing, verdicts = NOTHING, []
    for said in events:
        status, amount = (said, None) if isinstance(said, str) else said
        verdict, standing = judge(kind, standing, status, None if amount is None else Decimal(amount))
        verdicts.append(verdict)
    return verdicts, standing


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_says_something_of_everything_that_can_follow(kind):
    assert set(TABLE[kind]) == {(before, status) for before in (None, *STATUSES) for status in STATUSES}
    assert set(PHASES[kind]) <= set(STATUSES)


def test_the_table_needs_no_database_library():
    program = (
        "import sys; sys.modules['sqlalchemy'] = sys.modules['psycopg'] = None; "
        "from halopay_kit.inbox.transitions import TABLE; print(len(TABLE))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert done.stdout == "3\n", done.stderr


def test_an_order_paid_in_parts_is_news_at_every_part():
    verdicts, standing = told("payment", ("TO-BE-PAID", "3"), ("TO-BE-PAID", "4"), ("PAID", "5"))
    assert verdicts == ["news", "news", "news"]
    assert standing.status == "PAID"


def test_the_same_amount_again_is_a_repeat_and_a_smaller_one_a_regress():
    assert told("payment", ("TO-BE-PAID", "3"), ("TO-BE-PAID", "3.00"), ("TO-BE-PAID", "2"))[0] == [
        "news",
        "repeat",
        "regress",
    ]


def test_a_payment_after_the_time_out_is_news():
    assert told("payment", ("TIME-OUT", "0"), ("PAID", "5"))[0] == ["news", "news"]


def test_a_part_after_the_time_out_is_news_and_the_order_stays_timed_out():
    verdicts, standing = told("payment", ("TIME-OUT", "0"), ("TO-BE-PAID", "3"), ("TO-BE-PAID", "3"))
    assert verdicts == ["news", "news", "regress"]
    assert (standing.status, standing.amount) == ("TIME-OUT", Decimal(3))


@pytest.mark.parametrize("late", ["TO-BE-PAID", "TIME-OUT"])
def test_nothing_but_more_money_is_news_after_the_payment(late):
    assert told("payment", ("PAID", "5"), (late, "9"))[0] == ["news", "regress"]
    assert told("payment", ("PAID", "5"), ("PAID", "5"), ("PAID", "6"), ("PAID", "5"))[0] == [
        "news",
        "repeat",
        "news",
        "regress",
    ]


@pytest.mark.parametrize("before", [(), (("TO-BE-PAID", "3"),), (("TIME-OUT", "3"),), ("TIME-OUT",)])
def test_the_first_amount_of_what_is_known_to_be_paid_is_no_news_and_is_noted(before):
    verdicts, standing = told("payment", *before, "PAID", ("PAID", "5"))
    assert verdicts[-2:] == ["news", "repeat"]
    assert standing.amount == Decimal(5)
    more = ("PAID", "5.0"), ("PAID", "4"), ("PAID", "6"), "PAID"
    assert told("payment", *before, "PAID", ("PAID", "5"), *more)[0][-4:] == ["repeat", "regress", "news", "repeat"]


@pytest.mark.parametrize("status", ["TO-BE-PAID", "TIME-OUT"])
def test_that_nothing_was_collected_is_no_more_than_that_no_amount_is_known(status):
    assert told("payment", status, (status, "0"), (status, "3"))[0] == ["news", "repeat", "news"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ends", [("PAID", "FAIL"), ("FAIL", "PAID")])
def test_two_ends_are_a_conflict_and_the_first_stands(kind, ends):
    verdicts, standing = told(kind, *ends, ends[1], ends[0])
    assert verdicts == ["news", "conflict", "conflict", "repeat"]
    assert standing.status == ends[0]


def test_a_payout_under_way_is_overtaken_by_its_end():
    assert told("payout", "TO-BE-PAID", "FAIL", "TO-BE-PAID", "FAIL")[0] == ["news", "news", "regress", "repeat"]


def test_a_status_we_do_not_know_is_handed_on_once_for_each_amount_and_moves_nothing():
    verdicts, standing = told("payment", "PAID", "REFUNDED", "REFUNDED", ("REFUNDED", "2"), ("REFUNDED", "2.0"))
    assert verdicts == ["news", "unknown-status", "repeat", "unknown-status", "repeat"]
    assert standing.status == "PAID"


@given(st.sampled_from(KINDS), EVENTS)
def test_what_was_taken_in_once_is_never_handed_on_again(kind, events):
    standing, before = NOTHING, []
    for status, amount in events:
        _, standing = judge(kind, standing, status, amount)
        before.append((status, amount))
        for earlier in before:
            verdict, same = judge(kind, standing, *earlier)
            assert verdict not in HANDED_ON
            assert same == standing


@given(st.sampled_from(KINDS), EVENTS)
def test_where_a_subject_stands_never_goes_backwards(kind, events):
    standings = [NOTHING]
    for status, amount in events:
        verdict, standing = judge(kind, standings[-1], status, amount)
        learned = (verdict, standings[-1].status, standings[-1].amount) == ("repeat", "PAID", None)
        assert (standing != standings[-1]) is (verdict in HANDED_ON) or learned
        standings.append(standing)
    for earlier, later in pairwise(standings):
        assert RANKS[earlier.status] <= RANKS[later.status]
        untold = later.status == "PAID" != earlier.status and later.amount is None
        assert earlier.amount is None or untold or earlier.amount <= later.amount
        assert earlier.others <= later.others
        assert not (earlier.status in {"PAID", "FAIL"} and earlier.status != later.status)


def test_the_phase_says_whether_more_is_to_come():
    assert [phase("payment", status) for status in (None, "TO-BE-PAID", "TIME-OUT", "PAID", "HELD")] == [
        "open",
        "open",
        "late",
        "final",
        "open",
    ]
    assert [phase("payout", status) for status in ("TO-BE-PAID", "TIME-OUT", "PAID", "FAIL")] == [
        "open",
        "open",
        "final",
        "final",
    ]


@pytest.mark.parametrize(
    ("amount", "text"),
    [("5.00", "5"), ("0", "0"), ("-0.0", "0"), ("100", "100"), ("1E+3", "1000"), ("0.10", "0.1"), ("1" * 40, "1" * 40)],
)
def test_equal_amounts_are_written_alike(amount, text):
    assert plain(Decimal(amount)) == text
