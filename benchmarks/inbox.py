"""The inbox by itself: events handed out a second, and what a million events change."""

from __future__ import annotations

import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import ROOT, Row
from benchmarks.messages import APP_ID, APP_KEY, compact, example, halopay_headers

SCALE = "us"
ROUNDS, QUICK_ROUNDS = 5, 2
FEW, MANY, QUICK_MANY = 1_000, 1_000_000, 100_000
CONSUMED = 20_000
_TIMES = 40
WHAT = """\
inbox: on SQLite with synchronous=FULL. Handing 20,000 events to a handler that does nothing. Then what a question costs
among many events against among a thousand: the newest 100, those of one trade_no, and taking in a duplicate; and how
much memory many events take in the process that took them in, over a thousand."""

_clock = time.time  # noqa: TID251  # a receiver has a clock


def measure(rounds: int) -> list[Row]:
    """Measure in processes of their own, so that each has its own memory."""
    many = MANY if rounds >= ROUNDS else QUICK_MANY
    rates = [_child("consume", CONSUMED)["rate"] for _ in range(rounds)]
    few, all_ = _child("hold", FEW), _child("hold", many)
    grown = (all_["peak"] - few["peak"]) / 1e6
    return [
        Row("events handed out, a second", "/s", median(rates), min(rates), max(rates), 1 / median(rates), target=5000),
        *(_row(f"{name}, {many:,} : {FEW:,} events", all_[name] / few[name], all_[name], 3) for name in _QUESTIONS),
        Row(f"memory of {many:,} over {FEW:,} events", "MB", grown, grown, grown, target=100),
    ]


_QUESTIONS = ("newest", "one trade_no", "duplicate")


def _row(name: str, ratio: float, seconds: float, target: float) -> Row:
    return Row(name=name, unit="x", value=ratio, low=ratio, high=ratio, seconds=seconds, target=target)


def _child(*arguments: object) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.inbox", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _arrivals(number: int) -> Iterator[list[Any]]:
    """Yield verified events in groups of 64, each event another order's."""
    from halopay_kit import AppKey, webhooks
    from halopay_kit.inbox import Arrival

    fields, now, key = example("webhook.payment")["body"], int(_clock()), AppKey(APP_KEY)

    def arrival(index: int) -> Arrival:
        body = compact({**fields, "trade_no": f"20261123{index:024d}", "out_trade_no": f"T-{index}"})
        event = webhooks.verify(body, halopay_headers(body, now), app_key=key, app_id=APP_ID, now=now)
        return Arrival(event=event, received_at=now - (number - index) / 1000)

    numbers = iter(range(number))
    while group := [arrival(index) for index in itertools.islice(numbers, 64)]:
        yield group


def _consume(url: str, number: int) -> dict[str, float]:
    from halopay_kit.inbox import Inbox

    with Inbox(url) as inbox:
        for group in _arrivals(number):
            inbox.take(group)
        begun = time.perf_counter()
        done = inbox.consume(lambda _: None, until_empty=True).done
        rate = done / (time.perf_counter() - begun)
    if done != number:
        raise RuntimeError(f"{done} of {number} events were handed out")
    return {"rate": rate}


def _hold(url: str, number: int) -> dict[str, float]:
    from halopay_kit.inbox import Inbox

    with Inbox(url) as inbox:
        group = []
        for group in _arrivals(number):
            inbox.take(group)
        found = {
            "newest": _timed(lambda: inbox.events(limit=100)),
            "one trade_no": _timed(lambda: inbox.events(trade_no=f"20261123{number // 2:024d}")),
            "duplicate": _timed(lambda: inbox.take(group[:1])),
        }
    return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def _timed(question: Any) -> float:
    times = []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        question()
        times.append(time.perf_counter() - begun)
    return median(times)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        place = f"sqlite:///{Path(directory) / 'inbox.sqlite'}"
        task = {"consume": _consume, "hold": _hold}[sys.argv[1]]
        print(json.dumps(task(place, int(sys.argv[2]))))
