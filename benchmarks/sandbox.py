"""The sandbox by itself: calls a second, webhooks a second, memory."""

from __future__ import annotations

import itertools
import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

from benchmarks.box import Process, running
from benchmarks.measure import Row, Unit
from benchmarks.messages import APP_ID, compact, halopay_headers

SCALE = "us"
ROUNDS, QUICK_ROUNDS = 20, 2
CALLS = 5000  # a round; 20 rounds make 100,000 orders
KEPT_CALLS = 1000
LINES = 4  # connections at a time
WHAT = """\
sandbox: what the sandbox does in a second, and what it takes. Signed order.create calls, each with a number of its
own, over 4 keep-alive connections from another process; every call is checked against the spec, its answer signed
and read. With a state, each is on the disk before it is answered. Webhooks: payments that are confirmed in the same
second, delivered to a receiver in another process that says `Success`. Memory: peak resident size over what it was
before the first order, for orders, their answers in the record, and everything else that they leave."""

_clock = time.time  # noqa: TID251  # a caller has a clock
_numbers = itertools.count()


def measure(rounds: int) -> list[Row]:
    """Measure one after the other: they would share the processors."""
    full = rounds >= ROUNDS
    with running("serve") as box:
        _load(box, 200)
        before = box.ask()
        rates = [_load(box, CALLS) for _ in range(rounds)]
        grown = (box.ask() - before) / (rounds * CALLS) * 100_000 / 1e6
    with tempfile.TemporaryDirectory() as directory, running("serve", str(Path(directory) / "state")) as box:
        _load(box, 200)
        kept = [_load(box, KEPT_CALLS) for _ in range(rounds)]
    due = 10_000 if full else 2_000
    with running("receive") as receiver, running("due", receiver.ready, str(due)) as box:
        sent = [_delivered(box, due) for _ in range(5 if full else 2)]
    scaled = "" if rounds * CALLS == 100_000 else f", from {rounds * CALLS:,}"
    return [
        _row("order.create, calls a second", "/s", rates, 1500),
        _row("order.create with a state", "/s", kept, None),
        _row(f"{due:,} due webhooks, a second", "/s", sent, 2000),
        _row(f"memory of 100,000 orders{scaled}", "MB", [grown], 500),
    ]


def _load(box: Process, number: int) -> float:
    """Return how many calls a second are answered."""
    where = urlsplit(box.ready)
    place, host = (where.hostname or "", where.port or 0), where.netloc
    requests = iter([_request(host) for _ in range(number)])
    lines = [socket.create_connection(place) for _ in range(LINES)]
    try:
        for line in lines:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        for line in lines:
            line.sendall(next(requests))
        busy = lines
        while busy:
            still = []
            for line in busy:
                _answer(line)
                request = next(requests, None)
                if request is not None:
                    line.sendall(request)
                    still.append(line)
            busy = still
        return number / (time.perf_counter() - begun)
    finally:
        for line in lines:
            line.close()


def _request(host: str) -> bytes:
    fields = {"out_trade_no": f"T-{next(_numbers)}", "currency_id": 75, "token_amount": "49.9"}
    body = compact({**fields, "callback_url": "https://shop.example/halopay", "fiat_name": "USD"})
    headers = {"Host": host, "Content-Type": "application/json", "Content-Length": str(len(body))}
    headers |= halopay_headers(body, int(_clock()))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /api/order/create HTTP/1.1\r\n{lines}\r\n".encode() + body


def _answer(line: socket.socket) -> None:
    received = line.recv(65536)
    while (end := received.find(b"\r\n\r\n") + 4) == 3:
        received += _more(line)
    head = received[:end].lower()
    length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
    while len(received) < end + length:
        received += _more(line)
    if APP_ID.encode() not in head or b'"code":0,' not in received:
        raise RuntimeError(f"the sandbox answered {received!r}")


def _more(line: socket.socket) -> bytes:
    data = line.recv(65536)
    if not data:
        raise RuntimeError("the sandbox hung up")
    return data


def _delivered(box: Process, number: int) -> float:
    found = box.ask()
    if found["delivered"] != number:
        raise RuntimeError(f"{found['delivered']} of {number} webhooks were delivered")
    return number / float(found["seconds"])


def _row(name: str, unit: Unit, values: Sequence[float], target: float | None) -> Row:
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
