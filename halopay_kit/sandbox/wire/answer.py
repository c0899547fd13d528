"""What goes out over the wire for one call, the faults of the call included."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import attrs

from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.signing import AppKey, sign

Headers = list[tuple[bytes, bytes]]

STALE_BY = 3600
_ANOTHER_KEY = AppKey("anotherKeyThanTheApp's")


@attrs.frozen
class Answer:
    """Status, body and headers; a `status` of None is a cut connection, `half` sends half of the body and then cuts."""

    status: int | None
    body: bytes = b""
    headers: Headers = attrs.field(factory=list)
    half: bool = False

    @property
    def sent(self) -> bytes:
        """Return what the caller gets of the body."""
        return self.body[: len(self.body) // 2] if self.half else self.body


def answer(gateway: Gateway, body: bytes, now: float, faults: Mapping[str, object], status: int) -> Answer:
    """Return the answer that carries the body, signed at that time, with everything that goes wrong on its way."""
    if "cut_before" in faults or "cut_after" in faults:
        return Answer(None)
    half = "truncated" in faults
    error = faults.get("error_before", faults.get("error_after"))
    if isinstance(error, int):
        return _page(error, half)
    if "not_json" in faults:
        return _page(200, half)
    timestamp = f"{int(now) - STALE_BY * ('stale' in faults):010d}"
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-appid", gateway.app_id.encode()),
        (b"x-timestamp", timestamp.encode()),
    ]
    if "no_signature" not in faults:
        headers.append((b"x-sign", _signature(gateway, body, timestamp, faults).encode()))
    return Answer(status, body, gateway.drift.headers(headers), half)


def _signature(gateway: Gateway, body: bytes, timestamp: str, faults: Mapping[str, object]) -> str:
    app_key = _ANOTHER_KEY if "wrong_signature" in faults else gateway.app_key
    content = gateway.drift.signed_content(body, timestamp)
    return sign(body, timestamp, app_key) if content is None else app_key.digest(content).hex()


def _page(status: int, half: bool) -> Answer:
    """Return what a proxy between HaloPay and its caller would answer: a page, not signed."""
    title = f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n".encode()
    headers = [(b"content-type", b"text/html"), (b"content-length", str(len(body)).encode())]
    return Answer(status, body, headers, half)
