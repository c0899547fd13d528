"""What schemathesis is given: the document that it makes calls up from, and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from halopay_kit.contract import bundled
from halopay_kit.contract.journey import ADDRESS, CURRENCY

if TYPE_CHECKING:
    from halopay_kit.contract.observe import Scope

ROUNDS: Final = 20
_STATEFUL = 0.15  # share of the calls that follow the spec's links
_STEPS = 6  # about how many calls a walk along links makes
_COVERAGE = 36  # about how many calls cover the limits of an operation's spec

# What stands in for a made-up value now and then, so that not every call is about nothing.
_TAKEN: Mapping[str, tuple[object, ...]] = {
    "currency_id": (CURRENCY, CURRENCY, 70, 73, 81),
    "address": (ADDRESS,),
    "amount": ("1", "15.5", "0.01"),
    "token_amount": ("1", "15.5", "0.000001"),
    "fiat_amount": ("1", "15.5"),
    "fiat_name": ("USD", "EUR"),
    "time_out": (0,),
    "time_expire": (0,),
}
_HOW_OFTEN = 0.6

# Fields that go together and exclude the others here, by our guess; to make up right calls, not to judge any.
_EITHER_OR: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "OrderCreateRequest": (("token_amount",), ("fiat_name", "fiat_amount")),
}


def document_of(scope: Scope) -> dict[str, Any]:
    """Return the spec with what the kit requires of a request, without security and webhooks, which nobody makes up."""
    from halopay_kit.sandbox.wire.spec import load

    document, paths = load().document, bundled.document()["paths"]
    wanted = {path: item for path, item in paths.items() if scope.wants(item["post"]["operationId"])}
    known = {item["post"]["operationId"] for item in wanted.values()}
    for path, item in wanted.items():
        answer = item["post"]["responses"]["200"]
        links = {name: link for name, link in answer.get("links", {}).items() if link["operationId"] in known}
        document["paths"][path]["post"]["responses"] = {"200": {**answer, "headers": {}, "links": links}}
    return {**document, "paths": {path: document["paths"][path] for path in wanted}}


def narrowed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document to make calls up from: what excludes each other is a choice there."""
    schemas = dict(document["components"]["schemas"])
    for name, groups in _EITHER_OR.items():
        schema = schemas[name]
        named = {field for group in groups for field in group}
        schemas[name] = {
            "oneOf": [
                {
                    **schema,
                    "properties": {
                        field: kind for field, kind in schema["properties"].items() if field not in named - {*group}
                    },
                    "required": [*schema.get("required", ()), *group],
                }
                for group in groups
            ]
        }
    return {**document, "components": {**document["components"], "schemas": schemas}}


def settings(scope: Scope, missing: int, number: int, operations: int) -> dict[str, Any]:
    """Return schemathesis' configuration for one round; the first also covers every limit of the spec once."""
    covering = _COVERAGE * operations if number == 0 else 0
    linked = int(missing * _STATEFUL) if number == 0 else 0
    each = max(1, -(-(missing - linked - covering) // operations))
    walks = max(1, linked // _STEPS)
    return {
        "seed": scope.seed * ROUNDS + number,
        "cache": {"enabled": False},
        "dictionaries": {name: {"values": list(values)} for name, values in _TAKEN.items()},
        "parameters": {f"body.{name}": {"dictionary": name, "probability": _HOW_OFTEN} for name in _TAKEN},
        "checks": {"enabled": False},
        "max-redirects": 0,
        "workers": 1,
        "generation": {"with-security-parameters": False, "no-shrink": True, "database": "none"},
        "phases": {
            "examples": {"enabled": False},
            "coverage": {"enabled": number == 0, "unexpected-methods": []},
            "fuzzing": {
                "enabled": True,
                "generation": {"max-examples": each},
                "extra-data-sources": {"responses": False},
                "error-feedback": {"enabled": False},
            },
            "stateful": {
                "enabled": number == 0,
                "generation": {"max-examples": walks},
                "inference": {"algorithms": []},
            },
        },
    }
