"""The table of kinds of finding: how grave each is, how it is said, what the overlay may do about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

import attrs

Grade = Literal["broken", "drift", "note"]
GRADES: tuple[Grade, ...] = get_args(Grade)
"""The gravest first."""

Remedy = Literal[
    "add-property",
    "rename-property",
    "rename-properties",
    "move-property",
    "remove-property",
    "set-type",
    "set-format",
    "set-unit",
    "allow-null",
    "allow-empty",
    "add-values",
    "add-code",
    "add-header",
    "list-data",
    "wrap-data",
]
"""What an overlay does to the spec at a finding's pointer; what has none is for a person to decide.

    add-property      at an object's schema: a property `name` of the schema `schema`
    rename-property   at a property: it is called `name` from now on
    rename-properties at an object's schema: `names`, old to new
    move-property     at a property: it lives in the object `into`
    remove-property   at a property: it is required no more, and noted as not seen (x-not-seen)
    set-type          at a property: its type is `type`
    set-format        at a property: it is a string of the format `format`, or of none
    set-unit          at a property: its description says `unix UNIT` in place of `unix seconds`
    allow-null        at a property: its type may be null too
    allow-empty       at a property: `minLength: 0`
    add-values        at an enum's schema: `value` or the keys of `values`
    add-code          at the codes' schema: `code`
    add-header        at the components' headers: `name`
    list-data         at an answer's data: they are a list of what they were
    wrap-data         at an answer's data: they are inside an object, at `name`
