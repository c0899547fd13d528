"""Where the webhooks of a run arrive: a server on loopback that writes each attempt down."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from halopay_api.policy import ACKNOWLEDGEMENT
from halopay_kit.contract.exchange import WEBHOOKS, Delivery, Headers
from halopay_kit.contract.log import Log
from halopay_kit.errors import ConfigurationError

_REFUSAL = 503
_LONGEST_BODY = 1024 * 1024


class Receiver:
    """Serves between `with` and its end; a path names the webhook that comes there, and of what.

    `clock` is the target's; `signed_by` the one whose time webhooks carry, where that is another.

    Attributes:
        refuses: number → how often what comes for it is answered with 503 before it is taken in.
    """

    def __init__(
        self, log: Log, clock: Callable[[], float], port: int = 0, *, signed_by: Callable[[], float] | None = None
    ) -> None:
        self.refuses: dict[str, int] = {}
        self._numbers: set[str] = set()
        self._log = log
        self._clock = clock
        self._signed_by = signed_by
        self._over = False
        self._arrived = threading.Condition()
        try:
            self._server = _Server(self, port)
        except OSError as error:
            raise ConfigurationError(f"port {port} cannot be used for webhooks: {error.strerror}") from error
        self._thread = threading.Thread(target=self._serve, name="halopay-contract-webhooks", daemon=True)

    def url(self, webhook: str, number: str = "app") -> str:
        """Return where a webhook goes, `payment` for example, of the order or payout of that number."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{number}/{webhook}"

    def wait(self, number: str, timeout: float) -> bool:
        """Say whether something has come for that number, or comes in so many seconds of the machine."""
        with self._arrived:
            return self._arrived.wait_for(lambda: number in self._numbers, timeout)

    def take(self, path: str, headers: Headers, body: bytes) -> tuple[int, bytes]:
        """Write an attempt down; return status and body of the answer."""
        number, _, name = path[1:].partition("/")
        webhook = f"webhook.{name}"
        at, target_time = self._clock(), None
        if self._signed_by is not None:
            at, target_time = self._signed_by(), at
        with self._arrived:
            refused = self.refuses.get(number, 0) > 0
            if refused:
                self.refuses[number] -= 1
            self._numbers.add(number)
            self._log.add_delivery(
                Delivery(
                    number=0,
                    webhook=webhook if webhook in WEBHOOKS else None,
                    at=at,
                    target_time=target_time,
                    headers=headers,
                    body=body,
                    answered=str(_REFUSAL) if refused else ACKNOWLEDGEMENT,
                )
            )
            self._arrived.notify_all()
        return (_REFUSAL, b"") if refused else (200, ACKNOWLEDGEMENT.encode())

    def _serve(self) -> None:
        while True:
            request, address = self._server.get_request()
            if self._over:
                self._server.shutdown_request(request)
                return
            self._server.process_request(request, address)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over = True
        socket.create_connection(("127.0.0.1", self._server.server_address[1])).close()  # wakes the thread up
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver, port: int) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", port), _Attempt)

    def server_bind(self) -> None:  # the library's own looks up the host's name
        socketserver.TCPServer.server_bind(self)


class _Attempt(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10  # seconds that a sender may take

    def do_POST(self) -> None:  # the library's name
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > _LONGEST_BODY:
            self.send_error(411)
            return
        status, answer = self.server.receiver.take(self.path, tuple(self.headers.items()), self.rfile.read(int(length)))
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing: what came is in the log."""
