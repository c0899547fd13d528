"""What an attempt, or a query, came to: a table from what went wrong to done, not done or unknown, each with a reason.

What is not in the table is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from halopay_api.policy import RESULT_CODES
from halopay_kit import errors
from halopay_kit.errors import AnswerError, ApiError, HaloPayError, OutcomeUnknown
from halopay_kit.payouts.states import Happening

Outcome = Literal["done", "not-done", "unknown"]
Again = Literal["freely", "if-deduplicated", "no"]


class Cause(NamedTuple):
    """Say what a cause means for the attempt, why, and whether a payout that is not done by it may be sent again."""

    name: str
    happening: Happening
    outcome: Outcome
    reason: str
    again: Again = "no"


def _refusals() -> dict[str, Cause]:
    """Make a row for each result code of the spec that says that nothing was done."""
    return {
        f"refused-{code.value}": Cause(
            f"refused-{code.value}",
            "refused",
            "not-done",
            f"HaloPay refused it ({code.value}, {code.meaning}), and a query confirmed that it does not exist",
            "freely",
        )
        for code in RESULT_CODES.values()
        if code.outcome == "not-done"
    }


_ROWS: Final = (
    # an attempt that is under way, or never left
    Cause("sending", "sent", "unknown", "the attempt is recorded, and its answer is not there yet"),
    Cause("lease-over", "lease-over", "unknown", "the process that sent it did not come back: it may have left or not"),
    Cause("interrupted", "no-word", "unknown", "interrupted before an answer came"),
    Cause("not-connected", "not-sent", "not-done", "no connection was made: nothing was sent", "freely"),
    Cause("not-sendable", "not-sent", "not-done", "it was refused on this side: nothing was sent", "freely"),
    Cause("held-up", "not-sent", "not-done", "it was held up for so long that it was not sent any more", "freely"),
    # an answer that is none
    Cause("timed-out", "no-word", "unknown", "no answer came in time"),
    Cause("connection-lost", "no-word", "unknown", "the connection broke before the answer was there"),
    Cause("server-error", "no-word", "unknown", "an answer with a 5xx status that nobody vouches for"),
    Cause("unverified", "no-word", "unknown", "an answer whose signature is missing, wrong or out of its time"),
    Cause("not-json", "no-word", "unknown", "an answer that is not JSON, and not signed"),
    Cause("malformed", "no-word", "unknown", "a signed answer that is not what the spec says"),
    Cause("echo-mismatch", "no-word", "unknown", "a signed answer that speaks of another number"),
    Cause("refused-10002", "no-word", "unknown", "HaloPay says that the operation failed, not that nothing was done"),
    Cause("refused-other", "no-word", "unknown", "HaloPay refused with a code that we don't know"),
    Cause("other", "no-word", "unknown", "something that is not in this table"),
    # an answer
    Cause("accepted", "under-way", "done", "HaloPay accepted it, in a signed answer that names it"),
    Cause("unnamed", "unnamed", "unknown", "a signed answer that does not say which payout it is about"),
    # a query or a webhook
    Cause("under-way", "under-way", "done", "HaloPay has it"),
    Cause("paid", "paid", "done", "HaloPay says that it was paid"),
    Cause("failed", "fails", "not-done", "HaloPay says that it failed"),
    Cause("other-status", "other-status", "unknown", "HaloPay has it, with a status that we don't understand"),
    Cause("contradiction", "contradiction", "unknown", "HaloPay said that it was paid and that it failed"),
    Cause("mismatch", "mismatch", "unknown", "what HaloPay has under this number is not what was asked for"),
    Cause("twice", "twice", "unknown", "HaloPay has two payouts under this number"),
    Cause("absent", "absent", "unknown", "HaloPay does not know it (10004): not yet often and long enough to count"),
    Cause(
        "absent-settled",
        "absent-settled",
        "not-done",
        "HaloPay did not know it (10004), several times and for the whole settle window",
        "if-deduplicated",
    ),
    Cause("gave-up", "gave-up", "unknown", "nothing was learned for longer than HaloPay repeats its webhooks"),
    Cause(
        "unsure",
        "unsure",
        "unknown",
        "it was to be sent again, but HaloPay only did not know it: should the first one appear after all, and HaloPay "
        "not refuse a number twice, it would be paid twice",
    ),
    # a human
    Cause("reviewed-done", "reviewed-done", "done", "reviewed: it was done"),
    Cause("reviewed-not-done", "reviewed-not-done", "not-done", "reviewed: it was not done", "freely"),
    Cause("reviewed-failed", "reviewed-failed", "not-done", "reviewed: it was not done, and its number is used up"),
)

CAUSES: Final[Mapping[str, Cause]] = MappingProxyType({row.name: row for row in _ROWS} | _refusals())
"""Every cause by its name."""

_ERRORS: Final[tuple[tuple[type[HaloPayError], str], ...]] = (
    (errors.Unreachable, "not-connected"),
    (errors.InvalidRequest, "not-sendable"),
    (errors.TimedOut, "timed-out"),
    (errors.ConnectionLost, "connection-lost"),
    (errors.EchoMismatch, "echo-mismatch"),
    (errors.MalformedAnswer, "malformed"),
    (errors.UnverifiedAnswer, "unverified"),
)


def cause_of(error: BaseException) -> Cause:
    """Return what an error of a call that moves money says about it."""
    if isinstance(error, OutcomeUnknown):
        cause = cause_of(error.__cause__) if error.__cause__ is not None else CAUSES["other"]
        # whatever it looks like, the transport did not vouch that nothing was done
        return cause if cause.happening == "no-word" else CAUSES["other"]
    if isinstance(error, ApiError):
        return CAUSES.get(f"refused-{error.code}", CAUSES["refused-other"])
    if isinstance(error, errors.UnverifiedAnswer):
        return CAUSES[_unverified(error)]
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        return CAUSES["interrupted"]
    return CAUSES[next((name for kind, name in _ERRORS if isinstance(error, kind)), "other")]


def _unverified(error: AnswerError) -> str:
    if error.status is not None and error.status >= 500:
        return "server-error"
    return "not-json" if error.body.lstrip()[:1] not in (b"{", b"") else "unverified"
