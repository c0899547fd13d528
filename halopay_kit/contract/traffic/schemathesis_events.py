"""Schemathesis' own report, NDJSON: exchanges stand in the recorder of each finished scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from halopay_kit.contract.traffic.body import Body
from halopay_kit.contract.traffic.recorded import (
    Entry,
    Recorded,
    Refused,
    headers_of,
    mapping,
    seconds_of,
    status_of,
    text,
)
from halopay_kit.errors import UnreadableTraffic

_EVENT_ENDS = ("Started", "Finished", "Error", "Warning", "Warnings", "Completed", "Interrupted", "Initialize")


def is_event(row: Mapping[str, Any]) -> bool:
    """Say whether a line is one of Schemathesis' events: a single name and an object."""
    return len(row) == 1 and all(isinstance(inner, dict) and name.endswith(_EVENT_ENDS) for name, inner in row.items())


def entries(row: Mapping[str, Any], where: str) -> Iterator[Entry]:
    """Yield the exchanges of an event; most have none."""
    (event,) = row.values()
    recorder = event.get("recorder") if isinstance(event, dict) else None
    interactions = recorder.get("interactions") if isinstance(recorder, dict) else None
    if interactions is None:
        return
    if not isinstance(interactions, dict):
        yield Refused(where, "its interactions are no object")
        return
    for name, interaction in interactions.items():
        yield _entry(interaction, f"{where}, case {name[:40]}")


def _entry(item: object, where: str) -> Entry:
    try:
        interaction = mapping(item, "the interaction")
        request = mapping(interaction.get("request"), "its request")
        answer = mapping(interaction.get("response") or {}, "its response")
        status = status_of(answer.get("status_code"))
        at = seconds_of(interaction.get("timestamp"))
        if isinstance(answer.get("content_size"), int):
            return Refused(where, "only the beginning of its answer was kept")
        elapsed = answer.get("elapsed")
        return Recorded(
            where=where,
            method=text(request.get("method"), "its method").upper(),
            url=text(request.get("uri"), "its URL"),
            at=at,
            answered_at=at + elapsed if at is not None and isinstance(elapsed, float) else at,
            request_headers=headers_of(request.get("headers")),
            request=_body(request.get("body")),
            status=status,
            answer_headers=headers_of(answer.get("headers")),
            answer=None if status is None else _body(answer.get("content")),
            error=None if status is not None else "no answer was recorded",
        )
    except UnreadableTraffic as error:
        return Refused(where, error.problem)


def _body(value: object) -> Body | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return Body(text=text(value.get("$base64"), "a body's $base64"), is_base64=True)
    return Body(text=text(value, "a body"))
