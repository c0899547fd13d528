"""Several at one inbox: what they do, and a way to have it done at the same time."""

from __future__ import annotations

import multiprocessing
import queue
import random
import threading
import time
import traceback
from collections import Counter

from halopay_kit.inbox import Inbox
from halopay_kit.inbox.store import Store
from tests.inbox.arrivals import payment

PATIENCE = 120  # seconds; of a machine that does much else

STORM = [payment(number, *said, time=variant) for number in range(6) for variant in range(2) for said in (
    ("TO-BE-PAID", "2"), ("TO-BE-PAID", "3"), ("TIME-OUT", "3"), ("PAID", "5"), ("FAIL", "5")
)]  # fmt: skip


def storm(url, seed, rounds):
    """Take everything, in some order and some batches."""
    found = Counter()
    with Inbox(url) as inbox:
        chance = random.Random(seed)
        for _ in range(rounds):
            told = chance.sample(STORM, len(STORM))
            while told:
                size = chance.randrange(1, 20)
                batch, told = told[:size], told[size:]
                found.update(one.event_id for one in inbox.take(batch) if one.new)
    return dict(found)


def open_and_take(url, number):
    """Open an inbox, perhaps as the first to do so."""
    with Inbox(url) as inbox:
        return inbox.take([payment(number)])[0].new


def open_store(url, layout):
    """Open a store, perhaps one with older tables."""
    Store(url, layout).close()
    return True


def _answer(results, do, arguments):
    try:
        results.put((do(*arguments), None))
    except BaseException:  # noqa: BLE001  # a thread's or a process's own ends with it, unseen
        results.put((None, traceback.format_exc()))


def run_threads(do, calls):
    """Return what is returned; the first that raises fails the test at once."""
    return _run(threading.Thread, queue.Queue(), do, calls)


def run_processes(do, calls):
    """Likewise in processes of their own, and the first that dies without a word does."""
    context = multiprocessing.get_context("spawn")
    return _run(context.Process, context.Queue(), do, calls)


def _run(kind, results, do, calls):
    running = [kind(target=_answer, args=(results, do, arguments)) for arguments in calls]
    for one in running:
        one.start()
    try:
        found = []
        deadline = time.monotonic() + PATIENCE
        while len(found) < len(running):
            ended = not any(one.is_alive() for one in running)
            died = [one.exitcode for one in running if getattr(one, "exitcode", 0)]
            try:
                result, told = results.get(timeout=1 if died or ended else 0.2)
            except queue.Empty:
                assert not died, f"a process ended with {died[0]} and no result; its error is in stderr"
                assert not ended, "all have ended, and not all said what they found"
                assert time.monotonic() < deadline, f"after {PATIENCE} s {len(found)} of {len(running)} are done"
                continue
            assert told is None, told
            found.append(result)
    except BaseException:
        for one in running:
            if hasattr(one, "kill"):
                one.kill()
        raise
    finally:
        for one in running:
            one.join(PATIENCE)
    return found
