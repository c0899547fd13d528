"""The run as HAR 1.2, secrets masked: for browsers, proxies, and `halopay contract traffic` itself.

What was said of somebody's orders is in it, as it is in any recording; only secrets are not.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from halopay_kit.contract.exchange import Delivery, Exchange, Headers, Observed
from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.report.wording import moment

RECEIVER: Final = "https://receiver.invalid/webhook"  # a delivery does not tell where it went
_NO_TIME: Final = "1970-01-01T00:00:00.000Z"  # HAR wants one


def render(observed: Observed, masking: Masking) -> Iterator[bytes]:
    """Yield the file piece by piece, what happened first at its top."""
    from halopay_kit import __version__

    creator = {"name": "halopay-kit", "version": __version__}
    comment = "Secrets are masked; signatures cannot be judged from this file."
    head = json.dumps({"log": {"version": "1.2", "creator": creator, "comment": comment, "entries": []}})
    yield head[: -len("]}}")].encode()
    for index, each in enumerate(sorted(observed.seen, key=lambda each: each.at or 0.0)):
        made = _exchange(each, masking) if isinstance(each, Exchange) else _delivery(each, masking)
        yield (b",\n" if index else b"\n") + json.dumps(made).encode()
    yield b"\n]}}\n"


def _exchange(exchange: Exchange, masking: Masking) -> dict[str, Any]:
    seconds = 0.0
    if exchange.at is not None and exchange.answered_at is not None:
        seconds = max(0.0, exchange.answered_at - exchange.at)
    response = _response(exchange.status, exchange.answer_headers, exchange.answer_body, masking)
    if exchange.error is not None:
        response["_error"] = masking.text(exchange.error)
    request = _request(exchange.method, exchange.url, exchange.request_headers, exchange.request_body, masking)
    why = None if exchange.expects is None else exchange.expects.why
    aside = {"ref": exchange.ref, "sort": "exchange", "operation": exchange.operation, "why": why}
    return _entry(exchange.at, seconds, request, response, aside)


def _delivery(delivery: Delivery, masking: Masking) -> dict[str, Any]:
    request = _request("POST", RECEIVER, delivery.headers, delivery.body, masking)
    answered = delivery.answered
    status = int(answered[:3]) if answered and answered[:3].isascii() and answered[:3].isdigit() else None
    if answered and status is None:
        status = 200
    body = answered.encode("utf-8", "replace") if answered and status == 200 else None
    response = _response(status, (), body, masking)
    aside = {"ref": delivery.ref, "sort": "delivery", "delivery": delivery.delivery}
    return _entry(delivery.at, 0.0, request, response, aside)


def _entry(
    at: float | None, seconds: float, request: dict[str, Any], response: dict[str, Any], aside: dict[str, Any]
) -> dict[str, Any]:
    milliseconds = round(seconds * 1000, 3)
    return {
        "startedDateTime": moment(at) or _NO_TIME,
        "time": milliseconds,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_halopay": aside,
    }


def _request(method: str, url: str, headers: Headers, body: bytes | None, masking: Masking) -> dict[str, Any]:
    masked = masking.text(url)
    data = None if body is None else masking.data(body)
    made: dict[str, Any] = {
        "method": masking.text(method),
        "url": masked,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(headers, masking),
        "queryString": _query(masked),
        "headersSize": -1,
        "bodySize": 0 if data is None else len(data),
    }
    if data is not None:
        made["postData"] = {"mimeType": _content_type(made["headers"]), **_text(data)}
    return made


def _response(status: int | None, headers: Headers, body: bytes | None, masking: Masking) -> dict[str, Any]:
    data = b"" if body is None else masking.data(body)
    shown = _headers(headers, masking)
    return {
        "status": status or 0,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": shown,
        "content": {"size": len(data), "mimeType": _content_type(shown), **_text(data)},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": len(data),
    }


def _headers(headers: Headers, masking: Masking) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in masking.headers(headers)]


def _content_type(headers: list[dict[str, str]]) -> str:
    return next((each["value"] for each in headers if each["name"].lower() == "content-type"), "")


def _query(url: str) -> list[dict[str, str]]:
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []
    return [{"name": name, "value": value} for name, value in pairs]


def _text(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(data).decode(), "encoding": "base64"}
