"""Traffic for the tests: a session with a sandbox, as whoever stands between would write it down."""

from __future__ import annotations

import base64
import copy
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import attrs
import urllib3

from halopay_kit import AppKey, Sandbox, sign

HOST = "https://api.pay.halochat.io"
SHOP = "https://shop.example/hooks/halopay"
KEY_TEXT = "Pl4nted/AppKey+With=Signs"
KEY = AppKey(KEY_TEXT)
CODE = "493817"
ADDRESS = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"
Pairs = list[tuple[str, str]]


@attrs.define
class Seen:
    """One request and its answer, bytes as they were on the wire."""

    at: float
    url: str
    headers: Pairs
    body: bytes
    status: int
    answer_headers: Pairs
    answer: bytes
    method: str = "POST"

    def header(self, name: str, value: str) -> None:
        """Change a header of the answer."""
        self.answer_headers = [(known, value if known.lower() == name else old) for known, old in self.answer_headers]

    def sign_anew(self, body: bytes, *, later: int = 0) -> None:
        """Give it another answer, rightly signed."""
        now = int(dict(self.answer_headers)["x-timestamp"]) + later
        self.answer = body
        self.header("x-timestamp", str(now))
        self.header("x-sign", sign(body, now, KEY))
        self.header("content-length", str(len(body)))

    def says(self, change: Callable[[dict[str, Any]], object], *, later: int = 0) -> None:
        """Change what the answer says, rightly signed."""
        envelope = json.loads(self.answer)
        change(envelope["data"])
        self.sign_anew(json.dumps(envelope, separators=(",", ":")).encode(), later=later)


class Session(list[Seen]):
    """What was seen, in order."""

    def last(self, path: str) -> Seen:
        """Return the last call of a path."""
        return [seen for seen in self if seen.url.endswith(path)][-1]

    @property
    def signs(self) -> set[str]:
        """Return every signature."""
        lines = [line for seen in self for line in (*seen.headers, *seen.answer_headers)]
        return {value for name, value in lines if name.lower() == "x-sign"}


@contextmanager
def receiver(session: Session, refuses: int = 0) -> Iterator[str]:
    """Take webhooks in, and write them down; the first few are refused."""
    left = [refuses]

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = (503, b"no") if left[0] > 0 else (200, b"Success")
            left[0] -= 1
            answer_headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))]
            session.append(Seen(time.time(), SHOP, list(self.headers.items()), body, status, answer_headers, answer))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def caller(box: Sandbox, session: Session) -> Callable[..., dict[str, Any]]:
    """Return what calls a sandbox and writes it down, as if it were HaloPay's own address."""

    def call(path: str, **fields: object) -> dict[str, Any]:
        body = json.dumps(fields, separators=(",", ":")).encode()
        at, now = time.time(), str(int(box.clock.now()))
        headers = {"X-Appid": box.app_id, "X-Timestamp": now, "X-Sign": sign(body, now, KEY)}
        headers["Content-Type"] = "application/json"
        with urllib3.PoolManager() as pool:
            answer = pool.request("POST", box.base_url + path, body=body, headers=headers)
        told = list(answer.headers.items())
        session.append(Seen(at, HOST + path, list(headers.items()), body, answer.status, told, answer.data))
        found = json.loads(answer.data)["data"]
        return found if isinstance(found, dict) else {}

    return call


def record(**options: Any) -> Session:
    """Play a session: an order paid in two parts, a payout, the lists."""
    session = Session()
    with receiver(session) as url, Sandbox(seed=5, app_key=KEY, webhook_url=url, **options) as box:
        call = caller(box, session)
        first = call("/api/order/create", out_trade_no="T1", currency_id=75, token_amount="10")["trade_no"]
        call("/api/order/detail", trade_no=first)
        box.pay(trade_no=first, amount="4")
        call("/api/order/detail", trade_no=first)
        box.pay(trade_no=first)
        call("/api/order/detail", trade_no=first)
        money = {"currency_id": 75, "amount": "1", "address": ADDRESS, "google_code": CODE}
        payout = call("/api/payout/create", out_trade_no="P1", **money)["trade_no"]
        box.settle(trade_no=payout)
        call("/api/payout/detail", trade_no=payout)
        call("/api/account/balance", currency_id=75)
        call("/api/order/exchange-rates", currency_id=75, fiat_name="USD")
        call("/api/currency/token-list")
        call("/api/currency/app-token-list")
    return session


# --- formats


def har(session: Session, *, sizes: bool = True, as_base64: bool = False) -> dict[str, Any]:
    """Write a session as a proxy does."""
    return {"log": {"version": "1.2", "entries": [har_entry(seen, sizes, as_base64) for seen in session]}}


def har_entry(seen: Seen, sizes: bool = True, as_base64: bool = False) -> dict[str, Any]:
    def lines(pairs: Pairs) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in pairs if sizes or name.lower() != "content-length"]

    content = {"size": len(seen.answer), "mimeType": "application/json", "text": seen.answer.decode("utf-8", "replace")}
    if as_base64:
        content |= {"text": base64.b64encode(seen.answer).decode(), "encoding": "base64"}
    return {
        "startedDateTime": iso(seen.at),
        "time": 3.5,
        "request": {
            "method": seen.method,
            "url": seen.url,
            "headers": lines(seen.headers),
            "postData": {"mimeType": "application/json", "text": seen.body.decode()},
            "bodySize": len(seen.body) if sizes else -1,
        },
        "response": {
            "status": seen.status,
            "headers": lines(seen.answer_headers),
            "content": content,
            "bodySize": len(seen.answer) if sizes else -1,
        },
    }


def vcrpy(session: Session) -> dict[str, Any]:
    """Write a session as vcrpy does; it keeps no times."""

    def many(pairs: Pairs) -> dict[str, list[str]]:
        return {name: [value] for name, value in pairs}

    return {
        "version": 1,
        "interactions": [
            {
                "request": {
                    "method": seen.method, "uri": seen.url, "headers": many(seen.headers), "body": seen.body.decode()
                },
                "response": {
                    "status": {"code": seen.status, "message": "OK"},
                    "headers": many(seen.answer_headers),
                    "body": {"string": seen.answer.decode()},
                },
            }
            for seen in session
        ],
    }  # fmt: skip


def lines(session: Session) -> str:
    """Write a session as JSON lines."""
    rows = []
    for seen in session:
        sent = {"headers": dict(seen.headers), "body": seen.body.decode()}
        if seen.url == SHOP:
            rows.append({"webhook": sent, "at": seen.at, "answered": seen.answer.decode()})
        else:
            answer = {"status": seen.status, "headers": dict(seen.answer_headers), "body": seen.answer.decode()}
            rows.append({"url": seen.url, "at": seen.at, "request": sent, "answer": answer})
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def iso(at: float) -> str:
    """Return a time as HAR has it."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def changed(session: Session) -> Session:
    """Return a copy to change."""
    return Session(copy.deepcopy(list(session)))
