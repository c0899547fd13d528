"""A webhook endpoint on loopback that takes everything down."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import attrs

from halopay_api.policy import ACKNOWLEDGEMENT
from halopay_kit.errors import HaloPayError
from halopay_kit.signing import AppKey
from halopay_kit.webhooks import Event, verify

Answer = str | bytes | int | tuple[int, str] | None


@attrs.frozen(kw_only=True)
class Received:
    """One delivery as it came: headers, raw body, and what `halopay_kit.webhooks.verify` made of it."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    event: Event | None
    error: HaloPayError | None


class WebhookEndpoint:
    """Verifies what is delivered, writes it down, and answers.

    Attributes:
        answer: what a verified delivery is answered with. `"Success"` at first; another text or bytes, a status, both
            as `(500, "no")`, or None to hang up. What does not verify is answered with 400 all the same.
        received: every delivery, the doubtful ones with their error.
    """

    def __init__(self, app_id: str, app_key: AppKey, clock: Callable[[], float]) -> None:
        self.answer: Answer = ACKNOWLEDGEMENT
        self.received: list[Received] = []
        self._app_id = app_id
        self._app_key = app_key
        self._clock = clock
        self._news = threading.Condition()
        self._server = _Server(self)
        self._over = False
        self._thread = threading.Thread(target=self._serve, name="halopay-webhooks", daemon=True)

    @property
    def url(self) -> str:
        """Where webhooks go."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhooks"

    @property
    def events(self) -> list[Event]:
        """Return what was delivered and verified, in order of arrival."""
        with self._news:
            return [delivery.event for delivery in self.received if delivery.event is not None]

    def wait(self, count: int = 1, *, timeout: float = 5.0) -> list[Event]:
        """Return the events once there are that many; `timeout` is in seconds of the machine.

        Raises:
            AssertionError: there are fewer, with what was refused and why.
        """
        deadline = time.monotonic() + timeout
        with self._news:
            while len(self.events) < count:
                if not self._news.wait(deadline - time.monotonic()):
                    refused = [str(delivery.error) for delivery in self.received if delivery.error]
                    told = f"; refused: {', '.join(refused)}" if refused else ""
                    raise AssertionError(f"{len(self.events)} webhooks came, not {count}{told}")
            return self.events

    def take(self, headers: tuple[tuple[str, str], ...], body: bytes) -> Answer:
        """Verify a delivery, write it down, return the answer to it."""
        event, error = None, None
        try:
            event = verify(body, headers, app_key=self._app_key, now=self._clock(), app_id=self._app_id)
        except HaloPayError as refused:
            error = refused
        with self._news:
            self.received.append(Received(headers=headers, body=body, event=event, error=error))
            self._news.notify_all()
        return self.answer if error is None else (400, str(error))

    def close(self) -> None:
        """Stop listening."""
        self._over = True
        if self._thread.is_alive():
            socket.create_connection(("127.0.0.1", self._server.server_address[1])).close()  # wakes the thread up
            self._thread.join()
        self._server.server_close()

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
        self.close()


class _Server(ThreadingHTTPServer):
    """Listens on a free port of loopback."""

    def __init__(self, endpoint: WebhookEndpoint) -> None:
        self.endpoint = endpoint
        super().__init__(("127.0.0.1", 0), _Delivery)

    def server_bind(self) -> None:  # the library's own looks up the host's name
        socketserver.TCPServer.server_bind(self)


class _Delivery(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:  # the library's name
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = self.server.endpoint.take(tuple(self.headers.items()), body)
        if answer is None:
            return
        status, text = (
            answer if isinstance(answer, tuple) else (answer, "") if isinstance(answer, int) else (200, answer)
        )
        content = text if isinstance(text, bytes) else text.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the deliveries are in `received`."""
