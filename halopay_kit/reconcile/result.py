"""What a reconciliation comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Literal

import attrs

from halopay_kit.reconcile.classes import CLASSES, SEVERITIES, BreakClass
from halopay_kit.reconcile.reading import Read
from halopay_kit.reconcile.rollforward import RollForward
from halopay_kit.reconcile.settings import EXACT, Settings

News = Literal["new", "aged", ""]


@attrs.frozen(kw_only=True)
class Break:
    """One difference; amounts are tokens, times unix seconds, what does not apply is None.

    Attributes:
        id: the same for the same difference in every run.
        timing: it is young enough to resolve by itself.
        at: when what it is about last moved.
        age: seconds from then to the moment that the run speaks of.
        at_stake: the money that it is about, never below zero.
        sentence: what is wrong, for people.
        events, entries, payouts: ids of the evidence: events of the inbox, entries of the ledger, out_trade_nos of the
            payout journal.
        news: `new` or `aged`, where there was a previous run.
    """

    id: str
    class_: str
    timing: bool
    kind: str
    at: float | None
    age: float | None
    app_id: str | None
    out_trade_no: str | None
    trade_no: str | None
    txid: str | None
    currency_id: int | None
    token: str | None
    chain: str | None
    ledger_amount: Decimal | None
    gateway_amount: Decimal | None
    ledger_status: str | None
    gateway_status: str | None
    at_stake: Decimal
    sentence: str
    events: tuple[int, ...] = ()
    entries: tuple[str, ...] = ()
    payouts: tuple[str, ...] = ()
    news: News = ""

    @property
    def about(self) -> BreakClass:
        """The class."""
        return CLASSES[self.class_]

    @property
    def severity(self) -> str:
        """How much it presses."""
        return self.about.severity

    @property
    def order(self) -> tuple[object, ...]:
        """What breaks are sorted by: the most pressing class first, then by number."""
        keys = (self.out_trade_no or "", self.trade_no or "", self.txid or "", self.currency_id or 0, self.entries)
        return (SEVERITIES.index(self.about.severity), list(CLASSES).index(self.class_), *keys, self.id)


@attrs.frozen(kw_only=True)
class Count:
    """Rows of one input: `read` = `matched` + `unmatched` + `unused` + `refused`.

    Unused are rows without money or news, which need no match.
    """

    what: str
    name: str
    read: int
    matched: int
    unmatched: int
    unused: int
    refused: int = 0


@attrs.frozen(kw_only=True)
class Result:
    """What a reconciliation found.

    Attributes:
        breaks: differences that need somebody, the most pressing first.
        timing: those that may resolve by themselves.
        roll_forward: one per currency with two balances or more.
        counts: one per input.
        subjects: how many orders, payouts and payments to fixed addresses there are at the gateway.
        clean: how many of them have no break, not even a timing difference.
        as_of: unix seconds that it speaks of.
        resolved: breaks of the previous run that are gone; None where there was none.
        inputs: what was read, and by which mapping.
    """

    breaks: Sequence[Break]
    timing: Sequence[Break]
    roll_forward: Sequence[RollForward]
    counts: Sequence[Count]
    subjects: int
    clean: int
    as_of: float
    engine: str
    version: str
    settings: Settings
    inputs: Sequence[Read]
    resolved: Sequence[Break] | None = None

    @property
    def is_clean(self) -> bool:
        """Say whether nothing needs anybody."""
        return not self.breaks

    @property
    def by_class(self) -> Mapping[str, int]:
        """How many breaks there are of each class that has any."""
        found = dict.fromkeys(CLASSES, 0)
        for each in self.breaks:
            found[each.class_] += 1
        return {name: number for name, number in found.items() if number}

    @property
    def at_stake(self) -> Mapping[str, Decimal]:
        """The money at stake by currency, which are never added up; a subject with several breaks counts once."""
        largest: dict[tuple[object, object], Decimal] = {}
        names: dict[object, str] = {each.currency_id: name_of(each) for each in self.roll_forward}
        for each in self.breaks:
            currency: object = each.currency_id if each.currency_id is not None else name_of(each)
            names[currency] = max(names.get(currency, ""), name_of(each), key=len)
            key = (currency, each.trade_no or each.out_trade_no or each.entries or each.id)
            largest[key] = max(each.at_stake, largest.get(key, Decimal(0)))
        found: dict[str, Decimal] = {}
        with localcontext(EXACT):
            for (currency, _), amount in largest.items():
                found[names[currency]] = found.get(names[currency], Decimal(0)) + amount
        return dict(sorted(found.items()))


def name_of(each: Break | RollForward) -> str:
    """Name a currency for people: `USDT on Tron (75)`."""
    text = " on ".join(filter(None, (each.token, each.chain)))
    number = "" if each.currency_id is None else f"({each.currency_id})"
    return f"{text} {number}".strip() or "unknown currency"


def moment(at: float | None) -> str:
    """Write a time in UTC."""
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
