"""What can go wrong, as one tree; every error carries its evidence, none the AppKey."""

from __future__ import annotations

from typing import Any, ClassVar


class HaloPayError(Exception):
    """Root of every error that leaves the kit.

    Attributes that do not apply are None. `code` and `msg` are those of HaloPay's envelope; they are HaloPay's word
    only where `verified` is true. `advice` is a sentence on what to do. `retry_after` is HaloPay's wish and
    `clock_offset` HaloPay's clock minus ours, both in seconds.
    """

    advice: str = ""
    retry_after: float | None = None
    clock_offset: float | None = None

    def __init__(
        self,
        problem: str,
        *,
        advice: str | None = None,
        operation: str | None = None,
        code: int | None = None,
        msg: str | None = None,
        verified: bool = False,
        trade_no: str | None = None,
        out_trade_no: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        if advice is not None:
            self.advice = advice
        self.operation = operation
        self.code = code
        self.msg = msg
        self.verified = verified
        self.trade_no = trade_no
        self.out_trade_no = out_trade_no

    def __str__(self) -> str:
        where = f"{self.operation}: " if self.operation else ""
        numbers = ", ".join(
            f"{name} {value}"
            for name, value in (("trade_no", self.trade_no), ("out_trade_no", self.out_trade_no))
            if value
        )
        text = f"{where}{self.problem}" + (f" ({numbers})" if numbers else "")
        return f"{text}. {self.advice}" if self.advice else text


class ConfigurationError(HaloPayError):
    """A credential, address or setting that cannot be right."""


class UnreadableTraffic(ConfigurationError):
    """A file of captured traffic, or an entry of one, that cannot be read."""


class UnreadableInput(ConfigurationError):
    """Rows that cannot be read exactly; `problems` are the first of them, of `read` rows `refused` in all."""

    def __init__(
        self, problem: str, *, problems: list[str], read: int, refused: int, what: str, advice: str | None = None
    ) -> None:
        super().__init__(problem, advice=advice)
        self.problems = problems
        self.read = read
        self.refused = refused
        self.what = what


class InvalidRequest(HaloPayError):
    """A call that was refused before a byte was sent; `field` names the field."""

    advice = "Nothing was sent."

    def __init__(self, problem: str, *, field: str | None = None, operation: str | None = None) -> None:
        super().__init__(problem, operation=operation)
        self.field = field


# --- signatures, of answers and of webhooks


class SignatureError(HaloPayError):
    """Bytes that are not believed."""


class SignatureMissing(SignatureError):
    """A header that the signature needs is missing, doubled or malformed."""


class SignatureMismatch(SignatureError):
    """The signature is not that of these bytes under this AppKey."""

    advice = "Check that the AppKey belongs to this AppId, and that the raw bytes were verified, not parsed ones."


class OutsideTolerance(SignatureError):
    """The signature is right and its timestamp too old or in the future, by `clock_offset` seconds."""

    advice = "Check this machine's clock; an old message may also be a replayed one."


class AppIdMismatch(SignatureError):
    """The bytes name another app than the one expected."""

    advice = "Check the AppId, and which app this URL belongs to."


class MalformedEvent(HaloPayError):
    """A webhook that is signed and still not what the spec says; keep its bytes."""

    advice = "The bytes are genuine: keep them, and compare HaloPay's documentation with the spec."


# --- answers


class AnswerError(HaloPayError):
    """An answer that is not the one hoped for: `status` is its HTTP status, `body` its bytes, evidence and no data."""

    def __init__(self, problem: str, *, status: int | None = None, body: bytes = b"", **evidence: Any) -> None:
        super().__init__(problem, **evidence)
        self.status = status
        self.body = body


class UnverifiedAnswer(AnswerError):
    """An answer whose signature does not verify: its `code` and `msg` are hints, its bytes are never data."""


class MalformedAnswer(AnswerError):
    """A signed answer that is not what the spec says."""

    advice = "Compare HaloPay's documentation with the spec; the bytes are in `body`."


class EchoMismatch(AnswerError):
    """A signed answer that speaks of another trade number than was asked for."""

    advice = "Do not use this answer; query again."


# --- HaloPay said no, and signed it


class ApiError(AnswerError):
    """HaloPay refused the call; the answer is verified and `code` is not 0. A code without a class raises this."""

    number: ClassVar[int | None] = None


class OperationFailed(ApiError):
    """10002, operation failed."""

    number = 10002


class ParameterError(ApiError):
    """10003, parameter error."""

    number = 10003


class DataNotExist(ApiError):
    """10004, data not exist."""

    number = 10004


class AuthError(ApiError):
    """10006, auth error."""

    number = 10006


class SignTimeInvalid(ApiError):
    """10007, sign time not within valid period."""

    number = 10007


class SignError(ApiError):
    """10008, sign error."""

    number = 10008


class CurrencyNotSupported(ApiError):
    """20003, this currency is not supported temporarily."""

    number = 20003


class FrequentOperation(ApiError):
    """20009, frequent operation."""

    number = 20009


BY_CODE: dict[int, type[ApiError]] = {cls.number: cls for cls in ApiError.__subclasses__() if cls.number is not None}


# --- transport


class TransportError(HaloPayError):
    """No answer came."""


class Unreachable(TransportError):
    """No connection was made, so nothing was sent."""

    advice = "Nothing was sent. Check the base URL and the network."


class TimedOut(TransportError):
    """The request went out and no answer came in time."""


class ConnectionLost(TransportError):
    """The connection broke before the whole answer was there."""


class OutcomeUnknown(HaloPayError):
    """A call that creates or moves money went out and no trustworthy answer came: it may have been done.

    `__cause__` is what went wrong.
    """

    advice = "Query the order or payout by its out_trade_no; do not send it again on a guess."


# --- files that the kit writes


class ExportError(HaloPayError):
    """A file was not written; one that was there before is as it was."""


class ReconciliationFailed(HaloPayError):
    """The engine that compares failed; nothing was written."""


# --- what is kept


class StoreUnavailable(HaloPayError):
    """A database that cannot be reached, is locked, full or damaged; nothing of what was asked for was written."""

    advice = "Nothing was stored. Check that the database runs, and the space and rights on its disk."


class InboxUnavailable(StoreUnavailable):
    """The inbox's database does not answer: do not answer `Success`, HaloPay will deliver again."""


class JournalUnavailable(StoreUnavailable):
    """The payouts' journal does not answer: without it nothing is sent."""


class JournalAltered(HaloPayError):
    """A row of the payouts' journal is not what the kit wrote; nothing is sent on its word."""

    advice = "Nothing was sent. `halopay payout audit` names what was edited."


# --- payouts and orders that are made at most once


class IntentMismatch(HaloPayError):
    """An out_trade_no that stands for another payout or order already; the text shows both."""

    advice = "Nothing was sent. Give every payout and every order a number of its own."


class PolicyViolation(HaloPayError):
    """A payout that the merchant's own policy forbids; decided before anything was sent."""

    advice = "Nothing was sent."


class FileRefused(ConfigurationError):
    """A file of payouts that was refused as a whole; `problems` are sentences with line, column and reason."""

    def __init__(self, name: str, problems: tuple[str, ...], *, advice: str = "Nothing was sent.") -> None:
        shown = "; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
        super().__init__(f"{name} is refused as a whole: {shown}", advice=advice)
        self.problems = problems


# --- the contract


class OverlayRefused(HaloPayError):
    """An overlay, or a part of one, that cannot be applied safely; no file was changed."""

    advice = "Nothing was changed."


# --- work on events


class CommandFailed(HaloPayError):
    """A command that was to handle an event and did not end with 0; the event is tried again."""
