"""A server that answers whatever a test tells it to, byte for byte."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

KEY = "testAppKey"
APP_ID = "ad4cyr8dpfs9j2u1"

Answer = Callable[[bytes], bytes | None]


class Hostile:
    """Answers each request with the next of `answers`, the last one again and again; None cuts the connection."""

    def __init__(self, *answers: bytes | Answer | None, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.base_url = f"http{'s' if tls else ''}://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            if self._tls:
                try:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                except OSError:  # a client that does not trust us
                    connection.close()
                    continue
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(65536)
            if not received:
                return
            request += received
        head, _, body = request.partition(b"\r\n\r\n")
        length = int(
            next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1]
        )
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        made = answer(body) if callable(answer) else answer
        if made is not None:
            with suppress(ConnectionError):  # a client that has seen enough hangs up
                connection.sendall(made)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@contextmanager
def hostile(*answers: bytes | Answer | None, tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    server = Hostile(*answers, tls=tls)
    try:
        yield server
    finally:
        server.close()


def http(body: bytes, *, status: int = 200, content_type: str = "application/json", **headers: str) -> bytes:
    """Return an HTTP answer; a header given as an empty string is left out."""
    named = {"content-type": content_type, "content-length": str(len(body)), "connection": "close"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in named.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def signed(body: bytes | dict, *, at: float | None = None, key: str = KEY, app_id: str = APP_ID, **options) -> bytes:
    """Return an HTTP answer signed as HaloPay would, without the kit's own code."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(key.encode(), raw + timestamp.encode(), hashlib.sha256).hexdigest()
    return http(raw, **{"X_Appid": app_id, "X_Timestamp": timestamp, "X_Sign": digest, **options})


def success(data: object) -> dict:
    return {"code": 0, "msg": "success", "data": data}
