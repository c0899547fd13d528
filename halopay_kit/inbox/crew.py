"""The workers of one call of `consume`, each with its hand, and the keeper of them all."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from halopay_kit.errors import HaloPayError, InboxUnavailable
from halopay_kit.inbox.consume import Consumed, Terms, refuse_lazy
from halopay_kit.inbox.hand import GROUP, Hand
from halopay_kit.inbox.interruption import Interruption, Stop, interruptible
from halopay_kit.inbox.stored import Stored
from halopay_kit.inbox.work import Outcome, Work

if TYPE_CHECKING:
    from halopay_kit.inbox.inbox import Inbox

T = TypeVar("T")

_GROWTH = 4  # a claim is at most so many times as large as the one before
_SHORTEST, _LONGEST = 0.01, 0.25  # seconds between two looks for something to do
_AT_THE_END = 5.0  # seconds that a store which fails is asked again when there is a reason to end
_log = logging.getLogger(__name__)


class Crew:
    """One worker runs in the thread that asked for it, several in threads of their own."""

    def __init__(self, inbox: Inbox, terms: Terms, stop: Stop | None) -> None:
        self._terms = terms
        self._stop: Stop = Interruption() if stop is None else stop
        name = f"{socket.gethostname()}/{os.getpid()}"
        self._works = [
            Work(inbox, f"{name}/{secrets.token_hex(8)}", float(terms.lease), terms.attempts)
            for _ in range(terms.workers)
        ]
        self._hands = [Hand(work, terms.timeout) for work in self._works]
        self._lock = threading.Lock()
        self._idle: set[int] = set()
        self._over = False
        self._broken: BaseException | None = None
        self._interruption = Interruption()
        self._needed = threading.Event()  # the keeper is
        self._looks_at = 0.0
        self._hands_kept = False

    def run(self) -> Consumed:
        """Work until there is a reason to end; raise what broke a worker."""
        with interruptible() as self._interruption:
            keeper = threading.Thread(target=self._keep, name="halopay-inbox-keeper", daemon=True)
            keeper.start()
            try:
                if len(self._hands) == 1:
                    self._labour(0)
                else:
                    self._labour_together()
            finally:
                self._over = True
                self._hands_kept = True
                self._needed.set()
                keeper.join(1.0)
            if self._broken is not None:
                raise self._broken
        settled: Counter[str] = sum((hand.settled for hand in self._hands), Counter())
        return Consumed(**{name: settled[name] for name in ("done", "again", "dead", "late")})

    def _labour_together(self) -> None:
        threads = [
            threading.Thread(target=self._labour, args=(number,), name=f"halopay-inbox-{number}", daemon=True)
            for number in range(len(self._hands))
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():  # a signal is noticed between two waits
                    thread.join(_LONGEST)
        except BaseException:  # of impatience: what is under way stays claimed until its lease has run out
            self._over = True
            for hand in self._hands:
                with contextlib.suppress(HaloPayError):
                    hand.turn(0)
            raise

    def _labour(self, number: int) -> None:
        hand = self._hands[number]
        try:
            self._take_turns(number, hand)
        except BaseException as error:  # noqa: BLE001  # raised again by run, when the others have ended too
            self._break(error)
            hand.drop()
        try:
            self._patiently(partial(hand.turn, 0))
        except BaseException as error:  # noqa: BLE001  # likewise
            self._break(error)

    def _take_turns(self, number: int, hand: Hand) -> None:
        most, pause = 1, _SHORTEST
        while not self._ends():
            claimed = self._patiently(partial(hand.turn, most))
            if not claimed:
                pause = self._rest(number, pause)
                continue
            pause = _SHORTEST
            if time.monotonic() + GROUP < self._looks_at:
                self._needed.set()
            started = time.monotonic()
            while not self._ends() and (event := hand.begin()) is not None:
                self._handle(hand, event)
            most = self._size(most, hand.began, time.monotonic() - started)

    def _size(self, most: int, handled: int, took: float) -> int:
        """Claim what can be handled in half of a group's time, so that little is held that nobody works on."""
        if self._terms.attempts == 1:
            return 1  # or the events of a killed worker would have had their only try
        fits = int(handled * GROUP / 2 / took) if took > 0 else self._terms.batch
        return max(1, min(fits, most * _GROWTH, self._terms.batch))

    def _rest(self, number: int, pause: float) -> float:
        """Wait until something can be claimed, or nothing more is to be waited for; return the next pause."""
        waiting = self._works[number].waiting
        with self._lock:
            self._idle.add(number)
        try:
            while not self._ends():
                if self._terms.until_empty and not self._patiently(waiting) and len(self._idle) == len(self._works):
                    self._over = True
                    break
                self._stop.wait(pause)
                pause = min(2 * pause, _LONGEST)
                if self._patiently(waiting):
                    break
        finally:
            with self._lock:
                self._idle.discard(number)
        return pause

    def _handle(self, hand: Hand, event: Stored) -> None:
        try:
            outcome = self._join(hand, event) if self._terms.transaction else self._call(event)
        except KeyboardInterrupt:
            hand.drop()
            raise
        except BaseException as error:
            outcome = self._terms.outcome(event, error)
            _tell(outcome)
            hand.end(outcome)
            if not isinstance(error, Exception):
                raise
        else:
            hand.end(outcome)

    def _call(self, event: Stored) -> Outcome:
        refuse_lazy(self._terms.handler(event))
        return Outcome(event, "done")

    def _join(self, hand: Hand, event: Stored) -> Outcome | None:
        begun, failed = False, None
        try:
            with hand.join() as connection:
                begun = True
                if connection is not None:
                    try:
                        refuse_lazy(self._terms.handler(event, connection))
                    except BaseException as error:
                        failed = error
                        raise
        except Exception as error:  # noqa: BLE001  # raised again below
            if isinstance(error, InboxUnavailable) and not begun:  # nobody's fault; the next turn waits for the store
                return Outcome(event, "back")
            failed = failed or error
        if failed is not None:  # itself, not what the store made of it
            raise failed
        hand.count("late" if connection is None else "done")
        return None

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask the store again while it fails, for as long as a lease.

        Raises:
            InboxUnavailable: it failed to the end.
        """
        since, pause = time.monotonic(), _SHORTEST
        while True:
            try:
                return ask()
            except InboxUnavailable:
                patience = min(self._terms.lease, _AT_THE_END) if self._ends() else self._terms.lease
                if time.monotonic() - since > patience:
                    raise
                _log.warning("the store fails; asked again", exc_info=pause == _SHORTEST)
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _keep(self) -> None:
        try:
            while not self._hands_kept:
                pause = min(hand.when() for hand in self._hands) - time.monotonic()
                pause = max(GROUP / 4, min(pause, 3600.0))
                self._looks_at = time.monotonic() + pause
                self._needed.wait(pause)
                self._needed.clear()
                for hand in self._hands:
                    if hand.when() <= time.monotonic():
                        self._keep_one(hand)
        except BaseException as error:  # noqa: BLE001  # raised again by run
            self._break(error)

    def _keep_one(self, hand: Hand) -> None:
        try:
            hand.keep()
        except InboxUnavailable:  # the worker itself will be told, if it lasts
            _log.warning("the store fails; a lease may run out", exc_info=True)
            time.sleep(5 * GROUP)

    def _ends(self) -> bool:
        return self._over or self._stop.is_set() or self._interruption.is_set()

    def _break(self, error: BaseException) -> None:
        with self._lock:
            self._broken = self._broken or error
            self._over = True


def _tell(outcome: Outcome) -> None:
    then = "it is dead" if outcome.what == "dead" else f"again in {outcome.delay:.0f} s"
    event, why = outcome.event, outcome.error.splitlines() or [""]
    _log.warning("event %d failed at try %d, %s: %s", event.id, event.attempts, then, why[-1][:200])
