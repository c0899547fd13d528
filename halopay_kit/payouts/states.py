"""Where a payout stands and what moves it on: one table.

A payout enters the table when its first attempt is recorded, in one transaction with the intent and before a byte is
sent. So a process that dies at any line leaves either nothing at all, or `sending`, which becomes `unknown` when its
lease is over. Nothing leads from `unknown` back to `sending`: only evidence, or a human, leads out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

State = Literal["sending", "unknown", "done", "not-done", "failed", "needs-review"]
"""
- `sending`: an attempt is recorded; bytes may leave, or have left.
- `unknown`: an attempt went out, and nothing proves what came of it.
- `done`: HaloPay made it, once; whether it arrived already is its `status`.
- `not-done`: HaloPay does not have it.
- `failed`: HaloPay has it and did not pay it; its number is used up.
- `needs-review`: certainty cannot be had; a human decides.
"""
STATES: Final[tuple[State, ...]] = get_args(State)

Outcome = Literal["done", "not-done", "unknown", "needs-review"]

OUTCOMES: Final[Mapping[State, Outcome]] = MappingProxyType(
    {
        "sending": "unknown",
        "unknown": "unknown",
        "done": "done",
        "not-done": "not-done",
        "failed": "not-done",
        "needs-review": "needs-review",
    }
)
"""What each state means to whoever waits for the payout."""

Happening = Literal[
    "sent",  # an attempt is recorded, and about to be sent
    "not-sent",  # it ended before a byte left
    "refused",  # HaloPay said no; a query has to say so too
    "no-word",  # no answer, or none that can be trusted
    "lease-over",  # whoever sent it did not come back
    "unnamed",  # a genuine answer that does not say whose it is
    "under-way",  # HaloPay has it
    "paid",
    "fails",
    "other-status",  # HaloPay has it, and says of it what we don't understand
    "contradiction",  # it ended in one way, and then in the other
    "mismatch",  # what HaloPay has under our number is not what we asked for
    "twice",  # HaloPay has two under our number
    "absent",  # HaloPay does not know it: not yet conclusive
    "absent-refused",  # it was refused, and HaloPay does not know it
    "absent-settled",  # HaloPay did not know it, often and long enough
    "gave-up",  # nothing was learned for longer than HaloPay tells
    "unsure",  # it was to be sent again after HaloPay merely did not know it
    "reviewed-done",
    "reviewed-not-done",
    "reviewed-failed",  # not done, and its number is used up
]
HAPPENINGS: Final[tuple[Happening, ...]] = get_args(Happening)

_ASK: Final[State] = "needs-review"

TABLE: Final[Mapping[tuple[State | None, Happening], State]] = MappingProxyType(
    {
        # an attempt begins
        (None, "sent"): "sending",
        ("not-done", "sent"): "sending",
        # and ends
        ("sending", "not-sent"): "not-done",
        ("sending", "refused"): "unknown",
        ("sending", "no-word"): "unknown",
        ("sending", "lease-over"): "unknown",
        ("sending", "unnamed"): "unknown",
        ("unknown", "refused"): "unknown",
        ("unknown", "no-word"): "unknown",
        ("unknown", "unnamed"): "unknown",
        # HaloPay has it
        ("sending", "under-way"): "done",
        ("sending", "paid"): "done",
        ("sending", "fails"): "failed",
        ("sending", "other-status"): "unknown",
        ("unknown", "under-way"): "done",
        ("unknown", "paid"): "done",
        ("unknown", "fails"): "failed",
        ("unknown", "other-status"): "unknown",
        ("done", "under-way"): "done",
        ("done", "paid"): "done",
        ("done", "fails"): "failed",
        ("done", "other-status"): "unknown",
        # it appeared after we, or somebody who read it here, may have gone on without it
        ("not-done", "under-way"): _ASK,
        ("not-done", "paid"): _ASK,
        ("not-done", "other-status"): _ASK,
        ("not-done", "fails"): "failed",
        ("failed", "fails"): "failed",
        ("failed", "paid"): _ASK,
        # HaloPay contradicts itself or us
        ("done", "contradiction"): _ASK,
        **{(state, happening): _ASK for state in STATES for happening in ("mismatch", "twice")},
        # HaloPay does not have it
        ("unknown", "absent"): "unknown",
        ("unknown", "absent-refused"): "not-done",
        ("unknown", "absent-settled"): "not-done",
        ("unknown", "gave-up"): _ASK,
        ("not-done", "unsure"): _ASK,
        # a human decides; until then what comes in is kept beside
        **{(_ASK, happening): _ASK for happening in ("under-way", "paid", "fails", "other-status", "contradiction")},
        (_ASK, "reviewed-done"): "done",
        (_ASK, "reviewed-not-done"): "not-done",
        (_ASK, "reviewed-failed"): "failed",
    }
)
"""Where a payout stands (None: it is new) and what happened, to where it stands then; anything else moves nothing."""