"""


@attrs.frozen
class Kind:
    """One kind of finding.

    Attributes:
        name: as in `field-added`.
        grade: how grave it is.
        guessed: how grave it is where the spec only infers what was not met.
        says: the sentence; in braces `place` and what is in `seen`.
        remedy: what the overlay may do about it.
        key: which entries of `seen` tell two findings of one kind at one place apart.
        group: which of the `GROUPS` of checks finds it.
    """

    name: str
    grade: Grade
    guessed: Grade
    says: str
    remedy: Remedy | None = None
    key: tuple[str, ...] = ()
    group: str = ""


def _broken(name: str, says: str, remedy: Remedy | None = None, key: tuple[str, ...] = ()) -> Kind:
    """Make a kind that breaks a promise, and corrects a guess."""
    return Kind(name, "broken", "drift", says, remedy, key)


def _always(name: str, says: str, remedy: Remedy | None = None, key: tuple[str, ...] = ()) -> Kind:
    """Make a kind that breaks a promise wherever it is."""
    return Kind(name, "broken", "broken", says, remedy, key)


def _drift(name: str, says: str, remedy: Remedy | None = None, key: tuple[str, ...] = ()) -> Kind:
    return Kind(name, "drift", "drift", says, remedy, key)


def _note(name: str, says: str, key: tuple[str, ...] = ()) -> Kind:
    return Kind(name, "note", "note", says, None, key)


_BY_GROUP: Mapping[str, tuple[Kind, ...]] = {
    "fields": (
        _drift("field-added", "{place} came; the spec has no field {name}.", "add-property"),
        _broken("field-missing", "{place} should be there and is not.", "remove-property"),
        _broken("field-renamed", "{place} is called {name} now.", "rename-property", ("name",)),
        _broken("field-moved", "{place} is inside {into} now.", "move-property", ("into",)),
        _broken("fields-recased", "All fields of {place} have names in {style} now.", "rename-properties", ("style",)),
        _broken("type-changed", "{place} is {type} where the spec says {spec}.", "set-type", ("type",)),
        _broken("null", "{place} is null where the spec says {spec}.", "allow-null"),
    ),
    "values": (
        _drift("value-empty", "{place} is an empty string.", "allow-empty"),
        _drift(
            "value-unknown", "{place} has the value {value}, which the spec does not list.", "add-values", ("value",)
        ),
        _broken("value-recased", "{place} has listed values in another case.", "add-values"),
        _broken("value-malformed", "{place} does not have the form that the spec gives it.", None),
        _broken("amount-comma", "{place} has a decimal comma.", "set-format"),
        _broken("amount-exponent", "{place} has an exponent.", "set-format"),
        _broken("amount-unit", "{place} has a unit behind the amount.", "set-format"),
        _broken("amount-malformed", "{place} is no plain decimal.", "set-format"),
        _broken("time-scale", "{place} is in {unit} where the spec says {spec}.", "set-unit", ("unit",)),
        _broken("time-format", "{place} is a date in words where the spec says unix seconds.", "set-format"),
    ),
    "relations": (
        _always("echo", "{place} is not what was asked for."),
        _always("money-inexact", "{place} is not the exact amount: {why}.", None, ("why",)),
        _always("expiry", "{place} does not end when it should: {why}.", None, ("why",)),
    ),
    "data": (
        _broken("data-listed", "The data of {place} are a list where the spec says an object.", "list-data"),
        _broken("data-paged", "The list of {place} is a page now: an object with the list in {name}.", "wrap-data"),
        _broken("data-wrapped", "The data of {place} are inside {name} now.", "wrap-data"),
        _broken("data-text", "The data of {place} are JSON in a string."),
        _broken("data-null", "The data of {place} are null in a success."),
        _broken("data-missing", "A success of {place} has no data."),
        _broken("data-malformed", "The data of {place} are {type} where the spec says {spec}.", None, ("type",)),
        _always("data-with-refusal", "A refusal of {place} came with data."),
    ),
    "envelope": (
        _drift("refusal-data-empty", "A refusal came with empty data ({type}); the spec says none.", None, ("type",)),
        _drift("success-code", "Success has the code {code}, not 0.", None, ("code",)),
        _always("envelope-missing", "A success comes without its envelope."),
        _always("envelope-wrapped", "The envelope is inside {name} now."),
        _always("envelope-malformed", "What came is {type}, not an object ({place}).", None, ("type",)),
        _drift("http-status", "An answer came with HTTP {status}; the spec knows 200.", None, ("status",)),
    ),
    "outcome": (
        _drift("code-unknown", "{place} refused with {code}, which the spec does not list.", "add-code", ("code",)),
        _always("wrong-code", "{place} refused {why} with {code}, not with {expected}.", None, ("why", "code")),
        _always("accepted", "{place} should have refused {why} and did not.", None, ("why",)),
        _always("refused", "{place} should have succeeded and refused with {code}.", None, ("code",)),
        _note("frequent", "{place} was called too often (20009)."),
        _always(
            "not-an-answer",
            "{place} was answered by something that is not HaloPay: HTTP {status}, {content}.",
            None,
            ("status",),
        ),
        _always("operation-missing", "There is nothing at the path of {place}: HTTP {status}."),
        _broken("no-answer", "{place} was not answered."),
        _drift("path-unknown", "A path that the spec does not have has a signed answer: {path}.", None, ("path",)),
    ),
    "headers": (
        _always("header-missing", "There is no {place}."),
        _always("header-doubled", "The {place} is there twice."),
        _always("header-renamed", "The {place} is called {name} now.", None, ("name",)),
        _drift("header-unknown", "{place} came; the spec does not have it.", "add-header"),
        _always("content-type", "The content type is {value}, not application/json.", None, ("value",)),
        _always("app-id-changed", "X-Appid names another app."),
        _drift("event-type", "X-EventType and the body's status say different things."),
    ),
    "signature": (
        _always(
            "signature-wrong", "The signature is not of these bytes under this AppKey; {verified} of the others verify."
        ),
        _always("signature-reading", "Signed in another way than documented: {reading}.", None, ("reading",)),
        _note("signature-unjudged", "Signatures were not judged: {reason}.", ("reason",)),
        _always(
            "request-signature",
            "A call whose signature does not belong to its bytes was answered with success: the "
            "recording was changed, or nobody verifies.",
        ),
    ),
    "freshness": (_always("stale", "Signed at a time that is more than {tolerance} seconds off."),),
    "order of events": (
        _always("transition-illegal", "{place} went from {from} to {to}.", None, ("from", "to")),
        _always("amount-fell", "{place} became less."),
        _drift(
            "schedule",
            "A webhook was not delivered again as scheduled: step {step}, after {expected} seconds.",
            None,
            ("step",),
        ),
    ),
}

GROUPS = tuple(_BY_GROUP)
"""The groups of checks."""

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: attrs.evolve(kind, group=group) for group, kinds in _BY_GROUP.items() for kind in kinds}
)
"""Every kind by its name."""
