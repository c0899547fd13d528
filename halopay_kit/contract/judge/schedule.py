"""The schedule of webhooks: what was not taken in comes again, after the documented times (webhook#retries)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import attrs

from halopay_api.policy import ACKNOWLEDGEMENT, RETRY_AFTER
from halopay_kit.contract.exchange import Delivery
from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.message import Message
from halopay_kit.contract.judge.spec import Owner

_POINTER = "/x-webhook-delivery/retry-after-seconds"
_TOGETHER = 1.0  # seconds between two that are one, sent twice
_EARLY, _LATE = 0.1, 0.25  # shares of a time that it may be off
_LEAST_EARLY, _LEAST_LATE = 2.0, 15.0  # seconds it may be off anyway: a receiver may take its time


@attrs.frozen
class Tried:
    """One attempt with its message."""

    owner: Owner
    delivery: Delivery
    message: Message

    @property
    def taken_in(self) -> bool:
        """Say whether the receiver answered as it should."""
        return self.delivery.answered is not None and self.delivery.answered.strip() == ACKNOWLEDGEMENT


def judge(tried: Iterable[Tried], docket: Docket) -> None:
    """Judge the attempts of every delivery."""
    grouped: dict[object, list[Tried]] = {}
    for each in tried:
        grouped.setdefault(each.delivery.delivery or each.delivery.body, []).append(each)
    timed = [(attempts, _times(attempts)) for attempts in grouped.values()]
    end = max((time for _, times in timed for time in times), default=0.0)
    for attempts, times in timed:
        if times:
            _judge_one(attempts, times, end, docket)


def _times(attempts: Sequence[Tried]) -> list[float]:
    """Return when each attempt was made: by the sender's clock where that can be told."""
    stamps = [each.message.signed_at for each in attempts]
    is_apart = any(each.delivery.target_time is not None for each in attempts)  # its schedule goes by another clock
    if len(set(stamps)) > 1 and None not in stamps and not is_apart:
        return [float(stamp) for stamp in stamps if stamp is not None]
    told = [each.delivery.sent_at for each in attempts]
    return [time for time in told if time is not None] if None not in told else []


def _judge_one(attempts: Sequence[Tried], times: Sequence[float], end: float, docket: Docket) -> None:
    made: list[float] = []
    done = unsaid = False
    for each, time in zip(attempts, times, strict=True):
        if done:
            break
        if not made or time - made[-1] > _TOGETHER:
            made.append(time)
        done = each.taken_in
        unsaid = unsaid or each.delivery.answered is None
    gaps = [later - before for before, later in pairwise(made)]
    if unsaid and len(gaps) < 2:  # a repetition of what was taken in looks the same
        return
    starts = range(len(RETRY_AFTER) - len(gaps) + 1)
    start = next((start for start in starts if _first_off(gaps, start) is None), None)
    if start is None:
        step = _first_off(gaps, 0) or 0
        _report(attempts, step, round(gaps[step]), docket)
    elif not done and not unsaid and start + len(gaps) < len(RETRY_AFTER):
        expected = RETRY_AFTER[start + len(gaps)]
        if end - made[-1] > expected + max(_LEAST_LATE, expected * _LATE):
            _report(attempts, start + len(gaps), None, docket)


def _first_off(gaps: Sequence[float], start: int) -> int | None:
    """Return which gap is the first that is not as scheduled, if the first of them is that of the step `start`."""
    for index, gap in enumerate(gaps):
        if start + index >= len(RETRY_AFTER):
            return index
        expected = RETRY_AFTER[start + index]
        early, late = max(_LEAST_EARLY, expected * _EARLY), max(_LEAST_LATE, expected * _LATE)
        if not expected - early <= gap <= expected + late:
            return index
    return None


def _report(attempts: Sequence[Tried], step: int, came: int | None, docket: Docket) -> None:
    expected = RETRY_AFTER[step] if step < len(RETRY_AFTER) else 0
    docket.report(
        "schedule",
        attempts[0].owner.name,
        [evidence for each in attempts for evidence in each.message.evidence],
        pointer=_POINTER,
        seen={"step": step + 1, "expected": expected, "came": came},
    )
