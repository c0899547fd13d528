"""A sandbox in which everything goes wrong, and merchants' processes that pay with it until all is known."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from halopay_kit import Sandbox
from halopay_kit.payouts import Journal
from halopay_kit.sandbox import Unknowns
from halopay_kit.sandbox.wire.refusal import ControlError
from tests.conftest import ROOT
from tests.proofs.payer import SharedClock
from tests.proofs.receiver import Receiver

WORKERS = 2

# The whole grammar: every kind that a call or a webhook can be hit by.
FAULTS = (
    *("payout.create:cut_before,probability=0.03", "payout.create:cut_after,probability=0.05"),
    *("payout.create:error_before,probability=0.02", "payout.create:error_after,probability=0.03"),
    *("payout.create:frequent,probability=0.02", "payout.create:failed_after,probability=0.03"),
    *("payout.create:not_json,probability=0.02", "payout.create:truncated,probability=0.02"),
    *("payout.create:stale,probability=0.02", "payout.create:wrong_signature,probability=0.02"),
    *("payout.create:no_signature,probability=0.02", "payout.create:delay=1.2s,probability=0.003"),
    *("payout.create:hidden=1h30m,probability=0.01", "payout.create:hidden=90s,cut_after,probability=0.02"),
    *("payout.create:hidden=1h20m,cut_after,probability=0.01", "payout.create:hidden=5h,cut_after,probability=0.004"),
    *("payout.detail:cut_before,probability=0.03", "payout.detail:cut_after,probability=0.03"),
    *("payout.detail:error_before,probability=0.03", "payout.detail:frequent,probability=0.02"),
    *("payout.detail:failed_after,probability=0.02", "payout.detail:not_json,probability=0.02"),
    *("payout.detail:stale,probability=0.02", "payout.detail:wrong_signature,probability=0.02"),
    *("payout.detail:no_signature,probability=0.02", "payout.detail:truncated,probability=0.02"),
    "payout.detail:delay=1.2s,probability=0.002",
    *("webhook.payout:lost,probability=0.3", "webhook.payout:doubled,probability=0.05"),
    *("webhook.payout:late=2h,probability=0.1", "webhook.payout:reordered,probability=0.05"),
    *("webhook.payout:stale,probability=0.05", "webhook.payout:wrong_signature,probability=0.05"),
    *("webhook.payout:no_signature,probability=0.05", "webhook.payout:early,probability=0.1"),
)


@attrs.define
class Counted:
    """What a run came to."""

    payouts: int
    lives: int = 0
    kills: int = 0
    attempts: int = 0
    made: int = 0
    twice: list[str] = attrs.field(factory=list)
    states: Counter[str] = attrs.field(factory=Counter)
    causes: Counter[str] = attrs.field(factory=Counter)
    wrong: list[str] = attrs.field(factory=list)
    faults: Counter[str] = attrs.field(factory=Counter)
    audit: tuple[int, list[str]] = (0, [])
    seconds: float = 0.0

    def __str__(self) -> str:
        states = ", ".join(f"{number:,} {state}" for state, number in sorted(self.states.items()))
        return (
            f"{self.payouts:,} payouts, {self.lives:,} lives, {self.kills:,} killed, {self.faults.total():,} calls hit"
            f" by {len(self.faults)} kinds of faults: {self.attempts:,} creations asked for, {self.made:,} made,"
            f" {len(self.twice):,} twice; {states or 'no journal'}; {len(self.wrong)} not as in the book;"
            f" {self.audit[0]:,} transitions, {len(self.audit[1])} broken; {self.seconds:.0f} s"
        )


def prove(
    folder: Path,
    url: str,
    count: int,
    *,
    deduplicates: bool,
    seed: int = 1,
    naive: bool = False,
    faults: tuple[str, ...] = FAULTS,
    kills: int,
    lines: tuple[int, int] = (50, 9000),
    app_key: str | None = None,
) -> Counted:
    """Pay `count` payouts by two workers that are killed again and again; then resume until nothing is unknown.

    Each worker is killed so many times, each time after a number of `lines` of the kit drawn between these two.
    """
    began = time.monotonic()
    numbers = [f"{'D' if deduplicates else 'N'}{seed}-{place:05}" for place in range(count)]
    counted = Counted(count)
    clock = SharedClock.make(folder / "clock")
    unknowns = Unknowns(reused_out_trade_no="refused" if deduplicates else "new")
    inbox = f"sqlite:///{folder / 'inbox.sqlite'}"
    with (
        Sandbox(
            seed=seed, speed=1, app_key=app_key, unknowns=unknowns, payouts_settle_after="20m", webhook_patience=1
        ) as box,
        (folder / "errors").open("wb") as errors,
    ):
        box.fund(75, 10**9)
        receiver = Receiver(inbox, errors, app_id=box.app_id, key=box.environ()["HALOPAY_APP_KEY"]).start()
        box.webhook_url = receiver.address
        for fault in faults:
            box.faults.add_text(fault)
        world = _World(box, clock, random.Random(seed), numbers)
        told = {
            "app_id": box.app_id,
            "app_key": box.environ()["HALOPAY_APP_KEY"],
            "base_url": box.base_url,
            "clock": str(folder / "clock"),
            "journal": url,
            "inbox": inbox,
            "deduplicates": deduplicates,
            "numbers": numbers,
            "naive": naive,
            "lines": lines,
        }
        staff = _Staff(errors)
        try:
            if not naive:
                Journal(url, clock=clock).close()
            staff.work(told, counted, seed, during=world.turn, kills=kills, resume=False)
            if not naive:
                for step in range(_STEPS):
                    world.advance(20 * 60)
                    staff.work(told, counted, seed + 100 + step, during=world.turn, kills=kills // 20, resume=True)
                box.faults.clear()
                world.advance(6 * 3600)  # what was hidden for longest appears
                for step in range(_STEPS):
                    world.advance(20 * 60)
                    staff.work(told, counted, seed + 200 + step, during=world.turn, kills=0, resume=True)
                    if not _unknown(url):
                        break
        finally:
            staff.dismiss()
            receiver.stop()
        _count(box, counted, numbers)
        if not naive:
            _compare(url, clock, counted, box)
    counted.seconds = time.monotonic() - began
    return counted


_STEPS = 5


class _World:
    """Time that goes on, and HaloPay, for which some payouts fail."""

    def __init__(self, box: Sandbox, clock: SharedClock, drawn: random.Random, numbers: list[str]) -> None:
        self._box, self._clock, self._drawn = box, clock, drawn
        self._failing = drawn.sample(numbers, len(numbers) // 20 + 1)

    def turn(self) -> None:
        """Let some time go by while everybody works, and some payouts fail."""
        self.advance(self._drawn.choice((0.0, 1.0, 20.0, 90.0)))
        for number in self._drawn.sample(self._failing, min(5, len(self._failing))):
            with suppress(ControlError):  # it is not there yet, or has come to its end
                self._box.fail(out_trade_no=number)

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time, and everybody's."""
        if seconds:
            self._box.clock.advance(seconds)
        self._clock.move(self._box.clock.now() - time.time())


