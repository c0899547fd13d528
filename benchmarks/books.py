"""Books to reconcile, as large as you like: events as the inbox exports them, and a ledger with planted differences."""

from __future__ import annotations

from pathlib import Path

import duckdb

ENTRIES, EVENTS = "ledger.parquet", "events.parquet"
AS_OF = 1_775_000_000  # unix seconds; the last event is older than a day
_EVERY = 1_000  # one order of so many has a difference of each kind
_KINDS = 8

# An order is paid in one, two or three parts, of which HaloPay tells one by one: 2.5 events an order.
_ORDERS = f"""
CREATE TABLE orders AS
SELECT i, hash(i) AS h,
       printf('20260301%024d', (i * 7919 + 13) % 1000000007) AS trade_no,
       'ORD-' || printf('%028d', i) AS out_trade_no,
       CAST(5000000 + hash(i + 1) % 100000000000 AS DECIMAL(18, 0)) * 0.000001::DECIMAL(7, 6) AS due,
       2 + hash(i + 3) % 2 AS parts,
       CASE WHEN hash(i + 4) % {_EVERY} < {_KINDS} THEN hash(i + 4) % {_EVERY} ELSE 99 END AS flaw,
       {AS_OF} - 30 * 86400 + CAST(hash(i + 5) % (28 * 86400) AS BIGINT) AS moment
FROM range($orders) AS numbers(i)
"""
_TOLD = """
SELECT trade_no, out_trade_no, h, due, moment + part * 60 AS moment, flaw, part,
       CASE WHEN part < parts THEN CASE WHEN flaw = 6 AND part = parts - 1 THEN 'TIME-OUT' ELSE 'TO-BE-PAID' END
            WHEN flaw = 4 THEN 'TIME-OUT' ELSE 'PAID' END AS status,
       CASE WHEN part < parts THEN due * CAST(part * 25 AS DECIMAL(4, 0)) * 0.01::DECIMAL(3, 2)
            WHEN flaw = 4 THEN due * 0.75::DECIMAL(3, 2) WHEN flaw = 5 THEN due + 1 ELSE due END AS collected
FROM (SELECT *, unnest(range(1, CAST(parts AS BIGINT) + 1)) AS part FROM orders) WHERE flaw <> 1
"""
_EVENTS = f"""
COPY (
    SELECT row_number() OVER (ORDER BY moment, h, part) AS id, 'payment' AS kind, 'ad4cyr8dpfs9j2u1' AS app_id,
           trade_no, out_trade_no, status, 'news' AS verdict,
           CASE WHEN flaw = 7 AND status = 'PAID' THEN 'query' ELSE 'webhook' END AS origin,
           'done' AS state, CAST(due AS DECIMAL(38, 18)) AS amount,
           CAST(collected AS DECIMAL(38, 18)) AS amount_collected,
           CAST(NULL AS DECIMAL(38, 18)) AS token_amount, CAST(NULL AS DECIMAL(38, 18)) AS fee,
           CAST(75 AS BIGINT) AS currency_id, 'USDT' AS token, 'Tron' AS chain, 'T' || trade_no AS address,
           md5(trade_no || part) AS txid, to_timestamp(moment) AS event_time, to_timestamp(moment + 2) AS received_at,
           CAST(1 AS BIGINT) AS attempts
    FROM ({_TOLD})
    ORDER BY id
) TO '{{file}}' (FORMAT parquet, COMPRESSION zstd)
"""
_LEDGER = """
COPY (
    SELECT 'E' || i || CASE WHEN copy = 2 THEN 'b' ELSE '' END AS entry_id, 'payment' AS kind, out_trade_no, trade_no,
           CAST(NULL AS VARCHAR) AS txid, 'ad4cyr8dpfs9j2u1' AS app_id, CAST(75 AS BIGINT) AS currency_id,
           'USDT' AS token, 'Tron' AS chain,
           CAST(CASE flaw WHEN 2 THEN due - 1 WHEN 4 THEN due * 0.75::DECIMAL(3, 2) WHEN 5 THEN due + 1 ELSE due END
                AS DECIMAL(38, 18)) AS amount,
           CAST(NULL AS DECIMAL(38, 18)) AS fee,
           CASE flaw WHEN 3 THEN 'TO-BE-PAID' WHEN 4 THEN 'TIME-OUT' ELSE 'PAID' END AS status,
           to_timestamp(moment + 300) AS booked_at
    FROM (SELECT *, unnest(CASE WHEN hash(i + 6) % 1000 = 0 AND flaw = 99 THEN [1, 2] ELSE [1] END) AS copy FROM orders)
    WHERE flaw <> 0
    ORDER BY h, copy
) TO '{file}' (FORMAT parquet, COMPRESSION zstd)
"""


def write(folder: Path, orders: int) -> None:
    """Write a ledger and events of so many orders; the same number, the same books."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET temp_directory = ?", [str(folder)])
        connection.execute(_ORDERS, {"orders": orders})
        connection.execute(_EVENTS.format(file=folder / EVENTS))
        connection.execute(_LEDGER.format(file=folder / ENTRIES))
