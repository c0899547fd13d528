"""How an event is shown, to a person and to a script."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from halopay_api import codec

if TYPE_CHECKING:
    from halopay_kit.inbox import Delivery, Stored

_FIELDS = (
    *("id", "subject", "kind", "app_id", "trade_no", "out_trade_no", "txid", "status", "amount_collected"),
    *("verdict", "origin", "received_at", "signed_at", "state", "attempts", "due_at", "finished_at", "error"),
)
_TIMES = ("received_at", "signed_at", "due_at", "finished_at")

HEAD = ("id", "received", "kind", "status", "collected", "out_trade_no", "trade_no", "verdict", "state", "origin")


def row(event: Stored) -> tuple[object, ...]:
    """Return an event as a line of the table."""
    return (
        event.id,
        moment(event.received_at),
        event.kind,
        event.status or "",
        event.amount_collected or "",
        event.out_trade_no or "",
        event.trade_no or event.txid or "",
        event.verdict,
        event.state,
        event.origin,
    )


def fields(event: Stored) -> dict[str, object]:
    """Return all that is known of an event, without its body, for a person."""
    values = {name: getattr(event, name) for name in _FIELDS}
    values |= {name: moment(values[name]) for name in _TIMES if values[name] is not None}
    if not event.due_at:
        del values["due_at"]  # at once
    return {name: value for name, value in values.items() if value is not None}


def as_json(event: Stored, deliveries: list[Delivery] | None = None) -> str:
    """Return an event as JSON on one line; its `body` is the signed one, number for number, its times unix seconds."""
    told: dict[str, object] = {name: getattr(event, name) for name in _FIELDS}
    if deliveries is not None:
        told["deliveries"] = [delivery(each) for each in deliveries]
    return _with_body(told, event.body)


def unknown_as_json(each: Delivery) -> str:
    """Return a delivery that is no event as JSON on one line; its `body` is a string where it is not JSON."""
    told = {"id": each.id, "app_id": each.app_id, "problem": each.problem, **delivery(each)}
    try:
        codec.parse(each.body)
    except codec.DecodeError:
        return json.dumps(told | {"body": text(each.body)})
    return _with_body(told, each.body)


def delivery(each: Delivery) -> dict[str, object]:
    """Return what is known of a delivery, without its body."""
    return {
        "attempt": each.attempt,
        "received_at": each.received_at,
        "signed_at": each.signed_at,
        "headers": [list(pair) for pair in each.headers],
    }


def moment(second: float) -> str:
    """Return unix seconds as a time of day in UTC."""
    try:
        told = datetime.fromtimestamp(second, UTC)
    except (ValueError, OverflowError, OSError):
        return str(second)
    return told.strftime("%Y-%m-%d %H:%M:%S")


def text(body: bytes) -> str:
    """Return signed bytes as text."""
    return body.decode("utf-8", "backslashreplace")


def _with_body(told: dict[str, object], body: bytes) -> str:
    # Between JSON's tokens a line break is a space, and inside a string it cannot stand.
    signed = text(body).strip().replace("\r", " ").replace("\n", " ")
    return f'{json.dumps(told)[:-1]}, "body": {signed}}}'
