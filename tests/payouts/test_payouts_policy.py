"""A policy decides before anything is sent, and keeps no code."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator

import pytest

from halopay_kit.errors import ConfigurationError, PolicyViolation
from halopay_kit.payouts import Policy
from tests.payouts.till import ADDRESS, OTHER, Till, opened

CODE = "913507"


@pytest.fixture
def till(store_url: str) -> Iterator[Till]:
    with opened(store_url) as till:
        yield till


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (Policy(per_payout=4), "4.2 is more than 4"),
        (Policy(per_payout={73: "100"}), "names no cap of currency 75"),
        (Policy(per_day="4"), "more than 4, the cap of a day"),
        (Policy(allow=[OTHER]), "not on the allow-list"),
    ],
)
def test_a_violation_sends_and_writes_nothing(till, policy, says):
    till.payouts = till.with_(policy)
    with pytest.raises(PolicyViolation, match=says):
        till.pay()
    assert (till.asked(), list(till.journal.rows())) == (0, [])


def test_a_day_s_cap_counts_what_may_have_been_paid(till):
    till.payouts = till.with_(Policy(per_day={75: "10"}))
    till.pay("P1")
    till.box.faults.add("payout.create", cut_before=1)
    assert till.pay("P2").state == "unknown"
    with pytest.raises(PolicyViolation, match=r"with the 8\.4 of 2026-03-17 it would be 12\.6"):
        till.pay("P3")
    till.box.clock.advance("24h")
    assert till.pay("P3").state == "done"


def test_threads_together_do_not_exceed_a_day_s_cap(till):
    till.payouts = till.with_(Policy(per_day="9"))
    refused = []

    def pay(number: int) -> None:
        try:
            till.pay(f"P{number}")
        except PolicyViolation as error:
            refused.append(error)

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), len(till.box._control.state()["payouts"])) == (6, 2)


def test_a_dry_run_judges_and_sends_nothing(till):
    till.payouts = till.with_(Policy(dry_run=True, per_payout="5"))
    assert till.pay().reason.startswith("a dry run")
    with pytest.raises(PolicyViolation):
        till.pay(amount="6")
    assert (till.asked(), list(till.journal.rows())) == (0, [])


def test_a_code_goes_to_halopay_and_nowhere_else(till, tmp_path):
    asked = []

    def code() -> str:
        asked.append(1)
        return CODE

    till.payouts = till.with_(Policy(google=code))
    till.pay()
    sent = [row.what["request"] for row in till.box.record if row.kind == "call" and "request" in row.what]
    assert any(f'"google_code":"{CODE}"'.encode() in bytes(request) for request in sent)
    assert len(asked) == 1
    till.pay()
    assert len(asked) == 1  # for an attempt, not for a question
    kept = (
        str(list(till.journal.rows()))
        + str(till.journal.history("P1"))
        + repr(till.payouts)
        + repr(till.payouts.policy)
    )
    assert CODE not in kept
    for path in tmp_path.iterdir():
        assert CODE.encode() not in path.read_bytes()


def test_a_traceback_with_locals_does_not_show_the_code(till):
    class Odd(BaseException):
        pass

    def fails(operation, _fields, **_options):
        if operation.name == "payout.create":
            raise Odd

    till.payouts = till.with_(Policy(google=lambda: CODE))
    till.halopay.call = fails
    with pytest.raises(Odd) as caught:
        till.pay()
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = [line for line in frames.format() if "halopay_kit" in line]
    assert shown
    assert not [line for line in shown if CODE in line]


@pytest.mark.parametrize("code", ["", None, 913507, "9" * 100])
def test_a_callable_that_gives_no_code_stops_the_payout(till, code):
    till.payouts = till.with_(Policy(google=lambda: code))
    with pytest.raises(PolicyViolation, match="no Google Authenticator code"):
        till.pay()
    assert till.asked() == 0


def test_a_callable_that_fails_is_not_quoted(till):
    def fails() -> str:
        raise RuntimeError(f"the code {CODE} is used up")

    till.payouts = till.with_(Policy(google=fails))
    with pytest.raises(PolicyViolation) as error:
        till.pay()
    assert CODE not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_payout": 1.5},
        {"per_day": "x"},
        {"per_day": {"75": "1"}},
        {"allow": ADDRESS},
        {"allow": ["x\u0430"]},
        {"google": CODE},
    ],
)
def test_a_policy_that_cannot_be_right_is_refused(wrong):
    with pytest.raises(ConfigurationError):
        Policy(**wrong)
