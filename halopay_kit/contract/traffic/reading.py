"""Files of captured traffic become exchanges and deliveries; what was not used is counted, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from halopay_api.operations import OPERATIONS
from halopay_kit.contract.exchange import WEBHOOKS, Delivery, Exchange, Observed
from halopay_kit.contract.parsed import fields_of
from halopay_kit.contract.traffic import timeline
from halopay_kit.contract.traffic.body import Content, content_of
from halopay_kit.contract.traffic.formats import entries
from halopay_kit.contract.traffic.rawness import Rawness, Side
from halopay_kit.contract.traffic.recorded import Entry, Passed, Recorded, Refused
from halopay_kit.contract.traffic.sorting import operation_of, sort_of, webhook_of
from halopay_kit.contract.traffic.timeline import Moment
from halopay_kit.errors import UnreadableTraffic
from halopay_kit.signing import AppKey

_MOST_TOLD: Final = 100  # refusals of one file that are told one by one
_NOT_SEEN: Final = "not in this traffic"
Progress = Callable[[int], object]


@attrs.frozen(kw_only=True)
class Count:
    """What became of the entries of one file: read = exchanges + deliveries + the passed + the refused.

    Attributes:
        passed: reason → how many entries were well and none of HaloPay's.
        refused: how many entries could not be read; `reasons` tells the first of them.
        rewritten: how many of the used ones do not have the bytes of the wire.
    """

    file: str
    format: str
    read: int
    exchanges: int
    deliveries: int
    passed: Mapping[str, int]
    refused: int
    reasons: tuple[str, ...] = ()
    rewritten: int = 0

    @property
    def used(self) -> int:
        """Count the entries that are judged."""
        return self.exchanges + self.deliveries


@attrs.frozen
class Traffic:
    """What the files hold, and how many of their entries were read, used and refused."""

    observed: Observed
    counts: tuple[Count, ...]


def read(
    paths: Sequence[str | Path], *, app_key: AppKey | Sequence[AppKey] = (), progress: Progress = lambda _count: None
) -> Traffic:
    """Read files of any format that is known here; `progress` is told of each entry.

    With a key, a signature that is right settles that a body's bytes are those of the wire.

    Raises:
        UnreadableTraffic: a file cannot be opened or has no known format, or nothing in all of them is HaloPay's.
        ConfigurationError: what reads a format is not installed.
    """
    keys = (app_key,) if isinstance(app_key, AppKey) else tuple(app_key)
    moments: list[Moment] = []
    counts = []
    for path in map(Path, paths):
        try:
            count, found = _File(path, keys, progress, len(moments)).read()
        except UnreadableTraffic as error:
            if error.problem.startswith(str(path)):
                raise
            raise UnreadableTraffic(f"{path}: {error.problem}", advice=error.advice) from error
        counts.append(count)
        moments += found
    if not moments:
        raise UnreadableTraffic(_nothing(counts), advice="Nothing was judged.")
    exchanges, deliveries = timeline.in_order(moments)
    seen: list[Exchange | Delivery] = [*exchanges, *deliveries]
    times = [each.at for each in seen if each.at is not None]
    observed = Observed(
        exchanges=exchanges,
        deliveries=deliveries,
        target=f"traffic: {', '.join(Path(path).name for path in paths)}",
        started=min(times, default=0.0),
        ended=max(times, default=0.0),
        unreached=_unreached(exchanges, deliveries),
        unreadable=tuple(reason for count in counts for reason in count.reasons),
    )
    return Traffic(observed, tuple(counts))


class _File:
    """One file on its way to moments."""

    def __init__(self, path: Path, keys: Sequence[AppKey], progress: Progress, before: int) -> None:
        self._path = path
        self._progress = progress
        self._before = before
        self._rawness = Rawness(keys)
        self._moments: list[Moment] = []
        self._undecided: list[int] = []
        self._passed: Counter[str] = Counter()
        self._reasons: list[str] = []
        self._refused = 0

    def read(self) -> tuple[Count, list[Moment]]:
        """Read all of it."""
        number = 0
        name, found = entries(self._path)
        for entry in found:
            number += 1
            self._take(entry)
            self._progress(number)
        for index in self._undecided:
            moment = self._moments[index]
            moment.what = attrs.evolve(moment.what, raw=self._rawness.believed)
        if self._refused > _MOST_TOLD:
            self._reasons.append(f"{self._path.name}: {self._refused - _MOST_TOLD} more entries cannot be read")
        whats = [moment.what for moment in self._moments]
        count = Count(
            file=str(self._path),
            format=name,
            read=number,
            exchanges=sum(isinstance(what, Exchange) for what in whats),
            deliveries=sum(isinstance(what, Delivery) for what in whats),
            passed=dict(self._passed),
            refused=self._refused,
            reasons=tuple(self._reasons),
            rewritten=sum(not what.raw for what in whats),
        )
        return count, self._moments

    def _take(self, entry: Entry) -> None:
        if isinstance(entry, Recorded):
            try:
                sort = sort_of(entry)
                if isinstance(sort, Passed):
                    entry = sort
                else:
                    self._use(entry, sort)
                    return
            except UnreadableTraffic as error:
                entry = Refused(entry.where, error.problem)
        if isinstance(entry, Passed):
            self._passed[entry.reason] += 1
            return
        self._refused += 1
        if self._refused <= _MOST_TOLD:
            self._reasons.append(f"{self._path.name}, {entry.where}: {entry.reason}")

    def _use(self, entry: Recorded, sort: str) -> None:
        sent = content_of(entry.request, entry.request_headers)
        if sort == "delivery":
            if sent is None:
                raise UnreadableTraffic("a webhook whose body was not recorded")
            side = Side(sent, entry.request_headers)
            self._add(_delivery(entry, sent), side, entry, taken=True)
            return
        answer = content_of(entry.answer, entry.answer_headers)
        if entry.status is not None and answer is None:
            raise UnreadableTraffic("its answer's body was not recorded")
        side = Side(answer, entry.answer_headers) if answer is not None else Side(sent, entry.request_headers)
        self._add(_exchange(entry, sent, answer), side, entry, taken=timeline.is_taken(_code(answer)))

    def _add(self, what: Exchange | Delivery, side: Side, entry: Recorded, *, taken: bool) -> None:
        raw = self._rawness.look(side) if entry.has_headers else False
        if raw is None:
            self._undecided.append(len(self._moments))
        place = self._before + len(self._moments)
        self._moments.append(
            Moment(
                what=attrs.evolve(what, raw=bool(raw)),
                at=entry.at,
                signed_at=timeline.signed_at(entry.request_headers),
                taken=taken,
                order=place if entry.order is None else entry.order,
            )
        )


def _exchange(entry: Recorded, sent: Content | None, answer: Content | None) -> Exchange:
    operation = entry.operation or operation_of(entry.url)
    return Exchange(
        number=0,
        operation=operation if operation in OPERATIONS else None,
        method=entry.method,
        url=entry.url,
        at=entry.at,
        request_headers=entry.request_headers,
        request_body=None if sent is None else sent.data,
        status=entry.status,
        answer_headers=entry.answer_headers,
        answer_body=None if answer is None else answer.data,
        answered_at=entry.answered_at,
        error=entry.error,
    )


def _delivery(entry: Recorded, sent: Content) -> Delivery:
    return Delivery(
        number=0,
        webhook=webhook_of(sent),
        at=entry.at,
        headers=entry.request_headers,
        body=sent.data,
        answered=entry.answered if entry.answered is not None else _answered(entry),
        delivery=entry.delivery,
    )


def _answered(entry: Recorded) -> str | None:
    """Return what a receiver answered: its body where it took the webhook in, else its status."""
    if entry.status is None:
        return None
    try:
        answer = content_of(entry.answer, entry.answer_headers)
    except UnreadableTraffic:
        answer = None
    if 200 <= entry.status < 300 and answer is not None:
        return answer.data[:60].decode("utf-8", "replace")
    return str(entry.status)


def _code(answer: Content | None) -> Any:
    return None if answer is None else fields_of(answer.data).get("code")


def _unreached(exchanges: Sequence[Exchange], deliveries: Sequence[Delivery]) -> dict[str, str]:
    seen = {each.operation for each in exchanges} | {each.webhook for each in deliveries}
    return {name: _NOT_SEEN for name in (*OPERATIONS, *WEBHOOKS) if name not in seen}


def _nothing(counts: Sequence[Count]) -> str:
    entries_read = sum(count.read for count in counts)
    whys = Counter[str]()
    for count in counts:
        whys.update(count.passed)
    reasons = [f"{number} {reason}" for reason, number in whys.most_common(5)]
    reasons += [reason for count in counts for reason in count.reasons[:3]]
    what = "entry is" if entries_read == 1 else "entries are"
    return f"none of {entries_read} {what} HaloPay's" + (f": {'; '.join(reasons)}" if reasons else "")
