"""Take secrets out of whatever a report shows: signatures, AppIds, one-time codes, credentials, the AppKey.

A secret is known by the name that it stands under, in headers, JSON, forms and URLs, and by its value wherever else
it turns up: as it is, with escapes of JSON, URLs or HTML, in hexadecimal, in base64. An `AppKey` does not tell its
text; it is found where it stands as a word. Where the text is at hand, `secrets` finds it within words too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from halopay_api import codec
from halopay_kit.contract.exchange import Headers, Observed
from halopay_kit.contract.report.secret_names import MASK, is_field, is_header
from halopay_kit.contract.report.traces import Traces
from halopay_kit.signing import AppKey

_APP_ID = re.compile(r"(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{8,64}")
_WORD = re.compile(r"[^\s,;=]{8,}")
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{16,}")
_CODE_LENGTH: Final = 6  # a shorter one-time code is masked where it stands, not wherever the same digits are
_BEFORE = re.compile(r"[:,\[]\s*$")
_BEHIND = re.compile(r"\s{0,64}[,}\]]")
_SPACES: Final = 64  # characters between a value of JSON and its colon, at most
_SHORT: Final = 120  # characters of text that is likely to come again
_MOST_CLEAN: Final = 20_000
_GREATEST: Final = 1_000_000  # bytes of a body that is looked into for what is secret in it


class Masking:
    """What is secret in one run; `text` and its kin return what they are given without it."""

    def __init__(self, *, secrets: Iterable[str] = (), app_keys: Sequence[AppKey] = ()) -> None:
        try:
            self._traces = Traces(tuple(secrets), tuple(app_keys))
        finally:
            del secrets  # or this frame would show them in a traceback
        self._clean: set[str] = set()  # short texts without secrets

    @classmethod
    def of(cls, observed: Observed, *, secrets: Iterable[str] = (), app_keys: Sequence[AppKey] = ()) -> Masking:
        """Return the masking of a run: what its headers and bodies hold in secret places is secret everywhere."""
        try:
            masking = cls(secrets=secrets, app_keys=app_keys)
        finally:
            del secrets
        if observed.app_id is not None:
            masking.learn_app_id(observed.app_id)
        for exchange in observed.exchanges:
            masking.learn(exchange.request_headers, exchange.request_body)
            masking.learn(exchange.answer_headers, exchange.answer_body)
        for delivery in observed.deliveries:
            masking.learn(delivery.headers, delivery.body)
        return masking

    def __repr__(self) -> str:
        return "Masking()"

    def learn(self, headers: Headers, body: bytes | None) -> None:
        """Take note of what is secret in a message."""
        self._clean.clear()
        for name, value in headers:
            if not is_header(name):
                continue
            if "app" in name.lower() and "key" not in name.lower():
                self.learn_app_id(value)
            else:
                self._traces.add_words(_LONG.findall(value))
                if "sign" not in name.lower():
                    self._traces.add(_WORD.findall(value))
        if body is not None and len(body) <= _GREATEST and b'"' in body:
            self._learn_fields(body)

    def learn_app_id(self, app_id: str) -> None:
        """Take note of an AppId; a word like any other is none."""
        self._clean.clear()
        if _APP_ID.fullmatch(app_id):
            self._traces.add((app_id,))

    def text(self, text: str) -> str:
        """Return text without secrets."""
        if text in self._clean:
            return text
        spans = self._traces.spans(text)
        if spans:
            return _without(text, spans)
        if len(text) <= _SHORT and len(self._clean) < _MOST_CLEAN:
            self._clean.add(text)
        return text

    def data(self, data: bytes) -> bytes:
        """Return bytes without secrets; bytes that are no UTF-8 are looked at as Latin-1."""
        if b"\x00" in data and self._traces.spans(data.replace(b"\x00", b"").decode("latin-1")):
            return MASK.encode()  # UTF-16 or 32
        try:
            return self.text(data.decode()).encode()
        except UnicodeError:
            return self.text(data.decode("latin-1")).encode("latin-1")

    def headers(self, headers: Headers) -> Headers:
        """Return headers, the values of secret ones masked."""
        return tuple((self.text(name), MASK if is_header(name) else self.text(value)) for name, value in headers)

    def value(self, value: Any) -> Any:
        """Return a JSON value without secrets in its strings and names."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {
                self.text(str(name)): MASK if _is_secret(str(name), inner) else self.value(inner)
                for name, inner in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(inner) for inner in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value if self.text(str(value)) == str(value) else MASK
        return value

    def _learn_fields(self, body: bytes) -> None:
        try:
            waiting: list[Any] = [codec.parse(body)]
        except codec.DecodeError:
            return
        while waiting:
            value = waiting.pop()
            if isinstance(value, list):
                waiting += [inner for inner in value if isinstance(inner, dict | list)]
            elif isinstance(value, dict):
                for name, inner in value.items():
                    if isinstance(inner, dict | list):
                        waiting.append(inner)
                    elif _is_secret(name, inner):
                        self._learn_field(name, str(inner))

    def _learn_field(self, name: str, value: str) -> None:
        if "id" in name.lower():
            self.learn_app_id(value)
        elif "code" in name.lower():
            if len(value) >= _CODE_LENGTH and value.isascii():
                self._traces.add_alone(value)
        else:
            self._traces.add_words(_LONG.findall(value))


def _is_secret(name: str, value: object) -> bool:
    return value is not None and not isinstance(value, dict | list | bool) and is_field(name)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Put the mask in place of each span; in place of a bare value of JSON a quoted one, so that it stays JSON."""
    parts: list[str] = []
    last = 0
    for start, end in sorted(spans):
        if end <= last:
            continue
        begin = max(start, last)
        if begin > last or not parts:
            parts += [text[last:begin], f'"{MASK}"' if _is_bare(text, start, end) else MASK]
        last = end
    return "".join([*parts, text[last:]])


def _is_bare(text: str, start: int, end: int) -> bool:
    """Say whether a span is a whole value of JSON without quotes."""
    if text[:1] not in ("{", "["):
        return False
    before, behind = _BEFORE.search(text[max(0, start - _SPACES) : start]), _BEHIND.match(text, end)
    return before is not None and behind is not None
