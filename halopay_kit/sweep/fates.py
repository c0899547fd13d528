"""What an error of a query means for the sweep: a table, and how often in a row each may be."""

from __future__ import annotations

from typing import Literal

import attrs

from halopay_kit import errors
from halopay_kit.errors import AnswerError, HaloPayError

Fate = Literal["slow", "again", "missing", "refused", "failed", "hopeless"]
"""`slow`: ask again, everybody more slowly. `again`: ask again, a few times. `missing`: HaloPay does not know it.
`refused`, `failed`: nothing is learned of this one, with HaloPay's word for it or without. `hopeless`: of none."""

TOO_OFTEN = 15  # times in a row that HaloPay asks for less
IN_VAIN = 10  # times in a row that no usable answer comes, of whatever orders
LONGEST_REST = 600.0  # seconds that HaloPay may ask to wait

_FATES: tuple[tuple[type[HaloPayError], Fate], ...] = (
    (errors.FrequentOperation, "slow"),
    (errors.DataNotExist, "missing"),
    (errors.AuthError, "hopeless"),
    (errors.SignError, "hopeless"),
    (errors.SignTimeInvalid, "hopeless"),
    (errors.OperationFailed, "again"),
    (errors.ApiError, "refused"),
    (errors.TransportError, "again"),
    (errors.UnverifiedAnswer, "again"),
    (errors.AnswerError, "failed"),
    (errors.InvalidRequest, "refused"),
)
_CREDENTIALS = {errors.AuthError.number, errors.SignError.number, errors.SignTimeInvalid.number}


def fate_of(error: HaloPayError) -> Fate:
    """Return what becomes of a query that ended with this error."""
    if isinstance(error, AnswerError) and error.status == 429:
        return "slow"
    if isinstance(error, errors.UnverifiedAnswer) and error.code in _CREDENTIALS:
        return "hopeless"  # with a wrong key HaloPay's word for it cannot be verified either
    return next((fate for kind, fate in _FATES if isinstance(error, kind)), "hopeless")


@attrs.define
class Patience:
    """How much went wrong in a row; what is the same for several that were under way together is one thing."""

    too_often: int = 0
    in_vain: int = 0

    def renew(self) -> None:
        """Begin to count anew: HaloPay is there and knows us."""
        self.too_often = self.in_vain = 0

    def spent(self, fate: Fate, error: HaloPayError, *, new: bool) -> str | None:
        """Count an error; return why to go on makes no sense, if it makes none."""
        if fate in ("missing", "refused"):
            self.renew()
        self.too_often += fate == "slow" and new
        self.in_vain += fate in ("again", "failed") and new
        if fate == "hopeless":
            return error.problem
        if (error.retry_after or 0) > LONGEST_REST:
            return f"HaloPay asks for a rest of {error.retry_after:g} seconds"
        if self.too_often >= TOO_OFTEN:
            return f"HaloPay asked {self.too_often} times in a row for less"
        if self.in_vain >= IN_VAIN:
            return f"no usable answer came, {self.in_vain} times in a row; at last: {error.problem}"
        return None
