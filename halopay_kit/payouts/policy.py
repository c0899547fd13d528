"""What may be paid at all: caps, an allow-list, a second factor; off unless it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from halopay_kit.errors import ConfigurationError, HaloPayError, PolicyViolation
from halopay_kit.inbox.transitions import plain
from halopay_kit.payouts import addresses
from halopay_kit.payouts.payout import Intent

Cap = Decimal | int | str
Caps = Cap | Mapping[int, Cap]
_Caps = Mapping[int, Decimal] | Decimal | None

_LONGEST_CODE: Final = 64


def _caps(value: Caps | None) -> _Caps:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return _amount(value)
    if not all(isinstance(currency, int) and not isinstance(currency, bool) for currency in value):
        raise ConfigurationError("a cap is an amount, or amounts by currency_id")
    return {currency: _amount(amount) for currency, amount in value.items()}


def _amount(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ConfigurationError("a cap is a Decimal, an int or a decimal text")
    try:
        amount = Decimal(value)
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ConfigurationError(f"the cap {str(value)[:40]!r} is no amount")
    return amount


def _allowed(value: Collection[str] | None) -> frozenset[str] | None:
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Collection):
        raise ConfigurationError("allow is a list of addresses")
    for address in value:
        problem = addresses.problem(address) if isinstance(address, str) and address else "no address"
        if problem:
            raise ConfigurationError(f"allow: {str(address)[:80]!r} is {problem}")
    return frozenset(map(addresses.folded, value))


@attrs.frozen(kw_only=True)
class Policy:
    """Decided before anything is sent: `Policy(per_payout={75: "500"}, per_day={75: "5000"})`.

    Attributes:
        per_payout: the most of one payout: one amount for every currency, or by currency_id; then a currency that is
            not named is forbidden.
        per_day: the most of one currency on one day (UTC), likewise; what may have been paid counts too.
        allow: addresses that may be paid to; None: any.
        google: a callable that gives a Google Authenticator code; called for each attempt, and its code is not kept.
        dry_run: nothing is written or sent.

    Raises:
        ConfigurationError: an amount or address that cannot be right.
    """

    per_payout: _Caps = attrs.field(default=None, converter=_caps)
    per_day: _Caps = attrs.field(default=None, converter=_caps)
    allow: frozenset[str] | None = attrs.field(default=None, converter=_allowed)
    google: Callable[[], str] | None = attrs.field(default=None, repr=False)
    dry_run: bool = False

    def __attrs_post_init__(self) -> None:
        if self.google is not None and not callable(self.google):
            raise ConfigurationError("google is a callable that gives a code", advice="A code itself is too old soon.")
        if not isinstance(self.dry_run, bool):
            raise ConfigurationError("dry_run is True or False")

    def judge(self, intent: Intent) -> None:
        """Decide on a payout by itself.

        Raises:
            PolicyViolation: it is more than one payout may be, or to an address that is not allowed.
        """
        most = _cap(self.per_payout, intent, "per_payout")
        if most is not None and intent.amount > most:
            raise _violation(intent, f"{plain(intent.amount)} is more than {plain(most)}, the cap of a payout")
        if self.allow is not None and addresses.folded(intent.address) not in self.allow:
            raise _violation(intent, f"the address {intent.address} is not on the allow-list")

    def judge_day(self, intent: Intent, day: str, spent: Callable[[], Decimal]) -> None:
        """Decide on a payout beside those of the same day and currency.

        Raises:
            PolicyViolation: together they are more than a day's may be.
        """
        most = _cap(self.per_day, intent, "per_day")
        if most is None:
            return
        before = spent()
        if before + intent.amount > most:
            raise _violation(
                intent,
                f"with the {plain(before)} of {day} it would be {plain(before + intent.amount)} of currency "
                f"{intent.currency_id}, more than {plain(most)}, the cap of a day",
            )

    def google_code(self) -> str | None:
        """Return a code for one attempt, None if the policy has none.

        Raises:
            PolicyViolation: none was given; the code itself is in no error.
        """
        if self.google is None:
            return None
        code: Any = None
        try:
            code = self.google()
        except HaloPayError:
            raise
        except Exception as error:  # noqa: BLE001  # it is the merchant's
            raise PolicyViolation(f"no Google Authenticator code was given ({type(error).__name__})") from None
        try:
            if not isinstance(code, str) or not 0 < len(code.strip()) <= _LONGEST_CODE:
                raise PolicyViolation("no Google Authenticator code was given")
            return code.strip()
        finally:
            del code


def _cap(caps: _Caps, intent: Intent, name: str) -> Decimal | None:
    if not isinstance(caps, Mapping):
        return caps
    if intent.currency_id not in caps:
        raise _violation(intent, f"{name} names no cap of currency {intent.currency_id}, so it may not be paid")
    return caps[intent.currency_id]


def _violation(intent: Intent, problem: str) -> PolicyViolation:
    return PolicyViolation(f"the policy forbids it: {problem}", out_trade_no=intent.out_trade_no)
