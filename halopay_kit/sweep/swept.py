"""What a sweep came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from halopay_kit.errors import HaloPayError
from halopay_kit.inbox.transitions import phase
from halopay_kit.sweep.ledger import Kind

if TYPE_CHECKING:
    from halopay_kit.inbox import Taken

MOST_LISTED = 1000


@attrs.frozen
class Unlearned:
    """An order (`payment`) or payout of which nothing was learned, and why."""

    kind: Kind
    out_trade_no: str | None
    trade_no: str | None
    error: HaloPayError


@attrs.frozen(kw_only=True)
class Swept:
    """What a sweep came to; `missing` and `failed` list the first thousand, their counts are whole.

    Attributes:
        due: how many were to be asked for when it began.
        answered: how many HaloPay told of.
        news: how many of those answers entered the inbox, because it did not know that yet.
        open: how many of those answered are still on their way.
        statuses: how many of those answered stand at each status.
        missing: those that HaloPay does not know.
        failed: those of which nothing was learned; the next sweep asks again.
        calls: how often HaloPay was asked in all.
        slowed: how often everybody was slowed down.
        elsewhere: how many are open and another app's, whose credentials a sweep of theirs needs.
        resumed: whether it went on where an earlier one had stopped.
        stopped: why it did not go through all of them; the next sweep goes on from there. None: it did.
        error: the error that stopped it, if one did.
    """

    due: int
    answered: int
    news: int
    open: int
    statuses: Mapping[str, int]
    missing_count: int
    missing: tuple[Unlearned, ...]
    failed_count: int
    failed: tuple[Unlearned, ...]
    calls: int
    slowed: int
    elsewhere: int
    resumed: bool
    stopped: str | None = None
    error: HaloPayError | None = None

    @property
    def complete(self) -> bool:
        """Say whether all of them were asked for and none failed; what HaloPay does not know is an answer."""
        return self.stopped is None and not self.failed_count


@attrs.define
class Count:
    """What is counted while a sweep runs; whoever writes holds the sweep's lock."""

    answered: int = 0
    news: int = 0
    open: int = 0
    calls: int = 0
    missing_count: int = 0
    failed_count: int = 0
    statuses: Counter[str] = attrs.field(factory=Counter)
    missing: list[Unlearned] = attrs.field(factory=list)
    failed: list[Unlearned] = attrs.field(factory=list)

    @property
    def done(self) -> int:
        """How many are dealt with."""
        return self.answered + self.missing_count + self.failed_count

    def learned(self, kind: Kind, status: str, taken: Taken) -> None:
        """Note what was learned of one."""
        self.answered += 1
        self.news += taken.new
        self.open += phase(kind, status) == "open"
        self.statuses[status] += 1

    def lost(self, unlearned: Unlearned, *, missing: bool) -> None:
        """Note that nothing was learned of one."""
        listed = self.missing if missing else self.failed
        if len(listed) < MOST_LISTED:
            listed.append(unlearned)
        self.missing_count += missing
        self.failed_count += not missing
