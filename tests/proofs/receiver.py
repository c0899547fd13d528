"""`halopay receive` in a process of its own, to be killed at any moment and started again; and who sends to it."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any, Self

from halopay_kit.signing import AppKey, sign
from tests.conftest import ROOT, example

APP_ID = "ad4cyr8dpfs9j2u1"
SECRET = "plantedAppKey0f7c1d9e2b"
KEY = AppKey(SECRET)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Receiver:
    """Listens at one address, however often it dies."""

    def __init__(self, url: str, log: Any = subprocess.DEVNULL, app_id: str = APP_ID, key: str = SECRET) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self._command = [sys.executable, "-m", "tests.proofs.receiver", url, str(self.port)]
        self._environ = {**os.environ, "HALOPAY_APP_ID": app_id, "HALOPAY_APP_KEY": key}
        self._log = log

    def start(self) -> Self:
        """Start it and wait until it serves."""
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environ, stdout=subprocess.PIPE, stderr=self._log
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "the receiver did not start"
        return self

    def kill(self) -> None:
        """Kill it, no questions asked."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it as an operator would; return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, sign: int) -> int:
        self._process.send_signal(sign)
        code = self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


class Senders:
    """Send events, each another one, over kept connections; know which were answered `Success`."""

    def __init__(self, port: int, number: int = 8) -> None:
        self._port = port
        self._numbers = itertools.count()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(name,)) for name in range(number)]
        self.acknowledged: list[str] = []
        self.seconds: list[float] = []
        self.statuses: Counter[object] = Counter()

    @property
    def p99(self) -> float:
        """Return within how many seconds 99 of 100 requests were answered."""
        return sorted(self.seconds)[len(self.seconds) * 99 // 100]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _send(self, name: int) -> None:
        fields = example("webhook.payment")["body"]
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._over.is_set():
            trade_no = f"2026112300{name:04d}{next(self._numbers):018d}"
            body = json.dumps({**fields, "trade_no": trade_no, "out_trade_no": trade_no}).encode()
            now = int(time.time())
            headers = {"X-Appid": APP_ID, "X-Timestamp": str(now), "X-Sign": sign(body, now, KEY)}
            began = time.perf_counter()
            try:
                connection.request("POST", "/", body, headers)
                answer = connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.statuses["no answer"] += 1
                self._over.wait(0.01)
                continue
            self.seconds.append(time.perf_counter() - began)
            self.statuses[answer.status] += 1
            if answer.status == 200:
                assert said == b"Success", said
                self.acknowledged.append(trade_no)
        connection.close()


def flood(port: int, seed: int) -> subprocess.Popen[bytes]:
    """Send hostile requests from a process of its own until it is killed, so that honest senders lend it no time."""
    code = "import sys; from tests.proofs.hostile_requests import flood; flood(int(sys.argv[1]), int(sys.argv[2]))"
    process = subprocess.Popen([sys.executable, "-c", code, str(port), str(seed)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline(), "the flood did not start"
    return process


if __name__ == "__main__":
    from halopay_kit.cli import main

    sys.argv = ["halopay", "receive", "--inbox", sys.argv[1], "--port", sys.argv[2]]
    main()
