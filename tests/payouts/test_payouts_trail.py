"""The trail of transitions cannot be rewritten quietly; nor can a payout beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from halopay_kit.errors import ConfigurationError
from tests.payouts.till import Till, opened


@pytest.fixture
def till(store_url: str) -> Iterator[Till]:
    with opened(store_url) as till:
        for number in ("P1", "P2", "P3"):
            till.pay(number)
        assert till.journal.audit().whole
        yield till


def edit(till: Till, statement: str) -> None:
    with till.journal.store.writing() as connection:
        connection.exec_driver_sql(statement)


def broken(till: Till, anchor: str | None = None) -> list[str]:
    return [f"{each.place}: {each.problem}" for each in till.journal.audit(anchor=anchor).broken]


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'x'",
        "at = at + 1",
        "evidence = NULL",
        "state = 'failed'",
        "who = 'alice'",
        "payout = '{}'",
        "answer = ''",
    ],
)
def test_a_row_that_was_edited_is_named(till, change):
    edit(till, f"UPDATE halopay_payout_history SET {change} WHERE seq = 4")
    assert "row 4 of halopay_payout_history: it was edited: its hash is another" in broken(till)


def test_a_row_that_was_taken_out_is_named(till):
    edit(till, "DELETE FROM halopay_payout_history WHERE seq = 3")
    assert any("row 3 before it is missing" in each for each in broken(till))


def test_an_end_that_was_cut_off_is_seen(till):
    edit(till, "DELETE FROM halopay_payout_history WHERE seq = 6")
    assert any("the end of halopay_payout_history" in each for each in broken(till))


def test_an_end_that_was_cut_off_with_care_is_seen_by_an_anchor(till):
    anchor = till.journal.audit().anchor
    edit(till, "DELETE FROM halopay_payout_history WHERE seq > 4")
    edit(till, "DELETE FROM halopay_payouts WHERE out_trade_no = 'P3'")
    edit(
        till,
        "UPDATE halopay_payout_chain SET length = 4, hash = (SELECT hash FROM halopay_payout_history WHERE seq = 4)",
    )
    assert broken(till) == []
    assert broken(till, anchor) == ["row 6 of halopay_payout_history: it is not the one that the anchor noted"]


def test_a_row_that_was_written_anew_with_its_hash_is_named(till):
    from halopay_kit.payouts import chain
    from halopay_kit.payouts.schema import history

    with till.journal.store.writing() as connection:
        row = dict(connection.execute(history.select().where(history.c.seq == 2)).mappings().one())
        row["reason"] = "as it suits me"
        row["hash"] = chain._hash(row)
        connection.execute(history.update().where(history.c.seq == 2).values(**row))
    assert any(each.startswith("row 2 of halopay_payout_history: it was written anew") for each in broken(till))


@pytest.mark.parametrize(
    "change", ["state = 'not-done'", "amount = '5'", "address = 'x'", "trade_no = 'y'", "amount = 'x'"]
)
def test_a_payout_that_was_edited_is_named(till, change):
    edit(till, f"UPDATE halopay_payouts SET {change} WHERE out_trade_no = 'P2'")
    assert [each.partition(": ")[0] for each in broken(till)] == ["payout P2 of halopay_payouts"]


def test_a_payout_that_was_taken_out_or_put_in_is_named(till):
    edit(till, "UPDATE halopay_payouts SET out_trade_no = 'P9' WHERE out_trade_no = 'P2'")
    assert {each.partition(" of ")[0] for each in broken(till)} == {"payout P9", "payout P2"}


def test_an_anchor_that_is_none_is_refused(till):
    with pytest.raises(ConfigurationError, match="an anchor"):
        till.journal.audit(anchor="x")


def test_the_trail_goes_on_from_its_anchor(till):
    anchor = till.journal.audit().anchor
    till.pay("P4")
    assert till.journal.audit(anchor=anchor).whole


def test_every_answer_is_kept_with_its_hash(till):
    from hashlib import sha256

    last = till.journal.history("P1")[-1]
    assert last["evidence"] == f"payout.create:sha256:{sha256(last['answer'].encode()).hexdigest()}"
