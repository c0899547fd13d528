"""A sandbox in a process of its own, to be killed at any moment and started again with the same file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from halopay_kit.sandbox import Sandbox
from tests.sandbox.wire import KEY, START, Hand, Wire

ROOT = Path(__file__).parent.parent.parent


class Child:
    """Starts the sandbox; has what `Wire` needs of one once it serves."""

    def __init__(self, state: Path, webhook_url: str = "") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox.killed", str(state), webhook_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def serving(self) -> Self:
        """Wait until it serves."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the sandbox did not start"
        found = json.loads(line)
        self.app_id: str = found["app_id"]
        self.base_url: str = found["base_url"]
        self.control_token: str = found["control_token"]
        self.hand = Hand(found["second"])
        return self

    def wire(self) -> Wire:
        """Return a caller of it."""
        return Wire(self, self.hand)  # type: ignore[arg-type]  # it asks for no more

    def state(self) -> dict[str, Any]:
        """Return all that it remembers."""
        wire = self.wire()
        status, found = wire.control("state", method="GET")
        wire.close()
        assert status == 200
        return found

    def kill(self) -> None:
        """Kill it, no questions asked."""
        self._process.send_signal(signal.SIGKILL)

    def gone(self) -> None:
        """Wait for its end."""
        self._process.kill()
        self._process.communicate()


class Receiver:
    """Takes webhooks, or refuses them; after so many it kills."""

    def __init__(self) -> None:
        self.bodies: Counter[bytes] = Counter()
        self.takes = False
        self.victim: Child | None = None
        self.victim_at = 0
        self.changed = threading.Condition()
        receiver = self

        class _Post(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = b"Success" if receiver.takes else b"not now"
                receiver.note(body)
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

            def log_message(self, *_: object) -> None:
                pass

        class _Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                """Do nothing: the sender was killed."""

        self._server = _Server(("127.0.0.1", 0), _Post)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def note(self, body: bytes) -> None:
        """Count what came while it takes."""
        if self.takes:
            with self.changed:
                self.bodies[body] += 1
                if self.victim is not None and self.bodies.total() >= self.victim_at:
                    self.victim.kill()
                    self.victim = None
                self.changed.notify_all()

    def kills(self, child: Child, after: int) -> None:
        """Kill the child after so many more."""
        with self.changed:
            self.victim, self.victim_at = child, self.bodies.total() + after

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def main(state: str, webhook_url: str) -> None:
    with Sandbox(state=state, seed="killed", app_key=KEY, start=START, webhook_url=webhook_url or None) as box:
        found = {"base_url": box.base_url, "control_token": box.control_token, "app_id": box.app_id}
        sys.stdout.write(json.dumps({**found, "second": box.clock.second()}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
