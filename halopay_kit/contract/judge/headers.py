"""Headers: those that the spec asks for are there once, and nobody else's begin with X-."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.message import WRONG, Message, second_of
from halopay_kit.contract.judge.spec import Spec
from halopay_kit.contract.masked import is_masked
from halopay_kit.contract.parsed import UNREADABLE

_JSON = "application/json"
_SIGNATURE = re.compile(r"(?:[a-z0-9-]+=)?(?:[0-9A-Fa-f]{32,64}|[A-Za-z0-9+/_-]{43}=?)")
_LETTERS = re.compile(r"[^a-z0-9]")

# Written by proxies, content networks and frameworks on the way; they say nothing about HaloPay.
_IN_BETWEEN = re.compile(
    r"x-(?:forwarded-.*|real-ip|frame-options|content-type-options|xss-protection|dns-prefetch-control|robots-tag"
    r"|powered-by|served-by|timer|cache.*|amz-.*|amzn-.*|envoy-.*|varnish|via|runtime|permitted-cross-domain-policies"
    r"|download-options|ua-compatible|b3-.*)"
)


class Headers:
    """Judges the headers of answers and webhooks; `app_id` is the app that all of them are for."""

    def __init__(self, spec: Spec, app_id: str | None, docket: Docket) -> None:
        self._spec = spec
        self._app_id = app_id
        self._docket = docket
        self._looks: Mapping[str, Callable[[str, Message], bool]] = {
            "x-sign": lambda value, _: _SIGNATURE.fullmatch(value) is not None,
            "x-timestamp": lambda value, _: second_of(value)[0] is not None,
            "x-appid": lambda value, _: value == self._app_id,
            "x-eventtype": _says_the_status,
        }

    def judge(self, message: Message, asked_as: str | None = None) -> None:
        """Judge one message, and put its headers under their right names; `asked_as` is the call's own X-Appid."""
        if not message.headers:
            return
        for name in message.doubled:
            if name in self._spec.headers:
                self._report("header-doubled", name, message)
        for name, (_, required) in self._spec.headers_of[message.side].items():
            if required and name not in message.headers:
                self._miss(name, message)
        for name in message.headers:
            if name.startswith("x-") and name not in self._spec.headers and not _IN_BETWEEN.fullmatch(name):
                self._docket.report(
                    "header-unknown", f"header.{name}", message.evidence, pointer="/components/headers",
                    seen={"name": name},
                )  # fmt: skip
        self._values(message, asked_as)

    def _miss(self, name: str, message: Message) -> None:
        looks = self._looks.get(name, _like_nothing)
        for other, value in message.headers.items():
            if other.startswith("x-") and other not in self._spec.headers and looks(value, message):
                self._report("header-renamed", name, message, {"name": other})
                message.headers[name] = message.headers.pop(other)
                return
        self._report("header-missing", name, message)

    def _values(self, message: Message, asked_as: str | None) -> None:
        headers = message.headers
        media_type = headers.get("content-type", _JSON).partition(";")[0].strip().lower()
        if media_type != _JSON and message.parsed is not UNREADABLE:
            self._docket.report(
                "content-type", "header.content-type", message.evidence, seen={"value": media_type[:60]}
            )
        app_id = headers.get("x-appid")
        known = {self._app_id, asked_as} - {None}
        if app_id is not None and known and app_id not in known and not is_masked(app_id):
            self._report("app-id-changed", "x-appid", message)
        if (timestamp := headers.get("x-timestamp")) is not None:
            message.signed_at, _ = second_of(timestamp)

    def judge_timestamp(self, message: Message) -> None:
        """Judge the form of X-Timestamp; one that is none and was not signed was changed, which is told as such."""
        timestamp = message.headers.get("x-timestamp")
        form = "seconds" if timestamp is None or is_masked(timestamp) else second_of(timestamp)[1]
        if form in _FORMS and (form or message.verdict != WRONG):
            kind, seen = _FORMS[form]
            self._report(kind, "x-timestamp", message, seen)

    def _report(self, kind: str, name: str, message: Message, seen: Mapping[str, object] | None = None) -> None:
        pointer, _ = self._spec.headers[name]
        self._docket.report(kind, f"header.{name}", message.evidence, pointer=pointer, seen=seen or {})


_FORMS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "milliseconds": ("time-scale", {"unit": "milliseconds", "spec": "seconds"}),
    "date": ("time-format", {"type": "string", "format": "date-time"}),
    "": ("value-malformed", {}),
}


def _like_nothing(_value: str, _message: Message) -> bool:
    return False


def letters(text: str) -> str:
    """Return what `Time-Out` and `TIME-OUT` have in common."""
    return _LETTERS.sub("", text.casefold())


def _says_the_status(value: str, message: Message) -> bool:
    status = message.parsed.get("status") if isinstance(message.parsed, dict) else None
    return isinstance(status, str) and letters(status) == letters(value)
