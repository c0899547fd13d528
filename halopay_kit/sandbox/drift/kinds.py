"""The table of drifts: what each does to an answer or webhook, where it applies, a sentence on it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import attrs

from halopay_kit.sandbox.drift.places import Content, Place, Sort

Stage = Literal["value", "name", "row", "refusal", "data", "envelope", "timestamp", "content", "sign", "header", "path"]
Object = dict[str, Any]
Lines = list[tuple[str, str]]  # headers, names in lower case

# What a stage changes stands at these places.
SORTS: dict[Stage, tuple[Sort, ...]] = {
    "value": ("field",),
    "name": ("field",),
    "row": ("answer", "event"),
    "refusal": ("answer",),
    "data": ("answer",),
    "envelope": ("envelope",),
    "timestamp": ("header",),
    "content": ("signature",),
    "sign": ("signature",),
    "header": ("header",),
    "path": ("answer",),
}


@attrs.frozen
class Kind:
    """One kind of drift.

    Attributes:
        name: what stands behind the colon.
        stage: which part of the making of an answer or webhook it changes.
        says: what it does.
        change: the change itself.
        contents: what it makes sense for; everything where it is empty.
    """

    name: str
    stage: Stage
    says: str
    change: Callable[..., Any]
    contents: tuple[Content, ...] = ()

    @property
    def alone(self) -> bool:
        """Say whether it bears no second one of its stage at the same place."""
        return self.stage in {"value", "timestamp", "content"}

    def fits(self, place: Place) -> bool:
        """Say whether it applies there."""
        return place.sort in SORTS[self.stage] and (not self.contents or place.content in self.contents)

    def may_fit(self, place: Place) -> bool:
        """Say whether it applies there, or did before the spec was corrected."""
        return self.fits(place) or (place.corrected and place.sort in SORTS[self.stage])


_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
_STRINGS: tuple[Content, ...] = ("text", "amount", "value")
_NUMBERS: tuple[Content, ...] = ("integer", "time")
_RENAMED = {"x-sign": "x-signature", "x-timestamp": "x-time", "x-appid": "x-app-id", "x-eventtype": "x-event"}


def _number(text: str) -> object:
    if not _NUMBER.fullmatch(text):
        return len(text)
    return float(text) if "." in text else int(text)


def _with_comma(text: str) -> str:
    whole, _, fraction = text.partition(".")
    return f"{whole},{fraction or '00'}"


def _date(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(part.capitalize() for part in more)


def _rename(row: Object, old: str, new: str) -> Object:
    return {new if name == old else name: value for name, value in row.items()}


def _renamed(row: Object, name: str) -> Object:
    return _rename(row, name, _camel(name) if "_" in name else f"new_{name}")


def _removed(row: Object, name: str) -> Object:
    return {other: value for other, value in row.items() if other != name}


def _nested(row: Object, name: str) -> Object:
    return {**_removed(row, name), "details": {**row.get("details", {}), name: row[name]}}


def _on_data(change: Callable[[Any], Any]) -> Callable[[Object], Object]:
    return lambda envelope: {**envelope, "data": change(envelope["data"])} if "data" in envelope else envelope


def _flat(envelope: Object) -> object:
    return envelope.get("data", envelope)


def _other_code(envelope: Object) -> Object:
    return {**envelope, "code": 20017}


def _on_header(name: str, change: Callable[[str], str]) -> Callable[[Lines], Lines]:
    return lambda lines: [(other, change(value) if other == name else value) for other, value in lines]


def _header_renamed(name: str) -> Callable[[Lines], Lines]:
    return lambda lines: [(_RENAMED[name] if other == name else other, value) for other, value in lines]


def _header_removed(name: str) -> Callable[[Lines], Lines]:
    return lambda lines: [(other, value) for other, value in lines if other != name]


def _sorted(body: bytes) -> bytes:
    return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# They are applied in this order, whatever the order in which they were asked for.
KINDS: tuple[Kind, ...] = (
    Kind("retyped-number", "value", "A string comes as a number; its length where it has no digits only.",
         _number, _STRINGS),
    Kind("retyped-text", "value", "A number comes as a string.", str, _NUMBERS),
    Kind("retyped-fraction", "value", "An integer comes with a fraction, as 5.5.", lambda value: value + 0.5, _NUMBERS),
    Kind("retyped-boolean", "value", "A value comes as true or false.", bool),
    Kind("retyped-object", "value", "A value comes as an object, under `value`.", lambda value: {"value": value}),
    Kind("retyped-list", "value", "A value comes as a list of one.", lambda value: [value]),
    Kind("null", "value", "A value comes as null.", lambda _: None),
    Kind("emptied", "value", "A string comes empty.", lambda _: "", _STRINGS),
    Kind("new-value", "value", "A value comes that the spec does not list.", lambda _: "SUSPENDED", ("value",)),
    Kind("recased", "value", "A listed value comes in the other case.", str.swapcase, ("value",)),
    Kind("comma", "value", "An amount comes with a decimal comma.", _with_comma, ("amount",)),
    Kind("exponent", "value", "An amount comes with an exponent.", lambda value: f"{Decimal(value):E}", ("amount",)),
    Kind("with-unit", "value", "An amount comes with a unit behind it.", lambda value: f"{value} USD", ("amount",)),
    Kind("milliseconds", "value", "A time comes in milliseconds.", lambda value: value * 1000, ("time",)),
    Kind("date", "value", "A time comes as an ISO date.", _date, ("time",)),
    Kind("nested", "name", "A field moves into an object, `details`.", _nested),
    Kind("renamed", "name", "A field has another name: camel case, or `new_` before it.", _renamed),
    Kind("removed", "name", "A field is missing.", _removed),
    Kind("camel-case", "row", "All fields have names in camel case.",
         lambda row: {_camel(name): row[name] for name in row}),
    Kind("added", "row", "There is one field more, `risk_level`.", lambda row: {**row, "risk_level": "low"}),
    Kind("code-added", "refusal", "A refusal has a code that the spec does not list, 20017.", _other_code),
    Kind("listed", "data", "The data are a list of one.", _on_data(lambda data: [data]), ("object",)),
    Kind("paged", "data", "The list is a page: an object of `list` and `total`.",
         _on_data(lambda data: {"list": data, "total": len(data)}), ("list",)),
    Kind("wrapped", "data", "The data have an object around them, `result`.", _on_data(lambda data: {"result": data})),
    Kind("data-text", "data", "The data are JSON in a string.", _on_data(lambda data: json.dumps(data))),
    Kind("data-null", "data", "The data are null.", _on_data(lambda _: None)),
    Kind("data-removed", "data", "There are no data.", lambda envelope: _removed(envelope, "data")),
    Kind("success-code", "envelope", "Success has the code 200.",
         lambda envelope: {**envelope, "code": envelope["code"] or 200}),
    Kind("code-text", "envelope", "The code is a string.",
         lambda envelope: {**envelope, "code": str(envelope["code"])}),
    Kind("code-null", "envelope", "The code is null.", lambda envelope: {**envelope, "code": None}),
    Kind("code-renamed", "envelope", "The code is called `status`.",
         lambda envelope: _rename(envelope, "code", "status")),
    Kind("code-removed", "envelope", "There is no code.", lambda envelope: _removed(envelope, "code")),
    Kind("msg-null", "envelope", "The message is null.", lambda envelope: {**envelope, "msg": None}),
    Kind("msg-object", "envelope", "The message is an object, by language.",
         lambda envelope: {**envelope, "msg": {"en": envelope["msg"]}}),
    Kind("msg-renamed", "envelope", "The message is called `message`.",
         lambda envelope: _rename(envelope, "msg", "message")),
    Kind("msg-removed", "envelope", "There is no message.", lambda envelope: _removed(envelope, "msg")),
    Kind("data-renamed", "envelope", "The data are called `result`.",
         lambda envelope: _rename(envelope, "data", "result")),
    Kind("added", "envelope", "There is one field more, `request_id`.",
         lambda envelope: {**envelope, "request_id": "r1"}),
    Kind("wrapped", "envelope", "The envelope has another around it, `response`.",
         lambda envelope: {"response": envelope}),
    Kind("unwrapped", "envelope", "Success comes as bare data, without an envelope.", _flat),
    Kind("x-timestamp-milliseconds", "timestamp", "X-Timestamp is in milliseconds, and signed so.",
         lambda text: f"{text}000"),
    Kind("x-timestamp-date", "timestamp", "X-Timestamp is an ISO date, and signed so.", lambda text: _date(int(text))),
    Kind("prose-reading", "content", "Signed as the prose says: body, timestamp, AppKey.",
         lambda body, timestamp, key: body + timestamp + key()),
    Kind("timestamp-first", "content", "Signed with the timestamp before the body.",
         lambda body, timestamp, _: timestamp + body),
    Kind("dotted", "content", "Signed with a dot between body and timestamp.",
         lambda body, timestamp, _: body + b"." + timestamp),
    Kind("body-only", "content", "Signed without the timestamp.", lambda body, _, __: body),
    Kind("sorted-keys", "content", "Signed over the fields in alphabetical order, not over the bytes that are sent.",
         lambda body, timestamp, _: _sorted(body) + timestamp),
    Kind("another-key", "sign", "Signed with a key that is not the app's.",
         lambda sign: hashlib.sha256(sign.encode()).hexdigest()),
    Kind("uppercase", "sign", "The signature is in upper case.", str.upper),
    Kind("base64", "sign", "The signature is in base64.", lambda sign: base64.b64encode(bytes.fromhex(sign)).decode()),
    Kind("shortened", "sign", "The signature has its first 32 digits only.", lambda sign: sign[:32]),
    Kind("prefixed", "sign", "The signature has its algorithm before it, `sha256=`.", lambda sign: f"sha256={sign}"),
    Kind("x-appid-changed", "header", "X-Appid names another app.",
         _on_header("x-appid", lambda value: value[::-1] + "0")),
    Kind("x-eventtype-new-value", "header", "X-EventType says what was never heard of.",
         _on_header("x-eventtype", lambda _: "Suspended")),
    Kind("content-type-changed", "header", "The content type is text/plain.",
         _on_header("content-type", lambda _: "text/plain")),
    *(Kind(f"{name}-renamed", "header", f"The header {name} is called {new}.", _header_renamed(name))
      for name, new in _RENAMED.items()),
    *(Kind(f"{name}-removed", "header", f"There is no header {name}.", _header_removed(name)) for name in _RENAMED),
    Kind("added", "header", "There is one header more, X-Request-Id.", lambda lines: [*lines, ("x-request-id", "r1")]),
    Kind("moved", "path", "The operation is at /api/v2/…; where it was is nothing.",
         lambda path: path.replace("/api/", "/api/v2/", 1)),
)  # fmt: skip

# For a field whose type the spec was corrected in: it goes by the value, as the sandbox's own type is not in the spec.
RETYPED = Kind(
    "retyped", "value", "A string comes as a number, a number as a string.",
    lambda value: _number(value) if isinstance(value, str) else str(value),
)  # fmt: skip
