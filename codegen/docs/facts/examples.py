"""Examples of bodies → what they show: fields, types, values, and what is wrong with them as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from codegen.docs.facts import enumerations, lenient
from codegen.docs.facts.lenient import ELIDED, NoJson

_ENVELOPE = ("code", "msg")
_MOST = 500
_LONGEST_VALUE = 300


@attrs.frozen
class Example:
    """An example of a body; what an envelope holds stands in `fields` by its own name, the envelope beside it."""

    envelope: Mapping[str, Any]
    fields: Mapping[str, str]
    values: Mapping[str, Any]
    lists: Mapping[str, tuple[str, ...]]
    faults: tuple[str, ...]
    many: bool

    @property
    def says(self) -> dict[str, Any]:
        """Return what a fact says of it."""
        told: dict[str, Any] = {"valid": not self.faults, "fields": dict(self.fields), "values": dict(self.values)}
        if self.envelope:
            told["envelope"] = {key: kind(value) for key, value in self.envelope.items()}
        if self.faults:
            told["faults"] = list(self.faults)
        if self.lists:
            told["lists"] = {key: list(values) for key, values in self.lists.items()}
        if self.many:
            told["many"] = True
        return told


def read(text: str) -> Example | None:
    """Read an example; None if it is none of a body in JSON."""
    text = text.replace("\u00a0", " ")
    start = min((place for place in (text.find("{"), text.find("[{")) if place >= 0), default=-1)
    if start < 0 or (start > 0 and not _is_call(text[:start])):
        return None
    body = text[start:].strip()
    if start > 0:
        body = body[: max(body.rfind("}"), body.rfind("]")) + 1]
    try:
        value, remarks = lenient.read(body)
    except (NoJson, RecursionError):
        return None
    many = isinstance(value, list)
    first = next((item for item in value if isinstance(item, dict)), None) if many else value
    if not isinstance(first, dict):
        return None
    wrapped = all(key in first for key in _ENVELOPE) or ("code" in first and "data" in first)
    envelope = {key: value for key, value in first.items() if key in (*_ENVELOPE, "data")} if wrapped else {}
    inner = first.get("data", {}) if wrapped else first
    if isinstance(inner, list):
        many, inner = True, next((item for item in inner if isinstance(item, dict)), {})
    shown = dict(_flat(inner if isinstance(inner, dict) else {}, ""))
    lists = {}
    for remark in remarks:
        found = enumerations.find(remark.text)
        if found is not None and remark.field:
            lists[remark.field] = found.values
    return Example(
        envelope,
        {name: kind(value) for name, value in shown.items()},
        {name: value for name, value in shown.items() if _is_shown(value)},
        lists,
        tuple(f"{one.kind}: {one.text}" if one.text else one.kind for one in remarks),
        many,
    )


def kind(value: Any) -> str:
    """Return the type of a value as the spec calls it; empty for one that is left out."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "array"
        case None:
            return "null"
    return ""


def _is_shown(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_VALUE
    return value is not ELIDED and not isinstance(value, dict | list)


def _is_call(before: str) -> bool:
    """Say whether a body may follow here: an HTTP request, or a command that sends one."""
    return any(mark in before for mark in ("curl ", "HTTP/1.1", "Content-Type", "content-type", "POST "))


def _flat(value: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for count, (key, item) in enumerate(value.items()):
        if count >= _MOST:
            return
        yield f"{above}{key}", item
        inner = next((one for one in item if isinstance(one, dict)), None) if isinstance(item, list) else item
        if isinstance(inner, dict):
            yield from _flat(inner, f"{above}{key}.")
