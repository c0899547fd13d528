"""What both applications share: settings, judging, the store, what is counted."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypedDict

from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox.off_spec import OffSpec
from halopay_kit.receiver.group_commit import GroupCommit
from halopay_kit.receiver.judgement import Genuine, judge
from halopay_kit.receiver.keys import AppKeys, Keys
from halopay_kit.receiver.metrics import Metrics
from halopay_kit.receiver.outcomes import MALFORMED, OFF_SPEC, TOO_LARGE, Outcome
from halopay_kit.webhooks import RETRY_WINDOW, Freshness

if TYPE_CHECKING:
    from halopay_kit.inbox import Arrival, Inbox

LIMIT = 64 * 1024
TIMEOUT = 10.0


class Options(TypedDict, total=False):
    """What a receiver may be given besides inbox and keys.

    `app_id` names the one app whose events are taken. `limit` is the largest body in bytes. `timeout`, in seconds,
    bounds the arrival of a body, and then the store. `clock` returns unix seconds. `metrics` is shared where several
    receivers are one. With `path`, below where the application is mounted, every other path is 404. `freshness` is how
    old a signature may be.
    """

    app_id: str | None
    limit: int
    timeout: float
    clock: Callable[[], float]
    metrics: Metrics | None
    path: str | None
    freshness: Freshness


class Receiver:
    """Judges whole requests and has the genuine ones committed; the applications bring requests and carry answers."""

    def __init__(
        self,
        inbox: Inbox,
        app_key: AppKeys | Mapping[str, AppKeys],
        *,
        app_id: str | None = None,
        limit: int = LIMIT,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.time,  # noqa: TID251  # the receiver owns the clock
        metrics: Metrics | None = None,
        path: str | None = None,
        freshness: Freshness = RETRY_WINDOW,
    ) -> None:
        try:
            self.keys = Keys.of(app_key, app_id)
        finally:
            del app_key  # or this frame would show it in a traceback
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise ConfigurationError("`limit` is not a number of bytes", advice="64 KiB is plenty.")
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
            raise ConfigurationError("`timeout` is not a number of seconds")
        if path is not None and not (isinstance(path, str) and path.startswith("/")):
            raise ConfigurationError("`path` does not begin with /")
        if not callable(clock):
            raise ConfigurationError("`clock` cannot be called")
        self.limit = limit
        self.timeout = float(timeout)
        self.path = path
        self.metrics = Metrics() if metrics is None else metrics
        self.commit = GroupCommit(inbox, self.metrics)
        self._clock = clock
        self._freshness = freshness
        self._arrival = _arrival()

    def refuse_length(self, told: bytes) -> Outcome | None:
        """Return why a body of this Content-Length is not read at all."""
        if not told.isdigit():
            return MALFORMED
        return TOO_LARGE if len(told) > len(str(self.limit)) + 16 or int(told) > self.limit else None

    def judge(self, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> Arrival | Outcome:
        """Return what to commit, or why not."""
        now = self._clock()
        found = judge(body, headers, self.keys, now, self._freshness)
        if isinstance(found, Outcome):
            return found
        shown = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
        if isinstance(found, Genuine):
            self._keep(found, body, now, shown)
            return OFF_SPEC
        return self._arrival(event=found, received_at=now, headers=shown)

    def _keep(self, found: Genuine, body: bytes, now: float, headers: tuple[tuple[str, str], ...]) -> None:
        self.commit.keep(
            OffSpec(
                app_id=found.app_id,
                received_at=now,
                signed_at=found.signed_at,
                headers=headers,
                body=body,
                problem=found.problem,
            )
        )

    def finish(self, outcome: Outcome, began: float) -> None:
        """Count a request that is about to be answered."""
        if outcome.rejected:
            self.commit.reject(outcome.name)
        self.metrics.answered(outcome, time.perf_counter() - began)


def _arrival() -> type[Arrival]:
    """Return the class of what the inbox takes; it comes with the database library, an extra."""
    from halopay_kit.inbox import Arrival

    return Arrival
