"""The balance rolled forward: opening + collected - fees - payouts, against the balance that HaloPay tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs
import ibis  # type: ignore[import-untyped]  # it has none

from halopay_kit.reconcile.matching import TOLD, numbered
from halopay_kit.reconcile.settings import Settings


@attrs.frozen(kw_only=True)
class Snapshot:
    """A balance that HaloPay told; `at` is unix seconds."""

    app_id: str | None
    currency_id: int
    token: str | None
    chain: str | None
    decimals: int | None
    balance: Decimal
    at: float


@attrs.frozen(kw_only=True)
class RollForward:
    """One currency from its first snapshot to its last; amounts are tokens, times unix seconds.

    Attributes:
        collected, fees, payouts, payout_fees: what moved between the two snapshots.
        expected: opening + collected - fees - payouts - payout_fees.
        rounding: what of the rest HaloPay's rounding of each fee can explain, at most a unit of the last decimal each.
        rest: closing - expected - rounding, unexplained.
        explained_by: breaks of just that amount.
    """

    app_id: str | None
    currency_id: int
    token: str | None
    chain: str | None
    opened_at: float
    closed_at: float
    opening: Decimal
    collected: Decimal
    fees: Decimal
    payouts: Decimal
    payout_fees: Decimal
    expected: Decimal
    closing: Decimal
    rounding: Decimal
    rest: Decimal
    explained_by: tuple[str, ...] = ()


def rolled(tables: Any, settings: Settings) -> tuple[RollForward, ...]:
    """Roll each currency forward that has two snapshots or more."""
    snapshots = _snapshots(tables["balances"])
    found = []
    for (app_id, currency_id), taken in sorted(snapshots.items(), key=lambda item: (item[0][0] or "", item[0][1])):
        first, last = taken[0], taken[-1]
        if first.at == last.at:
            continue
        moved = _moved(tables["events"], app_id, currency_id, first.at, last.at)
        found.append(_one(first, last, moved, settings))
    return tuple(found)


def _one(first: Snapshot, last: Snapshot, moved: Mapping[str, Any], settings: Settings) -> RollForward:
    collected, payouts, payout_fees = moved["collected"], moved["payouts"], moved["payout_fees"]
    fees = collected * settings.expected_rate
    expected = first.balance + collected - fees - payouts - payout_fees
    rest = last.balance - expected
    decimals = last.decimals if last.decimals is not None else first.decimals
    unit = Decimal(1).scaleb(-decimals) if decimals is not None else Decimal(0)
    # Each fee is rounded down at the token's last decimal: the merchant keeps less than one unit more for each.
    rounding = rest if 0 < rest < unit * moved["parts"] and fees != fees.quantize(unit) else Decimal(0)
    return RollForward(
        app_id=last.app_id,
        currency_id=last.currency_id,
        token=last.token or first.token,
        chain=last.chain or first.chain,
        opened_at=first.at,
        closed_at=last.at,
        opening=first.balance,
        collected=collected,
        fees=fees,
        payouts=payouts,
        payout_fees=payout_fees,
        expected=expected,
        closing=last.balance,
        rounding=rounding,
        rest=rest - rounding,
    )


def _snapshots(balances: Any) -> Mapping[tuple[str | None, int], Sequence[Snapshot]]:
    taken: defaultdict[tuple[str | None, int], list[Snapshot]] = defaultdict(list)
    for row in balances.to_pyarrow().to_pylist():
        taken[row["app_id"], row["currency_id"]].append(
            Snapshot(
                app_id=row["app_id"],
                currency_id=row["currency_id"],
                token=row["token"],
                chain=row["chain"],
                decimals=row["decimals"],
                balance=row["balance"],
                at=row["at"] / 1_000_000,
            )
        )
    for each in taken.values():
        each.sort(key=lambda snapshot: snapshot.at)
    return taken


def _moved(events: Any, app_id: str | None, currency_id: int, since: float, until: float) -> Mapping[str, Any]:
    """Sum what moved after one moment and up to another."""
    since_us, until_us = round(since * 1_000_000), round(until * 1_000_000)
    mine = events.filter(events.verdict.isin(TOLD) & (events.currency_id == currency_id))
    if app_id is not None:
        mine = mine.filter(mine.app_id == app_id)
    at = ibis.coalesce(mine.event_time, mine.received_at)
    mine = mine.mutate(at=at).filter(at <= until_us)
    money = numbered(mine.filter(mine.kind != "payout"))
    orders = money.group_by("kind", "app_id", "number").agg(
        now=money.amount_collected.max(),
        before=money.amount_collected.max(where=money["at"] <= since_us),
        parts=money.count(where=(money["at"] > since_us) & (money.amount_collected > 0)),
    )
    out = mine.filter((mine.kind == "payout") & (mine.status == "PAID") & (mine["at"] > since_us))
    sums = orders.agg(now=orders.now.sum(), before=orders.before.sum(), parts=orders.parts.sum()).to_pyarrow()
    paid = out.agg(amount=out.amount.sum(), fee=out.fee.sum()).to_pyarrow()
    total, sent = sums.to_pylist()[0], paid.to_pylist()[0]
    zero = Decimal(0)
    return {
        "collected": Decimal(total["now"] or zero) - Decimal(total["before"] or zero),
        "parts": int(total["parts"] or 0),
        "payouts": Decimal(sent["amount"] or zero),
        "payout_fees": Decimal(sent["fee"] or zero),
    }
