"""Saying no: to a call, with a code of HaloPay's; to a control call, with a sentence."""

from __future__ import annotations

from typing import final

from halopay_api.models import ResultCode
from halopay_kit.errors import HaloPayError

OPERATION_FAILED = int(ResultCode.OPERATION_FAILED)
PARAMETER_ERROR = int(ResultCode.PARAMETER_ERROR)
DATA_NOT_EXIST = int(ResultCode.DATA_NOT_EXIST)
AUTH_ERROR = int(ResultCode.AUTH_ERROR)
SIGN_TIME_INVALID = int(ResultCode.SIGN_TIME_INVALID)
SIGN_ERROR = int(ResultCode.SIGN_ERROR)
CURRENCY_NOT_SUPPORTED = int(ResultCode.CURRENCY_NOT_SUPPORTED)
FREQUENT_OPERATION = int(ResultCode.FREQUENT_OPERATION)


@final
class Refused(Exception):
    """A call that is answered with this code; `reason` goes into `msg` and never holds a value of the caller's."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason


class ControlError(HaloPayError):
    """A control call that makes no sense: an order that is not there, a payout settled twice; `status` is for HTTP."""

    def __init__(self, problem: str, *, status: int = 409, advice: str | None = None) -> None:
        super().__init__(problem, advice=advice)
        self.status = status


def one_number(trade_no: str | None, out_trade_no: str | None) -> None:
    """Refuse to act where nobody says on what.

    Raises:
        ControlError: neither number is there, or one is no text.
    """
    if trade_no is None and out_trade_no is None:
        raise ControlError("say which: trade_no or out_trade_no", status=422)
    if not isinstance(trade_no, str | None) or not isinstance(out_trade_no, str | None):
        raise ControlError("trade_no and out_trade_no are texts", status=422)
