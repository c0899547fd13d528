"""Evidence about a payout: verified webhooks in the inbox, and HaloPay's answers to queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from halopay_api.operations import PAYOUT_DETAIL
from halopay_kit.errors import DataNotExist, FrequentOperation, HaloPayError, InboxUnavailable, MalformedEvent
from halopay_kit.payouts.finding import Finding, of_detail, of_query_error, of_webhook
from halopay_kit.payouts.journal import Journal
from halopay_kit.payouts.payout import Payout
from halopay_kit.payouts.settings import Settings

if TYPE_CHECKING:
    from halopay_kit.client import HaloPay
    from halopay_kit.inbox import Inbox, Stored

Decide = Callable[[Payout], Finding | None]
"""What is found out, seen against a payout as it stands at that time."""

_PAGE: Final = 500
_LATELY: Final = 3 * 86_400.0  # seconds; HaloPay repeats a webhook for one day
_EVENTS: Final = 100  # of one payout that are looked at
_PAUSES: Final = (0.0, 0.5, 1.5, 3.0, 5.0, 10.0)  # seconds before each query of `patiently`


class Asking:
    """Thread-safe. `failures` counts queries in a row that came to nothing, `slow` those that were too many."""

    def __init__(self, client: HaloPay, journal: Journal, inbox: Inbox | None, settings: Settings) -> None:
        self._client, self._journal, self._inbox, self.settings = client, journal, inbox, settings
        self.failures = 0
        self._upto = 0
        self.retry_after = 0.0
        self.problem: str | None = None

    def learn(self, payout: Payout, timeout: float | None = None) -> Payout:
        """Listen, then ask; return where the payout stands then."""
        payout = self.hear(payout)
        return payout if payout.due_at is None else self.ask(payout, timeout)

    def hear(self, payout: Payout) -> Payout:
        """Take in what webhooks say that came since the last look."""
        for event in self._events(payout):
            payout = self._journal.change(payout, partial(_of_webhook, event), self.settings)
            if payout.heard < event.id:
                self._journal.heard(payout, event.id)
        return payout

    def told(self, now: float) -> Iterator[Payout]:
        """Yield payouts of which webhooks came lately that were not looked at, whether more was to come or not.

        What was paid may fail, what was not done may appear, and a second one under the same number, too.
        """
        last: int | None = None
        newest = self._upto
        while True:
            page = self._lately(now, last)
            fresh = [event for event in page if event.id > self._upto]
            numbers = {event.out_trade_no: event.id for event in reversed(fresh) if event.out_trade_no}
            for payout in self._journal.of_numbers(self._client.app_id, list(numbers)):
                if payout.heard < numbers[payout.out_trade_no]:
                    yield payout
            newest = max([newest, *(event.id for event in fresh)])
            if len(page) < _PAGE or len(fresh) < len(page):
                break
            last = page[-1].id
        self._upto = newest

    def _lately(self, now: float, last: int | None) -> list[Stored]:
        if self._inbox is None:
            return []
        try:
            return self._inbox.events(kind="payout", origin="webhook", since=now - _LATELY, after=last, limit=_PAGE)
        except InboxUnavailable:
            return []

    def ask(self, payout: Payout, timeout: float | None = None) -> Payout:
        """Query HaloPay; what cannot be used teaches nothing."""
        return self._journal.change(payout, self._query(payout, timeout), self.settings)

    def ask_if_due(self, payout: Payout) -> Payout | None:
        """Query HaloPay, unless somebody else does so; None if so."""
        return self.ask(payout) if self._journal.look(payout, self.settings) else None

    def patiently(self, payout: Payout, sleep: Callable[[float], None]) -> Payout:
        """Learn about a payout whose outcome is unknown, several times within the settings' patience."""
        waited = 0.0
        for pause in _PAUSES:
            if waited + pause > self.settings.patience or payout.outcome != "unknown":
                break
            if pause:
                sleep(pause)
            waited += pause
            payout = self.learn(payout)
        return payout

    def is_absent(self, payout: Payout, timeout: float | None = None) -> bool:
        """Say whether HaloPay says, now, that it does not know a payout that is to be sent again."""
        payout = self.hear(payout)
        if payout.state != "not-done" or payout.seen:
            return False
        said = self._query(payout, timeout)
        finding = said(payout)
        if finding is not None and finding.happening == "absent":
            return True
        self._journal.change(payout, said, self.settings)
        return False

    def _query(self, payout: Payout, timeout: float | None) -> Decide:
        """Return what compares HaloPay's answer with a payout as it stands when that is written down."""
        try:
            answer: Any = self._client.call(PAYOUT_DETAIL, {"out_trade_no": payout.out_trade_no}, timeout=timeout)
        except HaloPayError as error:
            self._count(error)
            learned = of_query_error(error)
            return lambda _stands: learned
        self._count(None)
        return partial(of_detail, answer)

    def _count(self, error: HaloPayError | None) -> None:
        useless = error is not None and not isinstance(error, DataNotExist)
        self.failures = self.failures + 1 if useless else 0
        self.problem = error.problem if error is not None and useless else None
        slow = isinstance(error, FrequentOperation)
        self.retry_after = (error.retry_after or 1.0) if error is not None and (slow or error.retry_after) else 0.0

    def _events(self, payout: Payout) -> list[Stored]:
        """Return webhooks about the payout that were not looked at, the first first."""
        if self._inbox is None:
            return []
        find = partial(self._inbox.events, kind="payout", origin="webhook", limit=_EVENTS)
        try:
            found = find(out_trade_no=payout.out_trade_no)
            if payout.trade_no is not None:
                found += find(trade_no=payout.trade_no)
        except InboxUnavailable:
            return []  # HaloPay can still be asked
        news = {event.id: event for event in found if event.app_id == payout.app_id and event.id > payout.heard}
        return [news[id_] for id_ in sorted(news)]


def _of_webhook(event: Stored, payout: Payout) -> Finding | None:
    try:
        return of_webhook(event, payout)
    except MalformedEvent:  # an older kit took it in
        return None
