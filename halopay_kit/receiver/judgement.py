"""What a whole request is: a verified event, genuine bytes that are none, or the outcome that refuses it; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from halopay_api.codec import DecodeError
from halopay_kit import webhooks
from halopay_kit.errors import (
    AppIdMismatch,
    HaloPayError,
    MalformedEvent,
    OutsideTolerance,
    SignatureMismatch,
    SignatureMissing,
)
from halopay_kit.receiver.keys import Keys
from halopay_kit.receiver.outcomes import MALFORMED, MISMATCH, OTHER_APP, STALE, UNSIGNED, Outcome
from halopay_kit.webhooks import Event, Freshness

_REFUSALS: dict[type[HaloPayError], Outcome] = {
    SignatureMissing: UNSIGNED,
    SignatureMismatch: MISMATCH,
    OutsideTolerance: STALE,
    AppIdMismatch: OTHER_APP,
}
_VALUE = re.compile(r"got the string .*", re.DOTALL)  # what a body says is no business of a log
_LONGEST = 500  # characters of a problem


@attrs.frozen
class Genuine:
    """Bytes with the right signature that are not what the spec says; `problem` names fields and no values."""

    app_id: str
    signed_at: int
    problem: str


def judge(
    body: bytes, headers: Iterable[tuple[bytes, bytes]], keys: Keys, now: float, freshness: Freshness
) -> Event | Genuine | Outcome:
    """Return the event that was sent, or what is no event, or why it is not believed."""
    accepted = keys.for_request(headers)
    if not accepted:
        return UNSIGNED if accepted is not None else OTHER_APP
    try:
        return webhooks.verify(body, headers, app_key=accepted, now=now, freshness=freshness)
    except SignatureMissing:
        return UNSIGNED if _looks_like_an_object(body) else MALFORMED
    except MalformedEvent as error:
        told = {name.lower(): value.decode("latin-1") for name, value in headers}
        return Genuine(told[b"x-appid"], int(told[b"x-timestamp"]), _problem_of(error))  # verified, so they are there
    except HaloPayError as refused:
        return _REFUSALS[type(refused)]


def _problem_of(error: MalformedEvent) -> str:
    cause = error.__cause__
    problems = cause.problems if isinstance(cause, DecodeError) else (error.problem,)
    return "; ".join(_VALUE.sub("got another string", problem) for problem in problems)[:_LONGEST]


def _looks_like_an_object(body: bytes) -> bool:
    trimmed = body.strip(b" \t\r\n")
    return trimmed[:1] == b"{" and trimmed[-1:] == b"}"
