"""The matrix: which finding each drift has to be, and the table of where it was looked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from halopay_kit.sandbox.drift.drift import Drift
from halopay_kit.sandbox.drift.places import places

FULL: Final = bool(os.environ.get("HALOPAY_TEST_ALL")) or os.environ.get("HALOPAY_PROOF") == "full"
_SHARED: Final = ("envelope", "header", "signature")
OWNERS: Final = tuple(place.name for place in places().values() if place.sort in ("answer", "event")) + _SHARED

# Drift kind → kind of the finding, where it is (`{}`: at the place of the drift), and what it has to have seen.
EXPECTED: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "retyped-number": ("type-changed", "{}", {}),
    "retyped-text": ("type-changed", "{}", {"type": "string", "spec": "integer"}),
    "retyped-fraction": ("type-changed", "{}", {"type": "number", "spec": "integer"}),
    "retyped-boolean": ("type-changed", "{}", {"type": "boolean"}),
    "retyped-object": ("type-changed", "{}", {"type": "object"}),
    "retyped-list": ("type-changed", "{}", {"type": "array"}),
    "null": ("null", "{}", {}),
    "emptied": ("value-empty", "{}", {}),
    "new-value": ("value-unknown", "{}", {"value": "SUSPENDED"}),
    "recased": ("value-recased", "{}", {}),
    "comma": ("amount-comma", "{}", {}),
    "exponent": ("amount-exponent", "{}", {}),
    "with-unit": ("amount-unit", "{}", {}),
    "milliseconds": ("time-scale", "{}", {"unit": "milliseconds", "spec": "seconds"}),
    "date": ("time-format", "{}", {"format": "date-time"}),
    "nested": ("field-moved", "{}", {"into": "details"}),
    "renamed": ("field-renamed", "{}", {}),
    "removed": ("field-missing", "{}", {}),
    "camel-case": ("fields-recased", "{}", {"style": "camelCase"}),
    "code-added": ("code-unknown", "{}", {"code": 20017}),
    "listed": ("data-listed", "{}", {"type": "array"}),
    "paged": ("data-paged", "{}", {"name": "list", "others": ["total"]}),
    "data-text": ("data-text", "{}", {}),
    "data-null": ("data-null", "{}", {}),
    "data-removed": ("data-missing", "{}", {}),
    "success-code": ("success-code", "envelope.code", {"code": 200}),
    "code-text": ("type-changed", "envelope.code", {"type": "string", "spec": "integer"}),
    "code-null": ("null", "envelope.code", {}),
    "code-renamed": ("field-renamed", "envelope.code", {"name": "status"}),
    "code-removed": ("field-missing", "envelope.code", {}),
    "msg-null": ("null", "envelope.msg", {}),
    "msg-object": ("type-changed", "envelope.msg", {"type": "object", "spec": "string"}),
    "msg-renamed": ("field-renamed", "envelope.msg", {"name": "message"}),
    "msg-removed": ("field-missing", "envelope.msg", {}),
    "data-renamed": ("field-renamed", "envelope.data", {"name": "result"}),
    "unwrapped": ("envelope-missing", "envelope", {}),
    "x-timestamp-milliseconds": ("time-scale", "header.x-timestamp", {"unit": "milliseconds"}),
    "x-timestamp-date": ("time-format", "header.x-timestamp", {"format": "date-time"}),
    "prose-reading": ("signature-reading", "signature", {"reading": "prose"}),
    "timestamp-first": ("signature-reading", "signature", {"reading": "timestamp-first"}),
    "dotted": ("signature-reading", "signature", {"reading": "dotted"}),
    "body-only": ("signature-reading", "signature", {"reading": "body-only"}),
    "sorted-keys": ("signature-reading", "signature", {"reading": "sorted-keys"}),
    "another-key": ("signature-wrong", "signature", {"verified": "none"}),
    "uppercase": ("signature-reading", "signature", {"reading": "uppercase"}),
    "base64": ("signature-reading", "signature", {"reading": "base64"}),
    "shortened": ("signature-reading", "signature", {"reading": "shortened"}),
    "prefixed": ("signature-reading", "signature", {"reading": "prefixed"}),
    "x-appid-changed": ("app-id-changed", "header.x-appid", {}),
    "x-eventtype-new-value": ("value-unknown", "header.x-eventtype", {"value": "Suspended"}),
    "content-type-changed": ("content-type", "header.content-type", {"value": "text/plain"}),
    "x-sign-renamed": ("header-renamed", "header.x-sign", {"name": "x-signature"}),
    "x-timestamp-renamed": ("header-renamed", "header.x-timestamp", {"name": "x-time"}),
    "x-appid-renamed": ("header-renamed", "header.x-appid", {"name": "x-app-id"}),
    "x-eventtype-renamed": ("header-renamed", "header.x-eventtype", {"name": "x-event"}),
    "x-sign-removed": ("header-missing", "header.x-sign", {}),
    "x-timestamp-removed": ("header-missing", "header.x-timestamp", {}),
    "x-appid-removed": ("header-missing", "header.x-appid", {}),
    "x-eventtype-removed": ("header-missing", "header.x-eventtype", {}),
    "moved": ("operation-missing", "{}", {"status": 404}),
}

# Kinds that are something else at another sort of place.
ELSEWHERE: Final[Mapping[tuple[str, str], tuple[str, str, Mapping[str, Any]]]] = {
    ("added", ""): ("field-added", "{}.risk_level", {"name": "risk_level", "type": "string"}),
    ("added", "envelope"): ("field-added", "envelope.request_id", {"name": "request_id", "type": "string"}),
    ("added", "header"): ("header-unknown", "header.x-request-id", {"name": "x-request-id"}),
    ("wrapped", ""): ("data-wrapped", "{}", {"name": "result"}),
    ("wrapped", "envelope"): ("envelope-wrapped", "envelope", {"name": "response"}),
    # Its one name of several words is all that differs: on the wire it is that field, renamed.
    ("camel-case", "account.balance"): ("field-renamed", "account.balance.currency_id", {"name": "currencyId"}),
}


def expected(kind: str, place: str) -> tuple[str, str, Mapping[str, Any]]:
    """Return kind, place and what has to be seen of the one finding that a drift has to be."""
    shared = place if place in _SHARED else ""
    found = ELSEWHERE.get((kind, place)) or ELSEWHERE.get((kind, shared)) or EXPECTED[kind]
    return found[0], found[1].format(place), found[2]


def owner(place: str) -> str:
    """Return the operation or webhook that a place belongs to, or what all share."""
    return places()[place].owner or place


def chosen(kind: str) -> list[str]:
    """Return the places to look at: all, or one field of each operation and webhook, another one for each kind."""
    by_owner: dict[str, list[str]] = {}
    for name, place in Drift.matrix():
        if name == kind:
            by_owner.setdefault(owner(place), []).append(place)
    turn = [kind.name for kind in Drift.kinds()].index(kind)
    return [place for found in by_owner.values() for place in (found if FULL else [found[turn % len(found)]])]


def table(rows: Iterable[tuple[str, Mapping[str, int], Mapping[str, int]]]) -> Iterator[str]:
    """Yield the lines of the matrix: at how many places of each owner a drift was found, of how many."""
    heads = [str(number) for number in range(1, len(OWNERS) + 1)]
    yield ""
    yield "Drifts found, by place. " + "; ".join(f"{head} {name}" for head, name in zip(heads, OWNERS, strict=True))
    yield f"{'':26}" + " ".join(f"{head:>4}" for head in heads)
    total = missed = 0
    for kind, looked, found in sorted(rows, key=lambda row: [each.name for each in Drift.kinds()].index(row[0])):
        total, missed = total + sum(looked.values()), missed + sum(looked.values()) - sum(found.values())
        cells = [
            "·" if name not in looked else str(found.get(name, 0)) + "!" * (looked[name] != found.get(name, 0))
            for name in OWNERS
        ]
        yield f"{kind:26}" + " ".join(f"{cell:>4}" for cell in cells)
    yield f"{total - missed} of {total} found, each as one finding of the right kind and place; {missed} missed."
