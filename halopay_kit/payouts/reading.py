"""The journal's statements: payouts found, looked at and added up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, and_, bindparam, func, select, tuple_, update

from halopay_kit.errors import JournalAltered
from halopay_kit.payouts.payout import Payout
from halopay_kit.payouts.rows import payout_of, sealed
from halopay_kit.payouts.schema import history, payouts
from halopay_kit.payouts.states import State

if TYPE_CHECKING:
    from halopay_kit.inbox.store import Store

_SHOWN: Final = (
    "at",
    "before",
    "state",
    "happening",
    "cause",
    "reason",
    "evidence",
    "answer",
    "who",
    "why",
    "seq",
    "hash",
)


# Built once: to build a statement costs more than to run it.
_CURRENT: Final = select(payouts).where(
    payouts.c.app_id == bindparam("app_id"), payouts.c.out_trade_no == bindparam("out_trade_no")
)
_LAST: Final = (
    select(history.c.payout)
    .where(history.c.app_id == bindparam("app_id"), history.c.out_trade_no == bindparam("out_trade_no"))
    .order_by(history.c.seq.desc())
    .limit(1)
)
_AT_ONCE: Final = 500  # numbers in one query


def current(connection: Connection, app_id: str, out_trade_no: str) -> Payout | None:
    """Return a payout, None if there is none; one that is not what the trail says of it is not believed.

    Raises:
        JournalAltered: somebody edited it.
    """
    this = {"app_id": app_id, "out_trade_no": out_trade_no}
    row = connection.execute(_CURRENT, this).mappings().first()
    last = connection.execute(_LAST, this).scalar()
    payout = None if row is None else payout_of(row)
    if (None if payout is None else sealed(payout)) != last:
        raise JournalAltered(
            f"the payout {out_trade_no} is not what the journal's trail says of it", out_trade_no=out_trade_no
        )
    return payout


def select_payouts(
    connection: Connection,
    *,
    app_id: str | None = None,
    out_trade_no: str | None = None,
    states: Collection[str] | None = None,
    after: Payout | None = None,
    limit: int,
) -> Iterator[Payout]:
    """Yield payouts, oldest first, those behind the one `after`."""
    place = tuple_(payouts.c.created_at, payouts.c.app_id, payouts.c.out_trade_no)
    query = select(payouts).order_by(payouts.c.created_at, payouts.c.app_id, payouts.c.out_trade_no).limit(limit)
    if app_id is not None:
        query = query.where(payouts.c.app_id == app_id)
    if out_trade_no is not None:
        query = query.where(payouts.c.out_trade_no == out_trade_no)
    if states is not None:
        query = query.where(payouts.c.state.in_(list(states)))
    if after is not None:
        query = query.where(place > tuple_(after.created_at, after.app_id, after.out_trade_no))
    for row in connection.execute(query).mappings():
        yield payout_of(row)


def of_numbers(connection: Connection, app_id: str, numbers: Sequence[str]) -> Iterator[Payout]:
    """Yield the payouts of these numbers that there are."""
    for begin in range(0, len(numbers), _AT_ONCE):
        some = list(numbers[begin : begin + _AT_ONCE])
        query = select(payouts).where(payouts.c.app_id == app_id, payouts.c.out_trade_no.in_(some))
        for row in connection.execute(query).mappings():
            yield payout_of(row)


def pages(store: Store, *, size: int, limit: int | None = None, **filters: Any) -> Iterator[list[Payout]]:
    """Yield payouts page by page; each page is read by itself, so that whoever reads slowly holds nobody up."""
    after, left = None, limit
    while left is None or left > 0:
        with store.reading() as connection:
            most = size if left is None else min(size, left)
            page = list(select_payouts(connection, after=after, limit=most, **filters))
        if page:
            yield page
        if len(page) < most:
            return
        after, left = page[-1], None if left is None else left - len(page)


def transitions(connection: Connection, out_trade_no: str, app_id: str | None) -> list[dict[str, Any]]:
    """Return the transitions of a payout, the first first."""
    query = select(*(history.c[name] for name in _SHOWN)).where(history.c.out_trade_no == out_trade_no)
    if app_id is not None:
        query = query.where(history.c.app_id == app_id)
    return [dict(row) for row in connection.execute(query.order_by(history.c.seq)).mappings()]


def unfinished(connection: Connection, app_id: str, due: float | None, limit: int) -> list[Payout]:
    """Return payouts of which more is to come."""
    query = select(payouts).where(payouts.c.due_at.is_not(None), payouts.c.app_id == app_id)
    if due is not None:
        query = query.where(payouts.c.due_at <= due)
    query = query.order_by(payouts.c.due_at, payouts.c.out_trade_no).limit(limit)
    return [payout_of(row) for row in connection.execute(query).mappings()]


def look(connection: Connection, payout: Payout, now: float, due: float | None) -> bool:
    """Put off the next look at a payout that is due; say whether nobody else did so meanwhile."""
    this = and_(
        _this(payout.app_id, payout.out_trade_no),
        payouts.c.due_at <= now,
        payouts.c.asked == payout.asked,
        payouts.c.state == payout.state,
    )
    asked = connection.execute(update(payouts).where(this).values(due_at=due, asked=payout.asked + 1))
    return bool(asked.rowcount == 1)


def heard(connection: Connection, payout: Payout, event_id: int) -> None:
    """Note which event of the inbox was looked at last."""
    this = and_(_this(payout.app_id, payout.out_trade_no), payouts.c.heard < event_id)
    connection.execute(update(payouts).where(this).values(heard=event_id))


def spent(connection: Connection, app_id: str, currency_id: int, day: str) -> Decimal:
    """Return what was paid on a day, and what may have been."""
    query = select(payouts.c.amount).where(
        payouts.c.app_id == app_id,
        payouts.c.currency_id == currency_id,
        payouts.c.day == day,
        payouts.c.state.not_in(["not-done", "failed"]),
    )
    return sum((Decimal(amount) for amount in connection.execute(query).scalars()), Decimal(0))


def counts(connection: Connection, app_id: str | None) -> dict[State, int]:
    """Return how many payouts stand where."""
    query = select(payouts.c.state, func.count()).group_by(payouts.c.state)
    if app_id is not None:
        query = query.where(payouts.c.app_id == app_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def addresses_paid(connection: Connection, app_id: str) -> set[str]:
    """Return every address that was ever paid to, or was to be."""
    query = select(payouts.c.address).where(payouts.c.app_id == app_id).distinct()
    return set(connection.execute(query).scalars())


def _this(app_id: str, out_trade_no: str) -> Any:
    return and_(payouts.c.app_id == app_id, payouts.c.out_trade_no == out_trade_no)
