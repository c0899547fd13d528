"""A merchant's program reduced to one signed call at a time; it tells exactly what came back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import attrs
import urllib3

from halopay_api.operations import OPERATIONS
from halopay_kit.errors import OutsideTolerance, SignatureError, SignatureMissing
from halopay_kit.signing import AppKey, check_age, sign, verify

Kind = Literal["right", "cut", "truncated", "not JSON", "no signature", "wrong signature", "stale", "none in time"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_PATIENCE = 10.0
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@attrs.frozen(kw_only=True)
class Answer:
    """What came back; `kind` says whether it may be believed, the envelope is there if it can be read at all."""

    kind: Kind
    status: int | None = None
    envelope: Mapping[str, object] = attrs.field(factory=dict)


class Caller:
    """Calls a sandbox as one app; `now` is the clock that its timestamps are read from."""

    def __init__(self, base_url: str, app_id: str, app_key: AppKey, now: Callable[[], float]) -> None:
        self._base_url = base_url
        self._app_id = app_id
        self._app_key = app_key
        self._now = now
        self._pool = urllib3.PoolManager(retries=False, timeout=_PATIENCE)

    def close(self) -> None:
        """Hang up."""
        self._pool.clear()

    def call(self, operation: str, fields: Mapping[str, object], *, ahead: float = 0.0) -> Answer:
        """Make a call, by a clock that is that many seconds ahead."""
        body = _encode(fields).encode()
        timestamp = f"{int(self._now() + ahead):010d}"
        headers = {
            "Content-Type": "application/json",
            "X-Appid": self._app_id,
            "X-Timestamp": timestamp,
            "X-Sign": sign(body, timestamp, self._app_key),
        }
        url = self._base_url + OPERATIONS[operation].path
        try:
            response = self._pool.request("POST", url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.ReadTimeoutError:
            return Answer(kind="none in time")
        except urllib3.exceptions.ProtocolError as error:
            half = any(isinstance(cause, urllib3.exceptions.IncompleteRead) for cause in error.args)
            return Answer(kind="truncated" if half else "cut")
        try:
            envelope = json.loads(response.data)
        except ValueError:
            return Answer(kind="not JSON", status=response.status)
        kind = self._judge(response)
        return Answer(kind=kind, status=response.status, envelope=envelope if isinstance(envelope, dict) else {})

    def _judge(self, response: urllib3.BaseHTTPResponse) -> Kind:
        names = ("x-timestamp", "x-sign")
        timestamp, signature = (response.headers.get(name, "") for name in names)
        try:
            check_age(verify(response.data, timestamp, signature, self._app_key), self._now())
        except OutsideTolerance:
            return "stale"
        except SignatureMissing:
            return "no signature"
        except SignatureError:
            return "wrong signature"
        return "right"
