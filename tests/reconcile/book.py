"""A small business to reconcile: events as the inbox exports them, a ledger, a payout journal."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pyarrow as pa

from halopay_kit.reconcile import Settings, reconcile

APP = "ad4cyr8dpfs9j2u1"
NOW = 1_775_000_000
DAY = 86_400
MONEY = pa.decimal128(38, 18)
EVENTS = pa.schema(
    [
        *((name, pa.int64()) for name in ("id", "currency_id")),
        *((name, pa.string()) for name in ("kind", "app_id", "trade_no", "out_trade_no", "txid", "status", "verdict")),
        *((name, pa.string()) for name in ("origin", "token", "chain", "address")),
        *((name, MONEY) for name in ("amount", "amount_collected", "fee")),
        *((name, pa.timestamp("us", "UTC")) for name in ("event_time", "received_at")),
    ]
)
LEDGER = ("entry_id", "kind", "out_trade_no", "trade_no", "txid", "app_id", "currency_id", "token", "chain")
LEDGER += ("amount", "fee", "status", "booked_at")
PAYOUTS = ("app_id", "out_trade_no", "trade_no", "currency_id", "amount", "address", "state", "outcome", "status")
PAYOUTS += ("txid", "created_at", "changed_at", "cause", "reason")


class Book:
    """Collects rows; `result()` reconciles them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.ledger: list[dict[str, Any]] = []
        self.payouts: list[dict[str, Any]] = []
        self.balances: list[dict[str, Any]] = []
        self._ids = count(1)

    def event(self, number: str, status: str, collected: object = "0", **given: Any) -> None:
        at = given.pop("at", NOW - 3 * DAY)
        row: dict[str, Any] = {
            "id": next(self._ids),
            "kind": "payment",
            "app_id": APP,
            "trade_no": f"H{number}",
            "out_trade_no": number,
            "txid": f"x{number}",
            "status": status,
            "verdict": "news",
            "origin": "webhook",
            "amount": Decimal("15"),
            "amount_collected": Decimal(str(collected)),
            "currency_id": 75,
            "chain": "Tron",
            "event_time": at * 1_000_000,
            "received_at": at * 1_000_000,
        }
        self.events.append(row | given)

    def entry(self, number: str, amount: object = "15", **given: Any) -> None:
        row = {
            "entry_id": f"E{len(self.ledger) + 1}",
            "kind": "payment",
            "out_trade_no": number,
            "app_id": APP,
            "currency_id": "75",
            "chain": "Tron",
            "amount": str(amount),
            "status": "PAID",
            "booked_at": "2026-03-28T12:00:00Z",
        }
        self.ledger.append(row | given)

    def payout_event(self, number: str, status: str = "PAID", amount: object = "4.2", **given: Any) -> None:
        row = {"kind": "payout", "amount": Decimal(str(amount)), "amount_collected": None, "address": "T1"}
        self.event(number, status, **(row | given))

    def payout(self, number: str, amount: object = "4.2", **given: Any) -> None:
        row = {
            "app_id": APP, "out_trade_no": number, "currency_id": "75", "amount": str(amount), "address": "T1",
            "state": "done", "outcome": "done", "status": "PAID", "created_at": str(NOW - 3 * DAY),
            "changed_at": str(NOW - 3 * DAY),
        }  # fmt: skip
        self.payouts.append(row | given)

    def tables(self) -> dict[str, Any]:
        def texts(rows: list[dict[str, Any]], names: tuple[str, ...]) -> pa.Table:
            return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})

        events = {name: [row.get(name) for row in self.events] for name in EVENTS.names}
        for name in ("event_time", "received_at"):
            events[name] = pa.array(events[name], pa.int64()).cast(pa.timestamp("us", "UTC"))
        tables: dict[str, Any] = {
            "ledger": texts(self.ledger, LEDGER),
            "events": pa.table(events, schema=EVENTS),
        }
        if self.payouts:
            tables["payouts"] = texts(self.payouts, PAYOUTS)
        if self.balances:
            tables["balances"] = texts(self.balances, ("app_id", "currency_id", "token", "decimals", "balance", "at"))
        return tables

    def result(self, **options: Any) -> Any:
        settings = {"as_of": NOW} | options.pop("settings", {})
        return reconcile(**self.tables(), settings=Settings(**settings), **options)
