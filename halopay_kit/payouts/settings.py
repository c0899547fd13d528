"""How long is long enough: what payouts wait for before they believe, and before they give up."""

from __future__ import annotations

from typing import Final

import attrs

from halopay_api.policy import TOLERANCE
from halopay_kit.errors import ConfigurationError

SHORTEST_LEASE: Final = 2.5 * TOLERANCE
"""Seconds. HaloPay takes a request whose timestamp is two minutes off; its clock and ours may differ by as much."""


@attrs.frozen(kw_only=True)
class Settings:
    """Times are seconds.

    Attributes:
        lease: for how long an attempt belongs to the process that recorded it. Afterwards HaloPay would not take it any
            more, for every attempt is signed with the time at which it was recorded, and that is valid for two minutes.
        settle_window: for how long "data not exist" has to be HaloPay's answer before it counts as not done.
        settle_queries: how many times it has to, spread over the window.
        deduplicates: you know from HaloPay that it refuses an out_trade_no twice. Then a payout that is not done
            because HaloPay did not know it is sent again; else it goes to review first.
        give_up: after how long without any evidence an unknown one needs review. HaloPay repeats webhooks for 24 hours.
        watch: for how long a payout that HaloPay did not know is asked for now and then, lest it appears late.
        patience: for how long `pay` goes on asking when the outcome is unknown.
        backoff: how long after each query the next one is due; the last is repeated.

    Raises:
        ConfigurationError: a value that cannot be right.
    """

    lease: float = 600.0
    settle_window: float = 3600.0
    settle_queries: int = 5
    deduplicates: bool = False
    give_up: float = 90_000.0
    watch: float = 86_400.0
    patience: float = 5.0
    backoff: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1800.0)

    def __attrs_post_init__(self) -> None:
        for name in ("lease", "settle_window", "give_up", "watch", "patience"):
            if not _is_number(getattr(self, name)):
                raise ConfigurationError(f"{name} is a number of seconds")
        if self.lease < SHORTEST_LEASE:
            raise ConfigurationError(
                f"a lease is {SHORTEST_LEASE:g} seconds at least",
                advice="Before that HaloPay might still take an attempt whose process did not come back.",
            )
        queries = self.settle_queries
        if not isinstance(queries, int) or isinstance(queries, bool) or not 1 <= queries <= 1000:
            raise ConfigurationError("settle_queries is a whole number of at least 1")
        if not isinstance(self.deduplicates, bool):
            raise ConfigurationError("deduplicates is True or False")
        backoff = self.backoff
        if not isinstance(backoff, tuple) or not backoff or not all(map(_is_number, backoff)):
            raise ConfigurationError("backoff is a tuple of numbers of seconds")

    @property
    def apart(self) -> float:
        """Return how far apart queries have to be that count."""
        return self.settle_window / self.settle_queries

    def wait(self, asked: int) -> float:
        """Return how long after so many queries the next one is due."""
        return self.backoff[min(asked, len(self.backoff) - 1)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 10**9
