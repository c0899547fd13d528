"""Pay the lines of a plan, several at a time, each at most once; stop where going on would only do harm."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal

import attrs

from halopay_kit.errors import IntentMismatch, PolicyViolation
from halopay_kit.inbox.interruption import Stop
from halopay_kit.inbox.transitions import plain
from halopay_kit.payouts.payout import COLUMNS, Payout
from halopay_kit.payouts.payouts import Payouts
from halopay_kit.payouts.plan import Line, Plan

UNKNOWN_IN_A_ROW = 5
NOT_DONE_IN_A_ROW = 10

Did = Literal["paid", "skipped", "asked", "tried", "left"]
"""
- `paid`: it was sent now, and is done.
- `skipped`: it was done before, or had come to its end; nothing was sent.
- `asked`: it was under way before; HaloPay was asked, nothing was sent.
- `tried`: it was sent now, or to be sent, and is not done, or not known to be.
- `left`: it was not come to.
"""


@attrs.frozen(kw_only=True)
class Result:
    """What became of a line; `payout` is None where the journal knows nothing of it."""

    line: Line
    did: Did
    payout: Payout | None
    problem: str | None = None

    @property
    def outcome(self) -> str:
        """Return done, not-done, unknown or needs-review."""
        return "not-done" if self.payout is None else self.payout.outcome

    def told(self) -> dict[str, object]:
        """Return what the result file says."""
        row = self.line.row
        intended = {
            "out_trade_no": row.out_trade_no,
            "currency_id": row.currency_id,
            "amount": plain(row.amount),
            "address": row.address,
            "outcome": self.outcome,
        }
        known = dict.fromkeys(COLUMNS) if self.payout is None else self.payout.told()
        told = {"line": row.line, "did": self.did, **known, **intended}
        return told | {"reason": self.problem} if self.problem else told


@attrs.define
class Batch:
    """The lines of a plan while they are paid; `stopped` says why it ended before all were come to."""

    payouts: Payouts
    plan: Plan
    workers: int = 4
    keep_going: bool = False
    stopped: str | None = None
    results: dict[int, Result] = attrs.field(factory=dict, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _in_a_row: Counter[str] = attrs.field(factory=Counter, init=False)
    _failed: BaseException | None = attrs.field(default=None, init=False)

    def run(self, *, stop: Stop, progress: Callable[[int, int | None], object]) -> list[Result]:
        """Pay; return what became of every line, in the order of the file.

        Raises:
            HaloPayError: the journal failed; nothing was sent after that.
        """
        waiting = iter(self.plan.lines)
        threads = [threading.Thread(target=self._work, args=(waiting, stop, progress)) for _ in range(self.workers - 1)]
        for thread in threads:
            thread.start()
        try:
            self._work(waiting, stop, progress)
        finally:
            for thread in threads:
                thread.join()
        if self._failed is not None:
            raise self._failed
        return [
            self.results.get(line.row.line) or Result(line=line, did="left", payout=line.before)
            for line in self.plan.lines
        ]

    def _work(self, waiting: Iterator[Line], stop: Stop, progress: Callable[[int, int | None], object]) -> None:
        try:
            while (line := self._next(waiting, stop)) is not None:
                result = self._pay(line)
                with self._lock:
                    self.results[line.row.line] = result
                    self._count(result)
                    progress(len(self.results), len(self.plan.lines))
        except BaseException as error:  # noqa: BLE001  # of whichever thread: all end, and it is raised in the first
            with self._lock:
                self._failed = self._failed or error

    def _next(self, waiting: Iterator[Line], stop: Stop) -> Line | None:
        with self._lock:
            if self._failed is not None or self.stopped is not None:
                return None
            if stop.is_set():
                self.stopped = "it was interrupted"
                return None
            return next(waiting, None)

    def _pay(self, line: Line) -> Result:
        row = line.row
        try:
            payout = self.payouts.pay(
                out_trade_no=row.out_trade_no, currency_id=row.currency_id, amount=row.amount, address=row.address
            )
        except (PolicyViolation, IntentMismatch) as error:
            there = self.payouts.status(row.out_trade_no, ask=False)
            return Result(line=line, did="tried", payout=there, problem=error.problem)
        return Result(line=line, did=_did(line, payout), payout=payout)

    def _count(self, result: Result) -> None:
        """Stop after several in a row that came to nothing: more of them would only hang in the air as well."""
        if result.did not in {"paid", "tried"} or self.keep_going:
            return
        outcome = result.outcome
        self._in_a_row = Counter({outcome: self._in_a_row[outcome] + 1})
        for bad, most in (("unknown", UNKNOWN_IN_A_ROW), ("not-done", NOT_DONE_IN_A_ROW)):
            if self._in_a_row[bad] >= most and self.stopped is None:
                why = result.problem or (result.payout.reason if result.payout else "")
                self.stopped = f"{most} in a row were {bad}; at last: {why}"


def _did(line: Line, payout: Payout) -> Did:
    before = line.before
    if before is not None and before.attempts == payout.attempts:
        return "skipped" if before.state == payout.state != "unknown" else "asked"
    return "paid" if payout.outcome == "done" else "tried"
