"""The journal's tables: payouts as they stand, every transition of them, and the end of the chain.

Times are unix seconds, amounts exact decimals as text. Any change raises `VERSION` and adds a step that brings older
tables forward.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.event import listen

from halopay_kit.inbox.layout import Layout

VERSION: Final = 1

tables: Final = MetaData()

_Word = Text().with_variant(Text(collation="C"), "postgresql")  # compared by bytes: quicker, and everywhere the same

payouts: Final = Table(
    "halopay_payouts",
    tables,
    Column("app_id", _Word, nullable=False),
    Column("out_trade_no", _Word, nullable=False),
    # the intent
    Column("currency_id", BigInteger, nullable=False),
    Column("amount", _Word, nullable=False),
    Column("address", _Word, nullable=False),
    # where it stands, see payout.Payout
    Column("state", _Word, nullable=False),
    Column("cause", _Word, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text),
    Column("status", Text),
    Column("trade_no", Text),
    Column("txid", Text),
    Column("seen", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimant", _Word),
    Column("lease_until", Double),
    Column("sent_at", Double),
    Column("absences", Integer, nullable=False),
    Column("absent_since", Double),
    Column("absent_at", Double),
    Column("day", _Word, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("changed_at", Double, nullable=False),
    # no part of the trail: when to look next, and what was looked at
    Column("due_at", Double),
    Column("asked", Integer, nullable=False),
    Column("heard", BigInteger, nullable=False),
    PrimaryKeyConstraint("app_id", "out_trade_no"),
    Index("halopay_payouts_day", "app_id", "currency_id", "day"),
    Index("halopay_payouts_state", "state", "created_at"),
    Index(
        "halopay_payouts_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)
"""One row a payout."""

history: Final = Table(
    "halopay_payout_history",
    tables,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    Column("at", Double, nullable=False),
    Column("app_id", _Word, nullable=False),
    Column("out_trade_no", _Word, nullable=False),
    Column("before", _Word),  # NULL: it is new
    Column("state", _Word, nullable=False),
    Column("happening", _Word, nullable=False),
    Column("cause", _Word, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text),
    Column("answer", Text),
    Column("who", Text),
    Column("why", Text),
    Column("payout", Text, nullable=False),  # JSON: the payout as it stood then
    Column("previous", _Word, nullable=False),  # the hash of the row before
    Column("hash", _Word, nullable=False),  # see chain
    Index("halopay_payout_history_of", "app_id", "out_trade_no", "seq"),
)
"""Every transition; rows are added, never changed."""

chain: Final = Table(
    "halopay_payout_chain",
    tables,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("hash", _Word, nullable=False),
)
"""One row: how many transitions there are, and the hash of the last; whoever writes holds it locked."""

_FIRST: Final = f"INSERT INTO halopay_payout_chain VALUES (1, 0, '{'0' * 64}')"  # noqa: S608  # our own
listen(chain, "after_create", DDL(_FIRST))  # type: ignore[no-untyped-call]  # SQLAlchemy's

LAYOUT: Final = Layout(room="payouts", version=VERSION, tables=tables)
