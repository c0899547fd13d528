"""What each kind of finding lets the spec learn: one function a remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from halopay_kit.contract.overlay import described
from halopay_kit.contract.overlay.desk import Desk, class_name, located, renamed
from halopay_kit.contract.overlay.nodes import Path
from halopay_kit.contract.overlay.values import add_code, add_header, add_values, list_values
from halopay_kit.errors import OverlayRefused

if TYPE_CHECKING:
    from halopay_kit.contract.finding import Finding

# What says a type, or depends on one.
_OF_A_TYPE: Final = ("$ref", "anyOf", "type", "items", "format", "pattern", "minLength", "minimum")
_UNIT = re.compile(r"unix (?:seconds|milliseconds)")
_UNITS = frozenset({"seconds", "milliseconds"})
_ENVELOPE: Final = ("components", "schemas", "Envelope", "properties")
_CODE: Final = (*_ENVELOPE, "code")
_MSG: Final = (*_ENVELOPE, "msg")
_DATA: Final = ("allOf", 1, "properties", "data")
_FOR_MSG: Final = frozenset({"allow-null", "allow-empty", "remove-property"})
_ROUTED = frozenset({"type", "out_trade_no"})

Remedy = Callable[[Desk, "Finding", Path], bool]


def rank(remedy: str | None) -> int:
    """Return in which order remedies are tried: first what moves things."""
    return len(_REMEDIES) if remedy is None else list(_REMEDIES).index(remedy)


def correct(desk: Desk, finding: Finding, remedy: str) -> bool:
    """Let the spec learn from a finding; say whether it could.

    Raises: OverlayRefused with the reason why it cannot.
    """
    if finding.pointer is None:
        return False
    path = located(desk.document, finding.pointer)
    if (reason := _reason_against(path, remedy)) is not None:
        raise OverlayRefused(reason)
    if path == _MSG:
        advice = "The kit's client takes no answer whose `msg` is not a text (answers.py): change that too."
        desk.remark(finding.place, finding.says, advice, finding.evidence)
    return _REMEDIES[remedy](desk, finding, path)


def _reason_against(path: Path, remedy: str) -> str | None:
    """Say why a place is not for the spec alone: code reads it before it knows what it reads."""
    if path[:2] in (("components", "headers"), ("components", "parameters")) and len(path) > 2:
        return "what every message is signed with and checked by is code, not spec"
    if path == _CODE or (path == _MSG and remedy not in _FOR_MSG):
        return "the envelope is opened by code, not by the spec"
    if path[3:] == _DATA and remedy not in ("list-data", "wrap-data"):
        return "the envelope is opened by code, not by the spec"
    return None


def _add_property(desk: Desk, finding: Finding, path: Path) -> bool:
    name = _safe(finding.seen.get("name"))
    properties = (*path, "properties")
    if not desk.is_new(properties, name):
        raise OverlayRefused(f"a field `{name}` has no name of its own in Python")
    owner = str(path[-1])
    seen = finding.seen.get("schema") or {"type": finding.seen.get("type")}
    schema = described.schema_of(desk, seen, class_name(owner, name), owner, finding.says)
    return desk.update(properties, {name: {**schema, "description": described.UNKNOWN, **desk.mark}}, finding.says)


def _rename(desk: Desk, finding: Finding, path: Path) -> bool:
    return _renamed(desk, finding, path, _safe(finding.seen.get("name")))


def _rename_all(desk: Desk, finding: Finding, path: Path) -> bool:
    names: Mapping[str, str] = finding.seen.get("names", {})
    for old, new in names.items():
        _renamed(desk, finding, (*path, "properties", old), _safe(new))
    return bool(names)


def _renamed(desk: Desk, finding: Finding, path: Path, new: str) -> bool:
    old = str(path[-1])
    if not desk.rename(path, new, finding.says):
        raise OverlayRefused(f"`{old}` cannot be called `{new}`: it has no name of its own in Python, or is taken")
    if finding.place.startswith("webhook.") and old in _ROUTED:
        desk.remark(
            finding.place,
            f"`{old}`, by which webhooks are told apart, is called `{new}` now.",
            "x-webhook-delivery.routes and the code that reads them need a decision; no overlay makes it.",
            finding.evidence,
        )
    return True


def _move(desk: Desk, finding: Finding, path: Path) -> bool:
    """Let a property live in an object of its parent; the object is made with the first one."""
    into, name = _safe(finding.seen.get("into")), _safe(finding.seen.get("name") or path[-1])
    properties, old = path[:-1], str(path[-1])
    owner = properties[:-1]
    definition = desk.taken(path)
    there = desk.at((*properties, into))
    if there is None:
        if not desk.is_new(properties, into):
            raise OverlayRefused(f"a field `{into}` has no name of its own in Python")
        schema = {"type": "object", "description": described.UNKNOWN, **desk.mark, "properties": {name: definition}}
        reference = desk.component(class_name(str(owner[-1]), into), schema, str(owner[-1]), finding.says)
        desk.update(
            properties,
            {into: {"$ref": reference, "description": described.UNKNOWN, **desk.mark}},
            finding.says,
            after=old,
        )
    elif "$ref" in there:
        desk.update((*located(desk.document, there["$ref"][1:]), "properties"), {name: definition}, finding.says)
    else:
        raise OverlayRefused(f"`{into}` is something else in the spec")
    desk.remove(path, finding.says)
    desk.require(owner, old, None)
    desk.relink(owner, renamed(old, f"{into}/{name}"))
    return True


def _not_seen(desk: Desk, finding: Finding, path: Path) -> bool:
    """Note that a field was looked for in vain; it stays in the spec, and is required no more."""
    desk.require(path[:-2], str(path[-1]), None)
    return desk.update(path, {"x-not-seen": desk.mark["x-source"]}, finding.says)


def _set_type(desk: Desk, finding: Finding, path: Path) -> bool:
    was, may_be_null = _without_null(desk.at(path))
    kind = str(finding.seen.get("type"))
    if kind == "object":
        new: dict[str, Any] = {"type": "object"}
    elif kind == "array":
        new = {"type": "array", "items": {key: was[key] for key in ("$ref", "type", "format") if key in was}}
    elif path in desk.touched:
        new = described.scalar(described.types_of({"type": [*described.types_of(was), kind, *may_be_null]}))
    else:
        new = described.scalar([kind, *may_be_null])
    desk.touched.add(path)
    return _retype(desk, path, new, finding.says)


def _set_format(desk: Desk, finding: Finding, path: Path) -> bool:
    form = finding.seen.get("format")
    was, may_be_null = _without_null(desk.at(path))
    kinds = ["string", *may_be_null]
    new: dict[str, Any] = {"type": kinds if len(kinds) > 1 else "string", **({"format": form} if form else {})}
    if was.get("minLength") == 0:
        new["minLength"] = 0
    if form:
        new["description"] = _UNIT.sub("a date and time", was.get("description", ""))
    else:
        desk.remark(
            finding.place,
            finding.says,
            "Applied, the amount is a text in the models: decide how to read it exactly before you count on it.",
            finding.evidence,
        )
    desk.touched.add(path)
    return _retype(desk, path, new, finding.says)


def _set_unit(desk: Desk, finding: Finding, path: Path) -> bool:
    unit, told = finding.seen.get("unit"), desk.at(path).get("description", "")
    if unit not in _UNITS or not _UNIT.search(told):
        raise OverlayRefused(f"a time in {unit}")
    return desk.update(path, {"description": _UNIT.sub(f"unix {unit}", told), **desk.mark}, finding.says)


def _allow_null(desk: Desk, finding: Finding, path: Path) -> bool:
    was = desk.at(path)
    if "$ref" in was:
        return _retype(desk, path, {"anyOf": [{"$ref": was["$ref"]}, {"type": "null"}]}, finding.says)
    known = described.types_of(was)
    if not known or {"object", "array"} & set(known):
        raise OverlayRefused("a list or an object that is null at times")
    return desk.update(path, {"type": [*(kind for kind in known if kind != "null"), "null"], **desk.mark}, finding.says)


def _allow_empty(desk: Desk, finding: Finding, path: Path) -> bool:
    was, _ = _without_null(desk.at(path))
    if "$ref" in was:
        return list_values(
            desk, located(desk.document, was["$ref"][1:]), {"": "an empty text; not documented"}, finding.says
        )
    return desk.update(path, {"minLength": 0, **desk.mark}, finding.says)


def _list_data(desk: Desk, finding: Finding, path: Path) -> bool:
    reference = desk.at(path)["$ref"]
    desk.relink(path[:3], lambda below: f"0/{below}")
    return _retype(desk, path, {"type": "array", "items": {"$ref": reference}}, finding.says)


def _wrap_data(desk: Desk, finding: Finding, path: Path) -> bool:
    """Put an object around the data."""
    name, was = _safe(finding.seen.get("name")), desk.at(path)
    answer = str(path[2])
    inside = {key: was[key] for key in ("$ref", "type", "items") if key in was}
    field = {**inside, "description": was.get("description", described.UNKNOWN), **desk.mark}
    schema = {"type": "object", "description": described.UNKNOWN, **desk.mark, "properties": {name: field}}
    desk.relink(path[:3], lambda below: f"{name}/{below}")
    reference = desk.component(class_name(answer.removesuffix("Answer"), "Data"), schema, None, finding.says)
    return _retype(desk, path, {"$ref": reference}, finding.says)


def _retype(desk: Desk, path: Path, new: Mapping[str, Any], why: str) -> bool:
    """Give a property another type; what depended on the old one goes."""
    was = desk.at(path)
    for key in _OF_A_TYPE:
        if isinstance(was.get(key), list) and key in new and was[key] != new[key]:
            desk.remove((*path, key), why)
    changed = desk.update(path, {**new, **desk.mark}, why)
    for key in _OF_A_TYPE:
        if key in was and key not in new:
            changed = desk.remove((*path, key), why) or changed
    return changed


def _without_null(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """Return what a property is where it is not null, and `["null"]` where it may be."""
    if "anyOf" in schema:
        return {**schema, **schema["anyOf"][0]}, ["null"]
    kinds = described.types_of(schema)
    if "null" not in kinds:
        return schema, []
    return {**schema, "type": [kind for kind in kinds if kind != "null"]}, ["null"]


def _safe(name: Any) -> str:
    if not isinstance(name, str) or name.startswith("("):
        raise OverlayRefused("a name that is not shown, as it may be somebody's data")
    return name


_REMEDIES: Final[Mapping[str, Remedy]] = {
    "list-data": _list_data,
    "wrap-data": _wrap_data,
    "rename-properties": _rename_all,
    "rename-property": _rename,
    "move-property": _move,
    "add-property": _add_property,
    "remove-property": _not_seen,
    "set-type": _set_type,
    "set-format": _set_format,
    "set-unit": _set_unit,
    "allow-null": _allow_null,
    "allow-empty": _allow_empty,
    "add-values": add_values,
    "add-code": add_code,
    "add-header": add_header,
}
