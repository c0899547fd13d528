"""The sandbox's book: everything that it remembers, as tables in one place."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

import attrs

from halopay_kit.sandbox import money


@attrs.define(kw_only=True)
class Order:
    """An order; a hosted one has no currency, amount and address until its payer chose a token."""

    trade_no: str
    out_trade_no: str
    create_time: int
    time_expire: int
    hosted: bool = False
    currency_id: int | None = None
    amount: Decimal | None = None
    pay_address: str | None = None
    collected: Decimal = money.ZERO
    txid: str | None = None
    fiat_name: str | None = None
    fiat_amount: Decimal | None = None
    callback_url: str | None = None
    redirect_url: str | None = None
    name: str | None = None
    image: str | None = None
    describe: str | None = None


@attrs.define(kw_only=True)
class Payout:
    """A payout; `status` is TO-BE-PAID until it is settled or fails."""

    trade_no: str
    out_trade_no: str
    create_time: int
    currency_id: int
    amount: Decimal
    fee: Decimal
    address: str
    status: str
    txid: str | None = None
    time: int | None = None
    callback_url: str | None = None


@attrs.define(kw_only=True)
class QrCode:
    """A fixed address."""

    trade_no: str
    out_trade_no: str | None
    create_time: int
    currency_id: int
    pay_address: str


@attrs.frozen(kw_only=True)
class Payment:
    """One transaction to an address of an order or a fixed address."""

    txid: str
    trade_no: str
    currency_id: int
    amount: Decimal
    time: int


@attrs.frozen(kw_only=True)
class Entry:
    """One movement of a balance, with its sign; `why` is opening, funded, collected, fee, payout or returned."""

    why: str
    currency_id: int
    amount: Decimal
    trade_no: str | None
    time: int


class Row(Protocol):
    """What has two numbers, HaloPay's and perhaps the merchant's."""

    @property
    def trade_no(self) -> str:
        """HaloPay's number."""

    @property
    def out_trade_no(self) -> str | None:
        """The merchant's."""


R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """Rows by either number; where the merchant's was used twice, the last one is found."""

    def __init__(self) -> None:
        self._rows: dict[str, R] = {}
        self._by_out_trade_no: dict[str, R] = {}

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: R) -> None:
        """Keep the row."""
        self._rows[row.trade_no] = row
        if row.out_trade_no is not None:
            self._by_out_trade_no[row.out_trade_no] = row

    def find(self, trade_no: str | None, out_trade_no: str | None) -> R | None:
        """Return the row that all given numbers name."""
        if trade_no is None:
            return None if out_trade_no is None else self._by_out_trade_no.get(out_trade_no)
        row = self._rows.get(trade_no)
        return None if row is None or out_trade_no not in {None, row.out_trade_no} else row


class Book:
    """Orders, payouts, fixed addresses, payments to them, and the movements of every balance."""

    def __init__(self) -> None:
        self.orders: Table[Order] = Table()
        self.payouts: Table[Payout] = Table()
        self.qr_codes: Table[QrCode] = Table()
        self.by_address: dict[str, Order | QrCode] = {}
        self.payments: list[Payment] = []
        self.entries: list[Entry] = []
        self._balances: dict[int, Decimal] = {}

    def move(self, why: str, currency_id: int, amount: Decimal, *, time: int, trade_no: str | None = None) -> None:
        """Change a balance and write down why."""
        if amount:
            self.entries.append(Entry(why=why, currency_id=currency_id, amount=amount, trade_no=trade_no, time=time))
            self._balances[currency_id] = money.add(self.balance(currency_id), amount)

    def balance(self, currency_id: int) -> Decimal:
        """Return what the app holds of that currency."""
        return self._balances.get(currency_id, money.ZERO)
