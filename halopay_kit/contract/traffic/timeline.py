"""When things happened, by the clock that HaloPay goes by.

Whoever recorded may have had another clock than whoever signed: a sandbox whose time stands still or flies, a laptop
that is off. A call that HaloPay took was signed by a time within its tolerance; where the recorder's time is further
off, the signing time counts. So it does for the webhooks around it; one that was not signed afresh has no time then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from halopay_api.policy import TOLERANCE
from halopay_kit.contract.exchange import Delivery, Exchange, Headers, header_of

_STALE: Final = 10007  # the code that says that the request's time is not HaloPay's


@attrs.define
class Moment:
    """One exchange or delivery on its way to a number.

    Attributes:
        at: the recorder's time.
        signed_at: X-Timestamp of the request.
        taken: the target did not complain of the time.
        order: which came first, of those of one second.
    """

    what: Exchange | Delivery
    at: float | None
    signed_at: float | None
    taken: bool
    order: int


def signed_at(headers: Headers) -> float | None:
    """Return X-Timestamp where it is ten digits."""
    value = header_of(headers, "x-timestamp") or ""
    return float(value) if len(value) == 10 and value.isascii() and value.isdigit() else None


def is_taken(code: object) -> bool:
    """Say whether an answer's code says nothing against the request's time."""
    return code != _STALE


def in_order(moments: Iterable[Moment]) -> tuple[tuple[Exchange, ...], tuple[Delivery, ...]]:
    """Number exchanges and deliveries in the order in which they happened; what has no time stays where it stood."""
    known = list(moments)
    _fill(known)
    known.sort(key=lambda moment: (moment.at or 0.0, moment.order))
    shift = _first_shift(known)
    exchanges: list[Exchange] = []
    deliveries: list[Delivery] = []
    bodies: dict[bytes | None, int] = {}
    signed: set[tuple[int, float | None]] = set()
    for moment in known:
        if isinstance(moment.what, Delivery):
            same = bodies.setdefault(moment.what.body, len(bodies) + 1)  # attempts of one delivery have one body
            at = moment.what.at
            if shift and at is not None:
                at = None if (same, moment.signed_at) in signed else moment.signed_at
            signed.add((same, moment.signed_at))
            kept = attrs.evolve(
                moment.what, number=len(deliveries) + 1, at=at, delivery=moment.what.delivery or f"body {same}"
            )
            deliveries.append(kept)
            continue
        shift = _shift(moment, shift)
        number = len(exchanges) + 1
        at = moment.signed_at if moment.what.at is None else moment.what.at + shift
        answered_at = None if moment.what.answered_at is None else moment.what.answered_at + shift
        exchanges.append(attrs.evolve(moment.what, number=number, at=at, answered_at=answered_at))
    return tuple(exchanges), tuple(deliveries)


def _shift(moment: Moment, before: float) -> float:
    """Return what is to be added to the recorder's time."""
    if moment.what.at is None or moment.signed_at is None or not moment.taken:
        return before
    off = moment.signed_at - moment.what.at
    return off if abs(off) > TOLERANCE else 0.0


def _first_shift(moments: Sequence[Moment]) -> float:
    """Return the shift of the first call that has one: it holds for the webhooks before it too."""
    calls = (moment for moment in moments if isinstance(moment.what, Exchange) and moment.taken)
    return next((_shift(call, 0.0) for call in calls if call.what.at is not None and call.signed_at is not None), 0.0)


def _fill(moments: Sequence[Moment]) -> None:
    """Give what has no recorded time a place: its signing time, else right behind what stands before it."""
    last = 0.0
    for moment in moments:
        if moment.at is None:
            moment.at = moment.signed_at if moment.signed_at is not None else last
        last = moment.at
