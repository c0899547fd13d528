"""Webhooks that are sent to try a receiver: obviously no order, nothing paid, and right or wrong in one respect.

Their status is TIME-OUT with nothing collected: an order that waits would be asked for by every sweep from then on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

import attrs
import urllib3
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.exceptions import TimeoutError as NoAnswer

from halopay_api.models import Chain, EventKind, PaymentStatus
from halopay_api.policy import ACKNOWLEDGEMENT
from halopay_kit.connection import is_loopback
from halopay_kit.errors import ConfigurationError, TransportError, Unreachable
from halopay_kit.signing import AppKey, hide, sign
from halopay_kit.webhooks import RETRY_WINDOW

PREFIX: Final = "halopay-doctor-"
STALE: Final = RETRY_WINDOW.past + 86_400  # seconds: a day older than any retry
_LONGEST_ANSWER = 4096  # bytes that are looked at; the acknowledgement has seven
_SHOWN = 60  # characters of an answer
_ANOTHER_KEY = AppKey("aKeyThatIsNotTheApps")

Kind = Literal["genuine", "another key", "unsigned", "altered", "stale"]


@attrs.frozen(kw_only=True)
class Reply:
    """What a receiver answered, after how many seconds."""

    status: int
    body: bytes
    seconds: float

    @property
    def acknowledged(self) -> bool:
        """Whether it is what HaloPay waits for: HTTP 2xx and the body `Success`, nothing around it."""
        return 200 <= self.status < 300 and self.body == ACKNOWLEDGEMENT.encode()

    def __str__(self) -> str:
        text = self.body.decode("utf-8", "backslashreplace")[: 10 * _SHOWN]
        text = hide(text)[:_SHOWN]  # in this order: a page that shows settings may hold a key
        return f"HTTP {self.status} {text!r}" if text else f"HTTP {self.status} without a body"


@attrs.frozen(kw_only=True)
class Probe:
    """Sends webhooks of an app to a URL; each run has numbers of its own, made of `run`.

    Raises:
        ConfigurationError: the URL cannot be right.
    """

    url: str
    app_id: str
    app_key: AppKey
    run: str
    clock: Callable[[], float]
    timeout: float

    def __attrs_post_init__(self) -> None:
        host_of(self.url)

    def number(self, kind: Kind) -> str:
        """Return the out_trade_no, and trade_no, of what is sent as that kind."""
        return f"{PREFIX}{self.run}-{kind.replace(' ', '-')}"

    def send(self, kind: Kind, *, at: int | None = None) -> Reply:
        """Send a webhook of a kind; `at` is its time, now if that is not given: the same one gives the same bytes.

        Raises:
            TransportError: there was no answer.
        """
        now = int(self.clock()) if at is None else at
        signed_at = now - STALE if kind == "stale" else now
        return self._post(self._body(kind, int(signed_at)), kind, int(signed_at))

    def again(self, at: int) -> Reply:
        """Send the genuine one of that time as HaloPay may retry it: the same body, signed afresh.

        Raises:
            TransportError: there was no answer.
        """
        return self._post(self._body("genuine", at), "genuine", max(int(self.clock()), at + 1))

    def _body(self, kind: Kind, now: int) -> bytes:
        number = self.number(kind)
        event = {
            "appid": self.app_id,
            "trade_no": number,
            "out_trade_no": number,
            "amount_collected": "0",
            "amount": "1",
            "token_amount": "1",
            "chain": str(Chain.TRON),
            "chain_id": 3448148188,
            "type": str(EventKind.PAYMENT),
            "currency_id": 75,
            "txid": hashlib.sha256(number.encode()).hexdigest(),
            "status": str(PaymentStatus.TIME_OUT),
            "time": now,
        }
        return json.dumps(event, separators=(",", ":")).encode()

    def _post(self, body: bytes, kind: Kind, signed_at: int) -> Reply:
        timestamp = f"{signed_at:010d}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "halopay-doctor",
            "X-Appid": self.app_id,
            "X-Timestamp": timestamp,
            "X-Sign": sign(body, timestamp, _ANOTHER_KEY if kind == "another key" else self.app_key),
            "X-EventType": "Time-Out",
        }
        if kind == "unsigned":
            del headers["X-Sign"]
        sent = body.replace(b'"amount":"1"', b'"amount":"9"') if kind == "altered" else body
        return _sent(self.url, sent, headers, self.timeout)


def host_of(url: str) -> str:
    """Return the host of a webhook URL, which has to be https unless it is this machine's.

    Raises:
        ConfigurationError: it cannot be right.
    """
    advice = "Give it as https://shop.example/halopay/webhooks."
    try:
        target = urlsplit(url)
        host, _ = target.hostname, target.port
        readable = url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        raise ConfigurationError("the webhook URL cannot be read", advice=advice) from None
    if not readable or target.scheme not in ("http", "https") or not host:
        raise ConfigurationError("the webhook URL cannot be read", advice=advice)
    if target.username is not None or target.fragment:
        raise ConfigurationError("the webhook URL holds more than scheme, host, path and query", advice=advice)
    if target.scheme == "http" and not is_loopback(host):
        raise ConfigurationError("the webhook URL is http to another machine", advice=f"Serve it by TLS. {advice}")
    return host


def _sent(url: str, body: bytes, headers: Mapping[str, str], patience: float) -> Reply:
    began = time.monotonic()
    try:
        with urllib3.PoolManager(num_pools=1, retries=False, timeout=patience) as pool:
            answer = pool.request("POST", url, body=body, headers=headers, redirect=False, preload_content=False)
            try:
                content = _read(answer, began + patience)
            finally:
                answer.close()
    except NameResolutionError as error:
        raise Unreachable("the host name is not known") from error
    except NewConnectionError as error:
        raise Unreachable("the connection was refused") from error
    except (NoAnswer, TimeoutError) as error:
        raise TransportError(f"no answer within {patience:g} seconds") from error
    except (HTTPError, OSError, ValueError) as error:
        raise TransportError(f"the connection broke ({type(error).__name__})") from error
    return Reply(status=answer.status, body=content, seconds=time.monotonic() - began)


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Return the body's beginning; no later than the deadline."""
    content = b""
    while len(content) < _LONGEST_ANSWER and (chunk := answer.read1(_LONGEST_ANSWER, decode_content=False)):
        content += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
    return content
