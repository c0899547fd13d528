"""Send calls as bytes, right ones and wrong ones, and write every exchange down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, Literal

import attrs

from halopay_api.operations import OPERATIONS
from halopay_kit.connection import Connection
from halopay_kit.contract.envelope import code
from halopay_kit.contract.exchange import Exchange, Expectation, Headers, header_of
from halopay_kit.contract.log import Log
from halopay_kit.contract.pace import Pace
from halopay_kit.contract.target import Target
from halopay_kit.errors import AnswerError, ConfigurationError, FrequentOperation, TransportError
from halopay_kit.signing import AppKey

Reading = Literal["samples", "prose", "wrong", "missing"]

SUCCESS: Final = Expectation(outcome="success")
TOO_OFTEN: Final = int(FrequentOperation.number or 0)
_AGAIN = 3  # how often a call is repeated that came too soon
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@attrs.frozen(kw_only=True)
class Seal:
    """What stands in the headers of a call.

    Attributes:
        ahead: seconds that the timestamp is ahead of the time.
        timestamp: what stands there instead, where it is no time at all.
        reading: how it is signed; `wrong` is signed with another key, `missing` is not signed.
        app_id: another app's id; "" leaves the header out.
    """

    ahead: float = 0.0
    timestamp: str | None = None
    reading: Reading = "samples"
    app_id: str | None = None
    content_type: str = "application/json"


RIGHT: Final = Seal()
_ANOTHER_KEY = AppKey("aKeyThatIsNotTheApps")


class Caller:
    """Calls a target; where it is live, nothing but right calls whose effect `effects` allow ever leaves."""

    def __init__(
        self,
        target: Target,
        log: Log,
        *,
        pace: Pace | None = None,
        effects: frozenset[str] = frozenset({"read"}),
        timeout: float = 30.0,
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self.target = target
        self.log = log
        self.pace = pace or Pace()
        self._effects = effects - {"moves-money"}
        self._timeout = timeout
        self._progress = progress
        self._connection = Connection(target.base_url)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def call(self, operation: str, fields: Mapping[str, object], expects: Expectation = SUCCESS) -> Exchange:
        """Send fields, rightly signed."""
        return self.send(operation, _encode(fields).encode(), RIGHT, expects)

    def send(self, operation: str, body: bytes, seal: Seal, expects: Expectation) -> Exchange:
        """Send bytes; a call that came too soon is sent again, more slowly each time.

        Raises:
            ConfigurationError: the target is live and the call is none that may be sent there; nothing was sent.
        """
        effect = OPERATIONS[operation].effect
        if self.target.live and (effect not in self._effects or seal is not RIGHT):
            raise ConfigurationError(f"{operation} may not be sent like this to a live target", advice="")
        may_repeat = effect == "read" or not self.target.live
        for _ in range(_AGAIN if may_repeat else 0):
            exchange = self._exchange(operation, body, seal, expects)
            if code(exchange) != TOO_OFTEN and exchange.status != 429:
                return exchange
        return self._exchange(operation, body, seal, expects)

    def _exchange(self, operation: str, body: bytes, seal: Seal, expects: Expectation) -> Exchange:
        self.pace.wait()
        target = self.target
        at = target.clock()
        headers = self._headers(body, seal, at)
        sent = Exchange(
            number=0,
            operation=operation,
            url=target.base_url.rstrip("/") + OPERATIONS[operation].path,
            # A sandbox whose clock was moved answers a call that comes at no right time by its own clock.
            at=at if target.ours or not (seal.ahead or seal.timestamp is not None) else None,
            request_headers=tuple(headers.items()),
            request_body=body,
            status=None,
            error="interrupted before an answer came",
        )
        exchange = self._answered(self.log.add_exchange(sent), headers, expects)
        self.log.settle(exchange)
        if code(exchange) == TOO_OFTEN or exchange.status == 429:
            self.pace.slow_down(_asked(exchange.answer_headers))
        self._progress()
        return exchange

    def _answered(self, sent: Exchange, headers: Mapping[str, str], expects: Expectation) -> Exchange:
        """Send what is written down already, so that no Ctrl-C makes it unsaid; return it with what came of it."""
        path, body = OPERATIONS[str(sent.operation)].path, sent.request_body or b""
        status, answer, error = None, None, None
        answer_headers: Headers = ()
        try:
            status, told, answer = self._connection.post(path, headers, body, self._timeout)
            answer_headers = tuple(told.items())
        except TransportError as problem:
            error = problem.problem
        except AnswerError as problem:
            status, error = problem.status, problem.problem
        return attrs.evolve(
            sent,
            status=status,
            answer_headers=answer_headers,
            answer_body=answer,
            answered_at=None if sent.at is None else self.target.clock(),
            error=error,
            expects=expects,
        )

    def _headers(self, body: bytes, seal: Seal, now: float) -> dict[str, str]:
        target = self.target
        timestamp = f"{int(now + seal.ahead):010d}" if seal.timestamp is None else seal.timestamp
        content = body + timestamp.encode("latin-1")
        key = _ANOTHER_KEY if seal.reading == "wrong" else target.app_key
        digest = key.digest_as_prose(content) if seal.reading == "prose" else key.digest(content)
        headers = {
            "X-Appid": target.app_id if seal.app_id is None else seal.app_id,
            "X-Timestamp": timestamp,
            "X-Sign": "" if seal.reading == "missing" else digest.hex(),
            "content-type": seal.content_type,
            "accept-encoding": "identity",
            "user-agent": "halopay-kit",
        }
        return {name: value for name, value in headers.items() if value}


def _asked(headers: Headers) -> float | None:
    value = header_of(headers, "retry-after") or ""
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
