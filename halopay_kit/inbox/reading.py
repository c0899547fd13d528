"""Find what was kept: newest first, page by page, each filter by an index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, get_args

from sqlalchemy import ColumnElement, Connection, Select, literal_column, select, tuple_

from halopay_kit import signing
from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox.identity import column
from halopay_kit.inbox.schema import USUAL, redeliveries, subjects
from halopay_kit.inbox.schema import events as _events
from halopay_kit.inbox.schema import unknown as _unknown
from halopay_kit.inbox.stored import STORED, Delivery, Origin, State, delivery_of, stored_of
from halopay_kit.inbox.stored import Stored as Stored
from halopay_kit.inbox.transitions import KINDS, Verdict

_MOST: Final = 10_000
_IDS: Final = 2**63
_NEWEST: Final = (_events.c.received_at.desc(), _events.c.id.desc())


class _Filter(NamedTuple):
    """A filter on a column of events; `words` are all that it can be, None where it can be any text."""

    name: str
    words: tuple[str, ...] | None = None


FILTERS: Final = (
    _Filter("out_trade_no"),
    _Filter("trade_no"),
    _Filter("verdict", get_args(Verdict)),
    _Filter("state", get_args(State)),
    _Filter("origin", get_args(Origin)),
    _Filter("status"),
    _Filter("kind", KINDS),
)
"""From that which usually leaves the fewest events to that which leaves the most."""


def events(
    connection: Connection,
    *,
    since: datetime | float | None = None,
    until: datetime | float | None = None,
    after: int | None = None,
    limit: int = 100,
    **filters: str | None,
) -> list[Stored]:
    """Return events, newest first; see `Inbox.events`."""
    query, index = _filtered(select(*(_events.c[name] for name in STORED)), filters)
    if since is not None:
        query = query.where(_events.c.received_at >= signing.unix(since))
    if until is not None:
        query = query.where(_events.c.received_at < signing.unix(until))
    if after is not None:
        query = query.where(tuple_(_events.c.received_at, _events.c.id) < _place(connection, after))
    if index is not None:  # SQLite has no statistics to choose by
        query = query.with_hint(_events, f"INDEXED BY {index}", "sqlite")
    return [stored_of(row) for row in connection.execute(query.order_by(*_NEWEST).limit(_limit(limit)))]


def _filtered(query: Select[Any], filters: Mapping[str, str | None]) -> tuple[Select[Any], str | None]:
    index = "halopay_events_received_at"
    for name, words in reversed(FILTERS):
        value = filters.get(name)
        if value is None:
            continue
        if not isinstance(value, str) or (words is not None and value not in words):
            known = f"one of {', '.join(words)}" if words else "a text"
            raise ConfigurationError(f"{name} is not {known}")
        condition, served = _condition(name, column(str(value)))
        query = query.where(condition)
        index = served or index
    return query, index


def _condition(name: str, value: str) -> tuple[ColumnElement[bool], str | None]:
    """Return a condition, and the index that serves it, if one does."""
    if name == "out_trade_no":
        ids = select(subjects.c.id).where(subjects.c.out_trade_no == value)
        return _events.c.subject_id.in_(ids), "halopay_events_key"
    condition: ColumnElement[bool] = _events.c[name] == value
    if name not in USUAL:
        return condition, f"halopay_events_{name}"
    if value == USUAL[name]:
        return condition, None
    unusual = _events.c[name] != literal_column(f"'{USUAL[name]}'")  # as the partial index says it
    return condition & unusual, f"halopay_events_{name}"


def _place(connection: Connection, after: object) -> Any:
    """Return when the event was received that a page ended with, and its id."""
    found = None
    if _is_id(after):
        query = select(_events.c.received_at, _events.c.id).where(_events.c.id == after)
        found = connection.execute(query).first()
    if found is None:
        raise ConfigurationError("`after` is not the id of an event")
    return tuple_(*found)


def event(connection: Connection, id_: int) -> Stored | None:
    """Return one event, None if there is none."""
    if not _is_id(id_):
        return None
    row = connection.execute(select(*(_events.c[name] for name in STORED)).where(_events.c.id == id_)).first()
    return None if row is None else stored_of(row)


def deliveries(connection: Connection, event_id: int, *, limit: int = 1000) -> list[Delivery]:
    """Return the deliveries of an event, the first first; that one is in the event's row, and all have its bytes."""
    limit = _limit(limit)
    columns = ("app_id", "received_at", "signed_at", "headers", "body")
    row = None
    if _is_id(event_id):
        row = connection.execute(select(*(_events.c[name] for name in columns)).where(_events.c.id == event_id)).first()
    if row is None:
        return []
    app_id, received_at, signed_at, headers, body = row
    first = [] if headers is None else [delivery_of((None, event_id, 1, app_id, received_at, signed_at, headers, body))]
    query = (
        select(*(redeliveries.c[name] for name in ("attempt", "received_at", "signed_at", "headers")))
        .where(redeliveries.c.event_id == event_id)
        .order_by(redeliveries.c.attempt)
    )
    again = connection.execute(query.limit(limit))
    found = [
        *first,
        *(delivery_of((None, event_id, attempt, app_id, *rest, body)) for attempt, *rest in again),
    ]
    return found[:limit]


def unknown(connection: Connection, *, after: int | None = None, limit: int = 100) -> list[Delivery]:
    """Return deliveries of a type that the spec does not know, newest first, older than the one with the id `after`."""
    columns = ("app_id", "received_at", "signed_at", "headers", "body")
    query = select(_unknown.c.id, *(_unknown.c[name] for name in columns))
    if after is not None:
        if not _is_id(after):
            raise ConfigurationError("`after` is not the id of a delivery")
        query = query.where(_unknown.c.id < after)
    query = query.order_by(_unknown.c.id.desc()).limit(_limit(limit))
    return [delivery_of((id_, None, 1, *rest)) for id_, *rest in connection.execute(query)]


def _limit(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ConfigurationError(f"limit is not a whole number from 0 to {_MOST}")
    return value


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _IDS
