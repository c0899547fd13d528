"""A payout is made at most once, and what is not known is never guessed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest

from halopay_kit import HaloPay, OutcomeUnknown
from halopay_kit.errors import (
    ConfigurationError,
    IntentMismatch,
    InvalidRequest,
    JournalAltered,
    JournalUnavailable,
)
from halopay_kit.payouts import Journal, Payouts, Settings
from halopay_kit.payouts.journal import Journal as Kept
from tests.payouts.till import ADDRESS, OTHER, Till, opened, replacing, signed


@pytest.fixture
def till(store_url: str) -> Iterator[Till]:
    with opened(store_url) as till:
        yield till


@pytest.fixture
def small(tmp_path) -> Iterator[Till]:
    with opened(str(tmp_path / "journal.sqlite")) as till:
        yield till


@pytest.fixture
def careless(tmp_path) -> Iterator[Till]:
    """A HaloPay that takes an out_trade_no twice."""
    with opened(str(tmp_path / "journal.sqlite"), reused="new") as till:
        yield till


# --- the plain way


def test_a_payout_is_made_once_and_its_evidence_is_named(till):
    paid = till.pay()
    assert (paid.state, paid.outcome, paid.cause, paid.attempts) == ("done", "done", "accepted", 1)
    assert paid.evidence.startswith("payout.create:sha256:")
    assert till.made() == ["TO-BE-PAID"]
    assert till.states() == [("sending", "sending"), ("done", "accepted")]


def test_the_same_again_is_the_same_payout(till):
    first, again = till.pay(), till.pay(amount=Decimal("4.200"))
    assert again.trade_no == first.trade_no
    assert till.asked() == 1


@pytest.mark.parametrize("changed", [{"amount": "4.3"}, {"address": OTHER}, {"currency_id": 73}])
def test_another_payout_under_the_same_number_is_an_error_that_shows_both(small, changed):
    small.pay()
    with pytest.raises(IntentMismatch) as error:
        small.pay(**changed)
    assert "4.2 of currency 75 to " + ADDRESS in str(error.value)
    assert str(next(iter(changed.values()))) in str(error.value)
    assert small.asked() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": 4.2}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"currency_id": "75"}, "currency_id"),
        ({"out_trade_no": " P1"}, "out_trade_no"),
        ({"out_trade_no": "P\0"}, "out_trade_no"),
        ({"out_trade_no": "P" * 200}, "out_trade_no"),
        ({"address": ADDRESS[:-1] + "g"}, "address"),
        ({"address": ADDRESS.replace("o", "\u043e")}, "address"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_written(small, changed, field):
    with pytest.raises(InvalidRequest) as error:
        small.pay(**changed)
    assert error.value.field == field
    assert (small.asked(), list(small.journal.rows())) == (0, [])


def test_a_payout_is_followed_to_its_end(small):
    small.pay("P1")
    small.pay("P2")
    small.box.settle(out_trade_no="P1")
    small.box.fail(out_trade_no="P2")
    small.resume()
    paid, failed = small.payouts.status("P1"), small.payouts.status("P2")
    assert (paid.state, paid.status, paid.due_at) == ("done", "PAID", None)
    assert paid.txid
    assert (failed.state, failed.outcome, failed.status) == ("failed", "not-done", "FAIL")
    assert small.pay("P2").state == "failed"  # its number is used up
    assert small.asked() == 2


# --- when the answer is lost


@pytest.mark.parametrize(
    "fault",
    ["cut_after", "truncated", "error_after", "not_json", "stale", "wrong_signature", "no_signature", "failed_after"],
)
def test_a_payout_whose_answer_is_lost_is_found_again(small, fault):
    small.box.faults.add("payout.create", **{fault: 1})
    found = small.pay()
    assert (found.state, found.cause) == ("done", "under-way")
    assert found.evidence.startswith("payout.detail:sha256:")
    assert (small.made(), small.asked()) == (["TO-BE-PAID"], 1)


def test_cut_after_while_queries_fail_too_is_unknown_and_done_after_resume(till):
    till.box.faults.add("payout.create", cut_after=1)
    till.box.faults.add("payout.detail", cut_before=100)
    unknown = till.pay()
    assert (unknown.outcome, unknown.cause) == ("unknown", "connection-lost")
    assert till.pay().outcome == "unknown"
    till.box.faults.clear()
    till.resume()
    done = till.payouts.status("P1", ask=False)
    assert (done.state, done.cause) == ("done", "under-way")
    assert "payout.detail:sha256:" in done.evidence
    assert (till.made(), till.asked()) == (["TO-BE-PAID"], 1)


def test_what_never_left_is_unknown_until_haloPay_did_not_know_it_for_the_settle_window(till):
    till.box.faults.add("payout.create", cut_before=1)
    assert till.pay().state == "unknown"
    till.resume(2)
    assert till.payouts.status("P1").state == "unknown"
    till.resume(3)
    settled = till.payouts.status("P1", ask=False)
    assert (settled.state, settled.cause) == ("not-done", "absent-settled")
    assert till.made() == []


def test_the_settle_window_alone_is_not_enough_without_several_queries(small):
    small.box.faults.add("payout.create", cut_before=1)
    small.pay()
    small.box.clock.advance("10h")
    small.payouts.resume()
    small.payouts.resume()
    assert small.payouts.status("P1").state == "unknown"


def test_several_queries_alone_are_not_enough_without_the_window(small):
    small.box.faults.add("payout.create", cut_before=1)
    small.pay()
    for _ in range(30):
        small.payouts.status("P1")
    assert small.payouts.status("P1", ask=False).absences == 1


def test_window_and_queries_are_settings(small):
    small.payouts = small.with_(settle_window=60.0, settle_queries=2)
    small.box.faults.add("payout.create", cut_before=1)
    small.pay()
    small.resume(3, "30s")
    assert small.payouts.status("P1").state == "not-done"


def test_an_unknown_one_is_never_sent_again(small):
    small.box.faults.add("payout.create", cut_before=1)
    for _ in range(5):
        assert small.pay().state == "unknown"
    assert small.asked() == 1


def test_nothing_learned_for_a_day_needs_review(small):
    small.box.faults.add("payout.create", cut_after=1)
    small.box.faults.add("payout.detail", error_before=True)
    small.pay()
    small.resume(8, "4h")
    assert small.payouts.status("P1").cause == "gave-up"
    assert small.payouts.status("P1").state == "needs-review"


# --- sending again


def test_where_haloPay_merely_did_not_know_it_a_human_decides_before_it_is_sent_again(careless):
    careless.box.faults.add("payout.create", hidden="8h")
    careless.box.faults.add("payout.create", cut_after=1)
    assert careless.pay().state == "unknown"
    careless.box.faults.clear()
    careless.resume(6)
    assert careless.payouts.status("P1", ask=False).state == "not-done"
    asked = careless.pay()
    assert (asked.state, asked.cause) == ("needs-review", "unsure")
    assert (careless.asked(), careless.made()) == (1, ["TO-BE-PAID"])


def test_one_that_appears_after_it_counted_as_not_done_needs_review(careless):
    careless.box.faults.add("payout.create", hidden="2h", cut_after=1)
    careless.pay()
    careless.box.faults.clear()
    careless.resume(5)
    assert careless.payouts.status("P1", ask=False).state == "not-done"
    careless.resume(2, "1h")
    appeared = careless.payouts.status("P1", ask=False)
    assert (appeared.state, appeared.cause) == ("needs-review", "under-way")
    assert careless.pay().state == "needs-review"
    assert careless.asked() == 1


def test_where_haloPay_deduplicates_it_is_sent_again_under_the_same_number(small):
    small.payouts = small.with_(deduplicates=True)
    small.box.faults.add("payout.create", cut_before=1)
    small.pay()
    small.resume(5)
    again = small.pay()
    assert (again.state, again.attempts) == ("done", 2)
    assert small.made() == ["TO-BE-PAID"]


def test_what_was_refused_is_not_done_and_sent_again_after_a_query(small):
    small.box.faults.add("payout.create", frequent=1)
    refused = small.pay()
    assert (refused.state, refused.cause) == ("not-done", "refused-20009")
    assert small.pay().state == "done"
    assert small.made() == ["TO-BE-PAID"]


def test_without_an_answer_to_the_query_nothing_is_sent_again(small):
    small.box.faults.add("payout.create", frequent=1)
    small.pay()
    small.box.faults.add("payout.detail", cut_before=10)
    assert small.pay().state == "not-done"
    assert small.asked() == 1


def test_no_connection_is_not_done_at_once(small):
    small.halopay.close()
    small.halopay = HaloPay(
        small.box.app_id, small.box.app_key, "http://127.0.0.1:1", clock=small.box.clock.now, sleep=small.sleep
    )
    small.payouts = small.with_()
    refused = small.pay()
    assert (refused.state, refused.cause) == ("not-done", "not-connected")


# --- answers that are not this call's


def test_a_refusal_that_somebody_replayed_does_not_hide_a_payout_that_was_made(small):
    replacing(small, "payout.create", lambda _made: signed(small, {"code": 10003, "msg": "parameter error"}))
    found = small.pay()
    assert (found.state, found.cause) == ("done", "under-way")
    assert ("unknown", "refused-10003") in small.states()
    assert small.made() == ["TO-BE-PAID"]


def test_a_refusal_alone_is_unknown_until_a_query_confirms_it(small):
    small.box.faults.add("payout.create", frequent=1)
    small.box.faults.add("payout.detail", cut_before=100)
    assert (small.pay().state, small.pay().state) == ("unknown", "unknown")
    small.box.faults.clear()
    small.resume()
    assert small.payouts.status("P1").state == "not-done"


def test_a_success_that_names_no_payout_is_confirmed_by_a_query(small):
    replacing(small, "payout.create", lambda _made: signed(small, {"code": 0, "msg": "", "data": {"trade_no": "X1"}}))
    found = small.pay()
    assert found.state == "needs-review"  # X1 here, another trade_no there
    assert found.cause == "twice"


def test_answers_that_name_nothing_are_believed_when_they_agree_on_the_trade_no(small):
    bare = {"code": 0, "msg": "", "data": {"trade_no": "X1", "status": "PAID"}}
    replacing(small, "payout.create", lambda _made: signed(small, bare))
    replacing(small, "payout.detail", lambda _made: signed(small, bare), times=5)
    found = small.pay()
    assert (found.state, found.trade_no, found.status) == ("done", "X1", "PAID")


def test_an_answer_that_names_nothing_at_all_proves_nothing(small):
    bare = {"code": 0, "msg": "", "data": {}}
    replacing(small, "payout.create", lambda _made: signed(small, bare))
    replacing(small, "payout.detail", lambda _made: signed(small, bare), times=100)
    assert small.pay().state == "unknown"


@pytest.mark.parametrize("changed", [{"amount": "4.3"}, {"currency_id": 73}, {"address": OTHER}])
def test_another_payout_under_our_number_needs_review(small, changed):
    told = {"out_trade_no": "P1", "trade_no": "X1", "status": "PAID", "amount": "4.2", "currency_id": 75}
    data = told | {"address": ADDRESS} | changed
    small.box.faults.add("payout.create", cut_before=1)
    replacing(small, "payout.detail", lambda _made: signed(small, {"code": 0, "msg": "", "data": data}), times=9)
    found = small.pay()
    assert (found.state, found.cause) == ("needs-review", "mismatch")
    assert str(next(iter(changed.values()))) in found.reason


def test_an_answer_about_another_number_needs_review(small):
    data = {"out_trade_no": "P2", "trade_no": "X1", "status": "PAID"}
    small.box.faults.add("payout.create", cut_before=1)
    replacing(small, "payout.detail", lambda _made: signed(small, {"code": 0, "msg": "", "data": data}), times=9)
    assert small.pay().state == "needs-review"


def test_a_status_that_nobody_knows_is_unknown(small):
    data = {"out_trade_no": "P1", "trade_no": "X1", "status": "FROZEN"}
    replacing(small, "payout.create", lambda _made: signed(small, {"code": 0, "msg": "", "data": data}))
    replacing(small, "payout.detail", lambda _made: signed(small, {"code": 0, "msg": "", "data": data}), times=9)
    found = small.pay()
    assert (found.state, found.status) == ("unknown", "FROZEN")
    small.box.clock.advance("2h")
    assert small.payouts.status("P1").state == "unknown"  # 10004 or not: HaloPay had it once


# --- webhooks


def test_a_webhook_that_came_before_the_answer_is_believed(small, tmp_path):
    small.listen(str(tmp_path / "inbox.sqlite"))
    small.box.faults.add("payout.create", cut_before=1)
    small.box.faults.add("payout.detail", cut_before=True)
    small.webhook()
    found = small.pay()
    assert (found.state, found.cause, found.status) == ("done", "paid", "PAID")
    assert found.evidence.startswith("webhook:1:sha256:")


def test_a_webhook_about_another_payout_under_our_number_needs_review(small, tmp_path):
    small.listen(str(tmp_path / "inbox.sqlite"))
    small.pay()
    small.webhook(amount="999")
    small.payouts.resume()
    assert small.payouts.status("P1").cause == "mismatch"


def test_two_payouts_under_one_number_need_review(careless, tmp_path):
    careless.listen(str(tmp_path / "inbox.sqlite"))
    careless.pay()
    careless.webhook(trade_no="another")
    careless.payouts.resume()
    found = careless.payouts.status("P1")
    assert (found.state, found.cause) == ("needs-review", "twice")


def test_one_that_fails_after_it_was_paid_needs_review(small, tmp_path):
    small.listen(str(tmp_path / "inbox.sqlite"))
    trade_no = small.pay().trade_no
    small.webhook(trade_no=trade_no)
    small.payouts.resume()
    assert small.payouts.status("P1").status == "PAID"
    small.webhook(trade_no=trade_no, status="FAIL")
    assert [each.cause for each in small.payouts.resume().moved] == ["contradiction"]
    assert small.payouts.status("P1").state == "needs-review"


def test_an_event_of_another_app_says_nothing(small, tmp_path):
    small.listen(str(tmp_path / "inbox.sqlite"))
    small.pay()
    small.webhook(amount="999", appid="anotherApp123456")
    small.payouts.resume()
    assert small.payouts.status("P1").state == "done"


# --- review


def _needing_review(till: Till) -> None:
    till.box.faults.add("payout.create", cut_before=1)
    till.pay()
    till.resume(5)
    till.pay()
    assert till.payouts.status("P1").state == "needs-review"


def test_a_review_records_who_and_why_and_lets_it_be_sent_again(small):
    _needing_review(small)
    reviewed = small.journal.review("P1", "not-done", who="alice", why="ticket 812")
    assert (reviewed.state, reviewed.evidence) == ("not-done", "review:alice")
    last = small.journal.history("P1")[-1]
    assert (last["who"], last["why"]) == ("alice", "ticket 812")
    assert small.pay().state == "done"
    assert small.made() == ["TO-BE-PAID"]


def test_a_review_as_done_ends_it(small):
    _needing_review(small)
    assert small.journal.review("P1", "done", who="alice", why="seen on the chain").state == "done"
    assert small.pay().state == "done"
    assert small.asked() == 1


def test_a_number_under_which_something_exists_is_used_up_after_a_review(careless):
    careless.box.faults.add("payout.create", hidden="2h", cut_after=1)
    careless.pay()
    careless.box.faults.clear()
    careless.resume(5)
    careless.resume(2, "1h")
    assert careless.journal.review("P1", "not-done", who="bob", why="HaloPay cancelled it").state == "failed"
    assert careless.pay().state == "failed"
    assert careless.asked() == 1


def test_only_what_needs_review_is_reviewed_and_somebody_says_why(small):
    small.pay()
    with pytest.raises(ConfigurationError, match="needs no review"):
        small.journal.review("P1", "done", who="a", why="b")
    with pytest.raises(ConfigurationError, match="there is no payout"):
        small.journal.review("P9", "done", who="a", why="b")
    with pytest.raises(ConfigurationError, match="why is not said"):
        small.journal.review("P1", "done", who="a", why=" ")


# --- several at once, and a journal that fails


def test_many_threads_pay_one_payout_once(till):
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(till.pay())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert till.made() == ["TO-BE-PAID"]
    assert till.asked() == 1
    assert till.payouts.status("P1").state == "done"
    assert len(outcomes) == 8


def test_a_lease_that_is_over_makes_it_unknown_and_never_sends_it(till):
    from halopay_kit.payouts.payout import intent_of

    fields = {"out_trade_no": "P1", "currency_id": 75, "amount": "4.2", "address": ADDRESS}
    claimed = till.journal.begin(intent_of(till.box.app_id, fields), "somebody who died", Settings())
    assert claimed.state == "sending"
    assert till.pay().state == "sending"
    till.resume(1, "5m")
    assert till.payouts.status("P1").state == "sending"
    till.resume(1, "6m")
    assert till.payouts.status("P1").cause == "lease-over"
    assert till.asked() == 0


def test_an_attempt_that_is_held_up_beyond_its_time_is_not_taken_by_haloPay(small):
    """The request carries the time at which it was recorded: one whose sender slept is not done late."""
    call = small.halopay.call

    def held_up(operation, fields, **options):
        if operation.name == "payout.create":
            small.box.clock.advance("15m")
        return call(operation, fields, **options)

    small.halopay.call = held_up
    late = small.pay()
    assert late.outcome != "done"
    assert small.made() == []


def test_a_journal_that_fails_after_the_sending_is_an_unknown_outcome(small, monkeypatch):
    change = Kept.change

    def fails(self, payout, decide, settings):
        raise JournalUnavailable("the disk is full")

    monkeypatch.setattr(Kept, "change", fails)
    with pytest.raises(OutcomeUnknown, match="could not be written down"):
        small.pay()
    monkeypatch.setattr(Kept, "change", change)
    assert small.made() == ["TO-BE-PAID"]
    assert small.payouts.status("P1", ask=False).state == "sending"
    small.resume()
    assert small.payouts.status("P1").state == "done"


def test_a_journal_that_cannot_be_written_sends_nothing(small):
    small.journal.close()
    with pytest.raises(JournalUnavailable):
        small.pay()
    assert small.asked() == 0


def test_what_was_edited_by_hand_is_not_believed(small):
    small.box.faults.add("payout.create", cut_after=1)
    small.box.faults.add("payout.detail", cut_before=True)
    small.pay()
    small.box.faults.clear()
    with small.journal.store.writing() as connection:
        connection.exec_driver_sql("UPDATE halopay_payouts SET state = 'not-done', cause = 'not-connected'")
    with pytest.raises(JournalAltered):
        small.pay()
    assert small.asked() == 1


def test_an_interrupt_leaves_unknown_and_is_passed_on(small, monkeypatch):
    call = small.halopay.call

    def interrupted(operation, fields, **options):
        call(operation, fields, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(small.halopay, "call", interrupted)
    with pytest.raises(KeyboardInterrupt):
        small.pay()
    monkeypatch.undo()
    assert small.states() == [("sending", "sending"), ("unknown", "interrupted")]
    assert small.pay().state == "done"
    assert small.made() == ["TO-BE-PAID"]


def test_a_clock_that_jumped_proves_nothing(small):
    """Answers are verified by the clock: one that is off by hours cannot make the settle window pass."""
    small.box.faults.add("payout.create", cut_before=1)
    small.pay()
    now = small.box.clock.now
    wrong = HaloPay(
        small.box.app_id, small.box.app_key, small.box.base_url, clock=lambda: now() + 90_000, sleep=small.sleep
    )
    ahead = Payouts(wrong, small.journal, sleep=small.sleep)
    for _ in range(8):
        ahead.resume()
    wrong.close()
    assert small.payouts.status("P1", ask=False).state in {"unknown", "needs-review"}
    assert small.payouts.status("P1", ask=False).absences == 1


def test_payouts_of_another_app_are_left_alone(small):
    small.box.faults.add("payout.create", cut_before=1)
    small.pay()
    other = HaloPay("anotherApp123456", "anotherAppKey", small.box.base_url, clock=small.box.clock.now)
    with other:
        assert Payouts(other, small.journal).resume().looked_at == 0


def test_a_shorter_lease_than_haloPay_takes_requests_is_refused():
    with pytest.raises(ConfigurationError, match="a lease"):
        Settings(lease=60)


def test_the_journal_can_stand_in_the_inbox_s_database(small, tmp_path):
    small.listen(str(tmp_path / "journal.sqlite"))
    assert small.pay().state == "done"
    with Journal(str(tmp_path / "journal.sqlite"), create=False) as journal:
        assert journal.get("P1").state == "done"
