"""Take a call, check it in HaloPay's order, let the operation answer, sign the answer."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping

from halopay_api.policy import RESULT_CODES
from halopay_kit.errors import OutsideTolerance, SignatureError, SignatureMissing
from halopay_kit.sandbox.fields import Fields, parse
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.operations import OPERATIONS
from halopay_kit.sandbox.refusal import AUTH_ERROR, PARAMETER_ERROR, SIGN_ERROR, SIGN_TIME_INVALID, Refused
from halopay_kit.sandbox.spec import Spec
from halopay_kit.sandbox.validator import Validator
from halopay_kit.signing import check_age, sign, verify

Headers = Mapping[bytes, bytes | None]  # names in lower case; None where a header came twice

_TIMESTAMP = re.compile(r"[0-9]{10}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Desk:
    """Every answer is signed, refusals too, and comes with HTTP 200."""

    def __init__(self, gateway: Gateway, spec: Spec) -> None:
        self._gateway = gateway
        self._validator = Validator(spec)
        self._names = {path: name for path, (name, _) in spec.operations.items()}

    def serves(self, path: str) -> bool:
        """Say whether there is an operation at that path."""
        return path in self._names

    def answer(self, path: str, headers: Headers, body: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Return body and headers of the answer to a call at a path that is served."""
        try:
            fields = self._checked(path, headers, body)
            with self._gateway.lock:
                data = OPERATIONS[self._names[path]](self._gateway, fields)
            envelope: dict[str, object] = {"code": 0, "msg": RESULT_CODES[0].meaning, "data": data}
        except Refused as refusal:
            meaning = RESULT_CODES[refusal.code].meaning
            msg = f"{meaning}: {refusal.reason}" if refusal.reason else meaning
            envelope = {"code": refusal.code, "msg": msg}
        return self._signed(_encode(envelope).encode())

    def _checked(self, path: str, headers: Headers, body: bytes) -> Fields:
        app_id, timestamp, signature = (
            (headers.get(name) or b"").decode("latin-1") for name in (b"x-appid", b"x-timestamp", b"x-sign")
        )
        if app_id != self._gateway.app_id:
            raise Refused(AUTH_ERROR)
        if not _TIMESTAMP.fullmatch(timestamp):
            raise Refused(SIGN_TIME_INVALID)
        try:
            check_age(int(timestamp), self._gateway.clock.now())
        except OutsideTolerance:
            raise Refused(SIGN_TIME_INVALID) from None
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
        self._validator.check(path, fields, body)
        return fields

    def _is_signed(self, body: bytes, timestamp: str, signature: str) -> bool:
        """Say whether a body that cannot be one was signed by the app all the same."""
        if not _SIGNATURE.fullmatch(signature):
            return False
        return hmac.compare_digest(self._gateway.app_key.digest(body + timestamp.encode()).hex(), signature)

    def _signed(self, body: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        timestamp = f"{self._gateway.clock.second():010d}"
        return body, [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-appid", self._gateway.app_id.encode()),
            (b"x-timestamp", timestamp.encode()),
            (b"x-sign", sign(body, timestamp, self._gateway.app_key).encode()),
        ]
