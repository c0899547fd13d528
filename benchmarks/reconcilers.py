"""The same task by several tools: which orders differ between ledger and events, and in what."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from benchmarks.books import AS_OF, ENTRIES, EVENTS


@attrs.frozen
class Found:
    """What a tool found: how many orders differ; where it tells the class, pairs of class and trade_no."""

    number: int
    breaks: frozenset[tuple[str, str]] | None = None

    def digest(self) -> str:
        """Return what two equal results have in common; nothing where classes are not told."""
        return "" if self.breaks is None else hashlib.sha256(repr(sorted(self.breaks)).encode()).hexdigest()[:16]


_LIBRARIES = {"pandas": ("pandas", "pyarrow"), "datacompy": ("datacompy", "pandas")}


def warm(name: str) -> None:
    """Import what a tool needs, so that its time is its work."""
    for library in (*_LIBRARIES.get(name, ()), "duckdb", "pyarrow.parquet"):
        import_module(library)
    if name.startswith("halopay"):
        import_module("ibis.backends.duckdb")
        import_module("halopay_kit.reconcile.reconciling")


def by_kit(folder: Path, memory: str) -> Found:
    """Reconcile with the kit."""
    from halopay_kit.reconcile import Settings, reconcile

    settings = Settings(as_of=AS_OF)
    result = reconcile(ledger=folder / ENTRIES, events=folder / EVENTS, settings=settings, memory=memory or None)
    return _found((each.class_, each.trade_no or "") for each in result.breaks)


# The classes as the kit has them, for payments: what a merchant would write who knows that every entry has a trade_no.
_SQL = """
CREATE TEMP TABLE differing AS
WITH subjects AS (
    SELECT trade_no, max(out_trade_no) AS out_trade_no, max(amount) AS due, max(amount_collected) AS got,
           max(CASE status WHEN 'PAID' THEN 2 WHEN 'TIME-OUT' THEN 1 ELSE 0 END) AS code,
           bool_or(status = 'TIME-OUT') AS timed_out,
           bool_or(status = 'PAID' AND origin = 'webhook') AS told_paid,
           bool_or(status = 'TIME-OUT' AND origin = 'webhook') AS told_out,
           max(coalesce(event_time, received_at)) AS last_at, max(app_id) AS app_id, max(currency_id) AS currency_id,
           max(token) AS token, max(chain) AS chain
    FROM read_parquet('{events}') WHERE verdict IN ('news', 'unknown-status') GROUP BY trade_no
), booked AS (
    SELECT trade_no, count(*) AS n, sum(amount) AS total, any_value(amount) AS one, sum(fee) AS fee,
           max(CASE status WHEN 'PAID' THEN 2 WHEN 'TIME-OUT' THEN 1 ELSE 0 END) AS code,
           max(booked_at) AS booked_at, max(app_id) AS app_id, max(currency_id) AS currency_id,
           max(token) AS token, max(chain) AS chain
    FROM read_parquet('{ledger}') GROUP BY trade_no
), twice AS (
    SELECT out_trade_no FROM subjects WHERE got > 0 GROUP BY out_trade_no HAVING count(*) > 1
)
SELECT coalesce(s.trade_no, b.trade_no) AS trade_no, s.out_trade_no, s.due, s.got, s.code, s.last_at, b.n, b.total,
       b.code AS booked_code, b.booked_at, list_filter([
           CASE WHEN s.trade_no IS NULL AND b.total <> 0 THEN 'missing-at-gateway' END,
           CASE WHEN b.trade_no IS NULL AND s.got > 0 THEN 'missing-in-ledger' END,
           CASE WHEN b.n > 1 AND b.total <> s.got AND b.one = s.got THEN 'duplicate-in-ledger'
                WHEN b.total <> s.got THEN 'amount-differs' END,
           CASE WHEN b.total = s.got AND b.code <> s.code THEN 'status-differs' END,
           CASE WHEN s.code = 1 AND s.got > 0 AND s.got < s.due THEN 'underpaid' END,
           CASE WHEN s.due > 0 AND s.got > s.due THEN 'overpaid' END,
           CASE WHEN s.code = 2 AND s.timed_out THEN 'paid-late' END,
           CASE WHEN (s.code = 2 AND NOT s.told_paid) OR (s.code = 1 AND NOT s.told_out)
                THEN 'webhook-never-arrived' END,
           CASE WHEN s.code = 0 AND s.last_at < to_timestamp({as_of} - 86400) THEN 'stuck' END,
           CASE WHEN s.app_id <> b.app_id THEN 'wrong-app' END,
           CASE WHEN s.currency_id <> b.currency_id OR s.token <> b.token OR s.chain <> b.chain
                THEN 'currency-or-chain-differs' END,
           CASE WHEN abs(b.fee - s.got * 0.0003) > 0.000001 THEN 'fee-differs' END,
           CASE WHEN s.out_trade_no IN (SELECT out_trade_no FROM twice) THEN 'duplicate-payment' END
       ], lambda each: each IS NOT NULL) AS classes
