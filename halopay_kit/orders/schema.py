"""One table: each order that was asked for, before a byte is sent, and what came of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Double, Integer, MetaData, PrimaryKeyConstraint, Table, Text

from halopay_kit.inbox.layout import Layout

tables: Final = MetaData()

_Word = Text().with_variant(Text(collation="C"), "postgresql")

orders: Final = Table(
    "halopay_orders",
    tables,
    Column("app_id", _Word, nullable=False),
    Column("out_trade_no", _Word, nullable=False),
    Column("operation", _Word, nullable=False),
    Column("fields", Text, nullable=False),  # JSON: what was asked for
    Column("state", _Word, nullable=False),  # sending, unknown, made, not-made
    Column("claimant", _Word),
    Column("lease_until", Double),
    Column("absences", Integer, nullable=False),
    Column("absent_since", Double),
    Column("absent_at", Double),
    Column("answer", Text),  # JSON: the data of the answer that proves it
    Column("changed_at", Double, nullable=False),
    PrimaryKeyConstraint("app_id", "out_trade_no"),
)

LAYOUT: Final = Layout(room="orders", version=1, tables=tables)
