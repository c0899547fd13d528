"""The envelope: code, msg and data, wherever they are and whatever they are called by now."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from halopay_kit.contract.judge.data import is_like
from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.message import Message
from halopay_kit.contract.judge.spec import CODES, Owner, Spec, bare
from halopay_kit.contract.judge.values import check, sketch, type_of
from halopay_kit.contract.parsed import UNREADABLE

Object = dict[str, Any]

MISSING: Final = object()
_DIGITS = re.compile(r"-?[0-9]{1,9}")

# What others call them; a name that is merely longer, as `errorCode`, is like it anyway.
_SYNONYMS: Mapping[str, frozenset[str]] = {
    "code": frozenset({"status", "errno", "ret", "state", "result"}),
    "msg": frozenset({"message", "error", "info", "desc", "description", "reason", "text", "detail"}),
    "data": frozenset({"result", "payload", "body", "content", "response", "value", "object"}),
}


@attrs.frozen(kw_only=True)
class Opened:
    """What an answer says.

    Attributes:
        code: None where it cannot be told.
        success: data came, or were to come.
        data: `MISSING` where there are none.
    """

    code: int | None
    success: bool
    data: Any = MISSING


def open_envelope(spec: Spec, operation: Owner, message: Message, docket: Docket) -> Opened | None:
    """Return what is inside; None where that is no envelope at all."""
    found = message.parsed
    if not isinstance(found, dict):
        if isinstance(found, list) and operation.many:
            docket.report("envelope-missing", "envelope", message.evidence, pointer=spec.envelope.pointer)
            return Opened(code=None, success=True, data=found)
        _report(
            spec,
            "envelope-malformed",
            "",
            message,
            docket,
            seen={"type": "no JSON" if found is UNREADABLE else type_of(found)},
        )
        return None
    if not _has_its_names(found):
        inner = [(name, value) for name, value in found.items() if isinstance(value, dict) and _has_its_names(value)]
        if len(inner) == 1:
            _report(spec, "envelope-wrapped", "", message, docket, seen={"name": inner[0][0]})
            found = inner[0][1]
        elif is_like(operation, found):
            _report(spec, "envelope-missing", "", message, docket)
            return Opened(code=None, success=True, data=found)
    return _open(spec, operation, found, message, docket)


def _has_its_names(found: Mapping[str, object]) -> bool:
    return "code" in found or "msg" in found or {"data", "message"} <= found.keys()


def _open(spec: Spec, operation: Owner, found: Object, message: Message, docket: Docket) -> Opened:
    known = spec.envelope.fields
    unknown = [name for name in found if name not in known and name != "data"]
    parts: Object = {}
    for name in ("code", "msg", "data"):
        other = next(
            (each for each in unknown if name not in found and _stands_for(operation, name, each, found[each])), None
        )
        parts[name] = found.get(name, MISSING if other is None else found[other])
        if other is not None:
            unknown.remove(other)
            pointer = operation.data_pointer if name == "data" else known[name].pointer
            _report(spec, "field-renamed", name, message, docket, pointer=pointer, seen={"name": other, "spec": name})
    for name in unknown:
        seen = {"name": name, "type": type_of(found[name]), "schema": sketch([found[name]])}
        _report(spec, "field-added", name, message, docket, pointer=spec.envelope.pointer, seen=seen)
    for name, field in known.items():
        value = parts.get(name, found.get(name, MISSING))
        if value is MISSING:
            if field.required:
                _report(spec, "field-missing", name, message, docket, pointer=field.pointer)
        elif (problem := check(field, value)) is not None and problem.kind != "value-unknown":
            _report(spec, problem.kind, name, message, docket, pointer=field.pointer, seen=problem.seen)
    return _outcome(spec, operation, parts["code"], parts["data"], message, docket)


def _outcome(spec: Spec, operation: Owner, told: object, data: object, message: Message, docket: Docket) -> Opened:
    code = number_of(told)
    has_data = data is not MISSING and data is not None and data not in ({}, [], "")
    if code is None:
        return Opened(code=None, success=has_data, data=data)
    if code == 0:
        return Opened(code=0, success=True, data=data)
    if code not in spec.codes:
        if has_data:
            docket.report("success-code", "envelope.code", message.evidence, pointer=CODES, seen={"code": code})
            return Opened(code=0, success=True, data=data)
        docket.report("code-unknown", operation.name, message.evidence, pointer=CODES, seen={"code": code})
    elif has_data:
        docket.report("data-with-refusal", operation.name, message.evidence, pointer=operation.data_pointer)
    elif data is not MISSING:
        seen = {"type": type_of(data)}
        docket.report(
            "refusal-data-empty", "envelope.data", message.evidence, pointer=operation.data_pointer, seen=seen
        )
    return Opened(code=code, success=False)


def number_of(told: object) -> int | None:
    """Return a code that may have come as text."""
    if isinstance(told, str) and _DIGITS.fullmatch(told):
        return int(told)
    return told if type(told) is int else None


def _stands_for(operation: Owner, name: str, other: str, value: object) -> bool:
    """Say whether an unknown field is one that is missing, by its name and by what it holds."""
    is_called_so = bare(other) in _SYNONYMS[name] or bare(name) in bare(other)
    return (is_called_so or (name == "data" and is_like(operation, value))) and _HOLDS[name](value)


_HOLDS: Mapping[str, Callable[[object], bool]] = {
    "code": lambda value: number_of(value) is not None,
    "msg": lambda value: isinstance(value, str),
    "data": lambda value: isinstance(value, dict | list),
}


def _report(
    spec: Spec,
    kind: str,
    name: str,
    message: Message,
    docket: Docket,
    *,
    pointer: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> None:
    place = f"envelope.{name}" if name else "envelope"
    docket.report(kind, place, message.evidence, pointer=pointer or spec.envelope.pointer, seen=seen or {})
