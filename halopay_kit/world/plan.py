"""The plan of a world, in SQL: what becomes of each order and payout, when, and how much it is about.

It is a view: each row follows from its number and the seed alone, by DuckDB's hash, so that ten million of them take
no memory. Amounts are in units of the token's last decimal. Payments are whole multiples of `GRAIN` units, so that
0.03% of each part has no fraction of a unit and nothing is rounded.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import gcd
from typing import Any, Final

import attrs

from halopay_api.policy import RETRY_AFTER
from halopay_kit.sandbox.business.addresses import address
from halopay_kit.sandbox.business.world import TOKENS, Token
from halopay_kit.world.rates import Fate, numbers

DAY: Final = 86_400
FROM: Final = 1_772_323_200  # 2026-03-01T00:00:00Z
TAIL: Final = 2 * DAY
"""From the last order to the moment that a world speaks of: every retry has come in by then."""
LIFE: Final = 1800
"""Seconds until an order times out."""
GRAIN: Final = 10_000
PAYEES: Final = 40

_CURRENCIES: Final = ((75, 60), (70, 20), (73, 12), (69, 8))  # of a hundred orders
TRADED: Final[Sequence[Token]] = tuple(
    token for number, _ in _CURRENCIES for token in TOKENS if token.currency_id == number
)


@attrs.frozen(kw_only=True)
class Scope:
    """How large a world is, and of which seed."""

    orders: int
    days: int
    seed: int
    app_id: str

    @property
    def start(self) -> int:
        """The moment of the opening balance, unix seconds."""
        return FROM

    @property
    def payees(self) -> str:
        """An expression for the addresses that payouts of a row's currency go to, a list."""
        drawn = random.Random(f"payees of {self.seed}")  # noqa: S311  # repeatable on purpose
        cases = [
            f"WHEN currency_id = {token.currency_id} THEN"
            f" {[address(token.chain.family, drawn.randbytes(20)) for _ in range(PAYEES)]}"
            for token in TRADED
        ]
        return f"CASE {' '.join(cases)} END"

    @property
    def until(self) -> int:
        """The moment that the world speaks of, unix seconds."""
        return FROM + self.days * DAY + TAIL

    @property
    def outage(self) -> tuple[int, int]:
        """From when to when the merchant's receiver was down: an afternoon in the middle."""
        noon = FROM + self.days // 2 * DAY + DAY // 2
        return noon + 3600, noon + 4 * 3600


def lay_out(connection: Any, scope: Scope) -> None:
    """Make the views `orders` and `payouts`, and the tables that they read."""
    payments, payouts = numbers(scope.orders)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        f"CREATE MACRO draw(n, salt, below) AS CAST(hash(n * 64 + salt, {scope.seed}) % below AS BIGINT)"
    )
    connection.execute(
        "CREATE MACRO tokens(units, decimals) AS CAST(CASE decimals"
        " WHEN 18 THEN CAST(units AS DECIMAL(19, 0)) * CAST('0.000000000000000001' AS DECIMAL(19, 18))"
        " ELSE CAST(CAST(units AS DECIMAL(19, 0)) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 18)) END"
        " AS DECIMAL(38, 18))"
    )
    connection.execute("CREATE MACRO plain(amount) AS rtrim(rtrim(CAST(amount AS VARCHAR), '0'), '.')")
    connection.execute("CREATE MACRO moment(second) AS make_timestamptz(CAST(second AS BIGINT) * 1000000)")
    connection.execute(f"CREATE VIEW orders AS {_orders(payments, scope)}")
    connection.execute(f"CREATE VIEW payouts AS {_payouts(payouts, scope)}")


def _currency() -> str:
    """Return the columns of the currency that a row's `weight` chooses; no join, which would lose the rows' order."""
    columns: dict[str, list[object]] = {
        "currency_id": [token.currency_id for token in TRADED],
        "token": [token.symbol for token in TRADED],
        "chain": [token.chain.name for token in TRADED],
        "chain_id": [token.chain.chain_id for token in TRADED],
        "contract": [token.contract for token in TRADED],
        "decimals": [token.decimals for token in TRADED],
    }
    return ", ".join(f"{_by_weight(values)} AS {name}" for name, values in columns.items())


def _by_weight(values: Sequence[object]) -> str:
    cases, last = [], 0
    for value, (_, weight) in zip(values, _CURRENCIES, strict=True):
        last += weight
        cases.append(f"WHEN weight < {last} THEN {value!r}")
    return f"CASE {' '.join(cases)} END"


