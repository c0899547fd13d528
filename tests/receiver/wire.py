"""Requests as HaloPay sends them, and as nobody should; signed without the kit's own code."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from halopay_kit.receiver.server import serve
from tests.conftest import example

KEY, APP_ID, NOW = "testAppKey", "ad4cyr8dpfs9j2u1", 1773750000
PAYMENT = example("webhook.payment")["body"]


def payment(number: object = 1, **changed: object) -> bytes:
    """Return the body of a payment; each number is another order."""
    return json.dumps(PAYMENT | {"trade_no": f"T{number}", "out_trade_no": f"O{number}"} | changed).encode()


def signature(body: bytes, at: int | str = NOW, key: str = KEY) -> str:
    return hmac.new(key.encode(), body + str(at).encode(), hashlib.sha256).hexdigest()


def headers(body: bytes, *, at: int | str = NOW, key: str = KEY, app_id: str = APP_ID) -> list[tuple[bytes, bytes]]:
    pairs = {"x-appid": app_id, "x-timestamp": str(at), "x-sign": signature(body, at, key), "x-eventtype": "Paid"}
    return [(name.encode(), value.encode()) for name, value in pairs.items()]


def request(
    body: bytes, more: Sequence[tuple[bytes, bytes]] | None = None, *, length: int | None = None, path: str = "/"
) -> bytes:
    """Return a whole request; `length` may lie."""
    told = [
        (b"host", b"x"),
        (b"content-length", str(len(body) if length is None else length).encode()),
        *(headers(body) if more is None else more),
    ]
    return b"POST %s HTTP/1.1\r\n%s\r\n%s" % (path.encode(), b"".join(b"%s: %s\r\n" % pair for pair in told), body)


# --- an ASGI application, called by hand


class Call:
    """One request to an ASGI application: its messages, and how many were asked for."""

    def __init__(self, *parts: bytes | None, method: str = "POST", path: str = "/", more=None, root: str = "") -> None:
        self.parts = list(parts)
        self.asked = 0
        self.sent: list[dict] = []
        whole = b"".join(part for part in parts if part)
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "root_path": root,
            "headers": headers(whole) if more is None else more,
        }

    async def receive(self) -> dict:
        """Give the next part; None is a sender who hung up, none left is one who says nothing more."""
        self.asked += 1
        if not self.parts:
            await asyncio.Event().wait()
        part = self.parts.pop(0)
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": bool(self.parts)}

    async def send(self, message: dict) -> None:
        self.sent.append(message)

    async def to(self, app) -> tuple[int, bytes]:
        await app(self.scope, self.receive, self.send)
        return self.answer

    @property
    def answer(self) -> tuple[int, bytes]:
        return self.sent[0]["status"], b"".join(each["body"] for each in self.sent[1:])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


# --- a server, spoken to byte by byte


@contextmanager
def served(receiver, probe=lambda: None, **options) -> Iterator[int]:
    """Serve on a free port of loopback; give the port."""
    ready, over, told = threading.Event(), threading.Event(), []

    def announce(address: str) -> None:
        told.append(address)
        ready.set()

    options = {"port": 0, "grace": 5, **options}
    thread = threading.Thread(
        target=serve, args=(receiver, probe), kwargs={"announce": announce, "over": over, **options}
    )
    thread.start()
    try:
        assert ready.wait(10)
        yield int(told[0].rpartition(":")[2])
    finally:
        over.set()
        thread.join(20)
        assert not thread.is_alive()


class Caller:
    """A connection that says what it is told to say."""

    def __init__(self, port: int, timeout: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.unread = b""

    def say(self, data: bytes) -> Caller:
        self.socket.sendall(data)
        return self

    def hear(self) -> tuple[int, bytes]:
        """Return the status and body of the next answer; (0, b"") when the connection is closed without one."""
        try:
            while b"\r\n\r\n" not in self.unread:
                self._more()
            head, _, self.unread = self.unread.partition(b"\r\n\r\n")
            lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            length = int(lines[b"content-length"])
            while len(self.unread) < length:
                self._more()
        except (ConnectionError, EOFError):
            return 0, b""
        body, self.unread = self.unread[:length], self.unread[length:]
        return int(head.split()[1]), body

    def is_closed(self) -> bool:
        """Wait for the end of the connection."""
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self) -> None:
        received = self.socket.recv(65536)
        if not received:
            raise EOFError
        self.unread += received


def post(port: int, data: bytes) -> tuple[int, bytes]:
    """Send a request on a connection of its own; return what it was answered."""
    with Caller(port) as caller:
        return caller.say(data).hear()
