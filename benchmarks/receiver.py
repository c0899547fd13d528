"""The receiver beside what one would write first, and beside a server that does nothing."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks.load import flat_out, paced
from benchmarks.measure import Row, Unit
from benchmarks.messages import compact, example, halopay_headers
from benchmarks.receivers import serving

SCALE = "us"
ROUNDS, QUICK_ROUNDS = 9, 2
REQUESTS = 6000
_SERVER = os.environ.get("HALOPAY_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")  # noqa: TID251
WHAT = """\
receiver: webhooks taken in durably, one process, 32 keep-alive connections from another process, every event another
one. `nothing` is the same server answering `Success` without reading; `FastAPI` verifies with the standard library and
commits each event by itself. SQLite in WAL with synchronous=FULL, PostgreSQL as it is. Ratios of events a second
within one round. p99 is from when a request was due, at half the rate of that round, to its answer."""

_numbers = itertools.count()
_clock = time.time  # noqa: TID251  # a sender has a clock


def measure(rounds: int) -> list[Row]:
    """Measure all servers in turn, round by round, each with an empty store."""
    kinds = {"nothing": _no_store, "FastAPI, SQLite": _file, "receiver, SQLite": _file}
    if _reachable():
        kinds |= {"FastAPI, PostgreSQL": _schema, "receiver, PostgreSQL": _schema}
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    slowest: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, store in kinds.items():
            with store() as place, serving(_KIND[name], place) as port:
                flat_out(port, _requests(500))
                rate = flat_out(port, _requests(REQUESTS if name != "nothing" else 4 * REQUESTS))
                rates[name].append(rate)
                if name.startswith("receiver"):
                    taken = paced(port, _requests(int(rate)), rate / 2)
                    slowest[name].append(taken[int(0.99 * len(taken))] * 1000)
    rows = [_row(name, "/s", found) for name, found in rates.items()]
    for store in ("SQLite", "PostgreSQL"):
        name = f"receiver, {store}"
        if name not in rates:
            rows.append(Row(name, absent="no PostgreSQL here"))
            continue
        rows += [
            _row(f"{name} : FastAPI", "fold", _ratios(rates[name], rates[f"FastAPI, {store}"]), 6),
            _row(
                f"{name} : nothing", "fold", _ratios(rates[name], rates["nothing"]), 0.33 if store == "SQLite" else None
            ),
            _row(f"{name}, p99 at half load", "ms", slowest[name], 20),
        ]
    return rows


_KIND = {
    "nothing": "nothing",
    "FastAPI, SQLite": "fastapi-sqlite",
    "receiver, SQLite": "kit",
    "FastAPI, PostgreSQL": "fastapi-postgresql",
    "receiver, PostgreSQL": "kit",
}


def _requests(number: int) -> list[bytes]:
    fields = example("webhook.payment")["body"]
    found = []
    now = int(_clock())
    for _ in range(number):
        body = compact({**fields, "trade_no": f"20261123{next(_numbers):024d}"})
        headers = {"Host": "shop.example", "Content-Type": "application/json", "Content-Length": str(len(body))}
        headers |= {"X-EventType": "Paid", **halopay_headers(body, now)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        found.append(f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body)
    return found


@contextmanager
def _no_store() -> Iterator[str]:
    yield ""


@contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        yield str(Path(directory) / "store.sqlite")


@contextmanager
def _schema() -> Iterator[str]:
    import psycopg

    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_SERVER, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
        try:
            yield f"{_SERVER}?options=-csearch_path%3D{name}"
        finally:
            connection.execute(f'DROP SCHEMA "{name}" CASCADE')


def _reachable() -> bool:
    import psycopg

    try:
        psycopg.connect(_SERVER, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _ratios(ones: list[float], others: list[float]) -> list[float]:
    return [one / other for one, other in zip(ones, others, strict=True)]


def _row(name: str, unit: Unit, values: list[float], target: float | None = None) -> Row:
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    rate = unit == "/s"
    return Row(
        name=name,
        unit=unit,
        value=median(values),
        low=low,
        high=high,
        seconds=1 / median(values) if rate else None,
        fastest=1 / max(values) if rate else None,
        target=target,
    )
