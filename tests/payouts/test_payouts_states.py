"""The tables of states and causes: whole, and nothing in them leads to a second payment."""

from __future__ import annotations

import pytest

from halopay_api.policy import RESULT_CODES
from halopay_kit import errors
from halopay_kit.errors import OutcomeUnknown
from halopay_kit.payouts.causes import CAUSES, cause_of
from halopay_kit.payouts.states import HAPPENINGS, OUTCOMES, STATES, TABLE


def test_only_what_is_new_or_not_done_is_ever_sent():
    assert {before for (before, happening) in TABLE if happening == "sent"} == {None, "not-done"}


def test_only_evidence_or_a_human_leads_out_of_unknown():
    leads = {happening for (before, happening), after in TABLE.items() if before == "unknown" and after != "unknown"}
    assert leads == {
        *("under-way", "paid", "fails", "mismatch", "twice"),
        *("absent-refused", "absent-settled", "gave-up"),
    }


def test_only_a_human_leads_out_of_review():
    leads = {happening for (before, happening), after in TABLE.items() if before == "needs-review" != after}
    assert leads == {"reviewed-done", "reviewed-not-done", "reviewed-failed"}


def test_what_ended_without_an_answer_is_unknown():
    for happening in ("refused", "no-word", "lease-over", "unnamed"):
        assert TABLE["sending", happening] == "unknown"


def test_the_table_knows_no_other_words():
    assert {after for after in TABLE.values()} <= set(STATES) == set(OUTCOMES)
    assert {happening for _, happening in TABLE} <= set(HAPPENINGS)


def test_every_cause_has_a_reason_and_a_happening():
    for name, cause in CAUSES.items():
        assert cause.name == name
        assert cause.reason
        assert cause.happening in HAPPENINGS
        assert cause.again == "no" or cause.outcome == "not-done"


def test_what_is_not_in_the_table_is_unknown():
    assert cause_of(ValueError()).name == "other"
    assert cause_of(errors.HaloPayError("new")).outcome == "unknown"
    assert cause_of(errors.ApiError("no", code=77777)).outcome == "unknown"
    assert cause_of(errors.OperationFailed("no", code=10002)).outcome == "unknown"


@pytest.mark.parametrize("code", [code for code, row in RESULT_CODES.items() if row.outcome == "not-done"])
def test_a_refusal_of_the_spec_is_not_done_once_it_is_confirmed(code):
    cause = cause_of(errors.BY_CODE[code]("no", code=code))
    assert (cause.happening, cause.outcome) == ("refused", "not-done")


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (errors.TimedOut("x"), "timed-out"),
        (errors.ConnectionLost("x"), "connection-lost"),
        (errors.UnverifiedAnswer("x", status=502, body=b"Bad Gateway"), "server-error"),
        (errors.UnverifiedAnswer("x", status=200, body=b"<html>"), "not-json"),
        (errors.UnverifiedAnswer("x", status=200, body=b"{}"), "unverified"),
        (errors.MalformedAnswer("x"), "malformed"),
        (errors.EchoMismatch("x"), "echo-mismatch"),
        (errors.OperationFailed("x", code=10002), "refused-10002"),
        (errors.Unreachable("x"), "other"),  # wrapped as unknown it vouches for nothing
    ],
)
def test_an_unknown_outcome_is_named_after_what_went_wrong(error, name):
    unknown = OutcomeUnknown("x")
    unknown.__cause__ = error
    assert (cause_of(unknown).name, cause_of(unknown).outcome) == (name, "unknown")
