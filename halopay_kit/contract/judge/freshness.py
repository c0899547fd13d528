"""Freshness: nothing is signed at another time than it is sent; retries of webhooks may keep their first signature.

Times of a recording are the recorder's. Where its clock runs apart from the one that is signed by, or a sandbox's time
is moved, all that follows is off by as much: that is no staleness. What stands out from its neighbours is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from halopay_api.policy import RETRY_AFTER, TOLERANCE
from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.message import Message
from halopay_kit.contract.judge.spec import Spec

_RETRIED = sum(RETRY_AFTER) + TOLERANCE
_NEIGHBOURS = 5


def judge_answers(spec: Spec, messages: Sequence[Message], docket: Docket) -> None:
    """Judge answers, in the order of their calls."""
    apart = [
        None if message.at is None or message.request_at is None else message.request_at - message.at
        for message in messages
    ]
    for message, off in zip(messages, steady(apart, TOLERANCE), strict=True):
        sent_at = message.request_at if message.at is None else message.at + off
        if message.signed_at is None or sent_at is None:
            continue
        answered_at = sent_at if message.until is None or message.at is None else message.until + off
        if not sent_at - TOLERANCE <= message.signed_at <= max(sent_at, answered_at) + TOLERANCE:
            _report(spec, message, docket)


def judge_webhooks(spec: Spec, messages: Sequence[Message], docket: Docket) -> None:
    """Judge attempts of webhooks, in the order of their arrival."""
    apart = [
        None if message.at is None or message.signed_at is None else message.signed_at - message.at
        for message in messages
    ]
    for message, off in zip(messages, steady(apart, _RETRIED), strict=True):
        if message.signed_at is None:
            continue
        age = None if message.at is None else message.at + off - message.signed_at
        if age is not None and abs(age) <= TOLERANCE:
            continue
        happened = _happened_at(message)
        signed_at = message.signed_at + message.ahead
        is_too_early = happened is not None and signed_at < happened - TOLERANCE  # before what it tells of
        if is_too_early or (age is not None and not -TOLERANCE <= age <= _RETRIED):
            _report(spec, message, docket)


def steady(apart: Sequence[float | None], past: float) -> list[float]:
    """Return for each message by how much the clocks are apart there: what it says itself if the next ones agree."""
    found: list[float] = []
    known, first = 0.0, True
    for index, off in enumerate(apart):
        if off is not None:
            if not -past <= off - known <= TOLERANCE:
                following = list(
                    islice((each for each in islice(apart, index + 1, None) if each is not None), _NEIGHBOURS)
                )
                agree = sum(abs(each - off) <= TOLERANCE for each in following)
                if agree * 2 >= len(following) if following else (first or off > known):
                    known = off
            first = False
        found.append(known)
    return found


def _happened_at(message: Message) -> int | None:
    found = message.parsed.get("time") if isinstance(message.parsed, dict) else None
    return found if type(found) is int and 10**9 <= found < 10**10 else None


def _report(spec: Spec, message: Message, docket: Docket) -> None:
    pointer, _ = spec.headers.get("x-timestamp", (None, True))
    message.is_stale = True
    docket.report("stale", "header.x-timestamp", message.evidence, pointer=pointer, seen={"tolerance": TOLERANCE})
