"""What a reconciliation goes by."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Literal, get_args

import attrs

from halopay_kit.errors import ConfigurationError

EXACT = Context(prec=100)
"""Arithmetic on amounts: Python's own context would round those of more than 28 digits."""

Bearer = Literal["merchant", "nobody"]
DAY = 86_400.0


@attrs.frozen(kw_only=True)
class Settings:
    """What a reconciliation goes by.

    Attributes:
        as_of: the moment it speaks of, unix seconds; the latest time in the inputs where it is None.
        window: seconds in which a difference may resolve by itself, and after which what has no end is stuck.
        fee_rate: share of what is collected that HaloPay keeps; 0.03% says its integration guide.
        fee_bearer: who bears the fee; what HaloPay does is unknown. With `nobody` no fee is expected.
        fee_tolerance: how much a booked fee may be off for each payment, in tokens: HaloPay's rounding is unknown.
        timezone: of times without a zone, as `Europe/Berlin`; without it they are refused.

    Raises:
        ConfigurationError: a value that cannot be right.
    """

    as_of: float | None = None
    window: float = DAY
    fee_rate: Decimal = Decimal("0.0003")
    fee_bearer: Bearer = "merchant"
    fee_tolerance: Decimal = Decimal("0.000001")
    timezone: str | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("as_of", "window"):
            value = getattr(self, name)
            right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**11
            if not right and not (name == "as_of" and value is None):
                raise ConfigurationError(f"{name} is a number of seconds")
        for name in ("fee_rate", "fee_tolerance"):
            value = getattr(self, name)
            if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value < 1:
                raise ConfigurationError(f"{name} is a Decimal from 0 to 1")
        if -int(self.fee_rate.as_tuple().exponent) > 8:
            raise ConfigurationError("fee_rate has more than eight decimals")
        if self.fee_bearer not in get_args(Bearer):
            raise ConfigurationError(f"fee_bearer is one of {', '.join(get_args(Bearer))}")
        if self.timezone is not None:
            _check_zone(self.timezone)

    @property
    def expected_rate(self) -> Decimal:
        """The share that a booked fee is compared with."""
        return self.fee_rate if self.fee_bearer == "merchant" else Decimal(0)


def _check_zone(name: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except Exception as error:
        raise ConfigurationError(
            f"{name[:60]!r} is no time zone", advice="Give a name as Europe/Berlin or UTC."
        ) from error
