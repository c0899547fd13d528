"""VCR cassettes in YAML or JSON: vcrpy, Ruby's VCR, Betamax, go-vcr, Schemathesis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from halopay_kit.contract.traffic.body import Body
from halopay_kit.contract.traffic.json_text import Broken, JsonText
from halopay_kit.contract.traffic.recorded import (
    Entry,
    Recorded,
    Refused,
    headers_of,
    mapping,
    numbered,
    seconds_of,
    status_of,
    text,
)
from halopay_kit.errors import UnreadableTraffic

_LISTS = ("interactions", "http_interactions")
_MISSING = ()  # null says that no answer came, nothing says nothing


def json_entries(file: TextIO) -> Iterator[Entry]:
    """Yield each interaction of a cassette in JSON.

    Raises:
        UnreadableTraffic: it is JSON and no cassette.
    """
    return numbered(JsonText(file).listed(_LISTS), "interaction", entry)


def yaml_entries(file: TextIO) -> Iterator[Entry]:
    """Yield each interaction of a cassette in YAML.

    Raises:
        UnreadableTraffic: it is YAML and no cassette.
        ConfigurationError: PyYAML is not installed.
    """
    from halopay_kit.contract.traffic.yaml_text import items

    number = 0
    try:
        for item in items(file, _LISTS):
            number += 1
            yield entry(item, f"interaction {number}")
    except UnreadableTraffic as error:
        if not number:
            raise
        yield Refused(f"interaction {number + 1}", f"the file is unreadable from here on: {error.problem}")


def entry(item: object, where: str) -> Entry:
    """Read one interaction."""
    if isinstance(item, Broken):
        return Refused(where, item.reason)
    try:
        interaction = mapping(item, "the interaction")
        request = mapping(interaction.get("request"), "its request")
        recorded = interaction.get("response", _MISSING)
        answer = mapping({} if recorded is None else recorded, "its response")
        status = status_of(_status(answer))
        at = seconds_of(interaction.get("recorded_at"))
        elapsed = answer.get("elapsed")
        return Recorded(
            where=where,
            method=text(request.get("method", "POST"), "its method").upper(),
            url=text(request.get("uri", request.get("url")), "its URL"),
            at=at,
            answered_at=None if at is None else at + (seconds_of(elapsed) or 0.0),
            request_headers=headers_of(request.get("headers")),
            request=_body(request.get("body")),
            status=status,
            answer_headers=headers_of(answer.get("headers")),
            answer=None if status is None else _body(answer.get("body", answer.get("content"))),
            error=None if status is not None else "no answer was recorded",
        )
    except UnreadableTraffic as error:
        return Refused(where, error.problem)


def _status(answer: Mapping[str, Any]) -> object:
    """Return the status: an object with a code (VCR), a number (httpx), or a code beside a text (go-vcr)."""
    status = answer.get("status", answer.get("status_code"))
    if isinstance(status, dict):
        status = status.get("code")
    return answer.get("code", status)


def _body(value: object) -> Body | None:
    if isinstance(value, dict) and value.keys() <= {"string", "base64_string", "encoding"}:
        if "base64_string" in value:
            return Body(text=text(value["base64_string"], "its body"), is_base64=True)
        value = value.get("string")
    if value is None:
        return None
    if isinstance(value, bytes):
        return Body(data=value)
    if isinstance(value, (dict, list)):
        return Body.of_value(value)
    return Body(text=text(value, "its body"))