class _Staff:
    """The merchants' processes: they wait for a phase of the work, and tell when it is done."""

    def __init__(self, errors: Any) -> None:
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.proofs.payer"],
                cwd=ROOT,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            for _ in range(WORKERS)
        ]

    def work(
        self, told: dict[str, Any], counted: Counted, seed: int, *, during: Callable[[], None], kills: int, resume: bool
    ) -> None:
        """Let all of them work, while `during` is called again and again."""
        for worker, process in enumerate(self._processes):
            mine = told | {"worker": worker, "workers": WORKERS, "seed": seed * 10 + worker}
            assert process.stdin is not None
            process.stdin.write(json.dumps(mine | {"kills": kills, "resume": resume}).encode() + b"\n")
            process.stdin.flush()
        over = threading.Event()

        def go_on() -> None:
            while not over.wait(0.5):
                during()

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            for process in self._processes:
                assert process.stdout is not None
                result = json.loads(process.stdout.readline())
                counted.lives += result["lives"]
                counted.kills += result["kills"]
                if result["code"]:
                    counted.wrong.append(f"a worker ended with {result['code']}")
        finally:
            over.set()
            thread.join()

    def dismiss(self) -> None:
        """End them."""
        for process in self._processes:
            process.communicate()


def _unknown(url: str) -> bool:
    with Journal(url) as journal:
        counts = journal.counts()
    return bool(counts.get("unknown", 0) + counts.get("sending", 0))


def _count(box: Sandbox, counted: Counted, numbers: list[str]) -> None:
    book = Counter(row["out_trade_no"] for row in _book(box))
    counted.made = book.total()
    counted.twice = sorted(number for number, made in book.items() if made > 1)
    for row in box.record:
        if row.kind == "call":
            counted.faults.update(row.what["faults"])
            counted.attempts += row.what["operation"] == "payout.create"
    assert set(book) <= set(numbers)


def _book(box: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = box._control.state()["payouts"]  # type: ignore[assignment]
    return found


def _compare(url: str, clock: SharedClock, counted: Counted, box: Sandbox) -> None:
    """Compare what the journal says with the book: done is one that did not fail, not done is none that was paid."""
    book: dict[str, list[str]] = {}
    for row in _book(box):
        book.setdefault(row["out_trade_no"], []).append(row["status"])
    with Journal(url, clock=clock) as journal:
        for payout in journal.payouts():
            counted.states[payout.state] += 1
            counted.causes[payout.cause] += 1
            there = book.get(payout.out_trade_no, [])
            right = {
                "done": len(there) == 1 and there != ["FAIL"],
                "failed": there == ["FAIL"],
                "not-done": not there,
                "needs-review": len(there) <= 1,
            }
            if not right.get(payout.state, False):
                counted.wrong.append(f"{payout.out_trade_no} is {payout.state} ({payout.cause}), the book says {there}")
        audit = journal.audit()
    if counted.states.total() != counted.payouts:
        counted.wrong.append(f"{counted.payouts - counted.states.total()} payouts are not in the journal")
    counted.audit = (audit.rows, [f"{each.place}: {each.problem}" for each in audit.broken])
