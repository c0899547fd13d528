"""Go through all payouts of which more is to come: listen to webhooks, ask HaloPay where it is time, write it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from halopay_kit.inbox.interruption import Stop
from halopay_kit.payouts.asking import Asking
from halopay_kit.payouts.journal import Journal
from halopay_kit.payouts.payout import Payout
from halopay_kit.payouts.states import State

_IN_VAIN: Final = 10  # queries in a row that come to nothing, after which more of them make no sense
_LONGEST_REST: Final = 30.0  # seconds, whatever HaloPay asks for
_MOST: Final = 100_000


@attrs.frozen(kw_only=True)
class Resumed:
    """What a resume came to.

    Attributes:
        looked_at: how many payouts there were of which more was to come.
        moved: those that stand elsewhere now, as they stand.
        left: how many of this app's payouts stand where, all of them.
        stopped: why it ended early, if it did.
    """

    looked_at: int
    moved: tuple[Payout, ...]
    left: Mapping[State, int]
    stopped: str | None

    @property
    def unknown(self) -> int:
        """Return how many are still unknown."""
        return self.left.get("unknown", 0) + self.left.get("sending", 0)


def resume(
    journal: Journal,
    asking: Asking,
    app_id: str,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    wait: float,
    stop: Stop | None,
    progress: Callable[[int, int | None], object] | None,
) -> Resumed:
    """See `Payouts.resume`."""
    moved: dict[str, Payout] = {}
    seen: set[str] = set()
    stopped: str | None = None
    asking.failures = 0
    while True:
        for payout in asking.told(clock()):
            now = asking.hear(payout)
            if now.state != payout.state:
                moved[payout.out_trade_no] = now
        waiting = journal.unfinished(app_id, limit=_MOST)
        for number, payout in enumerate(waiting, 1):
            if stop is not None and stop.is_set():
                stopped = "it was stopped"
                break
            seen.add(payout.out_trade_no)
            now = _learned(asking, payout, clock)
            if now.state != payout.state:
                moved[payout.out_trade_no] = now
            if progress is not None:
                progress(number, len(waiting))
            if asking.failures >= _IN_VAIN:
                stopped = f"no usable answer came, {asking.failures} times in a row; at last: {asking.problem}"
                break
            if asking.retry_after:
                sleep(min(asking.retry_after, _LONGEST_REST))
        pause = _pause(journal, app_id, clock)
        if stopped or pause is None or wait <= 0:
            break
        pause = min(pause, wait)
        sleep(pause)
        wait -= pause
    return Resumed(looked_at=len(seen), moved=tuple(moved.values()), left=journal.counts(app_id), stopped=stopped)


def _learned(asking: Asking, payout: Payout, clock: Callable[[], float]) -> Payout:
    asking.retry_after = 0.0
    if payout.due_at is None or payout.due_at > clock():
        return payout  # what webhooks say of it was told before
    payout = asking.hear(payout)
    return payout if payout.due_at is None else asking.ask_if_due(payout) or payout


def _pause(journal: Journal, app_id: str, clock: Callable[[], float]) -> float | None:
    """Return how long to wait for the next one that is unknown; None if none is."""
    unknown = [payout.due_at for payout in journal.unfinished(app_id, limit=_MOST) if payout.outcome == "unknown"]
    due = min((due for due in unknown if due is not None), default=None)
    return None if due is None else max(due - clock(), 0.2)
