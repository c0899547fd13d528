"""A proxy on loopback that stands for the live host: it writes down every request and hands it on to a sandbox."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs
import urllib3


@attrs.frozen
class Arrived:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


class Proxy:
    """`arrived` is all that came, of whatever kind; `signatures` are those of the answers."""

    def __init__(self, behind: str) -> None:
        self.arrived: list[Arrived] = []
        self.signatures: set[str] = set()
        self._behind = behind
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        self._pool = urllib3.PoolManager(retries=False)

    @property
    def paths(self) -> list[str]:
        return [each.path for each in self.arrived]

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._pool.clear()

    def hand_on(self, arrived: Arrived) -> tuple[int, list[tuple[str, str]], bytes]:
        self.arrived.append(arrived)
        answer = self._pool.request(
            arrived.method, self._behind + arrived.path, body=arrived.body, headers=arrived.headers, redirect=False
        )
        self.signatures |= {value for name, value in answer.headers.items() if name.lower() == "x-sign"}
        return answer.status, list(answer.headers.items()), answer.data


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, headers, answer = proxy.hand_on(
                Arrived(self.command, self.path, dict(self.headers.items()), body, time.monotonic())
            )
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"):
        setattr(Handler, f"do_{method}", Handler._pass_on)
    return Handler
