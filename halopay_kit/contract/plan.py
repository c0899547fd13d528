"""What a run against a live target will send: reads only, unless orders are asked for, and never a payout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal

import attrs

from halopay_api.models import FiatName
from halopay_api.operations import OPERATIONS
from halopay_kit.errors import ConfigurationError

RATE = 1.0  # calls a second
FASTEST = 5.0
MANY_CURRENCIES = 5  # balances and rates are asked for that many currencies at most
_SMALL, _CENT = Decimal(1), Decimal("0.01")
_PLAIN = re.compile(r"[0-9]{1,20}(\.[0-9]{1,18})?")
_ORDERS = 2  # one with an address, one on HaloPay's page
_LOOKS = 2  # a detail by each of an order's two numbers


@attrs.frozen(kw_only=True)
class Create:
    """Leave to create orders: of at most that amount, in that fiat.

    Raises:
        ConfigurationError: the amount is no amount, or the fiat no fiat.
    """

    max_amount: Decimal
    fiat: str

    def __attrs_post_init__(self) -> None:
        if not self.max_amount.is_finite() or self.max_amount < _CENT:
            raise ConfigurationError("the amount that orders may have is at least 0.01")
        if self.fiat not in set(FiatName):
            raise ConfigurationError(f"{self.fiat!r} is no fiat of the spec", advice=", ".join(FiatName))

    @classmethod
    def of(cls, max_amount: str, fiat: str) -> Create:
        """Read the amount, a plain decimal."""
        if not _PLAIN.fullmatch(max_amount):
            raise ConfigurationError("the amount that orders may have is no plain decimal number, as 1.50")
        return cls(max_amount=Decimal(max_amount), fiat=fiat)

    @property
    def amount(self) -> str:
        """Return what orders are made of: one of the fiat, or what is allowed where that is less."""
        return f"{min(self.max_amount, _SMALL).quantize(_CENT, ROUND_DOWN):f}"


@attrs.frozen(kw_only=True)
class Step:
    """So many calls of one operation, at most."""

    operation: str
    calls: int
    why: str

    @property
    def effect(self) -> str:
        """Return what such a call does, as the spec says."""
        return OPERATIONS[self.operation].effect


@attrs.frozen(kw_only=True)
class Plan:
    """What will be sent, how often at most, how fast; `steps` says so, and nothing else leaves.

    Attributes:
        trade_no, out_trade_no: an order of the app's that may be looked at.
        payout_trade_no, payout_out_trade_no: a payout of the app's.
        currency_ids: whose balance and rate are asked for; found in the app's list where there are none.
        create: leave to create orders.

    Raises:
        ConfigurationError: the rate is none, or too fast.
    """

    rate: float = RATE
    trade_no: str | None = None
    out_trade_no: str | None = None
    payout_trade_no: str | None = None
    payout_out_trade_no: str | None = None
    currency_ids: tuple[int, ...] = ()
    create: Create | None = None

    def __attrs_post_init__(self) -> None:
        if not 0 < self.rate <= FASTEST:
            raise ConfigurationError(f"the rate is more than 0 and at most {FASTEST:g} calls a second")

    @property
    def effects(self) -> frozenset[str]:
        """Return the effects that calls of this plan may have; moving money is never among them."""
        return frozenset({"read", "creates"} if self.create else {"read"})

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return what will be sent."""
        return tuple(step for step in self._steps() if step.calls)

    @property
    def calls(self) -> int:
        """Return how many calls will be sent at most, but for those repeated that came too soon (20009)."""
        return sum(step.calls for step in self.steps)

    @property
    def unreached(self) -> dict[str, str]:
        """Return the operations that will not be called, with the reason."""
        called = {step.operation for step in self.steps}
        return {name: self._why_not(name) for name in OPERATIONS if name not in called}

    def _steps(self) -> Iterator[Step]:
        currencies = len(self.currency_ids) or MANY_CURRENCIES
        each = "each currency given" if self.currency_ids else f"the first {currencies} currencies of the app's list"
        yield Step(operation="currency.app_token_list", calls=1, why="the app's tokens")
        yield Step(operation="currency.token_list", calls=1, why="all tokens")
        yield Step(operation="account.balance", calls=currencies, why=each)
        yield Step(operation="order.exchange_rates", calls=currencies + len(FiatName), why=f"{each}, and every fiat")
        orders = sum(number is not None for number in (self.trade_no, self.out_trade_no))
        yield Step(operation="order.detail", calls=orders, why="an order of the app's")
        payouts = sum(number is not None for number in (self.payout_trade_no, self.payout_out_trade_no))
        yield Step(operation="payout.detail", calls=payouts, why="a payout of the app's")
        if self.create is not None:
            amount = f"an order of {self.create.amount} {self.create.fiat}"
            yield Step(operation="order.create", calls=1, why=amount)
            yield Step(operation="entrust.pre_create", calls=_ORDERS, why=f"{amount} on HaloPay's page")
            yield Step(operation="order.detail", calls=(1 + _ORDERS) * _LOOKS, why="the orders just created")

    def _why_not(self, name: str) -> str:
        effect = OPERATIONS[name].effect
        if effect == "moves-money":
            return "it moves money: this command never sends it to a live target"
        if name == "payment_qr_code.create":
            return "it makes an address for good: this command does not do that on a live target"
        if effect == "creates":
            return "it creates: --create --max-amount AMOUNT --fiat FIAT allows it"
        which = (
            "--payout-trade-no or --payout-out-trade-no" if name == "payout.detail" else "--trade-no or --out-trade-no"
        )
        return f"no real id: {which} gives one"
