"""The inbox's tables.

Times are unix seconds, amounts exact decimals as text. Any change raises `VERSION` and adds a step that brings older
tables forward.

A partial index is used only where the query names the states as literals, not as parameters.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.event import listen

from halopay_kit.inbox.layout import Layout

VERSION: Final = 2

USUAL: Final = {"verdict": "news", "state": "done", "origin": "webhook"}
"""What most events are, in three columns: their indexes leave it out, the rest is found through them."""

tables = MetaData()

_Id = BigInteger().with_variant(Integer, "sqlite")
_Word = Text().with_variant(Text(collation="C"), "postgresql")  # compared by bytes: quicker, and everywhere the same


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _partial(name: str, *columns: Any, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


_UNNAMED: Final = "trade_no IS NULL AND out_trade_no IS NOT NULL"

subjects = Table(
    "halopay_subjects",
    tables,
    _id(),
    Column("key", LargeBinary, nullable=False, unique=True),  # identity.subject_key
    Column("app_id", _Word, nullable=False),
    Column("kind", _Word, nullable=False),
    Column("trade_no", _Word),
    Column("out_trade_no", _Word),
    # where it stands, see transitions.Standing
    Column("status", _Word),
    Column("amount_collected", _Word),
    Column("others", _Word),
    Column("phase", _Word, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("queried_at", Double),
    Index("halopay_subjects_out_trade_no", "out_trade_no"),
    _partial("halopay_subjects_unfinished", "phase", "queried_at", where="phase <> 'final'"),
    # see adoption
    _partial("halopay_subjects_unnamed", "app_id", "kind", "out_trade_no", where=_UNNAMED),
    sqlite_autoincrement=True,
)
"""What events are about: one row an order, a payout, a payment to a QR code; locked while it is decided upon."""

events = Table(
    "halopay_events",
    tables,
    _id(),
    # No foreign key: PostgreSQL would look at each subject again, a quarter of the cost of an insert.
    Column("subject_id", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),  # identity.facts
    Column("app_id", _Word, nullable=False),
    Column("kind", _Word, nullable=False),
    Column("trade_no", _Word),
    Column("out_trade_no", _Word),
    Column("txid", _Word),
    Column("status", _Word),
    Column("amount_collected", _Word),
    Column("verdict", _Word, nullable=False),
    Column("origin", _Word, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("headers", Text),  # of the first delivery; NULL: it was none, but the answer of a query
    Column("body", LargeBinary, nullable=False),
    # work on it: pending, claimed, done, dead; passed: no news, nobody is told
    Column("state", _Word, nullable=False),
    _count("attempts"),
    Column("due_at", Double, nullable=False),
    Column("lease_until", Double),
    Column("claimant", _Word),
    Column("finished_at", Double),
    Column("error", Text),
    Index("halopay_events_key", "subject_id", "key", unique=True),
    # to find them, newest first
    Index("halopay_events_received_at", "received_at", "id"),
    *(Index(f"halopay_events_{name}", name, "received_at", "id") for name in ("trade_no", "status", "kind")),
    *(
        _partial(f"halopay_events_{name}", name, "received_at", "id", where=f"{name} <> '{usual}'")
        for name, usual in USUAL.items()
    ),
    # to claim them
    _partial("halopay_events_unfinished", "subject_id", "id", where="state IN ('pending', 'claimed')"),
    _partial("halopay_events_due", "due_at", "id", where="state = 'pending'"),
    _partial("halopay_events_leased", "lease_until", where="state = 'claimed'"),
    _partial("halopay_events_claimed", "subject_id", where="state = 'claimed'", unique=True),
    sqlite_autoincrement=True,  # an id is never given twice, even if the last rows were deleted
)
"""One row an event. Ids of one subject rise in the order of commits."""

redeliveries = Table(
    "halopay_redeliveries",
    tables,
    # No foreign key: its check would wait for whoever holds the event's row locked, and nothing deletes events.
    Column("event_id", BigInteger, nullable=False),
    Column("attempt", BigInteger, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("headers", Text, nullable=False),  # JSON: a list of name and value
    PrimaryKeyConstraint("event_id", "attempt"),
    sqlite_with_rowid=False,
)
"""Deliveries of events that were there already; the bytes are the same. The first delivery is in the event's row."""

unknown = Table(
    "halopay_unknown",
    tables,
    _id(),
    Column("app_id", _Word, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    # of those that are not what the spec says: why, and the body's hash, for HaloPay sends them again and again
    Column("problem", Text),
    Column("digest", LargeBinary),
    _partial("halopay_unknown_digest", "digest", where="digest IS NOT NULL", unique=True),
    sqlite_autoincrement=True,
)
"""Deliveries of a type that the spec does not know, or not what it says: genuine, so kept, and no events."""

DELIVERIES: Final = """
CREATE VIEW halopay_deliveries (id, event_id, attempt, app_id, received_at, signed_at, headers, body) AS
SELECT CAST(NULL AS BIGINT), id, CAST(1 AS BIGINT), app_id, received_at, signed_at, headers, body
FROM halopay_events WHERE headers IS NOT NULL
UNION ALL
SELECT NULL, d.event_id, d.attempt, e.app_id, d.received_at, d.signed_at, d.headers, e.body
FROM halopay_redeliveries d JOIN halopay_events e ON e.id = d.event_id
UNION ALL
SELECT id, NULL, 1, app_id, received_at, signed_at, headers, body FROM halopay_unknown
"""
"""Every verified delivery, for whoever reads the store with SQL."""

expected = Table(
    "halopay_expected",
    tables,
    _id(),
    Column("key", LargeBinary, nullable=False, unique=True),
    Column("app_id", _Word, nullable=False),  # empty: not said
    Column("kind", _Word, nullable=False),
    Column("trade_no", _Word),
    Column("out_trade_no", _Word),
    Column("expected_at", Double, nullable=False),
    Column("queried_at", Double),
    Column("settled_at", Double),  # when a query found its end, or that it does not exist
    _partial("halopay_expected_open", "queried_at", "id", where="settled_at IS NULL"),
    sqlite_autoincrement=True,
)
"""What the merchant said is on its way; the sweep asks for it even if every webhook was lost."""

counts = Table(
    "halopay_counts",
    tables,
    Column("what", _Word, nullable=False),
    Column("shard", Integer, nullable=False),  # several writers of PostgreSQL seldom meet in one row
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("what", "shard"),
)
"""What `stats` adds up, kept as it grows; see tally."""

rejections = Table(
    "halopay_rejections",
    tables,
    Column("day", _Word, nullable=False),  # 2026-11-23, UTC
    Column("reason", _Word, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "reason"),
)
"""Requests that were not believed: numbers, nothing of what they said."""

listen(tables, "after_create", DDL(DELIVERIES))  # type: ignore[no-untyped-call]  # SQLAlchemy's


def _second(connection: Connection) -> None:
    blob = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    connection.exec_driver_sql("ALTER TABLE halopay_unknown ADD COLUMN problem TEXT")
    connection.exec_driver_sql(f"ALTER TABLE halopay_unknown ADD COLUMN digest {blob}")
    connection.exec_driver_sql(
        "CREATE UNIQUE INDEX halopay_unknown_digest ON halopay_unknown (digest) WHERE digest IS NOT NULL"
    )
    connection.exec_driver_sql(
        f"CREATE INDEX halopay_subjects_unnamed ON halopay_subjects (app_id, kind, out_trade_no) WHERE {_UNNAMED}"
    )


LAYOUT: Final = Layout(room="inbox", version=VERSION, tables=tables, steps={1: _second})
