"""The merchant's side, in SQL: ledger, payout journal and balances, with every flaw that is planted, and their list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import pyarrow  # type: ignore[import-untyped]  # it has none

from halopay_kit.payouts.causes import CAUSES
from halopay_kit.sandbox.business import money
from halopay_kit.sandbox.business.world import OPENING_BALANCE
from halopay_kit.world.plan import DAY, LIFE, PAYEES, TRADED, Scope
from halopay_kit.world.rates import flaws
from halopay_kit.world.told import QUERY_AFTER, SECOND_AFTER

OTHER_APP: Final = "anotherApp000001"
OFF_IN: Final = TRADED[0]
"""The currency whose balance is off, where that is asked for."""

_ENTRIES = (
    "CASE WHEN fate IN ('unbooked', 'qr-unbooked') OR fate = 'unpaid' AND style < 50 THEN 1"
    " WHEN fate IN ('in-parts', 'booked-twice') THEN 3 ELSE 2 END"
)


def ledger(scope: Scope) -> str:
    """Return the query for the entries; one of an order in parts for each part."""
    first, other = TRADED[0], TRADED[1]
    return f"""
        WITH entries AS (SELECT *, unnest(range(1, {_ENTRIES})) AS entry FROM known_orders), booked AS (
            SELECT *, CASE
                    WHEN fate = 'misbooked' THEN amount - 10000 * (1 + style)
                    WHEN fate IN ('underpaid', 'stuck') OR fate = 'in-parts' AND entry = 1 THEN part
                    WHEN fate = 'in-parts' THEN amount - part
                    WHEN fate = 'overpaid' THEN amount + excess
                    WHEN fate IN ('unpaid', 'given-up') THEN 0
                    ELSE amount END AS units,
                CASE WHEN fate IN ('unpaid', 'underpaid') THEN 'TIME-OUT' WHEN fate = 'given-up' THEN 'CANCELLED'
                    WHEN fate IN ('left-open', 'stuck') THEN 'TO-BE-PAID' ELSE 'PAID' END AS status,
                CASE WHEN fate IN ('unpaid', 'underpaid') THEN created_at + {LIFE} + 60
                    WHEN fate = 'given-up' THEN created_at + 20
                    WHEN fate = 'lost' THEN created_at + {QUERY_AFTER} + 60
                    WHEN fate = 'in-parts' AND entry = 2 THEN rest_at + 5 ELSE pay_at + 5 + style END AS booked_at
            FROM entries
        )
        SELECT printf('E%08d-%d', n + 1, entry) AS entry_id, 'payment' AS kind,
            CASE WHEN NOT qr THEN out_trade_no END AS out_trade_no,
            CASE WHEN NOT qr AND (style % 3 > 0 OR fate NOT IN ('paid', 'unpaid', 'in-parts')) THEN trade_no
                END AS trade_no,
            CASE WHEN qr OR fate = 'paid' AND style % 5 = 0 THEN txid END AS txid,
            CASE WHEN fate = 'wrong-app' THEN '{OTHER_APP}' ELSE '{scope.app_id}' END AS app_id,
            {_otherwise("currency_id", first.currency_id, other.currency_id)} AS currency_id,
            {_otherwise("token", f"'{first.symbol}'", f"'{other.symbol}'")} AS token,
            {_otherwise("chain", f"'{first.chain.name}'", f"'{other.chain.name}'")} AS chain,
            tokens(units, decimals) AS amount,
            CASE WHEN units = 0 OR fate = 'paid' AND style % 10 = 3 THEN NULL
                ELSE tokens(CASE WHEN fate IN ('misbooked') THEN amount ELSE units END // 10000 * 3
                    + CASE WHEN fate = 'wrong-fee' THEN {_hundredth()} ELSE 0 END, decimals) END AS fee,
            status, moment(booked_at) AS booked_at
        FROM booked
        UNION ALL
        SELECT printf('W%07d', n + 1), 'payout', out_trade_no, trade_no, txid, '{scope.app_id}', currency_id, token,
            chain, tokens(CASE WHEN fate = 'came-back' THEN 0 WHEN fate = 'booked-otherwise' THEN amount - 10000000
                ELSE amount END, decimals), NULL, CASE WHEN fate = 'came-back' THEN 'FAIL' ELSE 'PAID' END,
            moment(pay_at + 60)
        FROM known_payouts WHERE fate NOT IN ('unknown', 'review', 'unbooked-payout')
    """


def journal(scope: Scope) -> str:
    """Return the query for the payouts, in the columns of an export of the payout journal."""

    def by_fate(usual: str, **others: str) -> str:
        cases = " ".join(f"WHEN '{fate.replace('_', '-')}' THEN {value}" for fate, value in others.items())
        return f"CASE fate {cases} ELSE {usual} END"

    state = by_fate("'done'", came_back="'failed'", unknown="'unknown'", review="'needs-review'")
    outcome = by_fate("'done'", came_back="'not-done'", unknown="'unknown'", review="'needs-review'")
    status = by_fate("'PAID'", came_back="'FAIL'", unknown="NULL", review="NULL")
    cause = by_fate("'paid'", came_back="'failed'", unknown="'timed-out'", review="'gave-up'")
    reasons = " ".join(
        f"WHEN '{name}' THEN '{CAUSES[name].reason}'" for name in ("paid", "failed", "timed-out", "gave-up")
    )
    elsewhere = f"({scope.payees})[(payee + 1) % {PAYEES} + 1]"
    return f"""
        SELECT '{scope.app_id}' AS app_id, out_trade_no, trade_no, CAST(currency_id AS BIGINT) AS currency_id,
            tokens(amount, decimals) AS amount, plain(tokens(amount, decimals)) AS amount_text,
            CASE WHEN fate = 'elsewhere' THEN {elsewhere} ELSE address END AS address,
            {state} AS state, {outcome} AS outcome, {status} AS status, txid, CAST(1 AS BIGINT) AS attempts,
            moment(created_at) AS created_at,
            moment(CASE WHEN fate IN ('unknown', 'review') THEN created_at + 30 ELSE pay_at + 1 END) AS changed_at,
            {cause} AS cause, CASE {cause} {reasons} END AS reason, CAST(NULL AS VARCHAR) AS evidence
        FROM known_payouts
    """


def move(connection: Any) -> None:
    """Make the table `moves`: by how much each balance moves, day by day.

    HaloPay takes a payout from the balance when it is made, and gives it back when it fails.
    """
    connection.execute(f"""
        CREATE TABLE moves AS SELECT currency_id, moved_at // {DAY} AS day, CAST(sum(units) AS HUGEINT) AS units FROM (
            SELECT currency_id, moved_at, units - units // 10000 * 3 AS units FROM ({_collected()})
            UNION ALL SELECT currency_id, created_at, -amount FROM payouts WHERE fate NOT IN ('unknown', 'review')
            UNION ALL SELECT currency_id, pay_at, amount FROM payouts WHERE fate = 'came-back'
        ) GROUP BY ALL
    """)


def balances(connection: Any, scope: Scope, balance_off: Decimal | None) -> None:
    """Make the table `balances`, amounts as text: a snapshot of each currency a day.

    The first is from before anything, the last from the end; that of one currency is off by `balance_off`.
    """
    days = [scope.start + day * DAY for day in range(scope.days + 1)] + [scope.until]
    rows = []
    for token in TRADED:
        mine = "SELECT day, units FROM moves WHERE currency_id = ?"
        moved = connection.execute(mine, [token.currency_id]).fetchall()
        for at in days:
            units = sum(amount for day, amount in moved if day * DAY < at)
            off = balance_off if balance_off is not None and token is OFF_IN and at == days[-1] else Decimal(0)
            balance = money.add(money.add(OPENING_BALANCE, exact(units, token.decimals)), off)
            named = (scope.app_id, token.currency_id, token.symbol, token.chain.name, token.decimals)
            rows.append((*named, money.plain(balance), at * 1_000_000))
    names = ("app_id", "currency_id", "token", "chain", "decimals", "balance", "at")
    connection.register("snapshots", pyarrow.table(dict(zip(names, zip(*rows, strict=True), strict=True))))
    connection.execute('CREATE TABLE balances AS SELECT * REPLACE (make_timestamptz("at") AS "at") FROM snapshots')


def exact(units: int, decimals: int) -> Decimal:
    """Return so many units of the last decimal as an amount."""
    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -decimals))


def planted(balance_off: Decimal | None) -> str:
    """Return the query for the list of what was planted; the amounts at stake as reconciliation counts them."""
    fates = ", ".join(f"('{fate.id}', '{fate.flaw}', '{fate.kind}', '{fate.note}')" for fate in flaws())
    off = (
        ""
        if balance_off is None
        else (
            f" UNION ALL SELECT 'balance-unexplained', 'balance', 'currency_id', '{OFF_IN.currency_id}',"
            f" CAST('{abs(balance_off):f}' AS DECIMAL(38, 18)), 'the last balance is off by {balance_off:f}'"
        )
    )
    return f"""
        WITH fates (fate, class, kind, note) AS (VALUES {fates})
        SELECT class, kind, key_kind, key, amount_at_stake, note FROM (
            SELECT class, kind, note, n, 0 AS side,
                CASE WHEN qr THEN 'txid' WHEN fate = 'paid-twice' THEN 'trade_no' ELSE 'out_trade_no' END AS key_kind,
                CASE WHEN qr THEN txid WHEN fate = 'paid-twice' THEN second_trade_no ELSE out_trade_no END AS key,
                tokens(CASE fate WHEN 'misbooked' THEN 10000 * (1 + style) WHEN 'underpaid' THEN amount - part
                    WHEN 'overpaid' THEN excess WHEN 'wrong-fee' THEN {_hundredth()} WHEN 'stuck' THEN part
                    ELSE amount END, decimals) AS amount_at_stake
            FROM known_orders JOIN fates USING (fate)
            UNION ALL
            SELECT class, kind, note, n, 1, 'out_trade_no', out_trade_no,
                tokens(CASE fate WHEN 'booked-otherwise' THEN 10000000 ELSE amount END, decimals)
            FROM known_payouts JOIN fates USING (fate)
            ORDER BY side, n
        ){off}
    """


def _collected() -> str:
    """Return the query for each payment that HaloPay saw: a part of an order is one."""
    return f"""
        SELECT currency_id, pay_at AS moved_at, CASE WHEN fate IN ('in-parts', 'underpaid', 'stuck') THEN part
            WHEN fate = 'overpaid' THEN amount + excess ELSE amount END AS units
        FROM orders WHERE fate NOT IN ('unpaid', 'invented')
        UNION ALL SELECT currency_id, rest_at, amount - part FROM orders WHERE fate = 'in-parts'
        UNION ALL SELECT currency_id, pay_at + {SECOND_AFTER}, amount FROM orders WHERE fate = 'paid-twice'
    """


def _otherwise(column: str, first: object, other: object) -> str:
    return (
        f"CASE WHEN fate <> 'wrong-currency' THEN {column}"
        f" WHEN currency_id = {TRADED[0].currency_id} THEN {other} ELSE {first} END"
    )


def _hundredth() -> str:
    """Return an expression for a hundredth of a token in units; more than the tolerance of a fee in any currency."""
    return "CAST(CASE decimals WHEN 18 THEN 10000000000000000 ELSE 10000 END AS BIGINT)"
