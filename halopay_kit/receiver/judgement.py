"""What a whole request is: a verified event, or the outcome that refuses it; pure."""

from __future__ import annotations

from collections.abc import Iterable

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
    MalformedEvent: MALFORMED,
}


def judge(
    body: bytes, headers: Iterable[tuple[bytes, bytes]], keys: Keys, now: float, freshness: Freshness
) -> Event | Outcome:
    """Return the event that was sent, or why it is not believed."""
    accepted = keys.for_request(headers)
    if not accepted:
        return UNSIGNED if accepted is not None else OTHER_APP
    try:
        return webhooks.verify(body, headers, app_key=accepted, now=now, freshness=freshness)
    except SignatureMissing:
        return UNSIGNED if _looks_like_an_object(body) else MALFORMED
    except HaloPayError as refused:
        return _REFUSALS[type(refused)]


def _looks_like_an_object(body: bytes) -> bool:
    trimmed = body.strip(b" \t\r\n")
    return trimmed[:1] == b"{" and trimmed[-1:] == b"}"
