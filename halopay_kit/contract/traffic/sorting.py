"""What a recorded exchange is: a call of HaloPay, one of its webhooks, or none of our business."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from halopay_api.operations import OPERATIONS
from halopay_api.policy import WEBHOOK_ROUTES
from halopay_kit.client import BASE_URL
from halopay_kit.connection import is_loopback
from halopay_kit.contract.exchange import webhook_named
from halopay_kit.contract.parsed import fields_of
from halopay_kit.contract.traffic.body import Content, content_of
from halopay_kit.contract.traffic.recorded import Passed, Recorded, Sort
from halopay_kit.errors import UnreadableTraffic

HOST: Final = urlsplit(BASE_URL).hostname
_BY_PATH: Final = {operation.path: name for name, operation in OPERATIONS.items()}
_OURS: Final = frozenset({"x-appid", "x-sign", "x-signature", "x-app-id"})  # with their most likely other names
_OF_A_WEBHOOK: Final = frozenset({"x-eventtype", "x-event"})
_WEBHOOK_FIELDS: Final = frozenset({"appid", "trade_no", "status", "type", "currency_id", "txid", "chain_id", "time"})
_ENOUGH: Final = 4  # of these fields in a body that no header tells to be a webhook
_CONTROL = re.compile(r"/(_sandbox|checkout)(/|$)")


def operation_of(url: str) -> str | None:
    """Return the operation at a URL's path, whatever stands before it."""
    path = _path(url)
    return next((name for known, name in _BY_PATH.items() if path.endswith(known)), None)


def sort_of(recorded: Recorded) -> Sort | Passed:
    """Tell what it is, by its URL and headers first, by its body where they do not say."""
    if recorded.sort is not None:
        return recorded.sort
    names = {name.lower() for name, _ in recorded.request_headers}
    host = _host(recorded.url)
    if host is None:
        return Passed(recorded.where, "its URL has no host")
    if names & _OF_A_WEBHOOK:
        return "delivery"
    path = _path(recorded.url)
    if is_loopback(host) and _CONTROL.match(path):
        return Passed(recorded.where, "a call that steers a sandbox")
    at_halopay = host == HOST
    spoken = bool(names & _OURS) or any(name.lower() in _OURS for name, _ in recorded.answer_headers)
    if operation_of(recorded.url) is not None and (at_halopay or spoken or is_loopback(host)):
        return "exchange" if recorded.method == "POST" else Passed(recorded.where, f"a {_word(recorded.method)}")
    if at_halopay:
        return "exchange" if recorded.method == "POST" else Passed(recorded.where, f"a {_word(recorded.method)}")
    if recorded.method != "POST":
        return Passed(recorded.where, "another host, or not an operation's path")
    if _is_webhook(recorded):
        return "delivery"
    if names & _OURS and path.startswith(("/api/", "/v1/")):
        return "exchange"
    return Passed(recorded.where, "another host, or not an operation's path")


def webhook_of(content: Content | None) -> str | None:
    """Return the webhook that a body is, as in `webhook.payment`; None where it does not say."""
    fields = _fields(content)
    for route in WEBHOOK_ROUTES:
        if fields.get("type") == route.kind and (route.without is None or route.without not in fields):
            return webhook_named(route.webhook)
    return None


def _is_webhook(recorded: Recorded) -> bool:
    try:
        content = content_of(recorded.request, recorded.request_headers)
    except UnreadableTraffic:
        return False
    return len(_WEBHOOK_FIELDS & _fields(content).keys()) >= _ENOUGH


def _fields(content: Content | None) -> dict[str, Any]:
    return {} if content is None else fields_of(content.data)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def _word(method: str) -> str:
    return method if method.isascii() and method.isalpha() and len(method) < 12 else "method that is none"
