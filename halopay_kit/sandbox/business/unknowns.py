"""What nobody outside HaloPay knows; each option is named after the unknown that it stands for."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, get_args

import attrs

from halopay_kit.errors import ConfigurationError

Reuse = Literal["refused", "same", "new"]
Bearer = Literal["merchant", "nobody"]


@attrs.frozen(kw_only=True)
class Unknowns:
    """How the sandbox behaves where HaloPay's behaviour is unknown.

    Attributes:
        reused_out_trade_no: a second creation with an out_trade_no that is taken is refused with 10002, answered with
            the one that is there (same), or makes another one (new).
        service_fee_bearer: who pays the service fee; the merchant gets that much less of what was collected.
        service_fee_rate: share of what is collected; 0.03% says HaloPay's integration guide.
        payout_fee_rate: share of a payout that is taken on top of it.
        retries_signed_afresh: a retry of a webhook carries the time of the retry and a signature made for it, so that a
            receiver that allows two minutes takes it; otherwise the first attempt's time and signature are kept.
        error_http_status: HTTP status of an answer that refuses.
        need_confirms: blocks that have to follow on a payment before it counts; 0 as in the documented example.

    Raises:
        ConfigurationError: a value that the option does not have.
    """

    reused_out_trade_no: Reuse = "refused"
    service_fee_bearer: Bearer = "merchant"
    service_fee_rate: Decimal = Decimal("0.0003")
    payout_fee_rate: Decimal = Decimal(0)
    retries_signed_afresh: bool = True
    error_http_status: int = 200
    need_confirms: int = 0

    def __attrs_post_init__(self) -> None:
        for name, values in (("reused_out_trade_no", get_args(Reuse)), ("service_fee_bearer", get_args(Bearer))):
            if getattr(self, name) not in values:
                raise ConfigurationError(f"{name} is one of {', '.join(values)}")
        for name in ("service_fee_rate", "payout_fee_rate"):
            rate = getattr(self, name)
            if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 <= rate < 1:
                raise ConfigurationError(f"{name} is a Decimal from 0 to 1")
        if not isinstance(self.retries_signed_afresh, bool):
            raise ConfigurationError("retries_signed_afresh is True or False")
        for name, low, high in (("error_http_status", 200, 599), ("need_confirms", 0, 1000)):
            number = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
                raise ConfigurationError(f"{name} is a whole number from {low} to {high}")
