"""The fast way: what HaloPay would number and tell, straight from the plan, in SQL.

It says what the sandbox's rules say, as a table by fate; a test holds the two ways against each other, event by event.
"""

from __future__ import annotations

from typing import Any, Final

from halopay_kit.inbox.export import COLUMNS
from halopay_kit.world.plan import LIFE, Scope, retry_delay

QUERY_AFTER: Final = LIFE + 3600
"""Seconds from an order's creation to the query for one that no webhook told of."""
PAYOUT_QUERY_AFTER: Final = 7200
SECOND_AFTER: Final = 120
"""Seconds from an order to the second one of the same out_trade_no."""

_TYPES: Final = {"int64": "BIGINT", "text": "VARCHAR", "time": "TIMESTAMPTZ", "money": "DECIMAL(38, 18)"}


def number(connection: Any, scope: Scope) -> None:
    """Make the views `known_orders` and `known_payouts`: the plan with HaloPay's numbers, and the chain's."""

    def trade_no(at: str, salt: int, key: str = "n") -> str:
        made = f"substr(md5(concat({key}, '/', {scope.seed}, '/{salt}')), 1, 18)"
        return f"concat(strftime(moment({at}), '%Y%m%d%H%M%S'), {made})"

    def txid(salt: int) -> str:
        return f"sha256(concat(n, '/', {scope.seed}, '/{salt}'))"

    second = f"created_at + {SECOND_AFTER}"
    code = trade_no(str(scope.start), 3, "currency_id")
    connection.execute(f"""
        CREATE VIEW known_orders AS SELECT *,
            CASE WHEN fate = 'invented' THEN NULL WHEN qr THEN {code} ELSE {trade_no("created_at", 1)} END AS trade_no,
            CASE WHEN fate = 'paid-twice' THEN {trade_no(second, 2)} END AS second_trade_no,
            CASE WHEN fate NOT IN ('unpaid', 'invented') THEN {txid(1)} END AS txid,
            CASE WHEN fate IN ('in-parts', 'paid-twice') THEN {txid(2)} END AS second_txid
        FROM orders
    """)
    connection.execute(f"""
        CREATE VIEW known_payouts AS SELECT *,
            CASE WHEN fate NOT IN ('unknown', 'review') THEN {trade_no("created_at", 11)} END AS trade_no,
            CASE WHEN fate NOT IN ('unknown', 'review', 'came-back') THEN {txid(11)} END AS txid
        FROM payouts
    """)


def events(scope: Scope) -> str:
    """Return the query for the events, in the columns of an export of the inbox."""
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in _columns())
    return f"""
        SELECT {columns} FROM ({_of_orders(scope)})
        UNION ALL SELECT {columns} FROM ({_of_payouts(scope)})
    """


def _columns() -> list[tuple[str, str]]:
    found = []
    for column in COLUMNS:
        found.append((column.name, _TYPES[column.kind]))
        if column.kind == "money":
            found.append((f"{column.name}_text", "VARCHAR"))
    return found


def _of_orders(scope: Scope) -> str:
    received = f"""CASE WHEN fate = 'lost' THEN happened_at ELSE happened_at + {retry_delay()} END"""
    return f"""
        WITH steps AS (
            SELECT *, unnest(range(1, CASE WHEN fate = 'invented' THEN 1
                WHEN fate IN ('in-parts', 'underpaid', 'late', 'paid-twice') THEN 3 ELSE 2 END)) AS step
            FROM known_orders
        ), told AS (
            SELECT *, CASE
                    WHEN fate IN ('unpaid', 'late') AND step = 1 OR fate = 'underpaid' AND step = 2 THEN 'TIME-OUT'
                    WHEN fate IN ('in-parts', 'underpaid', 'stuck') AND step = 1 THEN 'TO-BE-PAID'
                    ELSE 'PAID' END AS status,
                CASE WHEN fate IN ('unpaid', 'late') AND step = 1 OR fate = 'underpaid' AND step = 2
                        THEN created_at + {LIFE}
                    WHEN fate = 'lost' THEN created_at + {QUERY_AFTER}
                    WHEN fate = 'in-parts' AND step = 2 THEN rest_at
                    WHEN fate = 'paid-twice' AND step = 2 THEN pay_at + {SECOND_AFTER}
                    ELSE pay_at END AS happened_at,
                tokens(CASE WHEN fate IN ('unpaid', 'late') AND step = 1 THEN 0
                    WHEN fate IN ('underpaid', 'stuck') OR fate = 'in-parts' AND step = 1 THEN part
                    WHEN fate = 'overpaid' THEN amount + excess ELSE amount END, decimals) AS collected,
                tokens(amount, decimals) AS due
            FROM steps
        )
        SELECT n * 4 + step AS id, CASE WHEN qr THEN 'payment-qr-code' ELSE 'payment' END AS kind,
            '{scope.app_id}' AS app_id,
            CASE WHEN fate = 'paid-twice' AND step = 2 THEN second_trade_no ELSE trade_no END AS trade_no,
            CASE WHEN NOT qr THEN out_trade_no END AS out_trade_no, status, 'news' AS verdict,
            CASE WHEN fate = 'lost' THEN 'query' ELSE 'webhook' END AS origin, 'pending' AS state,
            due AS amount, plain(due) AS amount_text, collected AS amount_collected,
            plain(collected) AS amount_collected_text, due AS token_amount, plain(due) AS token_amount_text,
            NULL AS fee, NULL AS fee_text, currency_id, NULL AS token, chain, chain_id, NULL AS contract,
            NULL AS address, CASE WHEN qr THEN {_code_address(scope)} END AS pay_address,
            CASE WHEN step = 2 AND fate IN ('in-parts', 'paid-twice') THEN second_txid
                WHEN step = 1 AND fate = 'late' THEN NULL ELSE txid END AS txid,
            moment(happened_at) AS event_time,
            make_timestamptz(CAST(({received}) * 1000000 + lag * 1000 AS BIGINT)) AS received_at,
            0 AS attempts, '' AS body
        FROM told
    """


def _of_payouts(scope: Scope) -> str:
    return f"""
        SELECT {scope.orders} * 4 + n + 1 AS id, 'payout' AS kind, '{scope.app_id}' AS app_id, trade_no, out_trade_no,
            CASE WHEN fate = 'came-back' THEN 'FAIL' ELSE 'PAID' END AS status, 'news' AS verdict,
            CASE WHEN fate = 'lost-payout' THEN 'query' ELSE 'webhook' END AS origin, 'pending' AS state,
            tokens(amount, decimals) AS amount, plain(tokens(amount, decimals)) AS amount_text,
            NULL AS amount_collected, NULL AS amount_collected_text, NULL AS token_amount, NULL AS token_amount_text,
            0 AS fee, '0' AS fee_text, currency_id, token, chain, chain_id, contract, address, NULL AS pay_address,
            txid, moment(pay_at) AS event_time,
            make_timestamptz(CAST((CASE WHEN fate = 'lost-payout' THEN created_at + {PAYOUT_QUERY_AFTER}
                ELSE pay_at END) * 1000000 + lag * 1000 AS BIGINT)) AS received_at,
            0 AS attempts, '' AS body
        FROM known_payouts WHERE fate NOT IN ('unknown', 'review')
    """


def _code_address(scope: Scope) -> str:
    return f"({scope.payees})[1]"