FROM subjects s FULL JOIN booked b ON s.trade_no = b.trade_no
WHERE len(classes) > 0
"""
_EVIDENCE = """
SELECT d.*, e.ids AS events, l.ids AS entries FROM differing d
LEFT JOIN (SELECT trade_no, list(id ORDER BY id) AS ids FROM read_parquet('{events}')
           WHERE trade_no IN (SELECT trade_no FROM differing) GROUP BY trade_no) e USING (trade_no)
LEFT JOIN (SELECT trade_no, list(entry_id ORDER BY entry_id) AS ids FROM read_parquet('{ledger}')
           WHERE trade_no IN (SELECT trade_no FROM differing) GROUP BY trade_no) l USING (trade_no)
"""


def by_sql(folder: Path, memory: str) -> Found:
    """Reconcile by SQL written for this task alone."""
    import duckdb

    names = {"events": folder / EVENTS, "ledger": folder / ENTRIES, "as_of": AS_OF}
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET temp_directory = ?", [str(folder)])
        if memory:
            connection.execute("SET memory_limit = ?", [memory])
        connection.execute(_SQL.format(**names))
        rows = connection.execute(_EVIDENCE.format(**names)).to_arrow_table().to_pylist()
    return _found((name, row["trade_no"]) for row in rows for name in row["classes"])


def by_pandas(folder: Path, _memory: str) -> Found:
    """Reconcile with pandas, amounts as Arrow's decimals."""
    rows = _merged(folder)
    equal, both = rows["got"] == rows["total"], rows["_merge"] == "both"
    doubled = both & ~equal & (rows["n"] > 1) & (rows["one"] == rows["got"])
    marks = {
        "missing-at-gateway": rows["_merge"] == "right_only",
        "missing-in-ledger": (rows["_merge"] == "left_only") & (rows["got"] > 0),
        "duplicate-in-ledger": doubled,
        "amount-differs": both & ~equal & ~doubled,
        "status-differs": both & equal & (rows["code"] != rows["booked_code"]),
        "underpaid": (rows["code"] == 1) & (rows["got"] > 0) & (rows["got"] < rows["due"]),
        "overpaid": rows["got"] > rows["due"],
        "paid-late": (rows["code"] == 2) & rows["timed_out"],
        "webhook-never-arrived": (rows["code"] == 2) & ~rows["told"].astype("boolean").fillna(True),
    }
    return _found(
        (name, number)
        for name, mark in marks.items()
        for number in rows.loc[mark.astype("boolean").fillna(False).astype(bool), "trade_no"]
    )


def by_datacompy(folder: Path, _memory: str) -> Found:
    """Compare what events and ledger say of each order with datacompy; it tells less than the others."""
    import datacompy

    events, ledger = _sides(folder)
    renamed = ledger.rename(columns={"total": "got", "booked_code": "code"})
    names = ["trade_no", "got", "code"]
    found = datacompy.Compare(events[names], renamed[names], join_columns="trade_no")
    return Found(len(found.df1_unq_rows) + len(found.df2_unq_rows) + len(found.all_mismatch()))


def _sides(folder: Path) -> tuple[Any, Any]:
    """Return what events and what the ledger say of each order."""
    import pandas as pd

    codes = {"PAID": 2, "TIME-OUT": 1, "TO-BE-PAID": 0}
    names = ["trade_no", "status", "origin", "amount", "amount_collected"]
    events = pd.read_parquet(folder / EVENTS, columns=names, dtype_backend="pyarrow")
    events["code"] = events["status"].map(codes).astype("int64")
    events["timed_out"] = events["status"] == "TIME-OUT"
    events["told"] = (events["origin"] == "webhook") & (events["status"] != "TO-BE-PAID")
    grouped = events.groupby("trade_no", sort=False)
    theirs = grouped.agg(
        due=("amount", "max"), got=("amount_collected", "max"), code=("code", "max"),
        timed_out=("timed_out", "max"), told=("told", "max"),
    )  # fmt: skip
    ledger = pd.read_parquet(folder / ENTRIES, columns=["trade_no", "amount", "status"], dtype_backend="pyarrow")
    ledger["booked_code"] = ledger["status"].map(codes).astype("int64")
    booked = ledger.groupby("trade_no", sort=False).agg(
        n=("amount", "size"), total=("amount", "sum"), one=("amount", "max"), booked_code=("booked_code", "max")
    )
    return theirs.reset_index(), booked.reset_index()


def _merged(folder: Path) -> Any:
    theirs, ours = _sides(folder)
    return theirs.merge(ours, on="trade_no", how="outer", indicator=True)


def _found(pairs: Any) -> Found:
    breaks = frozenset(pairs)
    return Found(len({number for _, number in breaks}), breaks)
