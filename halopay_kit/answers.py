"""Raw bytes, headers and the time become a verified, typed answer, or an error of ours; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import attrs

from halopay_api import codec
from halopay_api.operations import Operation
from halopay_api.policy import RESULT_CODES
from halopay_kit import signing
from halopay_kit.errors import (
    BY_CODE,
    ApiError,
    AppIdMismatch,
    EchoMismatch,
    HaloPayError,
    MalformedAnswer,
    OutsideTolerance,
    SignatureError,
    SignatureMissing,
    SignTimeInvalid,
    UnverifiedAnswer,
)
from halopay_kit.signing import AppKey

T = TypeVar("T")

_JSON = "application/json"
_TRADE_NUMBERS = ("trade_no", "out_trade_no")
_HINT_LIMIT = 64 * 1024  # an unverified body is looked into no deeper than this, and only for a hint
_UNAUTHENTIC = {
    10006: "HaloPay says auth error: the AppId is probably wrong",
    10007: "HaloPay says that the request's timestamp is not valid: this machine's clock is probably off",
    10008: "HaloPay says sign error: the AppKey is probably wrong, and then its answers cannot be verified either",
}


@attrs.frozen(kw_only=True)
class Answer(Generic[T]):
    """A verified answer: `data` is typed, `body` the bytes that were signed, `headers` as they came."""

    operation: Operation[T]
    data: T
    msg: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def drift(self) -> tuple[str, ...]:
        """Say what the answer holds beyond the spec: unknown fields and values, guesses that were wrong."""
        return codec.drift(self.data)


def open_answer(
    operation: Operation[T],
    sent: Mapping[str, str],
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    app_id: str,
    app_key: AppKey,
    now: float,
) -> Answer[T]:
    """Verify first, then parse, then compare with the trade numbers that were sent.

    Raises:
        UnverifiedAnswer: AppId, signature or timestamp is not right; nothing of it is data.
        MalformedAnswer: signed, and not what the spec says.
        ApiError: signed, and `code` is not 0; a subclass by code.
        EchoMismatch: signed, and of another trade number.
    """
    try:
        timestamp = _authenticate(status, headers, body, app_id, app_key, now)
    except SignatureError as error:
        raise _unverified(error, status, headers, body) from error
    envelope = _envelope(status, headers, body)
    code, msg = envelope["code"], envelope["msg"]
    if code != 0:
        refused = refusal(code, msg, status=status, body=body)
        if isinstance(refused, SignTimeInvalid):
            refused.clock_offset = timestamp - now
        raise refused
    if not 200 <= status < 300:
        raise MalformedAnswer(f"HTTP {status} with code 0", status=status, body=body)
    if "data" not in envelope:
        raise MalformedAnswer("code 0 without data", status=status, body=body)
    data = envelope["data"]
    if isinstance(data, dict):
        for name, number in sent.items():
            if data.get(name) not in (None, number):
                raise EchoMismatch(f"the answer speaks of another {name} than was asked for", status=status, body=body)
    try:
        typed: Any = codec.decode(operation.model, data, many=operation.many, body=body)
    except codec.DecodeError as error:
        raise MalformedAnswer(f"the answer is not what the spec says: {error}", status=status, body=body) from error
    return Answer(operation=operation, data=typed, msg=msg, status=status, headers=headers, body=body)


def refusal(code: int, msg: str, *, status: int | None = None, body: bytes = b"") -> ApiError:
    """Return the error of a verified envelope whose `code` is not 0."""
    known = RESULT_CODES.get(code)
    said = printable(msg) or (known.meaning if known else "no message")
    return BY_CODE.get(code, ApiError)(
        f"HaloPay refused: {said} (code {code})",
        advice=known.advice if known else "This code is not in the spec; see HaloPay's error-code page.",
        code=code,
        msg=msg,
        verified=True,
        status=status,
        body=body,
    )


def printable(text: str, limit: int = 200) -> str:
    """Return foreign text without control characters, cut to `limit`."""
    cut = text[:limit] + ("…" if len(text) > limit else "")
    return "".join(character if character.isprintable() else " " for character in cut).strip()


def _authenticate(
    status: int, headers: Mapping[str, str], body: bytes, app_id: str, app_key: AppKey, now: float
) -> int:
    if 300 <= status < 400:
        raise SignatureMissing("a redirect, which is not followed", advice="Check the base URL.")
    if "content-encoding" in headers and headers["content-encoding"] != "identity":
        raise SignatureMissing("a compressed answer, which nobody asked for", advice="Check what stands in between.")
    answered_as, timestamp, signature = headers.get("X-Appid"), headers.get("X-Timestamp"), headers.get("X-Sign")
    if answered_as is None or timestamp is None or signature is None:
        raise SignatureMissing("it has no X-Appid, X-Timestamp or X-Sign header")
    if answered_as != app_id:
        raise AppIdMismatch(f"it is for the app {printable(answered_as, 40)!r}")
    signed_at = signing.verify(body, timestamp, signature, app_key)
    signing.check_age(signed_at, now)
    return signed_at


def _envelope(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    content_type = headers.get("content-type", _JSON)
    if content_type != _JSON and (content_type := content_type.partition(";")[0].strip().lower()) != _JSON:
        raise MalformedAnswer(
            f"the answer is signed and is {printable(content_type, 60)!r}, not JSON", status=status, body=body
        )
    try:
        envelope = codec.parse(body)
    except codec.DecodeError as error:
        raise MalformedAnswer(f"the answer is signed and is not JSON: {error}", status=status, body=body) from error
    if not isinstance(envelope, dict) or type(envelope.get("code")) is not int:
        raise MalformedAnswer("the answer is signed and is no envelope with a code", status=status, body=body)
    if not isinstance(envelope.setdefault("msg", ""), str):
        raise MalformedAnswer("the envelope's msg is not a string", status=status, body=body)
    return envelope


def _unverified(error: SignatureError, status: int, headers: Mapping[str, str], body: bytes) -> UnverifiedAnswer:
    code, msg = _hint(body)
    kind = headers.get("content-type", "nothing said").partition(";")[0]
    where = f"HTTP {status}, {printable(kind, 60)}, {len(body)} bytes"
    reason, advice = error.problem, error.advice
    if isinstance(error, OutsideTolerance):
        reason = f"{reason}; one of the two clocks is off by that much, or the answer was replayed"
        advice = "Set this machine's clock."
    elif code in _UNAUTHENTIC:
        reason, advice = f"{reason}. {_UNAUTHENTIC[code]} (code {code})", RESULT_CODES[code].advice
    elif code is None:
        advice = advice or "It is probably not from HaloPay but from something in between; check the base URL."
    found = UnverifiedAnswer(
        f"unverified answer ({where}): {reason}", advice=advice, code=code, msg=msg, status=status, body=body
    )
    found.clock_offset = error.clock_offset
    return found


def _hint(body: bytes) -> tuple[int | None, str | None]:
    """Return code and msg of an envelope that nobody vouches for."""
    if len(body) > _HINT_LIMIT:
        return None, None
    try:
        envelope = codec.parse(body)
    except codec.DecodeError:
        return None, None
    if not isinstance(envelope, dict):
        return None, None
    code, msg = envelope.get("code"), envelope.get("msg")
    return (code if type(code) is int else None), (printable(msg) if isinstance(msg, str) else None)


def about(error: HaloPayError, operation: str, sent: Mapping[str, str]) -> HaloPayError:
    """Note on the error which call it is of."""
    error.operation = operation
    error.trade_no, error.out_trade_no = sent.get("trade_no"), sent.get("out_trade_no")
    return error


def trade_numbers(fields: Mapping[str, object]) -> dict[str, str]:
    """Return the trade numbers of a request as plain strings, whatever class of string they came in."""
    return {name: str.__str__(value) for name in _TRADE_NUMBERS if isinstance(value := fields.get(name), str)}
