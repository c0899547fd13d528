"""Sign, send, verify the answer, and send again only what may be sent again."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

import attrs

from halopay_api import codec
from halopay_api.operations import Operation
from halopay_api.policy import EFFECTS, RESULT_CODES
from halopay_kit import signing
from halopay_kit.answers import Answer, about, open_answer, trade_numbers
from halopay_kit.connection import Connection
from halopay_kit.errors import (
    AnswerError,
    ApiError,
    ConfigurationError,
    FrequentOperation,
    HaloPayError,
    InvalidRequest,
    OutcomeUnknown,
    TransportError,
    Unreachable,
)
from halopay_kit.signing import AppKey

T = TypeVar("T")

BACKOFF = 0.25  # seconds before the first repetition, at most; doubles each time
LONGEST_WAIT = 30.0  # seconds; whoever asks us to wait longer gets an error instead of a sleeping thread
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Attempt:
    """One sending of a call and what came of it, for logging; neither the key nor what was sent."""

    operation: str
    number: int
    seconds: float
    trade_no: str | None
    out_trade_no: str | None
    status: int | None
    code: int | None
    error: HaloPayError | None
    retry_in: float | None


Hook = Callable[[Attempt], None]


@attrs.define(kw_only=True, eq=False)
class Transport:
    """Calls over one connection; thread-safe.

    Times are seconds. `timeout` bounds every wait for bytes of an attempt and the reading of its body as a whole,
    `attempts` how often a call that only reads is sent.
    """

    app_id: str
    app_key: AppKey
    connection: Connection
    timeout: float
    attempts: int
    clock: Callable[[], float]
    sleep: Callable[[float], None] = time.sleep
    hook: Hook | None = None

    def call(
        self,
        operation: Operation[T],
        values: Mapping[str, object],
        *,
        timeout: float | None = None,
        attempts: int | None = None,
        signed_at: float | None = None,
    ) -> Answer[T]:
        """Send a call and return its verified answer; it is signed with the clock's time, or with `signed_at`.

        Raises:
            InvalidRequest: a field is not right; nothing was sent.
            ApiError: HaloPay refused, in a verified answer.
            AnswerError, TransportError: a call that only reads got no answer that can be used.
            Unreachable: no connection was made; nothing was sent.
            OutcomeUnknown: a call that creates or moves money got no answer that can be trusted.
        """
        try:
            body = codec.encode(operation, values)
        except codec.EncodeError as error:
            raise InvalidRequest(str(error), field=error.field, operation=operation.name) from error
        limit = self.timeout if timeout is None else checked_timeout(timeout)
        sent = trade_numbers(values)
        may_repeat = EFFECTS[operation.effect].retry
        most = self.attempts if attempts is None else attempts
        number = 1
        while True:
            headers = self._headers(body, self._now() if signed_at is None else checked_time(signed_at))
            started = time.perf_counter()
            outcome = self._attempt(operation, sent, headers, body, limit)
            if isinstance(outcome, Answer):
                if self.hook is not None:
                    self._report(operation, sent, number, started, outcome, None)
                return outcome
            wait = self._wait(outcome, number, most) if may_repeat else None
            self._report(operation, sent, number, started, outcome, wait)
            if wait is None:
                if may_repeat or _nothing_was_done(outcome):
                    raise outcome
                raise _unknown(outcome, operation, sent) from outcome
            self.sleep(wait)
            number += 1

    def _headers(self, body: bytes, now: float) -> dict[str, str]:
        timestamp = f"{int(now):d}"
        return {
            "X-Appid": self.app_id,
            "X-Timestamp": timestamp,
            "X-Sign": signing.sign(body, timestamp, self.app_key),
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": "halopay-kit",
        }

    def _now(self) -> float:
        try:
            now = self.clock()
            right = 10**9 <= now < 10**10
        except Exception as error:
            raise ConfigurationError("the clock failed", advice="It must return unix seconds.") from error
        if not right:
            raise ConfigurationError("the clock does not return unix seconds", advice="time.time does.")
        return now

    def _attempt(
        self, operation: Operation[T], sent: Mapping[str, str], headers: dict[str, str], body: bytes, limit: float
    ) -> Answer[T] | HaloPayError:
        """Send once; return the answer, or what went wrong: once bytes may be out, no other error may leave."""
        try:
            status, answered, content = self.connection.post(operation.path, headers, body, limit)
            now = self._now()
            try:
                return open_answer(
                    operation,
                    sent,
                    status=status,
                    headers=answered,
                    body=content,
                    app_id=self.app_id,
                    app_key=self.app_key,
                    now=now,
                )
            except AnswerError as error:
                error.retry_after = _retry_after(answered.get("retry-after"), now)
                raise
        except HaloPayError as error:
            return about(error, operation.name, sent)
        except Exception as error:  # noqa: BLE001  # a fault of the kit or of a user's object; the call is out
            fault = TransportError(f"the kit failed on the answer ({type(error).__name__})")
            fault.__cause__ = error
            return about(fault, operation.name, sent)

    def _wait(self, error: HaloPayError, number: int, most: int) -> float | None:
        """Return the seconds until the call may be sent again, None when it may not."""
        asked = error.retry_after or 0.0
        if number >= most or asked > LONGEST_WAIT or not _passing(error):
            return None
        backoff = random.uniform(0, min(LONGEST_WAIT, BACKOFF * 2 ** min(number - 1, 10)))  # noqa: S311  # jitter
        return max(backoff, asked)

    def _report(
        self,
        operation: Operation[T],
        sent: Mapping[str, str],
        number: int,
        started: float,
        outcome: Answer[T] | HaloPayError,
        retry_in: float | None,
    ) -> None:
        if self.hook is None:
            return
        error = outcome if isinstance(outcome, HaloPayError) else None
        attempt = Attempt(
            operation=operation.name,
            number=number,
            seconds=time.perf_counter() - started,
            trade_no=sent.get("trade_no"),
            out_trade_no=sent.get("out_trade_no"),
            status=outcome.status if isinstance(outcome, Answer | AnswerError) else None,
            code=error.code if error else 0,
            error=error,
            retry_in=retry_in,
        )
        try:
            self.hook(attempt)
        except Exception:  # noqa: BLE001  # a logger that fails must not turn an order that was made into an error
            _log.exception("the hook of halopay_kit failed on %s", operation.name)


def checked_time(seconds: float) -> float:
    """Return the seconds if they can be a timestamp.

    Raises:
        ConfigurationError: not a number, or not of ten digits.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 10**9 <= seconds < 10**10:
        raise ConfigurationError("signed_at is not a time in unix seconds")
    return float(seconds)


