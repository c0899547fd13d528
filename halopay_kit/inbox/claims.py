"""The statements by which events are claimed and finished; `run` is how they are said to a database."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from halopay_kit.inbox.stored import STORED

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

# The states stand as literals, so that the partial indexes serve.
_DUE = (
    "FROM halopay_events e WHERE e.state = 'pending' AND e.due_at <= {now} AND NOT EXISTS ("
    "SELECT 1 FROM halopay_events o WHERE o.subject_id = e.subject_id AND o.state IN ('pending', 'claimed')"
    " AND (o.state = 'claimed' OR o.id < e.id))"
)
_EXPIRED = "FROM halopay_events e WHERE e.state = 'claimed' AND e.lease_until <= {now}"
_CLAIMED = {"state": "'claimed'", "attempts": "e.attempts + 1"}  # as it is handed out
_WORDS: Final = {
    "due": _DUE,
    "expired": _EXPIRED,
    "mine": "WHERE state = 'claimed' AND claimant = :claimant AND id IN ({ids})",
    "free": "claimant = NULL, lease_until = NULL",
    "columns": ", ".join(f"{_CLAIMED.get(name, f'e.{name}')} AS {name}" for name in STORED),
}

_STATEMENTS: Final = {
    "waiting": "SELECT EXISTS (SELECT 1 {due}) OR EXISTS (SELECT 1 {expired})",
    "due": "SELECT e.claimant, {columns} {due} ORDER BY e.due_at, e.id LIMIT :most {locked}",
    "claim": "UPDATE halopay_events SET state = 'claimed', claimant = :claimant, lease_until = {now} + :lease"
    " WHERE id IN ({ids})",
    "renew": "UPDATE halopay_events SET lease_until = {now} + :lease WHERE id IN (SELECT e.id FROM halopay_events e"
    " WHERE e.id IN ({ids}) AND e.state = 'claimed' AND e.claimant = :claimant {locked})",
    # how it ended
    "done": "UPDATE halopay_events SET state = 'done', attempts = attempts + 1, finished_at = {now}, error = NULL,"
    " {free} {mine}",
    "back": "UPDATE halopay_events SET state = 'pending', {free} {mine}",
    "again": "UPDATE halopay_events SET state = 'pending', attempts = attempts + 1, due_at = {now} + :delay,"
    " error = :error, {free} {mine}",
    "behind": "UPDATE halopay_events SET due_at = {now} + :delay WHERE subject_id = :subject AND state = 'pending'"
    " AND id > :id AND due_at < {now} + :delay",
    "dead": "UPDATE halopay_events SET state = 'dead', attempts = attempts + 1, finished_at = {now}, error = :error,"
    " {free} {mine}",
    "revive": "UPDATE halopay_events SET state = 'pending', attempts = 0, due_at = {now}, finished_at = NULL"
    " WHERE state = 'dead' AND id IN ({ids})",
    # whose lease ran out; who lost it is left in `claimant`
    "expired": "SELECT e.id, e.attempts {expired} ORDER BY e.lease_until LIMIT :most {locked}",
    "lose": "UPDATE halopay_events SET state = 'pending', attempts = attempts + 1, due_at = {now}, error = :error,"
    " lease_until = NULL WHERE id IN ({ids})",
    "bury": "UPDATE halopay_events SET state = 'dead', attempts = attempts + 1, finished_at = {now}, error = :error,"
    " {free} WHERE id IN ({ids})",
    # What is due behind an event that waits would be looked at, in vain, at every claim: it gets that one's time.
    "defer": "UPDATE halopay_events SET due_at = (SELECT max(o.due_at) FROM halopay_events o"
    " WHERE o.subject_id = halopay_events.subject_id AND o.state = 'pending' AND o.id < halopay_events.id)"
    " WHERE id IN (SELECT e.id FROM halopay_events e WHERE e.id IN (SELECT b.id FROM halopay_events b"
    " WHERE b.state = 'pending' AND b.due_at <= {now} ORDER BY b.due_at, b.id LIMIT :most) AND EXISTS (SELECT 1"
    " FROM halopay_events o WHERE o.subject_id = e.subject_id AND o.state = 'pending' AND o.id < e.id"
    " AND o.due_at > {now}) {locked})",
}

# Clocks of hosts differ, and a lease has to end for all of them at once: PostgreSQL's own time counts there.
_SERVER_TIME = "extract(epoch FROM statement_timestamp())::double precision"
_NAME = re.compile(r"(?<!:):([a-z]+)")


def run(
    connection: Connection, name: str, clock: Callable[[], float], ids: Sequence[int] = (), **values: Any
) -> CursorResult[Any]:
    """Run a statement; times are those of `clock`, or PostgreSQL's own where that is the machine's."""
    served = connection.dialect.name == "postgresql" and clock is time.time  # noqa: TID251  # compared, not called
    statement = _rendered(name, connection.dialect.name, served)
    if ids:
        statement = statement.replace("{ids}", ",".join(f"{id_:d}" for id_ in ids))
    return connection.exec_driver_sql(statement, values if served else values | {"now": clock()})


@cache
def _rendered(name: str, dialect: str, served: bool) -> str:
    now = _SERVER_TIME if served else ":now"
    locks = dialect == "postgresql"
    values = {"now": now, "ids": "{ids}", "locked": "FOR UPDATE OF e SKIP LOCKED" if locks else ""}
    words = {word: text.format_map(values) for word, text in _WORDS.items()}
    said = _STATEMENTS[name].format_map(values | words)
    return _NAME.sub(r"%(\1)s", said) if locks else said
