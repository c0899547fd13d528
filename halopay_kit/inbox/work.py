"""Claim events and finish them: who may, when, and in which order. Every method is one transaction.

An event is claimed under a lease, by a claimant whose name no other has; only its claimant finishes it, and only while
the claim stands. Of one subject at most one event is claimed at a time (an index of the store holds it), and a pending
one only if nothing before it is unfinished: what waits for another try keeps those behind it waiting. Dead ones don't.

Whose lease ran out is claimed anew. Its claimant was lost, and which of its events did that is not known, so each of
them counts a try and is from then on handed out alone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import attrs

from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox import claims, tally
from halopay_kit.inbox.stored import Stored, stored_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

    from halopay_kit.inbox.inbox import Inbox

LOST = "The worker was lost with this event in hand: killed, crashed, or gone for longer than its lease."

_TIDY_EVERY = 1.0  # seconds
_TIDIED_AT_ONCE = 5000
_IDS = 2**63


@attrs.frozen
class Outcome:
    """What became of a claimed event: `done`, to try `again` after `delay` seconds, `dead`, or given `back` unbegun."""

    event: Stored
    what: Literal["done", "again", "dead", "back"]
    error: str = ""
    delay: float = 0.0


@attrs.define
class Work:
    """The work on an inbox's events, by one claimant; `tries` is how often an event may begin."""

    inbox: Inbox
    claimant: str
    lease: float
    tries: int
    _tidied_at: float = attrs.field(default=0.0, init=False)

    def waiting(self) -> bool:
        """Say whether something could be claimed; nothing is written."""
        with self.inbox.store.reading() as connection:
            return bool(self._run(connection, "waiting").scalar())

    def turn(self, outcomes: Sequence[Outcome] = (), most: int = 0) -> tuple[list[Stored], Counter[str]]:
        """Settle outcomes and claim up to `most` events; return those, and how many outcomes of each kind were taken.

        `late` counts those whose claims stood no longer; nothing came of them.

        Raises:
            InboxUnavailable: nothing was written.
        """
        return self.inbox.store.write(lambda connection: self._turn(connection, outcomes, most))

    def renew(self, event: Stored) -> bool:
        """Begin the event's lease anew; say whether the claim stands, or somebody just works in a joined transaction.

        Raises:
            InboxUnavailable: nothing was written.
        """
        return self.inbox.store.write(
            lambda connection: bool(self._run(connection, "renew", [event.id], lease=self.lease).rowcount)
        )

    @contextmanager
    def joined(self, event: Stored) -> Iterator[Connection | None]:
        """Open a transaction in which the event is done already: what else is written in it shares its end.

        None where the claim stands no longer. Nobody else can claim the event while it is open.

        Raises:
            ConfigurationError: the transaction was ended inside.
            InboxUnavailable: nothing was written.
        """
        with self.inbox.store.writing() as connection:
            if not self._run(connection, "done", [event.id]).rowcount:
                yield None
                return
            begun = connection.get_transaction()
            yield connection
            if begun is None or not begun.is_active or not _is_open(connection):
                raise ConfigurationError("the handler ended or broke the transaction that it joined")
            tally.add(connection, {"done": 1})

    def _turn(
        self, connection: Connection, outcomes: Sequence[Outcome], most: int
    ) -> tuple[list[Stored], Counter[str]]:
        settled = self._settle(connection, outcomes)
        buried: Counter[str] = Counter()
        claimed = self._claim(connection, most, buried) if most else []
        tally.add(connection, {"done": settled["done"], "dead": settled["dead"] + buried["dead"]})
        return claimed, settled + buried

    def _settle(self, connection: Connection, outcomes: Sequence[Outcome]) -> Counter[str]:
        settled: Counter[str] = Counter()
        for what in ("back", "done"):
            ids = [outcome.event.id for outcome in outcomes if outcome.what == what]
            if ids:
                settled[what] = self._run(connection, what, ids).rowcount
        begun = [outcome for outcome in outcomes if outcome.what != "back"]
        for outcome in begun:
            if outcome.what != "done":
                settled[outcome.what] += self._fail(connection, outcome)
        settled["late"] = len(begun) - sum(settled[what] for what in ("done", "again", "dead"))
        return settled

    def _fail(self, connection: Connection, outcome: Outcome) -> int:
        event, delay = outcome.event, outcome.delay
        found = self._run(connection, outcome.what, [event.id], error=outcome.error, delay=delay).rowcount
        if found and outcome.what == "again":
            self._run(connection, "behind", id=event.id, subject=event.subject, delay=delay)
        return found

    def _claim(self, connection: Connection, most: int, buried: Counter[str]) -> list[Stored]:
        """Claim what is due; what a lost worker held goes alone."""
        if time.monotonic() - self._tidied_at > _TIDY_EVERY:
            self._tidy(connection, buried)
        found = self._run(connection, "due", most=most).all()
        if not found and self._tidy(connection, buried):
            found = self._run(connection, "due", most=most).all()
        if not found:
            return []
        alone = found[0].claimant is not None
        rows = found[:1] if alone else [row for row in found if row.claimant is None]
        self._run(connection, "claim", [row.id for row in rows], lease=self.lease)
        return [stored_of(row[1:]) for row in rows]

    def _tidy(self, connection: Connection, buried: Counter[str]) -> bool:
        """Take from those whose lease ran out, and put off what is due behind what waits; say if there was any."""
        lost = self._run(connection, "expired", most=_TIDIED_AT_ONCE).all()
        dead = [row.id for row in lost if row.attempts + 1 >= self.tries]
        alive = [row.id for row in lost if row.attempts + 1 < self.tries]
        if dead:
            buried["dead"] += self._run(connection, "bury", dead, error=LOST).rowcount
        if alive:
            self._run(connection, "lose", alive, error=LOST)
        deferred = self._run(connection, "defer", most=_TIDIED_AT_ONCE).rowcount
        if deferred < _TIDIED_AT_ONCE // 10:  # else there are more
            self._tidied_at = time.monotonic()
        return bool(lost)

    def _run(self, connection: Connection, name: str, ids: Sequence[int] = (), **values: Any) -> CursorResult[Any]:
        return claims.run(connection, name, self.inbox.clock, ids, claimant=self.claimant, **values)


def revive(inbox: Inbox, event_id: int) -> bool:
    """Put a dead event back, its tries forgotten; say whether it was dead.

    Raises:
        InboxUnavailable: nothing was written.
        ConfigurationError: something else than an id.
    """
    if isinstance(event_id, bool) or not isinstance(event_id, int):
        raise ConfigurationError(f"the id of an event is a {type(event_id).__name__}, not a whole number")
    if not 0 < event_id < _IDS:
        return False  # no event has such an id

    def put_back(connection: Connection) -> bool:
        found = bool(claims.run(connection, "revive", inbox.clock, [event_id]).rowcount)
        if found:
            tally.add(connection, {"dead": -1})
        return found

    return inbox.store.write(put_back)


def _is_open(connection: Connection) -> bool:
    """Ask the driver: a transaction may have been ended by a statement, or by an error that was swallowed."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return bool(driver.in_transaction)
    return bool(driver.info.transaction_status.name == "INTRANS")
