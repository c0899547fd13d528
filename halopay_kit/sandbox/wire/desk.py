"""Take a call, check it in HaloPay's order, let the operation answer."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping

import attrs

from halopay_api.policy import RESULT_CODES, TOLERANCE
from halopay_kit.errors import SignatureError, SignatureMissing
from halopay_kit.sandbox.business.operations import OPERATIONS, Data
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.wire.answer import Answer, answer
from halopay_kit.sandbox.wire.fields import Fields, parse
from halopay_kit.sandbox.wire.refusal import (
    AUTH_ERROR,
    FREQUENT_OPERATION,
    OPERATION_FAILED,
    PARAMETER_ERROR,
    SIGN_ERROR,
    SIGN_TIME_INVALID,
    Refused,
)
from halopay_kit.sandbox.wire.spec import Spec
from halopay_kit.sandbox.wire.validator import Validator
from halopay_kit.signing import verify

Headers = Mapping[bytes, bytes | None]  # names in lower case; None where a header came twice
Envelope = dict[str, object]

_TIMESTAMP = re.compile(r"[0-9]{10}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# A delay holds an answer back for at most so many real seconds; the sandbox's time moves on by all of it.
LONGEST_WAIT = 60.0
LONGEST_WAIT_AT_STANDSTILL = 0.5


@attrs.frozen(kw_only=True)
class Call:
    """A call that was taken: what the operation says, and what goes wrong with the answer.

    Attributes:
        envelope: None where no work was done.
        now: the clock that the caller follows.
        status: HTTP status, but for faults.
    """

    operation: str
    request: bytes
    envelope: Envelope | None
    now: Callable[[], float]
    faults: Mapping[str, object]
    status: int = 200


class Desk:
    """Every answer is signed, refusals too, and comes with HTTP 200, but for faults."""

    def __init__(self, gateway: Gateway, spec: Spec) -> None:
        self._gateway = gateway
        self.deliveries = gateway.deliveries
        self._validator = Validator(spec)
        self._names = {path: name for path, (name, _) in spec.operations.items()}
        self._paths = {name: path for path, name in self._names.items()}

    def operation(self, path: str) -> str | None:
        """Return the operation at that path, or None where there is none."""
        return self._names.get(self._gateway.drift.path(path))

    def take(self, operation: str, headers: Headers, body: bytes) -> Call:
        """Do what the call asks for."""
        faults = self._gateway.faults.on_call(operation)
        now = self._time_base(_text(headers, b"x-timestamp"))
        if "cut_before" in faults or "error_before" in faults:
            return Call(operation=operation, request=body, envelope=None, now=now, faults=faults)
        status = 200
        try:
            fields = self._checked(operation, headers, body, now())
            envelope: Envelope = {
                "code": 0,
                "msg": RESULT_CODES[0].meaning,
                "data": self._work(operation, fields, faults),
            }
        except Refused as refusal:
            meaning = RESULT_CODES[refusal.code].meaning
            msg = f"{meaning}: {refusal.reason}" if refusal.reason else meaning
            envelope = {"code": refusal.code, "msg": msg}
            status = self._gateway.unknowns.error_http_status
        return Call(operation=operation, request=body, envelope=envelope, now=now, faults=faults, status=status)

    def wait(self, call: Call) -> float:
        """Return for how many real seconds a delay holds the answer back."""
        clock, delay = self._gateway.clock, _delay(call)
        return min(delay / clock.speed, LONGEST_WAIT) if clock.flows else min(delay, LONGEST_WAIT_AT_STANDSTILL)

    def pass_time(self, call: Call) -> None:
        """Move the clock on by what is left of a delay after the real wait."""
        clock = self._gateway.clock
        passed = self.wait(call) * clock.speed if clock.flows else 0.0
        clock.let_pass(max(_delay(call) - passed, 0.0))

    def answer(self, call: Call) -> Answer:
        """Return what the caller gets, and write it down."""
        gateway = self._gateway
        body = b""
        if call.envelope is not None:
            body = _encode(gateway.drift.answer(call.operation, call.envelope)).encode()
        made = answer(gateway, body, call.now(), call.faults, call.status)
        gateway.record.add(
            "call",
            operation=call.operation,
            request=call.request,
            status=made.status,
            code=None if call.envelope is None else call.envelope["code"],
            answer=made.sent,
            faults=tuple(call.faults),
        )
        return made

    def _work(self, operation: str, fields: Fields, faults: Mapping[str, object]) -> Data:
        if "frequent" in faults:
            raise Refused(FREQUENT_OPERATION)
        with self._gateway.lock:
            data = OPERATIONS[operation](self._gateway, fields)
            self._hide(data, faults.get("hidden"))
        if "failed_after" in faults:
            raise Refused(OPERATION_FAILED)
        return data

    def _hide(self, data: Data, span: object) -> None:
        """Let queries not know for a while what was just made."""
        if not isinstance(span, float) or not isinstance(data, dict):
            return
        book, trade_no = self._gateway.book, str(data["trade_no"])
        row = book.orders.find(trade_no, None) or book.payouts.find(trade_no, None)
        if row is not None:
            row.hidden_until = self._gateway.clock.now() + span

    def _time_base(self, timestamp: str) -> Callable[[], float]:
        """Return the clock that a timestamp follows: the sandbox's, or the machine's, which does not travel along."""
        clock = self._gateway.clock
        if _TIMESTAMP.fullmatch(timestamp) and not _near(timestamp, clock.now()) and _near(timestamp, clock.machine()):
            return clock.machine
        return clock.now

    def _checked(self, operation: str, headers: Headers, body: bytes, now: float) -> Fields:
        app_id, timestamp, signature = (_text(headers, name) for name in (b"x-appid", b"x-timestamp", b"x-sign"))
        if app_id != self._gateway.app_id:
            raise Refused(AUTH_ERROR)
        if not _TIMESTAMP.fullmatch(timestamp) or not _near(timestamp, now):
            raise Refused(SIGN_TIME_INVALID)
        try:
            verify(body, timestamp, signature, self._gateway.app_key)
        except SignatureMissing:
            if self._is_signed(body, timestamp, signature):
                raise Refused(PARAMETER_ERROR, "the body is not a JSON object") from None
            raise Refused(SIGN_ERROR) from None
        except SignatureError:
            raise Refused(SIGN_ERROR) from None
        media_type, _, _ = (headers.get(b"content-type") or b"").partition(b";")
        if media_type.strip().lower() != b"application/json":
            raise Refused(PARAMETER_ERROR, "content-type: expected application/json")
        fields = parse(body)
        self._validator.check(self._paths[operation], fields, body)
        return fields

    def _is_signed(self, body: bytes, timestamp: str, signature: str) -> bool:
        """Say whether a body that cannot be one was signed by the app all the same."""
        if not _SIGNATURE.fullmatch(signature):
            return False
        return hmac.compare_digest(self._gateway.app_key.digest(body + timestamp.encode()).hex(), signature)


def _delay(call: Call) -> float:
    delay = call.faults.get("delay")
    return delay if isinstance(delay, float) else 0.0


def _text(headers: Headers, name: bytes) -> str:
    return (headers.get(name) or b"").decode("latin-1")


def _near(timestamp: str, now: float) -> bool:
    return -TOLERANCE <= int(timestamp) - now <= TOLERANCE
