"""A merchant's process that pays, and is killed at a random line: `python -m tests.proofs.payer`.

Each line of its input is a phase of the work, as JSON; each gets a line of what came of it.

The parent has everything imported and forks one life after the other; each is killed after so many lines of the kit, or
at any instruction, as no handler can notice, and the next one goes on from the journal. Its clock is the machine's,
moved by what a shared file says.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import struct
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401  # all of it is there before the first life begins
from sqlalchemy import select

from halopay_kit import HaloPay, HaloPayError
from halopay_kit.inbox import Inbox, reading  # noqa: F401  # likewise
from halopay_kit.inbox import schema as _inbox  # noqa: F401  # likewise
from halopay_kit.payouts import Journal, Payouts, Settings, chain, schema  # noqa: F401  # likewise

ADDRESSES = (
    "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf",
    "TG9J5kJEVFJeCdzchd4z4RWsNkbzhedGSF",
)
_BY_LINE = 0.25
_SECONDS_A_LINE = 1e-5  # of processor time, roughly
KIT = os.sep + "halopay_kit" + os.sep


class SharedClock:
    """The machine's clock, moved by the seconds in a file of eight bytes; whoever made the file moves it."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    @staticmethod
    def make(path: Path) -> SharedClock:
        """Make the file, and the clock on it."""
        path.write_bytes(struct.pack("d", 0.0))
        return SharedClock(path)

    def move(self, offset: float) -> None:
        """Be so many seconds beside the machine's."""
        self._map[:8] = struct.pack("d", offset)

    def __call__(self) -> float:
        return time.time() + float(struct.unpack("d", self._map[:8])[0])


def intent(number: str) -> dict[str, Any]:
    """Return the payout of a number, the same in every life."""
    drawn = random.Random(number)
    return {
        "out_trade_no": number,
        "currency_id": 75,
        "amount": f"{drawn.randint(1, 900)}.{drawn.randint(0, 999999):06}".rstrip("0").rstrip("."),
        "address": drawn.choice(ADDRESSES),
    }


def pay(told: dict[str, Any], lines: int | None, seed: int) -> None:
    """Live one life: pay every number in an order of its own, resume now and then; die after so many lines."""
    clock = SharedClock(Path(told["clock"]))
    settings = Settings(deduplicates=told["deduplicates"], patience=0.6)
    drawn = random.Random(seed)
    numbers = list(told["numbers"])
    begin = drawn.randrange(len(numbers))
    numbers = numbers[begin:] + numbers[:begin]
    with (
        HaloPay(told["app_id"], told["app_key"], told["base_url"], clock=clock, timeout=1, sleep=brief) as halopay,
        Journal(told["journal"], clock=clock) as journal,
        Inbox(told["inbox"], clock=clock) as inbox,
    ):
        settled = finished(journal)
        if lines is not None:
            kill_within(drawn, lines)
        payouts = Payouts(halopay, journal, inbox, settings=settings, sleep=brief)
        if told["resume"]:
            payouts.resume()
        for number in numbers:
            if number in settled:
                continue
            try:
                payouts.pay(**intent(number))
            except HaloPayError as error:
                print(f"payer: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


def pay_naively(told: dict[str, Any], lines: int | None, _seed: int) -> None:
    """Live the life of a merchant without a journal: after an error, try again; remember what was answered."""
    clock = SharedClock(Path(told["clock"]))
    book = Path(told["clock"]).with_suffix(f".{told['worker']}.naive")
    done = set(book.read_text().split()) if book.exists() else set()
    if lines is not None:
        kill_after(lines)
    with HaloPay(told["app_id"], told["app_key"], told["base_url"], clock=clock, timeout=1, sleep=brief) as halopay:
        for number in told["numbers"][told["worker"] :: told["workers"]]:  # shared out: nobody pays for another one
            for _ in range(3):
                if number in done:
                    break
                try:
                    halopay.payout.create(**intent(number))
                except HaloPayError:
                    continue
                done.add(number)
                with book.open("a") as file:
                    file.write(f"{number}\n")


def finished(journal: Journal) -> set[str]:
    """Return the numbers for which paying again says nothing new."""
    query = select(schema.payouts.c.out_trade_no).where(schema.payouts.c.state.in_(("done", "failed", "needs-review")))
    with journal.store.reading() as connection:
        return set(connection.execute(query).scalars())


def brief(seconds: float) -> None:
    """Sleep as briefly as the machine's time is short; the shared clock makes up for it."""
    time.sleep(min(seconds, 0.02))


def kill_after(lines: int) -> None:
    """Kill this process, as no handler can notice, before its so many-th line of the kit."""
    left = lines

    def at_line(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line

    def at_call(frame: FrameType, _event: str, _argument: object) -> Any:
        return at_line if KIT in frame.f_code.co_filename else None

    sys.settrace(at_call)


def kill_within(drawn: random.Random, lines: int) -> None:
    """Kill this process at a line of the kit, or, three times of four, at any machine instruction.

    To trace lines costs most of the speed. The timer's signal has no handler: it ends the process where it is.
    """
    if drawn.random() < _BY_LINE:
        kill_after(lines)
    else:
        signal.setitimer(signal.ITIMER_PROF, lines * _SECONDS_A_LINE)


def live(told: dict[str, Any]) -> None:
    """Fork one life after the other, until one comes to its end; so many of them are killed."""
    drawn = random.Random(told["seed"])
    lives = kills = 0
    act = pay_naively if told["naive"] else pay
    while True:
        mortal = kills < told["kills"]
        lines, seed = (drawn.randint(*told["lines"]) if mortal else None), drawn.randrange(2**32)
        child = os.fork()
        if not child:
            try:
                act(told, lines, seed)
            except BaseException as error:  # noqa: BLE001  # told, and the life is over
                print(f"payer: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        lives += 1
        killed = os.WIFSIGNALED(status)
        kills += killed
        if not killed:
            break
    print(json.dumps({"lives": lives, "kills": kills, "code": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    for line in sys.stdin:
        live(json.loads(line))
