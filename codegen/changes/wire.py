"""Two specs → what changed on the wire, operation by operation, webhook by webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from codegen.changes import reading
from codegen.changes.change import Change, Side, on_wire
from codegen.changes.fields import compare_bodies, compare_values, described
from codegen.document import Document


def changes(old: Document, new: Document) -> list[Change]:
    """List what changed on the wire."""
    return [
        *_api(old.data, new.data),
        *_headers("api", "request headers", reading.request_headers(old), reading.request_headers(new)),
        *_operations(reading.operations(old), reading.operations(new)),
        *_webhooks(reading.webhooks(old), reading.webhooks(new)),
        *_enums(old, new),
    ]


def _operations(old: Mapping[str, reading.Operation], new: Mapping[str, reading.Operation]) -> Iterator[Change]:
    paths = {operation.path: operation for operation in new.values()}
    met = set()
    for operation in old.values():
        after = paths.get(operation.path) or new.get(operation.id)
        if after is None:
            yield on_wire("operation-removed", "api", operation.id, operation.pointer)
            continue
        met.add(after.id)
        if after.path != operation.path:
            yield on_wire("path-moved", "api", after.id, after.pointer, was=operation.path, now=after.path)
        if after.effect != operation.effect:
            yield on_wire("effect-changed", "api", after.id, after.pointer, was=operation.effect, now=after.effect)
        yield from described("api", after.id, operation, after)
        yield from compare_bodies("request", after.id, operation.request, after.request)
        yield from compare_bodies("answer", after.id, operation.answer, after.answer)
        yield from _headers("answer", after.id, operation.answer_headers, after.answer_headers)
    for operation in new.values():
        if operation.id not in met:
            yield on_wire("operation-added", "api", operation.id, operation.pointer)


def _webhooks(old: Mapping[str, reading.Webhook], new: Mapping[str, reading.Webhook]) -> Iterator[Change]:
    for webhook in old.values():
        after = new.get(webhook.id)
        if after is None:
            yield on_wire("webhook-removed", "webhook", webhook.id, webhook.pointer)
            continue
        yield from described("webhook", after.id, webhook, after)
        yield from compare_bodies("webhook", after.id, webhook.body, after.body)
        yield from _headers("webhook", after.id, webhook.headers, after.headers)
    for webhook in new.values():
        if webhook.id not in old:
            yield on_wire("webhook-added", "webhook", webhook.id, webhook.pointer)


def _headers(side: Side, place: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """Compare the names of headers; their case means nothing."""
    for name in old.keys() - new.keys():
        yield on_wire("header-removed", side, f"{place}.{old[name]}")
    for name in new.keys() - old.keys():
        yield on_wire("header-added", side, f"{place}.{new[name]}")


def _enums(old: Document, new: Document) -> Iterator[Change]:
    """Compare the named lists of values, once for each direction in which they travel."""
    before, after = reading.enums(old), reading.enums(new)
    for pointer in [pointer for pointer in before if pointer in after]:
        (name, schema), (_, changed) = before[pointer], after[pointer]
        for side in _sides(new, pointer):
            yield from compare_values(side, name, pointer, schema["enum"], changed["enum"])
        yield from _meanings(name, pointer, schema.get("x-values", {}), changed.get("x-values", {}))


def _meanings(name: str, pointer: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for value in [value for value in old if value in new]:
        was, now = old[value], new[value]
        if was.get("outcome") != now.get("outcome"):
            told = {"was": was.get("outcome"), "now": now.get("outcome"), "name": "outcome"}
            yield on_wire("outcome-changed", "answer", f"{name}.{value}", pointer, **told)
        if was.get("meaning") != now.get("meaning"):
            yield on_wire("reworded", "answer", f"{name}.{value}", pointer)


def _sides(document: Document, pointer: str) -> list[Side]:
    sides: dict[Side, None] = {}
    for operation in reading.operations(document).values():
        for side, body in (("request", operation.request), ("answer", operation.answer)):
            if any(field.shared == pointer for field in body.values()):
                sides[side] = None  # type: ignore[index]  # a literal, and mypy widens the loop's variable
    for webhook in reading.webhooks(document).values():
        if any(field.shared == pointer for field in webhook.body.values()):
            sides["webhook"] = None
    return list(sides)


def _api(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Compare what all calls and webhooks share."""
    was, now = old.get("x-signature", {}), new.get("x-signature", {})
    for key in ("algorithm", "key", "content", "digest", "covers-headers"):
        if was.get(key) != now.get(key):
            yield on_wire("signature-changed", "api", "signature", "/x-signature", name=key, **_pair(was, now, key))
    before, after = was.get("tolerance-seconds", 0), now.get("tolerance-seconds", 0)
    if before != after:
        kind = "tolerance-lowered" if after < before else "tolerance-raised"
        yield on_wire(kind, "api", "tolerance", "/x-signature/tolerance-seconds", was=before, now=after)
    was, now = old.get("x-webhook-delivery", {}), new.get("x-webhook-delivery", {})
    where = "/x-webhook-delivery"
    if was.get("retry-after-seconds") != now.get("retry-after-seconds"):
        yield on_wire("schedule-changed", "webhook", "schedule", where, **_pair(was, now, "retry-after-seconds"))
    if _word(was) != _word(now):
        yield on_wire("acknowledgement-changed", "webhook", "acknowledgement", where, was=_word(was), now=_word(now))
    if _routes(was) != _routes(now):
        yield on_wire("routes-changed", "webhook", "routes", where)
    servers = [[server["url"] for server in data.get("servers", [])] for data in (old, new)]
    if servers[0] != servers[1]:
        was_at, now_at = (", ".join(urls) for urls in servers)
        yield on_wire("server-changed", "api", "server", "/servers", was=was_at, now=now_at)


def _pair(was: Mapping[str, Any], now: Mapping[str, Any], key: str) -> dict[str, object]:
    return {"was": was.get(key), "now": now.get(key)}


def _word(delivery: Mapping[str, Any]) -> str:
    return str(delivery.get("acknowledgement", {}).get("body", ""))


def _routes(delivery: Mapping[str, Any]) -> list[tuple[object, ...]]:
    return [(route.get("webhook"), route.get("type"), route.get("without")) for route in delivery.get("routes", [])]
