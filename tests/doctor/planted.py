"""A merchant whose integration is right, but for what a test plants in it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs

from halopay_kit import AppKey, sign, webhooks
from halopay_kit.doctor import Check, Patient, examine
from halopay_kit.errors import HaloPayError
from halopay_kit.inbox import Arrival, Inbox
from halopay_kit.webhooks import Freshness

KEY = "planted-AppKey-0xC0FFEE"
FOREVER = Freshness(past=1e9, future=1e9)


@attrs.frozen(kw_only=True)
class Receiver:
    """How a receiver behaves: as it should, or not."""

    answer: bytes = b"Success"
    refusal: tuple[int, bytes] = (401, b"no")
    verifies: bool = True
    freshness: Freshness = webhooks.RETRY_WINDOW
    keeps: bool = True
    counts_each: bool = False
    refuses_again: bool = False

    @contextmanager
    def serve(self, url: str, key: str = KEY) -> Iterator[str]:
        """Serve on loopback into an inbox; give the webhook URL."""
        lock, seen = threading.Lock(), {}

        with Inbox(url) as inbox:

            class Handler(BaseHTTPRequestHandler):
                def do_POST(handler) -> None:  # noqa: N805
                    body = handler.rfile.read(int(handler.headers["content-length"]))
                    with lock:
                        status, said = self._take(inbox, body, dict(handler.headers.items()), key, seen)
                    handler.send_response(status)
                    handler.send_header("content-length", str(len(said)))
                    handler.end_headers()
                    with suppress(ConnectionError):
                        handler.wfile.write(said)

                def log_message(handler, *_: object) -> None:  # noqa: N805
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/halopay?shop=1"
            finally:
                server.shutdown()
                thread.join(10)
                server.server_close()

    def _take(
        self, inbox: Inbox, body: bytes, headers: Mapping[str, str], key: str, seen: dict[bytes, int]
    ) -> tuple[int, bytes]:
        if self.verifies:
            try:
                event = webhooks.verify(body, headers, app_key=key, now=time.time(), freshness=self.freshness)
            except HaloPayError:
                return self.refusal
            seen[body] = seen.get(body, 0) + 1
            if seen[body] > 1 and self.refuses_again:
                return 409, b"seen"
            if self.counts_each:
                event = _another(body, seen[body], key)
            if self.keeps:
                inbox.take([Arrival(event=event, received_at=time.time())])
        return 200, self.answer


def _another(body: bytes, number: int, key: str) -> webhooks.Event:
    """Return an event that differs from those before, as of a receiver with numbers of its own."""
    now = int(time.time())
    made = json.dumps({**json.loads(body), "amount_collected": str(number)}).encode()
    signed = {"X-Appid": json.loads(body)["appid"], "X-Timestamp": str(now), "X-Sign": sign(made, now, AppKey(key))}
    return webhooks.verify(made, signed, app_key=key, now=now)


class Git:
    """A repository in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.run("init", "-q", "-b", "main")

    def run(self, *arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        environ = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-C", str(self.folder), *who, *arguments]
        return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def commit(self, path: str, text: str | bytes, message: str = "a change") -> str:
        self.write(path, text)
        self.run("add", "-f", path)
        self.run("commit", "-q", "-m", message)
        return self.run("rev-parse", "--short", "HEAD")


def environ(box, **changed: str) -> dict[str, str]:
    """Return an environment with a sandbox's credentials."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")}
    return clean | {"HALOPAY_APP_ID": box.app_id, "HALOPAY_APP_KEY": KEY} | changed


def examined(patient: Patient, **options: object) -> dict[str, Check]:
    """Return each check by its name; no text of any holds the key."""
    checks = list(examine(patient, **options))
    assert KEY not in repr(checks)
    found = {check.name: check for check in checks}
    assert len(found) == len(checks)
    assert all(check.remedy for check in checks if check.verdict == "failed")
    return found


def failed(checks: Mapping[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if check.verdict == "failed"}
