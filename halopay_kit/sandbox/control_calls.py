"""Control calls over HTTP: JSON, for loopback callers that have the control token."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
from collections.abc import Callable, Mapping

from halopay_kit.sandbox.control import Control
from halopay_kit.sandbox.wire import asgi
from halopay_kit.sandbox.wire.fields import parse
from halopay_kit.sandbox.wire.refusal import ControlError, Refused

PREFIX = "/_sandbox/"
_HOSTS = {"127.0.0.1", "localhost"}

# What a call takes, and the type of each field.
_TEXT, _WHOLE = (str,), (int,)
_WHICH: Mapping[str, tuple[type, ...]] = {"trade_no": _TEXT, "out_trade_no": _TEXT}
_TAKES: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "pay": {**_WHICH, "address": _TEXT, "amount": _TEXT, "currency_id": _WHOLE},
    "expire": _WHICH,
    "settle": _WHICH,
    "fail": _WHICH,
    "fund": {"currency_id": _WHOLE, "amount": _TEXT},
    "advance": {"by": (str, int), "to": (str, int)},
    "replay": {**_WHICH, "delivery": _WHOLE},
    "send": {**_WHICH, "status": _TEXT, "url": _TEXT},
}
_TELLS = ("state", "deliveries", "record", "clock")
_KINDS: Mapping[type, str] = {str: "a string", int: "a whole number"}
_NEEDS: Mapping[str, tuple[str, ...]] = {"fund": ("currency_id", "amount")}


class ControlCalls:
    """Serves `POST /_sandbox/pay` and its kin, and `GET /_sandbox/state` and its."""

    def __init__(self, control: Control, token: str) -> None:
        self._control = control
        self._token = token
        self._methods: Mapping[str, Callable[..., dict[str, object]]] = {
            name: getattr(control, name, None) or getattr(control.postman, name) for name in (*_TAKES, *_TELLS)
        }

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer one control call."""
        with contextlib.suppress(asgi.Gone):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        try:
            self._admit(dict(scope["headers"]))
            body = await asgi.read(receive)
            name = scope["path"].removeprefix(PREFIX)
            status, answer = 200, await asyncio.to_thread(self._done, scope["method"], name, body)
        except ControlError as error:
            status, answer = error.status, {"error": str(error)}
        text = json.dumps(answer, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
        await asgi.answer(send, status, text, headers)

    def _admit(self, headers: Mapping[bytes, bytes]) -> None:
        if headers.get(b"host", b"").decode("latin-1").partition(":")[0] not in _HOSTS:
            raise ControlError("control calls are for 127.0.0.1 and localhost", status=403)
        expected = f"Bearer {self._token}".encode()
        if not hmac.compare_digest(headers.get(b"authorization", b""), expected):
            raise ControlError("the control token is missing or wrong", status=401)

    def _done(self, method: str, name: str, body: bytes | None) -> dict[str, object]:
        if name not in self._methods:
            raise ControlError("there is no such control call", status=404)
        expected = "GET" if name in _TELLS else "POST"
        if method != expected:
            raise ControlError(f"use {expected}", status=405)
        if name in _TELLS:
            return self._methods[name]()
        if body is None:
            raise ControlError("the body is too large", status=413)
        return self._methods[name](**_arguments(name, body))


def _arguments(name: str, body: bytes) -> dict[str, object]:
    try:
        values = parse(body).values
    except Refused as refusal:
        raise ControlError(refusal.reason, status=400) from None
    takes = _TAKES[name]
    for field, value in values.items():
        if field not in takes:
            raise ControlError(f"{name} takes {', '.join(takes)}", status=422)
        if type(value) not in takes[field]:
            raise ControlError(f"{field} is {' or '.join(_KINDS[kind] for kind in takes[field])}", status=422)
    for field in _NEEDS.get(name, ()):
        if field not in values:
            raise ControlError(f"{field} is missing", status=422)
    return values
