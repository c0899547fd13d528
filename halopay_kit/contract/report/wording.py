"""What several reports say in the same words."""

from __future__ import annotations

from datetime import UTC, datetime

from halopay_kit.contract.exchange import Observed


def moment(seconds: float | None) -> str | None:
    """Return unix seconds as ISO 8601 in UTC; None where there is no time."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def times(count: int) -> str:
    """Say how often."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def unjudged(observed: Observed) -> str | None:
    """Say of how many messages no signature was judged, None where there are none."""
    number = rewritten(observed)
    if not number:
        return None
    return f"The signatures of {number} messages were not judged: their bytes are not those of the wire."


def rewritten(observed: Observed) -> int:
    """Count the messages whose bytes are not those of the wire."""
    return sum(not each.raw for each in observed.seen)
