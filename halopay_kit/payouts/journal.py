"""The payouts' journal: what was intended, before a byte is sent, and everything that became of it."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

import attrs

from halopay_kit.answers import printable
from halopay_kit.errors import ConfigurationError, JournalAltered, JournalUnavailable
from halopay_kit.inbox.address import require_sqlalchemy
from halopay_kit.inbox.store import Store
from halopay_kit.payouts.causes import CAUSES
from halopay_kit.payouts.finding import Finding, found
from halopay_kit.payouts.judgement import gave_up, judge, lease_over, next_due
from halopay_kit.payouts.payout import Intent, Payout
from halopay_kit.payouts.settings import Settings
from halopay_kit.payouts.states import STATES, Outcome, State

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from halopay_kit.payouts.chain import Audit

Reviewed = Literal["done", "not-done"]
_PAGE: Final = 500
_LONGEST: Final = 1000  # characters of who and why


class Journal:
    """Payouts with everything that became of them; safe to share between threads, processes and, by its URL, hosts.

    `url` is `sqlite:///journal.sqlite`, the path of a file, or `postgresql://user@host/database`; it can be the
    inbox's. The tables are made where they are missing, unless `create` is false. `clock` gives unix seconds.

    Raises:
        ConfigurationError: a URL that cannot be right, a missing extra, tables of a newer kit, no journal to open.
        JournalUnavailable: the store cannot be reached.
    """

    def __init__(
        self,
        url: str | os.PathLike[str],
        *,
        clock: Callable[[], float] = time.time,  # noqa: TID251  # the journal owns its clock
        create: bool = True,
    ) -> None:
        try:
            require_sqlalchemy()
            from halopay_kit.payouts.schema import LAYOUT

            self.clock = clock
            self.store = Store(url, LAYOUT, create=create, unavailable=JournalUnavailable)
        finally:
            del url  # it may hold a password, and this frame may be shown in a traceback

    def __repr__(self) -> str:
        return f"<Journal {self.__dict__.get('store')!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store's connections; whatever comes afterwards raises JournalUnavailable."""
        self.store.close()

    def by(self, clock: Callable[[], float]) -> Journal:
        """Return this journal, seen by another clock; the store is the same."""
        if not callable(clock):
            raise ConfigurationError("the clock must be callable")
        other = copy.copy(self)
        other.clock = clock
        return other

    # --- reading

    def get(self, out_trade_no: str, *, app_id: str | None = None) -> Payout | None:
        """Return a payout, None if there is none; without `app_id` of whichever app.

        Raises:
            JournalUnavailable: the store fails.
            ConfigurationError: several apps have one of this number.
        """
        from halopay_kit.payouts.reading import select_payouts

        with self.store.reading() as connection:
            several = list(select_payouts(connection, app_id=app_id, out_trade_no=out_trade_no, limit=2))
        if len(several) > 1:
            raise ConfigurationError(f"several apps have a payout {out_trade_no}", advice="Say which app_id.")
        return several[0] if several else None

    def of_numbers(self, app_id: str, numbers: Sequence[str]) -> list[Payout]:
        """Return the payouts of these numbers that there are.

        Raises:
            JournalUnavailable: the store fails.
        """
        from halopay_kit.payouts import reading

        with self.store.reading() as connection:
            return list(reading.of_numbers(connection, app_id, numbers))

    def payouts(
        self,
        *,
        states: Collection[str] | None = None,
        app_id: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Payout]:
        """Yield payouts, oldest first, page by page.

        Raises:
            JournalUnavailable: the store fails.
            ConfigurationError: a state that there is not.
        """
        from halopay_kit.payouts.reading import pages

        wrong = [state for state in states or () if state not in STATES]
        if wrong:
            raise ConfigurationError(f"{wrong[0]!r} is no state; there is {', '.join(STATES)}")
        for page in pages(self.store, size=_PAGE, states=states, app_id=app_id, limit=limit):
            yield from page

    def rows(self, *, states: Collection[str] | None = None, app_id: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield payouts as reports read them, oldest first: see `payout.COLUMNS`; amounts are text, times unix seconds.

        Raises:
            JournalUnavailable: the store fails.
            ConfigurationError: a state that there is not.
        """
        for payout in self.payouts(states=states, app_id=app_id):
            yield payout.told()

    def counts(self, app_id: str | None = None) -> dict[State, int]:
        """Return how many payouts stand where.

        Raises:
            JournalUnavailable: the store fails.
        """
        from halopay_kit.payouts import reading

        with self.store.reading() as connection:
            return reading.counts(connection, app_id)

    def history(self, out_trade_no: str, *, app_id: str | None = None) -> list[dict[str, Any]]:
        """Return the transitions of a payout, the first first, with the text of each answer.

        Raises:
            JournalUnavailable: the store fails.
        """
        from halopay_kit.payouts.reading import transitions

        with self.store.reading() as connection:
            return transitions(connection, out_trade_no, app_id)

    def audit(self, *, anchor: str | None = None) -> Audit:
        """Verify the chain of transitions and what the payouts say beside it; `anchor` is what an earlier audit noted.

        Raises:
            JournalUnavailable: the store fails.
            ConfigurationError: the anchor is none.
        """
        from halopay_kit.payouts import chain

        with self.store.reading() as connection:
            if connection.dialect.name == "postgresql":  # SQLite does so anyway
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return chain.audit(connection, anchor)

    # --- writing

    def review(self, out_trade_no: str, outcome: Reviewed, *, who: str, why: str, app_id: str | None = None) -> Payout:
        """Say what became of a payout that needs review; it is kept who said so, and why.

        `not-done` lets it be sent again under its number, unless HaloPay has something under it.

        Raises:
            ConfigurationError: there is no such payout, it needs no review, or nobody or nothing is named.
            JournalUnavailable: nothing was written.
        """
        if outcome not in get_args(Reviewed):
            raise ConfigurationError(f"the outcome is one of {', '.join(get_args(Reviewed))}")
        who, why = _said("who", who), _said("why", why)
        payout = self.get(out_trade_no, app_id=app_id)
        if payout is None:
            raise ConfigurationError(
                f"there is no payout {printable(str(out_trade_no), 60)}", advice="Check the number."
            )
        if payout.state != "needs-review":
            raise ConfigurationError(
                f"the payout {payout.out_trade_no} needs no review: it is {payout.state}", advice=payout.advice or None
            )

        def decided(now: Payout) -> Finding | None:
            if now.state != "needs-review":
                return None
            name = "reviewed-failed" if outcome == "not-done" and now.seen else f"reviewed-{outcome}"
            return found(name, f"{who}: {why}", evidence=f"review:{who}", who=who, why=why)

        return self.change(payout, decided, Settings())

    def begin(
        self,
        intent: Intent,
        claimant: str,
        settings: Settings,
        allowed: Callable[[Connection, str], None] = lambda _connection, _day: None,
    ) -> Payout:
        """Record the intent, if it is new, and that an attempt is about to be sent; durable on return.

        The attempt is the caller's if `claimant` is the payout's; otherwise somebody else was first, and nothing may be
        sent. `allowed` is called in the same transaction, with the day, and may raise.
        """
        from halopay_kit.payouts import chain, reading

        def write(connection: Connection) -> Payout:
            end = chain.lock(connection)
            now = float(self.clock())
            before = reading.current(connection, intent.app_id, intent.out_trade_no)
            if before is not None:
                intent.require_same(before)
                if before.state != "not-done" or before.seen or not may_send(before, settings):
                    return before
            day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
            allowed(connection, day)
            finding = found("sending", claimant=claimant)
            after = attrs.evolve(
                before or _new(intent, now),
                state="sending",
                cause=finding.cause,
                reason=finding.reason,
                evidence=None,
                attempts=1 if before is None else before.attempts + 1,
                claimant=claimant,
                lease_until=now + settings.lease,
                sent_at=now,
                absences=0,
                absent_since=None,
                absent_at=None,
                day=day,
                changed_at=now,
                due_at=now + settings.wait(0),
                asked=0,
            )
            chain.append(connection, end, before, after, finding)
            return after

        return self.store.write(write)

    def change(self, payout: Payout, decide: Callable[[Payout], Finding | None], settings: Settings) -> Payout:
        """Let a finding, or time alone, move a payout as it stands now; return where it stands then."""
        from halopay_kit.payouts import chain, reading

        def write(connection: Connection) -> Payout:
            end = chain.lock(connection)
            now = float(self.clock())
            before = reading.current(connection, payout.app_id, payout.out_trade_no)
            if before is None:
                raise JournalAltered(f"the payout {payout.out_trade_no} was taken out of the journal")
            for finding_of in (
                lambda stands: lease_over(stands, now),
                decide,
                lambda stands: gave_up(stands, now, settings),
            ):
                finding = finding_of(before)
                verdict = None if finding is None else judge(before, finding, now, settings)
                if verdict is not None:
                    end = chain.append(connection, end, before, verdict.payout, verdict.finding)
                    before = verdict.payout
            return before

        return self.store.write(write)

    def look(self, payout: Payout, settings: Settings) -> bool:
        """Take a payout whose time to be asked for has come; say whether it is the caller's to ask."""
        from halopay_kit.payouts import reading

        now = float(self.clock())
        due = next_due(payout, now, settings, payout.asked + 1)
        return self.store.write(lambda connection: reading.look(connection, payout, now, due))

    def heard(self, payout: Payout, event_id: int) -> None:
        """Note which event of the inbox was looked at last."""
        from halopay_kit.payouts import reading

        self.store.write(lambda connection: reading.heard(connection, payout, event_id))

    def unfinished(self, app_id: str, *, due: float | None = None, limit: int = 200) -> list[Payout]:
        """Return payouts of which more is to come, those first that are due first; up to the time `due`."""
        from halopay_kit.payouts import reading

        with self.store.reading() as connection:
            return reading.unfinished(connection, app_id, due, limit)


def may_send(payout: Payout, settings: Settings) -> bool:
    """Say whether a payout that is not done may be sent again, by the table of causes."""
    again = CAUSES[payout.cause].again
    return again == "freely" or (again == "if-deduplicated" and settings.deduplicates)


def outcome_of(payouts: Collection[Payout]) -> Outcome:
    """Return the worst outcome of several: needs-review, unknown, not-done, done."""
    order: tuple[Outcome, ...] = ("needs-review", "unknown", "not-done", "done")
    return next((outcome for outcome in order if any(payout.outcome == outcome for payout in payouts)), "done")


def _new(intent: Intent, now: float) -> Payout:
    return Payout(
        app_id=intent.app_id,
        out_trade_no=intent.out_trade_no,
        currency_id=intent.currency_id,
        amount=Decimal(intent.amount),
        address=intent.address,
        state="sending",
        cause="sending",
        reason="",
        created_at=now,
    )


def _said(name: str, text: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"{name} is not said", advice="A review names who decided, and why.")
    if len(text) > _LONGEST:
        raise ConfigurationError(f"{name} is longer than {_LONGEST} characters")
    return printable(text, _LONGEST)
