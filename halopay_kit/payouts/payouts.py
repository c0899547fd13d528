"""Payouts that move money at most once: journal first, query before retry."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

import attrs

from halopay_api.operations import PAYOUT_CREATE, Money
from halopay_kit.answers import Answer
from halopay_kit.errors import ConfigurationError, HaloPayError, OutcomeUnknown
from halopay_kit.inbox.interruption import Stop
from halopay_kit.payouts.asking import Asking, Decide
from halopay_kit.payouts.finding import Finding, found, of_attempt, of_creation
from halopay_kit.payouts.journal import Journal, may_send
from halopay_kit.payouts.payout import Intent, Payout, intent_of
from halopay_kit.payouts.policy import Policy
from halopay_kit.payouts.resuming import Resumed, resume
from halopay_kit.payouts.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from halopay_kit.client import HaloPay
    from halopay_kit.inbox import Inbox

STALE: Final = 60.0  # seconds after which an attempt that was recorded is not sent any more


class Payouts:
    """Payouts of one app, each made at most once; several threads, processes and hosts may share a journal.

    `pay` commits the intent and its attempt to the journal before a byte is sent. What comes of it is done, not done or
    unknown, by a table; an unknown one is never sent again, but asked for, until HaloPay's signed word or a verified
    webhook in the `inbox` proves what became of it, or it needs review. `policy` says what may be paid at all.

    Raises:
        ConfigurationError: something that is not what it should be.
    """

    def __init__(
        self,
        client: HaloPay,
        journal: Journal,
        inbox: Inbox | None = None,
        policy: Policy | None = None,
        *,
        settings: Settings | None = None,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        for name, value, kind in (("journal", journal, Journal), ("policy", policy or Policy(), Policy)):
            if not isinstance(value, kind):
                raise ConfigurationError(f"{name} is no {kind.__name__}")
        clock = clock or client.clock
        self._client, self._journal = client, journal.by(clock)
        self.policy, self.settings = policy or Policy(), settings or Settings()
        if not isinstance(self.settings, Settings):
            raise ConfigurationError("settings is no Settings")
        self._clock, self._sleep = clock, sleep
        self._asking = Asking(client, self._journal, inbox, self.settings)

    def __repr__(self) -> str:
        return f"<Payouts of {self._client.app_id} in {self._journal!r}>"

    @property
    def app_id(self) -> str:
        """The app that pays."""
        return self._client.app_id

    @property
    def journal(self) -> Journal:
        """Where everything is written down."""
        return self._journal

    def pay(
        self,
        *,
        out_trade_no: str,
        currency_id: int,
        amount: Money,
        address: str,
        callback_url: str | None = None,
        timeout: float | None = None,
    ) -> Payout:
        """Pay, unless that was done already, or may have been; return where the payout stands.

        Said again with the same out_trade_no it is the same payout: an unknown one is asked for, one that is not done
        is sent again, and anything else is returned as it is. `amount` is in tokens. `timeout` is in seconds, for each
        call. It does not raise because HaloPay refused or did not answer: look at `outcome`. With a dry run nothing is
        written or sent, and the payout is what would be.

        Raises:
            InvalidRequest: a field that cannot be right; nothing was sent.
            IntentMismatch: the number stands for another payout; nothing was sent.
            PolicyViolation: the policy forbids it; nothing was sent.
            JournalUnavailable, JournalAltered: the journal cannot be written or believed; nothing was sent.
            OutcomeUnknown: it was sent, and the journal failed afterwards; `resume` finds out.
        """
        values: dict[str, Any] = {
            "out_trade_no": out_trade_no,
            "currency_id": currency_id,
            "amount": amount,
            "address": address,
            "callback_url": callback_url,
        }
        intent = intent_of(self.app_id, values)
        there = self._journal.get(intent.out_trade_no, app_id=self.app_id)
        if there is not None:
            intent.require_same(there)
        if self.policy.dry_run:
            if there is None or there.state == "not-done":
                self.policy.judge(intent)
            return there or _planned(intent)
        if there is not None:
            there = self._before_sending(there)
            if there.state != "not-done" or there.seen:
                return there
        self.policy.judge(intent)
        if there is not None and not self._may_send_again(there, timeout):
            return self._journal.get(intent.out_trade_no, app_id=self.app_id) or there
        return self._attempt(intent, values, timeout)

    def resume(
        self,
        *,
        wait: float = 0.0,
        stop: Stop | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Resumed:
        """Find out what became of every payout of which that is not known; return what was learned.

        It asks and listens, and never sends a payout. What is not due to be asked for is left; with `wait` it goes on
        for so many seconds, as long as something is unknown. Any number of processes may do so at once.

        Raises:
            JournalUnavailable: the journal fails.
        """
        return resume(
            self._journal, self._asking, self.app_id, clock=self._clock, sleep=self._sleep,
            wait=wait, stop=stop, progress=progress,
        )  # fmt: skip

    def status(self, out_trade_no: str, *, ask: bool = True) -> Payout | None:
        """Return where a payout stands, None if the journal does not know it; HaloPay is asked where that may change.

        Raises:
            JournalUnavailable, JournalAltered: the journal fails, or is not believed.
        """
        payout = self._journal.get(out_trade_no, app_id=self.app_id)
        return self._asking.learn(payout) if payout is not None and ask else payout

    # --- one attempt

    def _before_sending(self, payout: Payout) -> Payout:
        """Learn about an earlier attempt what there is to learn."""
        if payout.outcome == "unknown":
            return self._asking.patiently(payout, self._sleep)
        if payout.state == "not-done" and not payout.seen and not may_send(payout, self.settings):
            payout = self._asking.ask(self._asking.hear(payout))
            return self._journal.change(payout, _unsure, self.settings) if payout.state == "not-done" else payout
        return payout

    def _may_send_again(self, payout: Payout, timeout: float | None) -> bool:
        """Ask once more before a payout that is not done is sent again: HaloPay must say that it does not know it."""
        return self._asking.is_absent(payout, timeout)

    def _attempt(self, intent: Intent, values: dict[str, Any], timeout: float | None) -> Payout:
        code = self.policy.google_code()
        try:
            fields = values if code is None else values | {"google_code": code}
            payout = self._journal.begin(intent, claimant := token_hex(16), self.settings, self._daily(intent))
            if payout.claimant != claimant:
                return payout
            return self._send(payout, claimant, fields, timeout)
        finally:
            del code
            fields = {}  # or this frame would show the code in a traceback

    def _daily(self, intent: Intent) -> Callable[[Connection, str], None]:
        def allowed(connection: Connection, day: str) -> None:
            from halopay_kit.payouts import reading

            self.policy.judge_day(intent, day, lambda: reading.spent(connection, self.app_id, intent.currency_id, day))

        return allowed

    def _send(self, payout: Payout, claimant: str, fields: dict[str, Any], timeout: float | None) -> Payout:
        try:
            try:
                said = self._sent(payout, claimant, fields, timeout)
            finally:
                fields = {}  # likewise
        except BaseException as interrupt:
            ended = of_attempt(interrupt, claimant)
            self._note(payout, lambda _stands: ended)
            raise
        payout = self._note(payout, said)
        try:
            return self._asking.patiently(payout, self._sleep)
        except HaloPayError:
            return payout  # as it was written down

    def _sent(self, payout: Payout, claimant: str, fields: dict[str, Any], timeout: float | None) -> Decide:
        """Send the attempt, signed with the time at which it was recorded: held up, HaloPay would not take it."""
        signed_at = payout.sent_at or 0.0
        try:
            if abs(self._clock() - signed_at) > STALE:
                late = found("held-up", claimant=claimant)
                return lambda _stands: late
            sent = {name: value for name, value in fields.items() if value is not None}
            answer: Answer[Any] = self._client.call(PAYOUT_CREATE, sent, timeout=timeout, signed_at=signed_at)
        except HaloPayError as error:
            ended = of_attempt(error, claimant)
            return lambda _stands: ended
        finally:
            fields = sent = {}  # likewise
        return partial(of_creation, answer, claimant)

    def _note(self, payout: Payout, said: Decide) -> Payout:
        """Write down what came of the attempt; what cannot be written is unknown until somebody resumes."""
        try:
            return self._journal.change(payout, said, self.settings)
        except HaloPayError as error:
            raise OutcomeUnknown(
                f"it was sent, and what came of it could not be written down: {error.problem}",
                advice="Do not pay it in another way; when the journal works again, resume.",
                operation=PAYOUT_CREATE.name,
                out_trade_no=payout.out_trade_no,
            ) from error


def _unsure(payout: Payout) -> Finding | None:
    return found("unsure") if payout.state == "not-done" else None


def _planned(intent: Intent) -> Payout:
    return Payout(
        **attrs.asdict(intent), state="not-done", cause="not-sendable", reason="a dry run: nothing was written or sent"
    )