def _orders(fates: Sequence[tuple[Fate, int]], scope: Scope) -> str:
    """Return the orders: created_at, pay_at and rest_at are unix seconds, amount, part and excess units."""
    return f"""
        WITH numbered AS (
            SELECT range AS n, {_scattered(scope.orders, scope.seed)} AS place,
                   {_created(scope)} AS created_at, draw(range, 2, 100) AS weight, draw(range, 3, 1000) AS luck
            FROM range({scope.orders})
        ), fated AS (SELECT *, {_fate(fates)} AS fate, {_currency()} FROM numbered), priced AS (
            SELECT fated.*, {GRAIN} * CASE token
                       WHEN 'ETH' THEN (1 + draw(n, 4, 200)) * 100000000000 + draw(n, 5, 100000000000)
                       WHEN 'TRX' THEN 1499 + draw(n, 4, 300) * draw(n, 5, 400)
                       ELSE 499 + draw(n, 4, 200) * draw(n, 5, 200) END AS amount,
                   CASE WHEN fate = 'late' THEN {LIFE} + 600 + draw(n, 6, 30000)
                        WHEN fate IN ('in-parts', 'underpaid', 'stuck') THEN 30 + draw(n, 6, 600)
                        ELSE 30 + draw(n, 6, 300) * draw(n, 7, 5) END AS wait
            FROM fated
        ), timed AS (
            SELECT *, created_at + wait AS pay_at,
                   CASE WHEN fate = 'unpaid' THEN created_at + {LIFE} ELSE created_at + wait END AS told_at
            FROM priced
        )
        SELECT n, fate, fate IN ('qr', 'qr-unbooked') AS qr, created_at, currency_id, token, chain, chain_id, contract,
               decimals, amount,
               amount // {GRAIN} * (20 + draw(n, 8, 60)) // 100 * {GRAIN} AS part,
               {GRAIN} * (100 + draw(n, 9, 900)) AS excess,
               pay_at, told_at,
               pay_at + 60 + draw(n, 10, 900) AS rest_at,
               50 + draw(n, 11, 400) AS lag,
               CASE WHEN fate NOT IN ('paid', 'unpaid', 'qr') THEN 0
                    WHEN told_at BETWEEN {scope.outage[0]} AND {scope.outage[1]} THEN {_outlasting(scope.outage[1])}
                    WHEN luck < 4 THEN 4 + draw(n, 12, 9)
                    WHEN luck < 60 THEN 1 + draw(n, 13, 2) * draw(n, 14, 2) * (1 + draw(n, 15, 2))
                    ELSE 0 END AS retries,
               fate IN ('paid', 'unpaid', 'qr') AND luck >= 980 AS twice,
               draw(n, 16, 100) AS style,
               printf('T%08d', n + 1) AS out_trade_no
        FROM timed
    """


def _payouts(fates: Sequence[tuple[Fate, int]], scope: Scope) -> str:
    """Return the payouts, in the columns of orders as far as these make sense; pay_at is when one ends."""
    total = sum(number for _, number in fates)
    span = scope.days * DAY
    return f"""
        WITH numbered AS (
            SELECT range AS n, {_scattered(total, scope.seed + 1)} AS place,
                   {FROM} + 3600 + CAST(range AS BIGINT) * {span - 7200} // {total} AS created_at,
                   draw(range, 32, 100) AS weight
            FROM range({total})
        ), fated AS (SELECT *, {_fate(fates)} AS fate, {_currency()} FROM numbered)
        SELECT n, fate, created_at, currency_id, token, chain, chain_id, contract, decimals,
               CASE token WHEN 'ETH' THEN 1000000000000000 + draw(n, 33, 250000000000000000)
                          ELSE 20000000 + draw(n, 33, 400000000) END AS amount,
               created_at + 20 + draw(n, 34, 1800) AS pay_at,
               50 + draw(n, 35, 400) AS lag,
               draw(n, 36, {PAYEES}) AS payee,
               ({scope.payees})[draw(n, 36, {PAYEES}) + 1] AS address,
               printf('P%07d', n + 1) AS out_trade_no
        FROM fated
    """


def _created(scope: Scope) -> str:
    """Spread the orders over the days, one after the other: 15% by night, 60% from 8 to 20 h, 25% in the evening."""
    span, total = scope.days * DAY, scope.orders
    even = f"((CAST(range AS BIGINT) * 1000 + draw(range, 1, 1000)) * {span} // {total * 1000})"
    second = f"({even} % {DAY})"
    return f"""{FROM} + {even} // {DAY} * {DAY} + CASE
        WHEN {second} < 12960 THEN {second} * 28800 // 12960
        WHEN {second} < 64800 THEN 28800 + ({second} - 12960) * 43200 // 51840
        ELSE 72000 + ({second} - 64800) * 14400 // 21600 END"""


def _scattered(total: int, seed: int) -> str:
    """Return an expression that puts the numbers below `total` in another order: fates do not come in blocks."""
    drawn = random.Random(f"order of {seed}")  # noqa: S311  # repeatable on purpose
    step = next(step for step in iter(lambda: drawn.randrange(1, 2 * total), None) if gcd(step, total) == 1)
    return f"(CAST(range AS BIGINT) * {step} + {drawn.randrange(total)}) % {total}"


def _fate(fates: Sequence[tuple[Fate, int]]) -> str:
    cases, last = [], 0
    for fate, number in fates:
        last += number
        cases.append(f"WHEN place < {last} THEN '{fate.id}'")
    return f"CASE {' '.join(cases)} END"


def _outlasting(until: int) -> str:
    """Return an expression for how many retries it takes until the receiver is up again."""
    sums = [sum(RETRY_AFTER[: count + 1]) for count in range(len(RETRY_AFTER))]
    cases = " ".join(f"WHEN told_at + {passed} > {until} THEN {count}" for count, passed in enumerate(sums, start=1))
    return f"CASE {cases} END"


def retry_delay() -> str:
    """Return an expression for the seconds from the first attempt to the one after so many `retries`."""
    sums = [sum(RETRY_AFTER[:count]) for count in range(len(RETRY_AFTER) + 1)]
    return f"[{', '.join(map(str, sums))}][retries + 1]"
