"""One order that is told of with and without its `trade_no` is one subject, as far as that can be known.

HaloPay's number tells orders apart, and some of what is told of an order may lack it: the fields of payouts and of
queries' answers are guesses. The merchant's number is not enough, for whether HaloPay takes one `out_trade_no` twice
is not known, and two orders must not swallow each other's news. So among the subjects of one app, kind and
`out_trade_no`:

- What has no `trade_no` belongs to the subject there is, if there is exactly one, else to one of its own.
- What has a `trade_no` that was never heard belongs to the subject there is, if that is the only one and has none yet;
  it gives it its `trade_no`, and its key with it. Else it begins a subject.

Limit. Of two orders under one `out_trade_no`, the first of which was told of without a `trade_no` only, the second
passes for the first. Payments to a QR code have no `out_trade_no`, and so no part in this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from zlib import crc32

import attrs

from halopay_kit.inbox.identity import Facts
from halopay_kit.inbox.rows import NameRow, OrderRow

if TYPE_CHECKING:
    from halopay_kit.inbox.rows import Rows

_KINDS: Final = frozenset({"payment", "payout"})
_QUEUES: Final = 64
"""In so many lines at most wait those who take in orders; PostgreSQL has room for a few thousand locks in all."""


@attrs.define(eq=False)
class _Subject:
    """A subject of an order; `id` is None before it is in the store."""

    key: bytes
    id: int | None = None
    named: bool = False


def adopt(rows: Rows, heard: Mapping[int, Facts]) -> dict[int, bytes]:
    """Return the subjects' keys of those that do not belong where their own say; subjects get their `trade_no`.

    It is done before a subject is locked. Who takes in orders that have their `trade_no` shares a lock; who has one
    without, or finds one, has it alone, so that neither enters what the other does not see.
    """
    orders = {place: said for place, said in heard.items() if said.out_trade_no is not None and said.kind in _KINDS}
    if not orders:
        return {}
    whose = {(said.app_id, said.kind) for said in orders.values()}
    queues = {crc32(f"{app_id}:{kind}".encode()) % _QUEUES for app_id, kind in whose}
    unnamed = {_order(said) for said in orders.values() if said.trade_no is None}
    if not unnamed:
        rows.queue(queues, alone=False)
        if not rows.has_unnamed() or not rows.unnamed({_order(said) for said in orders.values()}):
            return {}
    rows.queue(queues, alone=True)
    unnamed |= set(rows.unnamed({_order(said) for said in orders.values()}))
    return _follow(rows, {place: said for place, said in orders.items() if _order(said) in unnamed})


def _order(said: Facts) -> OrderRow:
    return OrderRow(said.app_id, said.kind, said.out_trade_no or "")


def _follow(rows: Rows, orders: Mapping[int, Facts]) -> dict[int, bytes]:
    """Go through what is told, in its order, and name subjects as it does."""
    there: dict[OrderRow, list[_Subject]] = {_order(said): [] for said in orders.values()}
    for order, id_, key, trade_no in rows.namesakes(list(there)):
        there[order].append(_Subject(key, id_, trade_no is not None))
    known = rows.known([said.subject for said in orders.values() if said.trade_no is not None])
    named: dict[bytes, NameRow] = {}
    belongs: dict[int, _Subject] = {}
    kept: dict[bytes, _Subject] = {}
    for place, said in orders.items():
        subjects = there[_order(said)]
        if said.trade_no is None:
            subject = kept.get(said.key) or _of_unnamed(rows, said, subjects)
            belongs[place] = kept[said.key] = subject
        elif said.subject not in known:
            known.add(said.subject)
            if len(subjects) == 1 and not subjects[0].named:
                [subject] = subjects
                if subject.id is not None:
                    named[subject.key] = NameRow(said.subject, said.trade_no, subject.id)
                subject.key, subject.named = said.subject, True
            else:
                subjects.append(_Subject(said.subject, named=True))
    if named:
        rows.name([row for _, row in sorted(named.items())])
    return {place: subject.key for place, subject in belongs.items()}


def _of_unnamed(rows: Rows, said: Facts, subjects: list[_Subject]) -> _Subject:
    """Return the subject that belongs to what has no `trade_no`; one of its own is put to the others."""
    if len(subjects) == 1:
        return subjects[0]
    ids = {subject.id: subject for subject in subjects if subject.id is not None}
    found = rows.find([(id_, said.key) for id_ in ids]) if ids else {}
    for id_, _ in found:  # it was told before, when there were fewer to choose from
        return ids[id_]
    own = next((subject for subject in subjects if subject.key == said.subject), None)
    if own is None:
        own = _Subject(said.subject)
        subjects.append(own)
    return own
