"""Servers that take webhooks, each in a process of its own: `python -m benchmarks.receivers KIND [URL]`.

Each prints its address when it serves, and ends with its standard input.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.messages import APP_ID, APP_KEY

_TABLE = "CREATE TABLE events (key TEXT PRIMARY KEY, body {binary} NOT NULL, received_at DOUBLE PRECISION NOT NULL)"


@contextmanager
def serving(kind: str, url: str = "") -> Iterator[int]:
    """Start one, give its port, stop it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.receivers", kind, url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def nothing(scope: Any, _receive: Any, send: Any) -> None:
    """Answer `Success` without doing anything."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
        await send({"type": "http.response.body", "body": b"Success"})


def _fastapi(insert: Callable[[str, bytes, float], None]) -> Any:
    from benchmarks.fastapi_receiver import application

    return application(insert)


def _sqlite(path: str) -> Callable[[str, bytes, float], None]:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(_TABLE.format(binary="BLOB"))

    def insert(key: str, body: bytes, now: float) -> None:
        connection.execute("INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (key, body, now))

    return insert


def _postgresql(url: str) -> Callable[[str, bytes, float], None]:
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    connection.execute(_TABLE.format(binary="BYTEA"))

    def insert(key: str, body: bytes, now: float) -> None:
        connection.execute("INSERT INTO events VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (key, body, now))

    return insert


def _uvicorn(app: Any) -> None:
    import uvicorn

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", server_header=False)
    listener.listen(128)
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(config).run([listener])


def _kit(url: str) -> None:
    from halopay_kit.inbox import Inbox
    from halopay_kit.receiver import asgi
    from halopay_kit.receiver.server import serve

    with Inbox(url) as inbox:
        receiver = asgi(inbox, {APP_ID: APP_KEY})
        serve(receiver, inbox.ping, port=0, announce=lambda url: print(url.rpartition(":")[2], flush=True))


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    match sys.argv[1:]:
        case ["nothing", *_]:
            _uvicorn(nothing)
        case ["fastapi-sqlite", place]:
            _uvicorn(_fastapi(_sqlite(place)))
        case ["fastapi-postgresql", place]:
            _uvicorn(_fastapi(_postgresql(place)))
        case [_, place]:
            _kit(place)
