"""What `stats` shows: sums that are kept as they grow, so that a million events cost no more than a thousand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import attrs

from halopay_api.policy import RETRY_AFTER
from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox.identity import column
from halopay_kit.inbox.rows import driver_of
from halopay_kit.inbox.transitions import HANDED_ON

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_ATTEMPTS: Final = len(RETRY_AFTER) + 2
"""Attempts that are told apart: those that HaloPay documents, and all beyond them together."""

_SHARDS: Final = 16
_COUNT: Final = (
    "INSERT INTO halopay_counts (what, shard, n) VALUES {} "
    "ON CONFLICT (what, shard) DO UPDATE SET n = halopay_counts.n + excluded.n"
)
_REJECT: Final = (
    "INSERT INTO halopay_rejections (day, reason, n) VALUES {} "
    "ON CONFLICT (day, reason) DO UPDATE SET n = halopay_rejections.n + excluded.n"
)
_LONGEST: Final = 64  # characters of a reason
_OLDEST: Final = "min(received_at) FROM halopay_events WHERE state = '{}' AND state <> 'done'"


@attrs.frozen
class Attempt:
    """What came as the attempt `number` of an event, counted from the first delivery that was taken in.

    `after` is how many seconds after that one they came on average, `documented` what HaloPay documents; None for
    those beyond its last, which are all in one.
    """

    number: int
    deliveries: int
    after: float
    documented: int | None


@attrs.frozen(kw_only=True)
class Stats:
    """How the inbox stands, at `now`.

    `deliveries` are those of `events`; `duplicates` those among them that brought nothing new. `unknown` counts
    deliveries of a type that the spec does not know. `lag` is the age in seconds of the oldest event that waits or is
    worked on, 0 if there is none. `rejected` are requests that were not believed, by reason, and by day and reason.
    """

    now: float
    events: int
    deliveries: int
    duplicates: int
    unknown: int
    kinds: Mapping[str, int]
    statuses: Mapping[str, int]
    verdicts: Mapping[str, int]
    origins: Mapping[str, int]
    states: Mapping[str, int]
    lag: float
    last_received_at: float | None
    attempts: tuple[Attempt, ...]
    rejected: Mapping[str, int]
    rejected_by_day: Mapping[str, Mapping[str, int]]


def add(connection: Connection, counted: Mapping[str, int]) -> None:
    """Add to the sums; once in a transaction, as the last thing before its end.

    What is counted: `delivery`, `unknown`, `attempt N`, `delay N` (milliseconds after the first delivery, summed up),
    `event KIND STATUS VERDICT ORIGIN`, and of the work on events `done` and `dead`.
    """
    server = connection.dialect.name == "postgresql"
    shard = random.randrange(_SHARDS) if server else 0  # noqa: S311  # spreads load, guards nothing
    _upsert(connection, _COUNT, sorted((what, shard, n) for what, n in counted.items() if n))


def count_delivery(counted: Counter[str], attempt: int, after: float) -> None:
    """Count a delivery that came `after` so many seconds."""
    number = min(attempt, MOST_ATTEMPTS)
    counted["delivery"] += 1
    counted[f"attempt {number}"] += 1
    if after > 0:
        counted[f"delay {number}"] += round(after * 1000)


def reject(connection: Connection, reasons: Mapping[str, int], now: float) -> None:
    """Add to the numbers of requests that were not believed, today."""
    day = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
    counted: Counter[str] = Counter()
    for reason, n in reasons.items():
        if _is_count(n):
            counted[column(str(reason))[:_LONGEST]] += n
    _upsert(connection, _REJECT, [(day, reason, n) for reason, n in sorted(counted.items())])


def _upsert(connection: Connection, statement: str, rows: Sequence[tuple[str | int, ...]]) -> None:
    """Write rows in one statement, those of the same key one after the other in the order given."""
    if rows:
        mark = "(%s, %s, %s)" if connection.dialect.name == "postgresql" else "(?, ?, ?)"
        values = tuple(value for row in rows for value in row)
        driver_of(connection).execute(statement.format(", ".join([mark] * len(rows))), values)


def _is_count(number: object) -> bool:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**53:
        raise ConfigurationError("the number of rejected requests is not a number")
    return number > 0


def stats(connection: Connection, now: float) -> Stats:
    """Add up."""
    sums = Counter({what: int(n) for what, n in _all(connection, "what, sum(n) FROM halopay_counts GROUP BY what")})
    rejected: dict[str, dict[str, int]] = {}
    for day, reason, n in _all(connection, "day, reason, n FROM halopay_rejections ORDER BY day, reason"):
        rejected.setdefault(day, {})[reason] = n
    events = [(what.split(" ")[1:], n) for what, n in sums.items() if what.startswith("event ")]
    verdicts = _by(events, 2)
    claimed = _one(connection, "count(*) FROM halopay_events WHERE state = 'claimed'") or 0
    passed = sum(n for verdict, n in verdicts.items() if verdict not in HANDED_ON)
    total = sum(verdicts.values())
    oldest = [_one(connection, _OLDEST.format(state)) for state in ("pending", "claimed")]
    return Stats(
        now=now,
        events=total,
        deliveries=sums["delivery"],
        duplicates=sums["delivery"] - sums["attempt 1"],
        unknown=sums["unknown"],
        kinds=_by(events, 0),
        statuses=_by(events, 1),
        verdicts=verdicts,
        origins=_by(events, 3),
        states={
            "pending": total - passed - claimed - sums["done"] - sums["dead"],
            "claimed": claimed,
            "done": sums["done"],
            "dead": sums["dead"],
            "passed": passed,
        },
        lag=max([0.0, *(now - at for at in oldest if at is not None)]),  # clocks of hosts differ
        last_received_at=_one(connection, "max(received_at) FROM halopay_events"),
        attempts=_attempts(sums),
        rejected=dict(sum((Counter(reasons) for reasons in rejected.values()), Counter())),
        rejected_by_day=rejected,
    )


def _all(connection: Connection, query: str) -> Iterable[Any]:
    return connection.exec_driver_sql(f"SELECT {query}").all()


def _one(connection: Connection, query: str) -> Any:
    return connection.exec_driver_sql(f"SELECT {query}").scalar()


def _by(events: Iterable[tuple[list[str], int]], place: int) -> dict[str, int]:
    """Add up by one word of what was counted, the most first."""
    found: Counter[str] = Counter()
    for words, n in events:
        found[words[place]] += n
    return dict(found.most_common())


def _attempts(sums: Mapping[str, int]) -> tuple[Attempt, ...]:
    documented: list[int | None] = [*accumulate(RETRY_AFTER, initial=0), None]
    return tuple(
        Attempt(number, sums[f"attempt {number}"], sums[f"delay {number}"] / sums[f"attempt {number}"] / 1000, after)
        for number, after in enumerate(documented, 1)
        if sums[f"attempt {number}"]
    )