def checked_timeout(seconds: float) -> float:
    """Return the seconds if they are a usable bound.

    Raises:
        ConfigurationError: not a number, or not between 0 and a day.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds <= 86400:
        raise ConfigurationError("the timeout is not a number of seconds between 0 and a day")
    return float(seconds)


def _passing(error: HaloPayError) -> bool:
    """Say whether the same call may well succeed in a moment."""
    if isinstance(error, AnswerError) and error.status is not None and (error.status >= 500 or error.status == 429):
        return True
    return isinstance(error, TransportError | FrequentOperation)


def _nothing_was_done(error: HaloPayError) -> bool:
    """Say whether it is certain that a call which creates or moves money did nothing."""
    if isinstance(error, Unreachable):
        return True
    known = RESULT_CODES.get(error.code) if isinstance(error, ApiError) and error.code is not None else None
    return known is not None and known.outcome == "not-done"


def _unknown(error: HaloPayError, operation: Operation[T], sent: Mapping[str, str]) -> HaloPayError:
    unknown = OutcomeUnknown(
        f"outcome unknown, it may have been done: {error.problem}",
        advice=" ".join(filter(None, (OutcomeUnknown.advice, error.advice))),
        code=error.code,
        msg=error.msg,
        verified=error.verified,
    )
    unknown.retry_after, unknown.clock_offset = error.retry_after, error.clock_offset
    return about(unknown, operation.name, sent)


def _retry_after(value: str | None, now: float) -> float | None:
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
