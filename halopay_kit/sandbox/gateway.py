"""What the sandbox consists of, in one object that every operation gets."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Literal

import attrs

from halopay_kit.sandbox.agenda import Agenda
from halopay_kit.sandbox.business import money
from halopay_kit.sandbox.business.book import Book, Order, Payout, R, Table
from halopay_kit.sandbox.business.chance import Chance
from halopay_kit.sandbox.business.unknowns import Unknowns
from halopay_kit.sandbox.business.world import OPENING_BALANCE, Token, World
from halopay_kit.sandbox.clock import Clock
from halopay_kit.sandbox.drift.drift import Drift
from halopay_kit.sandbox.faults import Faults
from halopay_kit.sandbox.record import Record
from halopay_kit.sandbox.webhooks.deliveries import Deliveries
from halopay_kit.sandbox.wire.refusal import CURRENCY_NOT_SUPPORTED, DATA_NOT_EXIST, OPERATION_FAILED, Refused
from halopay_kit.signing import AppKey

SignedAt = Literal["sandbox", "machine"]


def present(data: dict[str, object]) -> dict[str, object]:
    """Return what has a value; a field without one is left out of an answer."""
    return {name: value for name, value in data.items() if value is not None}


@attrs.define(kw_only=True)
class Gateway:
    """The state and its surroundings; whoever reads or changes the book holds `lock`.

    Attributes:
        webhook_url: where webhooks go whose order or payout names no callback_url.
        payouts_settle_after: seconds after which a payout settles by itself, if it does.
        webhook_patience: real seconds that a receiver has for its answer.
        webhooks_signed_at: the clock whose time webhooks carry.
        allow_remote_webhooks: webhooks may leave this machine.
    """

    app_id: str
    app_key: AppKey
    clock: Clock
    chance: Chance
    unknowns: Unknowns
    world: World = attrs.field(factory=World)
    book: Book = attrs.field(factory=Book)
    base_url: str = ""
    webhook_url: str | None = None
    payouts_settle_after: float | None = None
    webhooks_signed_at: SignedAt = "sandbox"
    webhook_patience: float = 5.0
    allow_remote_webhooks: bool = False
    drift: Drift = attrs.field(factory=Drift)
    faults: Faults = attrs.Factory(lambda self: Faults(self.chance), takes_self=True)
    record: Record = attrs.Factory(lambda self: Record(self.clock), takes_self=True)
    lock: threading.RLock = attrs.field(factory=threading.RLock)
    agenda: Agenda = attrs.Factory(lambda self: Agenda(self.clock, self.lock), takes_self=True)
    deliveries: Deliveries = attrs.Factory(lambda self: Deliveries(self), takes_self=True)

    def open(self, does: Mapping[str, Callable[[Gateway, str], None]]) -> None:
        """Give every enabled token its opening balance, once, and say what is done when something is due."""
        for what, do in does.items():
            self.agenda.does[what] = functools.partial(do, self)
        self.agenda.does["attempt"] = self.deliveries.is_due
        self.agenda.posts_with(self.deliveries)
        self.clock.works(self._travel, self.agenda.wake)
        if not self.book.entries:
            for token in self.world.enabled():
                self.book.move("opening", token.currency_id, OPENING_BALANCE, time=self.clock.second())

    def _travel(self, until: float) -> None:
        self.record.refuse_listeners()
        self.record.add("control", name="travel", until=int(until))
        self.agenda.work(until)

    def token(self, currency_id: object, *, enabled: bool = True) -> Token:
        """Return the token of that id.

        Raises:
            Refused: the system does not know it, or it is not enabled for the app.
        """
        token = self.world.tokens.get(currency_id) if isinstance(currency_id, int) else None
        if token is None:
            raise Refused(DATA_NOT_EXIST, "currency_id")
        if enabled and not token.enabled:
            raise Refused(CURRENCY_NOT_SUPPORTED, "currency_id")
        return token

    def earlier(self, table: Table[R], out_trade_no: str | None) -> R | None:
        """Return the row to answer instead of making one, where the merchant's number is taken.

        Raises:
            Refused: the number is taken and `reused_out_trade_no` says so.
        """
        row = None if out_trade_no is None else table.find(None, out_trade_no)
        if row is None or self.unknowns.reused_out_trade_no == "new":
            return None
        if self.unknowns.reused_out_trade_no == "refused":
            raise Refused(OPERATION_FAILED, "out_trade_no is taken")
        return row

    def hides(self, row: Order | Payout) -> bool:
        """Say whether queries do not know the row yet."""
        return row.hidden_until is not None and self.clock.now() < row.hidden_until

    def checkout_url(self, trade_no: str) -> str:
        """Return the address of the page that shows the order to its payer."""
        return f"{self.base_url}/checkout/{trade_no}"

    def summary(self, token: Token) -> dict[str, object]:
        """Return what every answer about a token says of it."""
        return {
            "currency_id": token.currency_id,
            "token": token.symbol,
            "chain": token.chain.name,
            "chain_id": token.chain.chain_id,
            "contract": token.contract,
        }

    def held(self, token: Token) -> str:
        """Return the app's balance of the token, as it goes on the wire."""
        return money.plain(self.book.balance(token.currency_id))
