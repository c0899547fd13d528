"""Several at one inbox: what they do, and a way to have it done at the same time."""

from __future__ import annotations

import multiprocessing
import queue
import random
import threading
from collections import Counter

from halopay_kit.inbox import Inbox
from halopay_kit.inbox.store import Store
from tests.inbox.arrivals import payment

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
        results.put(do(*arguments))
    except BaseException as error:
        results.put(f"{type(error).__name__}: {error}")
        raise


def run_threads(do, calls):
    """Return what is returned, or the text of what is raised."""
    results = queue.Queue()
    return _run(threading.Thread, results, do, calls)


def run_processes(do, calls):
    """Likewise in processes of their own."""
    context = multiprocessing.get_context("spawn")
    return _run(context.Process, context.Queue(), do, calls)


def _run(kind, results, do, calls):
    running = [kind(target=_answer, args=(results, do, arguments)) for arguments in calls]
    for one in running:
        one.start()
    found = [results.get(timeout=60) for _ in running]
    for one in running:
        one.join()
    return found
