"""Find what was kept: newest first, page by page, each filter by an index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, get_args

from sqlalchemy import ColumnElement, Connection, literal_column, select, tuple_

from halopay_kit import signing
from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox import tally
from halopay_kit.inbox.identity import column
from halopay_kit.inbox.schema import USUAL, redeliveries, subjects
from halopay_kit.inbox.schema import events as _events
from halopay_kit.inbox.schema import unknown as _unknown
from halopay_kit.inbox.stored import STORED, Delivery, Origin, State, delivery_of, stored_of
from halopay_kit.inbox.stored import Stored as Stored
from halopay_kit.inbox.transitions import KINDS, Verdict

_MOST: Final = 10_000
_IDS: Final = 2**63


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

_BY_INDEX: Final = "SELECT " + ", ".join(
    f"set_config('{setting}', '{value}', true)"
    for setting, value in {
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
    }.items()
)
"""Until the end of its transaction PostgreSQL looks things up, as there is an index for each page that is asked for."""

_SUMS: Final = {"verdict": "verdicts", "state": "states", "origin": "origins", "status": "statuses", "kind": "kinds"}


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
    chosen = _chosen(connection, filters)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_BY_INDEX)
    query = select(*(_events.c[name] for name in STORED))
    for name, value in filters.items():
        if value is not None:
            query = query.where(_condition(name, column(str(value)), chosen))
    received_at = _column("received_at", chosen)
    if since is not None:
        query = query.where(received_at >= signing.unix(since))
    if until is not None:
        query = query.where(received_at < signing.unix(until))
    if after is not None:
        query = query.where(tuple_(received_at, _events.c.id) < _place(connection, after))
    query = query.order_by(received_at.desc(), _events.c.id.desc()).limit(_limit(limit))
    return [stored_of(row) for row in connection.execute(query)]


def _chosen(connection: Connection, filters: Mapping[str, str | None]) -> str | None:
    """Check the filters; return the one whose index leaves the fewest events to look at."""
    chosen = []
    for name, words in FILTERS:
        value = filters.get(name)
        if value is None:
            continue
        if not isinstance(value, str) or (words is not None and value not in words):
            known = f"one of {', '.join(words)}" if words else "a text"
            raise ConfigurationError(f"{name} is not {known}")
        if value != USUAL.get(name):
            chosen.append((name, value))
    if len(chosen) < 2 or chosen[0][0] not in _SUMS:
        return chosen[0][0] if chosen else None
    sums = tally.stats(connection, 0.0)
    return min(chosen, key=lambda filter_: getattr(sums, _SUMS[filter_[0]]).get(filter_[1], 0))[0]


def _column(name: str, chosen: str | None) -> ColumnElement[Any]:
    """Return a column as it stands in conditions: no index serves an expression, so that the chosen one is left.

    SQLite has no statistics to choose by, and those of PostgreSQL may be old or not there.
    """
    found: ColumnElement[Any] = _events.c[name]
    if name == "received_at":
        return found + 0 if chosen == "out_trade_no" else found
    return found if name == chosen else literal_column(f"(halopay_events.{name} || '')", found.type)


def _condition(name: str, value: str, chosen: str | None) -> ColumnElement[bool]:
    if name == "out_trade_no":
        return _events.c.subject_id.in_(select(subjects.c.id).where(subjects.c.out_trade_no == value))
    condition: ColumnElement[bool] = _column(name, chosen) == value
    if name != chosen or name not in USUAL:
        return condition
    return condition & (_events.c[name] != literal_column(f"'{USUAL[name]}'"))  # as the partial index says it


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
    """Return genuine deliveries that are no events, newest first, older than the one with the id `after`."""
    columns = ("app_id", "received_at", "signed_at", "headers", "body", "problem")
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
