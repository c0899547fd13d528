"""A merchant's receiver on loopback that writes down every webhook and answers what it is told to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import attrs

from halopay_api.policy import ACKNOWLEDGEMENT
from halopay_kit.errors import OutsideTolerance, SignatureError, SignatureMissing
from halopay_kit.signing import AppKey, check_age, verify

Signature = Literal["right", "wrong", "missing", "stale"]

_STATUS = re.compile(r"[1-5][0-9]{2}")
_DOWN = "is down"
_ANSWERS = "answers "


@attrs.frozen(kw_only=True)
class Arrival:
    """A webhook that came in; `time` is unix seconds of the sandbox, `signature` what verifying it gave."""

    time: float
    event: str
    body: dict[str, object]
    signature: Signature


class Receiver:
    """Serves between `with` and its end, at `url`; `arrivals` grows.

    `behaviour` is a sentence: `answers Success`, `answers 500` for a status, `answers "Success"` for any other body,
    the quotes included, or `is down`, which takes nothing in and hangs up.
    """

    def __init__(self, app_key: AppKey, now: Callable[[], float]) -> None:
        self.arrivals: list[Arrival] = []
        self.behaviour = f"{_ANSWERS}{ACKNOWLEDGEMENT}"
        self._app_key = app_key
        self._now = now
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes] | None:
        """Write a webhook down; return status and body of the answer, or None to hang up."""
        if self.behaviour == _DOWN:
            return None
        now = self._now()
        fields = json.loads(body)
        self.arrivals.append(
            Arrival(
                time=now,
                event=headers.get("x-eventtype", ""),
                body=fields if isinstance(fields, dict) else {},
                signature=self._signature(headers, body, now),
            )
        )
        text = self.behaviour.removeprefix(_ANSWERS)
        return (int(text), b"") if _STATUS.fullmatch(text) else (200, text.encode())

    def _signature(self, headers: dict[str, str], body: bytes, now: float) -> Signature:
        try:
            check_age(verify(body, headers.get("x-timestamp", ""), headers.get("x-sign", ""), self._app_key), now)
        except OutsideTolerance:
            return "stale"
        except SignatureMissing:
            return "missing"
        except SignatureError:
            return "wrong"
        return "right"


def is_behaviour(text: object) -> bool:
    """Say whether a receiver can do that."""
    return text == _DOWN or (isinstance(text, str) and text.startswith(_ANSWERS) and text != _ANSWERS)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            answer = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.close_connection = True
            if answer is not None:
                status, text = answer
                self.send_response_only(status)
                self.send_header("content-type", "text/plain")
                self.send_header("content-length", str(len(text)))
                self.send_header("connection", "close")
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
