"""Ask HaloPay for every order and payout of which no webhook told the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import attrs

from halopay_kit.errors import ConfigurationError, EchoMismatch, HaloPayError, InboxUnavailable
from halopay_kit.sweep.agenda import LATE, Agenda, Due
from halopay_kit.sweep.fates import LONGEST_REST, Patience, fate_of
from halopay_kit.sweep.learned import event_of
from halopay_kit.sweep.ledger import Known
from halopay_kit.sweep.pace import LONGEST_GAP, Pace
from halopay_kit.sweep.swept import Count, Swept, Unlearned

if TYPE_CHECKING:
    from halopay_kit.answers import Answer
    from halopay_kit.client import HaloPay
    from halopay_kit.inbox import Inbox
    from halopay_kit.inbox.interruption import Stop

TRIES = 3  # of a query that gets no usable answer
MOST_AT_ONCE = 32
_GRACE, _LOOK = 5.0, 0.5  # seconds
_LONGEST_BREAK = 2.0  # seconds from one query to the next while no usable answers come
_OPERATIONS = {"payment": "order.detail", "payout": "payout.detail"}

Progress = Callable[[int, int], object]


def sweep(
    client: HaloPay,
    inbox: Inbox,
    *,
    orders: Iterable[Known] = (),
    concurrency: int = 4,
    rate: float | None = None,
    late: float = LATE,
    afresh: bool = False,
    stop: Stop | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] | None = None,
) -> Swept:
    """Query what is not final, take what is news into the inbox; return what came of it.

    Asked for are the orders and payouts of the client's app: those in the inbox that have not come to their end, also
    orders that timed out less than `late` seconds ago, for they may be paid late; those that `Inbox.expect` announced;
    and `orders`, which are announced by this. At most `concurrency` queries are under way, and `rate` a second.

    Payments to a fixed address are not: no operation of HaloPay's tells of them.

    Each answer is committed as it comes. A sweep that was stopped, by `stop`, Ctrl-C or an error, is gone on with by
    the next one within an hour, which asks for nothing twice; `afresh` begins anew. When HaloPay says 20009, everybody
    slows down. `progress` is told how many are dealt with, and of how many. `clock` and `sleep` are in seconds.

    Raises:
        ConfigurationError: a setting that cannot be right; nothing was sent.
        InboxUnavailable: the store fails; what was answered before is in it.
    """
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or not 1 <= concurrency <= MOST_AT_ONCE:
        raise ConfigurationError(f"concurrency is a whole number from 1 to {MOST_AT_ONCE}")
    if not (rate is None or (_is_number(rate) and rate > 0)):
        raise ConfigurationError("rate is a number above 0, or None")
    if not (_is_number(late) and late >= 0):
        raise ConfigurationError("late is a number of at least 0")
    ended = threading.Event()
    halted = ended if stop is None else stop
    agenda = Agenda(inbox, client.app_id, late=late, afresh=afresh)
    agenda.add(orders)

    def over() -> bool:
        return halted.is_set() or ended.is_set()

    pace = Pace(rate=rate, clock=clock, sleep=sleep or halted.wait, over=over)
    return _Run(client, agenda, pace, over, ended, progress).go(concurrency)


@attrs.define(eq=False)
class _Run:
    """One sweep; whoever changes its fields holds its lock."""

    client: HaloPay
    agenda: Agenda
    pace: Pace
    over: Callable[[], bool]
    ended: threading.Event
    progress: Progress | None
    count: Count = attrs.field(factory=Count)
    patience: Patience = attrs.field(factory=Patience)
    due: int = 0
    stopped: str | None = None
    error: HaloPayError | None = None
    broken: BaseException | None = None
    lock: threading.RLock = attrs.field(factory=threading.RLock)

    def go(self, concurrency: int) -> Swept:
        """Let so many workers ask until all is asked, or something stops them."""
        self.due = self.agenda.count()
        names = [f"halopay-sweep-{number}" for number in range(min(concurrency, self.due or 1))]
        workers = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        try:
            for worker in workers:
                worker.start()
            for worker in workers:
                while worker.is_alive():  # a signal that reached another thread is seen between two waits
                    worker.join(_LOOK)
        except BaseException:
            self.ended.set()
            for worker in workers:  # what is under way may come to its end, and then is kept
                worker.join(_GRACE)
            raise
        if self.broken is not None:
            raise self.broken
        if self.stopped is None and self.agenda.exhausted():
            self.agenda.close()
        elif self.stopped is None:
            self.stopped = "it was told to"
        return self._swept()

    def _work(self) -> None:
        try:
            while not self.over() and (due := self.agenda.next()) is not None:
                if not self._ask(due):
                    self.agenda.put_back()
                    return
        except BaseException as error:  # noqa: BLE001  # it is raised where somebody sees it
            with self.lock:
                self.broken = self.broken or error
            self.ended.set()

    def _ask(self, due: Due) -> bool:
        """Say whether it was dealt with; if not, it is over."""
        tries = 0
        while (turn := self.pace.turn()) is not None:
            with self.lock:
                self.count.calls += 1
            try:
                answer = self.client.call(_OPERATIONS[due.kind], due.asks(), attempts=1)
                _compare(due, answer)
                event = event_of(answer, due.kind, due.numbers(), self.agenda.before(due))
            except (ConfigurationError, InboxUnavailable):
                raise
            except HaloPayError as error:
                tries += 1
                dealt_with = self._judge(due, error, turn, tries)
                if dealt_with is not None:
                    return dealt_with
                continue
            self.pace.ease()
            taken = self.agenda.learned(due, event)
            with self.lock:
                self.patience.renew()
                self.count.learned(due.kind, str(getattr(event.data, "status", "")), taken)
                self._tell()
            return True
        return False

    def _judge(self, due: Due, error: HaloPayError, turn: int, tries: int) -> bool | None:
        """Return whether it was dealt with; None: ask again."""
        fate = fate_of(error)
        new = True
        if fate in ("slow", "again"):
            rest = min(error.retry_after or 0.0, LONGEST_REST)
            new = self.pace.slow(rest, turn, LONGEST_GAP if fate == "slow" else _LONGEST_BREAK)
        with self.lock:
            stopped = self.patience.spent(fate, error, new=new)
            if stopped is not None:
                self.stopped, self.error = self.stopped or stopped, self.error or error
                self.ended.set()
                return False
            if fate == "slow" or (fate == "again" and tries < TRIES):
                return None
            self.count.lost(Unlearned(due.kind, due.out_trade_no, due.trade_no, error), missing=fate == "missing")
            self._tell()
        if fate == "missing":
            self.agenda.missing(due)
        return True

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.count.done, self.due)

    def _swept(self) -> Swept:
        count = self.count
        return Swept(
            due=self.due,
            answered=count.answered,
            news=count.news,
            open=count.open,
            statuses=dict(count.statuses),
            missing_count=count.missing_count,
            missing=tuple(count.missing),
            failed_count=count.failed_count,
            failed=tuple(count.failed),
            calls=count.calls,
            slowed=self.pace.slowed,
            elsewhere=self.agenda.elsewhere(),
            resumed=self.agenda.resumed,
            stopped=self.stopped,
            error=self.error,
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compare(due: Due, answer: Answer[object]) -> None:
    """Refuse an answer that names another merchant's number than the one known; only one of the two was asked for."""
    for name, number in due.numbers().items():
        told = getattr(answer.data, name, None)
        if told not in (None, number):
            raise EchoMismatch(
                f"HaloPay knows it by another {name} than the merchant", status=answer.status, body=answer.body
            )
