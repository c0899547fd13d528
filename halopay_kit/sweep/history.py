"""The sweeps that there were: one row each, beside the inbox, so that one that was stopped can be gone on with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, Table, Text, func, insert, select, update

from halopay_kit.inbox.layout import Layout

if TYPE_CHECKING:
    from sqlalchemy import Connection

tables: Final = MetaData()

sweeps: Final = Table(
    "halopay_sweeps",
    tables,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("app_id", Text, nullable=False),
    Column("begun_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),  # when something was answered last
    Column("ended_at", Double),  # NULL: under way, or stopped
)

LAYOUT: Final = Layout(room="sweep", version=1, tables=tables)

RESUMABLE = 3600.0  # seconds after the last answer; after that the next sweep begins anew


def begin(connection: Connection, app_id: str, now: float, *, afresh: bool) -> tuple[float, bool]:
    """Return when this app's sweep began, and whether it is one that was stopped."""
    if not afresh:
        query = select(sweeps.c.begun_at).where(
            sweeps.c.app_id == app_id, sweeps.c.ended_at.is_(None), sweeps.c.last_at > now - RESUMABLE
        )
        found = connection.execute(query.order_by(sweeps.c.id.desc()).limit(1)).scalar()
        if found is not None:
            return found, True
    end_all(connection, app_id, now)
    last = connection.execute(select(func.max(sweeps.c.last_at)).where(sweeps.c.app_id == app_id)).scalar_one()
    begun = now if last is None else max(now, math.nextafter(last, math.inf))  # also where the clock stands still
    connection.execute(insert(sweeps).values(app_id=app_id, begun_at=begun, last_at=begun))
    return begun, False


def answered(connection: Connection, app_id: str, now: float) -> None:
    """Note that something was answered."""
    connection.execute(update(sweeps).where(sweeps.c.app_id == app_id, sweeps.c.ended_at.is_(None)).values(last_at=now))


def end_all(connection: Connection, app_id: str, now: float) -> None:
    """Note that nothing is left to go on with."""
    connection.execute(
        update(sweeps).where(sweeps.c.app_id == app_id, sweeps.c.ended_at.is_(None)).values(ended_at=now)
    )
