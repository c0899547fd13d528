"""HaloPay, the front door: typed operations over the transport; owns clock and configuration."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypedDict, TypeVar, Unpack, overload

from halopay_api.operations import OPERATIONS, Api, Operation
from halopay_kit.answers import Answer
from halopay_kit.connection import Connection
from halopay_kit.errors import ConfigurationError, InvalidRequest
from halopay_kit.signing import AppKey
from halopay_kit.transport import Hook, Transport, checked_timeout

T = TypeVar("T")

BASE_URL = "https://api.pay.halochat.io"
_APP_ID = re.compile(r"[\x21-\x7e]{1,64}")


class Options(TypedDict, total=False):
    """What a client may be given besides credentials and address."""

    timeout: float
    attempts: int
    hook: Hook | None
    clock: Callable[[], float]
    sleep: Callable[[float], None]


class HaloPay(Api):
    """A client of HaloPay, with the operations grouped as their paths read; thread-safe, a context manager.

    `timeout` is in seconds and bounds each wait for HaloPay; every operation takes its own as well. `attempts` is how
    often a call that only reads is sent before its error is raised; calls that create or move money are sent once.
    `hook` is called with an `Attempt` after each sending. `clock` returns unix seconds.

    Raises:
        ConfigurationError: a credential or setting that cannot be right.
    """

    def __init__(
        self,
        app_id: str,
        app_key: AppKey | str,
        base_url: str = BASE_URL,
        *,
        timeout: float = 30.0,
        attempts: int = 3,
        hook: Hook | None = None,
        clock: Callable[[], float] = time.time,  # noqa: TID251  # the client owns the clock
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            app_key = AppKey(app_key)
        except ConfigurationError:
            del app_key  # or this frame would show it in a traceback
            raise
        if not isinstance(app_id, str) or not _APP_ID.fullmatch(app_id):
            raise ConfigurationError(
                "the AppId is missing or holds white space or unusual characters",
                advice="Copy it from the dashboard's appManage page.",
            )
        _check_attempts(attempts)
        if not callable(clock) or not callable(sleep) or not (hook is None or callable(hook)):
            raise ConfigurationError("clock, sleep and hook must be callable")
        self._transport = Transport(
            app_id=app_id,
            app_key=app_key,
            connection=Connection(base_url),
            timeout=checked_timeout(timeout),
            attempts=attempts,
            clock=clock,
            sleep=sleep,
            hook=hook,
        )
        super().__init__(self._send)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] = os.environ,  # noqa: TID251  # read when asked to
        *,
        base_url: str | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """Return a client for HALOPAY_APP_ID, HALOPAY_APP_KEY and, where `base_url` is not given, HALOPAY_BASE_URL.

        Where neither is there, it speaks to HaloPay itself.

        Raises:
            ConfigurationError: one of the first two is missing, or cannot be right.
        """
        missing = [name for name in ("HALOPAY_APP_ID", "HALOPAY_APP_KEY") if not environ.get(name)]
        app_id, key = environ.get("HALOPAY_APP_ID", ""), environ.get("HALOPAY_APP_KEY", "")
        base_url = base_url or environ.get("HALOPAY_BASE_URL") or BASE_URL
        del environ  # from here on a traceback shows no environment
        if missing:
            del key
            raise ConfigurationError(
                f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set in the environment",
                advice="AppId and AppKey stand on the dashboard's appManage page.",
            )
        try:
            app_key = AppKey(key)
        finally:
            del key
        return cls(app_id, app_key, base_url, **options)

    @property
    def app_id(self) -> str:
        """The app that this client speaks for."""
        return self._transport.app_id

    @property
    def base_url(self) -> str:
        """The address that this client speaks to."""
        return self._transport.connection.base_url

    @property
    def clock(self) -> Callable[[], float]:
        """The clock by which this client signs and verifies; it gives unix seconds."""
        return self._transport.clock

    @overload
    def call(
        self,
        operation: Operation[T],
        fields: Mapping[str, object],
        *,
        timeout: float | None = None,
        attempts: int | None = None,
        signed_at: float | None = None,
    ) -> Answer[T]: ...
    @overload
    def call(
        self,
        operation: str,
        fields: Mapping[str, object],
        *,
        timeout: float | None = None,
        attempts: int | None = None,
        signed_at: float | None = None,
    ) -> Answer[Any]: ...
    def call(
        self,
        operation: Operation[Any] | str,
        fields: Mapping[str, object],
        *,
        timeout: float | None = None,
        attempts: int | None = None,
        signed_at: float | None = None,
    ) -> Answer[Any]:
        """Call an operation by its name or description; return the whole answer: data, raw bytes, headers, drift.

        `timeout` and `attempts` go before the client's own. With `signed_at`, unix seconds, the request carries that
        time instead of the clock's: HaloPay takes it for two minutes, so that one that is held up is not done late.

        Raises what the operations' methods raise.
        """
        if not isinstance(operation, Operation):
            found = OPERATIONS.get(operation) if isinstance(operation, str) else None
            if found is None:
                raise InvalidRequest(
                    f"there is no operation {ascii(operation)[:60]}; there are {', '.join(OPERATIONS)}",
                    field="operation",
                )
            operation = found
        if not isinstance(fields, Mapping):
            raise InvalidRequest("the fields are no mapping from names to values", operation=operation.name)
        if attempts is not None:
            _check_attempts(attempts)
        return self._transport.call(operation, fields, timeout=timeout, attempts=attempts, signed_at=signed_at)

    def close(self) -> None:
        """Close the connections."""
        self._transport.connection.close()

    def _send(self, operation: Operation[T], values: Mapping[str, object], /, *, timeout: float | None = None) -> T:
        return self._transport.call(operation, values, timeout=timeout).data

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_transport"):  # a traceback out of the constructor
            return "HaloPay(...)"
        return f"HaloPay(app_id={self.app_id!r}, base_url={self.base_url!r})"


def _check_attempts(attempts: object) -> None:
    if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 1:
        raise ConfigurationError("attempts is not a whole number of at least 1")
