"""Drifts of fields → corrections of their lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codegen.docs import wording
from codegen.docs.drift import Drift
from codegen.docs.overlay.desk import Desk, Path, described
from codegen.docs.overlay.schema import OF_A_TYPE, is_free, member, schema

_DATA = "$response.body#/data/"
_ROUTED = frozenset({"type", "out_trade_no"})


def add(desk: Desk, drift: Drift) -> None:
    """Add a field to an object of the spec; those below it come with it."""
    place = desk.path(drift.pointer)
    is_sent = drift.subject.endswith("/request")
    name = drift.name.rpartition(".")[2]
    made = schema(drift.told, is_sent=is_sent)
    if made is None:
        desk.remark(drift, "The spec has no words for this type here: describe the field by hand.")
    elif place[-1:] != ("properties",) or "." in drift.name or not _is_object(desk, place):
        desk.remark(drift, "It belongs to an object that the spec does not describe: describe that by hand.")
    elif not is_free(desk.node(drift.pointer), name):
        desk.remark(drift, "No name of its own can be made of it in Python: give it one by hand.")
    else:
        said = described(str(drift.told.get("description", "")), drift.told.get("values", ()))
        mark = desk.mark(drift.source, str(drift.told.get("provenance", "documented")))
        line = {**made, "description": said or "Not described.", **mark}
        desk.update(place, {name: line}, str(drift))
        if drift.told.get("required"):
            desk.append((*place[:-1], "required"), name, str(drift))


def _is_object(desk: Desk, place: Path) -> bool:
    return place[:2] == ("components", "schemas") and isinstance(desk.node(_pointer(place)), Mapping)


def document(desk: Desk, drift: Drift) -> None:
    """Raise a guess to what the page says."""
    place = desk.path(drift.pointer)
    node = desk.node(drift.pointer)
    provenance = str(drift.told.get("provenance", "documented"))
    said = str(drift.told.get("description", ""))
    line: dict[str, Any] = desk.mark(drift.source, provenance)
    if said and not wording.same(said, str(node.get("description", ""))):
        values = () if "$ref" in node else drift.told.get("values", ())
        line = {"description": described(said, values), **line}
    desk.update(place, line, str(drift))
    _require(desk, place, drift)


def retype(desk: Desk, drift: Drift) -> None:
    """Give a field another type; what depended on the old one goes."""
    place = desk.path(drift.pointer)
    made = schema({**drift.told, "type": drift.now}, is_sent=drift.subject.endswith("/request"))
    if made is None or place[:2] != ("components", "schemas"):
        desk.remark(drift, "The spec has no words for this type here: change the line by hand.")
        return
    _set_type(desk, place, made, drift)
    if drift.kind == "guess-retyped":
        document(desk, drift)


def _set_type(desk: Desk, place: Path, made: Mapping[str, Any], drift: Drift) -> None:
    was = dict(desk.node(_pointer(place)))
    for key in OF_A_TYPE:
        if isinstance(was.get(key), list) and was[key] != made.get(key, was[key]):
            desk.remove((*place, key), str(drift))
    marks = desk.mark(drift.source, str(drift.told.get("provenance", "documented")))
    desk.update(place, {**made, **marks}, str(drift))
    for key in OF_A_TYPE:
        if key in was and key not in made:
            desk.remove((*place, key), str(drift))


def rename(desk: Desk, drift: Drift) -> str:
    """Give a field another name; what names it in the spec names it anew. Return its new pointer."""
    place = desk.path(drift.pointer)
    properties, old, new = place[:-1], str(place[-1]), str(drift.now).rpartition(".")[2]
    node = desk.node(drift.pointer)
    if not is_free(desk.node(_pointer(properties)), new, instead_of=old):
        desk.remark(drift, "No name of its own can be made of it in Python: rename it by hand.")
        return drift.pointer
    line = {**node, **desk.mark(drift.source), "x-was": node.get("x-was", old)}
    said = str(drift.told.get("description", ""))
    if said and drift.kind == "guess-renamed" and not wording.same(said, str(node.get("description", ""))):
        line["description"] = described(said)
    desk.update(properties, {new: line}, str(drift), after=old)
    desk.remove(place, str(drift))
    desk.listed(properties[:-1], old, new, str(drift))
    _relink(desk, drift, old, new)
    if drift.subject.startswith("webhook.") and old in _ROUTED:
        desk.remark(drift, "Webhooks are told apart by it: x-webhook-delivery.routes needs a decision.")
    _require(desk, (*properties, new), drift)
    return _pointer((*properties, new))


def _relink(desk: Desk, drift: Drift, old: str, new: str) -> None:
    """Let the links of the spec name a field of an answer, or of the request that they lead to, by its new name."""
    operation, _, direction = drift.subject.partition("/")
    for path, item in desk.data.get("paths", {}).items():
        answer: Path = ("paths", path, "post", "responses", "200")
        for name, link in item["post"]["responses"]["200"].get("links", {}).items():
            body: Path = (*answer, "links", name, "requestBody")
            for key, told in list(link.get("requestBody", {}).items()):
                if direction == "response" and item["post"]["operationId"] == operation:
                    above, _, field = str(told).rpartition("/")
                    if str(told).startswith(_DATA) and field == old:
                        desk.update(body, {key: f"{above}/{new}"}, str(drift))
                elif direction == "request" and link.get("operationId") == operation and key == old:
                    desk.remove((*body, key), str(drift))
                    desk.update(body, {new: told}, str(drift))


def require(desk: Desk, drift: Drift) -> None:
    """Let an object require a field, or no more."""
    _require(desk, desk.path(drift.pointer), drift)


def _require(desk: Desk, place: Path, drift: Drift) -> None:
    required = drift.told.get("required")
    schema_at, name = place[:-2], str(place[-1])
    if place[:2] != ("components", "schemas") or required is None:
        return
    node = desk.node(_pointer(schema_at))
    if required:
        if name in node.get("x-kit-requires", ()):
            desk.remove((*schema_at, "x-kit-requires"), str(drift), item=name)
        desk.append((*schema_at, "required"), name, str(drift))
    elif name in node.get("required", ()):
        desk.remove((*schema_at, "required"), str(drift), item=name)


def miss(desk: Desk, drift: Drift) -> None:
    """Note that a field is not on its page; it stays in the spec, and nobody requires it any more."""
    place = desk.path(drift.pointer)
    desk.listed(place[:-2], str(place[-1]), None, str(drift))
    desk.update(place, {"x-not-seen": f"{drift.source} {desk.day}"}, str(drift))
    desk.remark(drift, "It is marked with x-not-seen; delete its line when you are sure that it is gone.")


def add_value(desk: Desk, drift: Drift) -> None:
    """List a value."""
    node = desk.node(drift.pointer)
    value = str(drift.now)
    if node.get("type") != "string" or not member(value):
        desk.remark(drift, "No name of its own can be made of it in Python: list it by hand, with a name.")
        return
    update: dict[str, Any] = {"enum": [value]}
    if "x-values" in node:
        update["x-values"] = {value: {"meaning": "not explained", "x-provenance": "documented"}}
    desk.update(desk.path(drift.pointer), update, str(drift))


def list_values(desk: Desk, drift: Drift) -> None:
    """Say in a field's description what it may be."""
    node = desk.node(drift.pointer)
    said = described(str(node.get("description", "")), drift.now)
    desk.update(desk.path(drift.pointer), {"description": said}, str(drift))


def _pointer(place: Path) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)
