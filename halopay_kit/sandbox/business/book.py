"""The sandbox's book: everything that it remembers, as tables in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Generic, Literal, Protocol, TypeVar

import attrs

from halopay_kit.sandbox.business import money

State = Literal["due", "delivered", "given up", "lost"]


class Kept:
    """A row that tells whoever keeps it when it changes."""

    __slots__ = ("tell",)
    tell: Callable[[Any], None]


def told(row: Kept, _attribute: attrs.Attribute[object], value: object) -> object:
    """Tell that the row changes."""
    tell = getattr(row, "tell", None)
    if tell is not None:
        tell(row)
    return value


@attrs.define(kw_only=True, on_setattr=told)
class Order(Kept):
    """An order; a hosted one has no currency, amount and address until its payer chose a token.

    `seen` is when its latest payment was seen on the chain, `timed_out` whether that was told, `hidden_until` until
    when queries do not know it.
    """

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
    seen: int | None = None
    timed_out: bool = False
    hidden_until: float | None = None


@attrs.define(kw_only=True, on_setattr=told)
class Payout(Kept):
    """A payout; `status` is TO-BE-PAID until it is settled or fails, `hidden_until` as with an order."""

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
    hidden_until: float | None = None


@attrs.define(kw_only=True, on_setattr=told)
class QrCode(Kept):
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


@attrs.frozen(kw_only=True)
class Event:
    """Something that HaloPay tells; `body` is what is signed and sent."""

    number: int
    webhook: str
    trade_no: str
    out_trade_no: str | None
    status: str
    time: int
    body: bytes


@attrs.frozen(kw_only=True)
class Attempt:
    """One POST; `error` says why there was no answer, `verdict` what was wrong with it."""

    due: int
    sent: int
    headers: Mapping[str, str]
    body: bytes
    status: int | None
    answer_headers: tuple[tuple[str, str], ...]
    answer: bytes
    error: str | None
    verdict: str
    by_hand: bool = False

    @property
    def ok(self) -> bool:
        """Say whether the receiver took it in."""
        return self.verdict == "delivered"


@attrs.define(kw_only=True, on_setattr=told)
class Delivery(Kept):
    """One event to one URL; `next_due` is the second of the next attempt, while there is one."""

    number: int
    event: Event
    url: str
    state: State = "due"
    next_due: int | None = None
    under_way: bool = False
    faults: Mapping[str, object] = attrs.field(factory=dict)
    attempts: list[Attempt] = attrs.field(factory=list)

    @property
    def scheduled(self) -> int:
        """Return how many attempts of the schedule were made."""
        return sum(not attempt.by_hand for attempt in self.attempts)


class Row(Protocol):
    """What has two numbers, HaloPay's and perhaps the merchant's."""

    tell: Callable[[Any], None]

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
        self.tell: Callable[[R], None] | None = None

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: R) -> None:
        """Keep the row."""
        self._rows[row.trade_no] = row
        if row.out_trade_no is not None:
            self._by_out_trade_no[row.out_trade_no] = row
        if self.tell is not None:
            row.tell = self.tell
            self.tell(row)

    def find(self, trade_no: str | None, out_trade_no: str | None) -> R | None:
        """Return the row that all given numbers name."""
        if trade_no is None:
            return None if out_trade_no is None else self._by_out_trade_no.get(out_trade_no)
        row = self._rows.get(trade_no)
        return None if row is None or out_trade_no not in {None, row.out_trade_no} else row


class Book:
    """Orders, payouts, fixed addresses, payments to them, the movements of every balance, and what was told."""

    def __init__(self) -> None:
        self.orders: Table[Order] = Table()
        self.payouts: Table[Payout] = Table()
        self.qr_codes: Table[QrCode] = Table()
        self.by_address: dict[str, Order | QrCode] = {}
        self.payments: list[Payment] = []
        self.unconfirmed: dict[str, Payment] = {}
        self.entries: list[Entry] = []
        self.events: list[Event] = []
        self.deliveries: list[Delivery] = []
        self._balances: dict[int, Decimal] = {}

    def move(self, why: str, currency_id: int, amount: Decimal, *, time: int, trade_no: str | None = None) -> None:
        """Change a balance and write down why."""
        if amount:
            self.entries.append(Entry(why=why, currency_id=currency_id, amount=amount, trade_no=trade_no, time=time))
            self._balances[currency_id] = money.add(self.balance(currency_id), amount)

    def balance(self, currency_id: int) -> Decimal:
        """Return what the app holds of that currency."""
        return self._balances.get(currency_id, money.ZERO)
