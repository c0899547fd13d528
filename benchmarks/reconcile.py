"""Reconciling beside hand-written SQL and the usual tools, on the same books and with the same result.

`python -m benchmarks.reconcile large` is the ten-million run: some minutes, 10 GB of disk.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import books, reconcilers
from benchmarks.measure import ROOT, Row

SCALE = "ms"
ROUNDS, QUICK_ROUNDS = 3, 2
ORDERS, QUICK_ORDERS, LARGE = 1_000_000, 200_000, 10_000_000
MEMORY = "4GB"
WHAT = """\
reconcile: a million orders with 2.5 million events against a ledger, both Parquet; 0.9 % have a difference, of nine
classes. Seconds of work, imports aside, each in a process of its own; all but datacompy, which
compares amount and status alone, have to find the same differences. Growth: seconds an order, over those of a tenth."""

OURS, SQL = "halopay reconcile", "DuckDB SQL by hand"
_PEERS = {
    SQL: reconcilers.by_sql,
    OURS: reconcilers.by_kit,
    "pandas": reconcilers.by_pandas,
    "datacompy": reconcilers.by_datacompy,
}


def measure(rounds: int) -> list[Row]:
    """Measure each peer in turn, round by round."""
    orders = ORDERS if rounds >= ROUNDS else QUICK_ORDERS
    with tempfile.TemporaryDirectory() as directory:
        folder, small = Path(directory) / "books", Path(directory) / "tenth"
        for place, number in ((folder, orders), (small, orders // 10)):
            place.mkdir()
            books.write(place, number)
        found = [{name: _child(name, folder) for name in _PEERS} for _ in range(rounds)]
        tenth = [_child(OURS, small) for _ in range(rounds)]
    _check(found)
    rows = [
        _row(OURS, [each[OURS]["seconds"] / each[SQL]["seconds"] for each in found], found, OURS, 1.3),
        *(
            _fold(f"faster than {name}", [each[name]["seconds"] / each[OURS]["seconds"] for each in found], found, name)
            for name in _PEERS
            if name not in (OURS, SQL)
        ),
    ]
    grown = [each[OURS]["seconds"] / (10 * less["seconds"]) for each, less in zip(found, tenth, strict=True)]
    peaks = [each[OURS]["peak"] / 1e6 for each in found]
    return [*rows, _plain("growth: an order's time over a tenth", "x", grown, 1.2), _plain("peak", "MB", peaks, 4000)]


def large() -> list[Row]:
    """Measure ten million orders: beside SQL without a limit, and within 4 GB."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        books.write(folder, LARGE)
        sql, ours, within = (_child(SQL, folder), _child(OURS, folder), _child(OURS, folder, MEMORY))
    _check([{SQL: sql, OURS: ours}, {SQL: sql, OURS: within}])
    return [
        _plain(f"{OURS}, {LARGE:,} orders", "x", [ours["seconds"] / sql["seconds"]], 1.15),
        _plain(f"the same within {MEMORY}", "x", [within["seconds"] / sql["seconds"]], None),
        _plain(f"its peak within {MEMORY}", "MB", [within["peak"] / 1e6], 4000),
    ]


_Found = list[dict[str, dict[str, float]]]


def _check(found: _Found) -> None:
    digests = {each[name]["digest"] for each in found for name in each if each[name]["digest"]}
    if len(digests) != 1:
        raise RuntimeError(f"not the same result: {digests}")


def _row(name: str, values: list[float], found: _Found, peer: str, target: float) -> Row:
    seconds = [each[peer]["seconds"] for each in found]
    return Row(name, "x", median(values), min(values), max(values), median(seconds), min(seconds), target)


def _fold(name: str, values: list[float], found: _Found, peer: str) -> Row:
    seconds = [each[peer]["seconds"] for each in found]
    return Row(name, "fold", median(values), min(values), max(values), median(seconds), min(seconds), 5)


def _plain(name: str, unit: str, values: list[float], target: float | None) -> Row:
    return Row(name, unit, median(values), min(values), max(values), target=target)  # type: ignore[arg-type]  # one of them


def _child(name: str, folder: Path, memory: str = "") -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.reconcile", "one", name, str(folder), memory]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _one(name: str, folder: Path, memory: str) -> dict[str, object]:
    work: Callable[[Path, str], reconcilers.Found] = _PEERS[name]
    reconcilers.warm(name)
    begun = time.perf_counter()
    found = work(folder, memory)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "peak": peak, "breaks": found.number, "digest": found.digest()}


if __name__ == "__main__":
    if sys.argv[1:] == ["large"]:
        from benchmarks.report import table

        print(table(large(), SCALE))
    else:
        print(json.dumps(_one(sys.argv[2], Path(sys.argv[3]), sys.argv[4])))
