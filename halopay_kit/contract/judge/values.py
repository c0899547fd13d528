"""One value beside its field of the spec."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from halopay_kit.contract.judge.spec import Field

_AMOUNT = re.compile(r"[0-9]{1,60}(?:\.[0-9]{1,60})?")
_FORMS = (
    ("amount-comma", re.compile(r"[0-9]{1,60}(?:[., ][0-9]{3})*,[0-9]{1,60}")),
    ("amount-exponent", re.compile(r"[0-9]{1,60}(?:\.[0-9]{1,60})?[eE][+-]?[0-9]{1,6}")),
    (
        "amount-unit",
        re.compile(r"[0-9]{1,60}(?:\.[0-9]{1,60})? ?[A-Za-z$€£¥₮]{1,10}|[A-Za-z$€£¥₮]{1,10} ?[0-9][0-9.]{0,60}"),
    ),
)
_WORD = re.compile(r"[A-Za-z][A-Za-z _./:-]{0,39}[0-9]{0,3}")
_NAME = re.compile(r"[A-Za-z_$@][A-Za-z0-9_.-]{0,39}")
_DIGITS = re.compile(r"[0-9]{5}")
_TYPES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    Decimal: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}
_DEPTH = 3

# (unit, from, to) of a time of this century; the first that fits.
_SCALES = (
    ("seconds", 10**9, 10**10),
    ("milliseconds", 10**12, 10**13),
    ("microseconds", 10**15, 10**16),
    ("nanoseconds", 10**18, 10**19),
)


class Problem(NamedTuple):
    """A kind of finding and what is seen of it."""

    kind: str
    seen: Mapping[str, Any]


def type_of(value: object) -> str:
    """Return the name of the JSON type."""
    return _TYPES[type(value)]


def check(field: Field, value: object) -> Problem | None:
    """Return what is wrong with a value, None if nothing is."""
    found = _TYPES[type(value)]
    if found not in field.types and field.types and not (found == "integer" and "number" in field.types):
        return _other_type(field, value, found)
    if found == "string":
        assert isinstance(value, str)  # noqa: S101  # its type says so
        return _text(field, value)
    if found == "integer":
        assert isinstance(value, int)  # noqa: S101  # likewise
        return _integer(field, value)
    return None


def _other_type(field: Field, value: object, found: str) -> Problem:
    if value is None:
        return Problem("null", {"type": "null", "spec": field.said})
    if field.content == "time" and isinstance(value, str) and _is_date(value):
        return Problem("time-format", {"type": "string", "format": "date-time"})
    if field.content == "amount" and found == "integer":
        found = "number"  # an amount that happens to be whole
    return Problem("type-changed", {"type": found, "spec": field.said})


def _text(field: Field, value: str) -> Problem | None:
    if not value and not field.may_be_empty:
        return Problem("value-empty", {"type": "string"})
    if field.content == "value":
        return None if value in field.values else _unlisted(field, value)
    if field.content == "amount" and not _AMOUNT.fullmatch(value):
        kind = next((kind for kind, form in _FORMS if form.fullmatch(value)), "amount-malformed")
        return Problem(kind, {"type": "string"})
    if field.pattern is not None and not field.pattern.search(value):
        return Problem("value-malformed", {"type": "string"})
    return None


def _unlisted(field: Field, value: str) -> Problem:
    for listed in field.values:
        if isinstance(listed, str) and listed.casefold() == value.casefold():
            return Problem("value-recased", {"values": {value: listed}})
    return Problem("value-unknown", {"value": safe_value(value)})


def _integer(field: Field, value: int) -> Problem | None:
    if field.content == "time":
        unit = next((unit for unit, low, high in _SCALES if low <= value < high), "an unknown unit")
        return None if unit == field.unit else Problem("time-scale", {"unit": unit, "spec": field.unit})
    if field.content == "value":
        return None if value in field.values else Problem("value-unknown", {"value": value})
    return None if field.minimum is None or value >= field.minimum else Problem("value-malformed", {"type": "integer"})


def amount_of(value: object) -> Decimal | None:
    """Return a plain decimal string as a number, None for everything else."""
    return Decimal(value) if isinstance(value, str) and _AMOUNT.fullmatch(value) else None


def sketch(values: Iterable[object], depth: int = _DEPTH) -> dict[str, Any]:
    """Return a schema of values that nobody has described: types and names, no value."""
    seen = list(values)
    types = sorted({type_of(value) for value in seen})
    schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    rows = [value for value in seen if isinstance(value, dict)]
    items = [item for value in seen if isinstance(value, list) for item in value]
    if rows and depth:
        names = dict.fromkeys(safe_name(name) for row in rows for name in row)
        schema["properties"] = {
            name: sketch([row[key] for row in rows for key in row if safe_name(key) == name], depth - 1)
            for name in names
        }
    if items and depth:
        schema["items"] = sketch(items, depth - 1)
    return schema


def safe_name(name: str) -> str:
    """Return a field's name, unless it may be somebody's data."""
    return name if _NAME.fullmatch(name) and not _DIGITS.search(name) else f"(a name of {len(name)} characters)"


def safe_value(value: str) -> str:
    """Return a word of a list, unless it may be somebody's data."""
    return value if _WORD.fullmatch(value) else f"(a text of {len(value)} characters)"


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "-" in text or ":" in text
