"""Take in what was verified: all of it in one transaction, each event once, and its verdict with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox import tally
from halopay_kit.inbox.adoption import adopt
from halopay_kit.inbox.identity import Facts, column, facts
from halopay_kit.inbox.rows import (
    Entered,
    EventRow,
    Found,
    Key,
    MoveRow,
    RedeliveryRow,
    Rows,
    SubjectRow,
    UnknownRow,
    rows_of,
)
from halopay_kit.inbox.stored import Origin, kept_headers
from halopay_kit.inbox.transitions import HANDED_ON, NOTHING, TABLE, Standing, Verdict, judge, phase, plain
from halopay_kit.webhooks import Event

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KEPT_FROM_QUERIES: Final[frozenset[Verdict]] = HANDED_ON | {"conflict"}
_AT_ONCE: Final = 0.0  # due whatever the clocks of those who receive and of those who work say
_LAST_SECOND: Final = 10**10  # of a signature's ten digits


@attrs.frozen(kw_only=True)
class Arrival:
    """Something verified that came in, at unix seconds, with the headers as received.

    `origin` is `query` where it is no webhook and the answer of a query says it.
    """

    event: Event
    received_at: float
    headers: tuple[tuple[str, str], ...] = ()
    origin: Origin = "webhook"


@attrs.frozen
class Taken:
    """What became of an arrival.

    `event_id` is that of the event in the store, None if there is none: for an unknown type, of which only the bytes
    are kept, and for a query's answer that is no news. `new` is false if the event was there already.
    """

    event_id: int | None
    new: bool
    verdict: Verdict


class Case(NamedTuple):
    """An arrival with what it says; None for an unknown type."""

    arrival: Arrival
    facts: Facts | None


def prepare(arrivals: Iterable[Arrival]) -> list[Case]:
    """Read arrivals before the transaction begins.

    Raises:
        ConfigurationError: something else than verified events.
    """
    return [Case(arrival, facts(arrival.event)) for arrival in map(_checked, arrivals)]


def take(connection: Connection, cases: Sequence[Case]) -> list[Taken]:
    """Write cases into the open transaction and say what became of each; it may be done again if it was undone."""
    if not cases:
        return []
    counted: Counter[str] = Counter()
    rows = rows_of(connection)
    judged = _judge(rows, cases)
    known = _keep(rows, judged, counted)
    taken = _deliver(rows, cases, judged, known, counted)
    tally.add(connection, counted)
    return taken


class _Heard(NamedTuple):
    """A case of a known type, and its place among all."""

    place: int
    arrival: Arrival
    facts: Facts


class _Judged(NamedTuple):
    """A case whose subject is locked, with its verdict and what it is told apart by."""

    arrival: Arrival
    facts: Facts
    verdict: Verdict
    key: Key


def _judge(rows: Rows, cases: Sequence[Case]) -> dict[int, _Judged]:
    """Lock the subjects, say of each case what it is, and write where the subjects stand then.

    An event that was in the store already is judged once more: by the table it cannot be news, nor move anything.
    """
    told = {place: said for place, (_, said) in enumerate(cases) if said is not None}
    if not told:
        return {}
    adopted = adopt(rows, told)
    subjects: dict[bytes, list[_Heard]] = {}
    for place, said in told.items():
        subjects.setdefault(adopted.get(place, said.subject), []).append(_Heard(place, cases[place].arrival, said))
    verdicts: dict[int, Verdict] = {}
    entered = rows.enter(
        [_subject_row(key, heard, _fold(NOTHING, heard, verdicts)) for key, heard in sorted(subjects.items())]
    )
    moved = [
        row
        for key, subject in entered.items()
        if not subject.new and (row := _move_row(subject, subjects[key], verdicts)) is not None
    ]
    if moved:
        rows.move(moved)
    return {
        place: _Judged(arrival, said, verdicts[place], (entered[key].id, said.key))
        for key, heard in subjects.items()
        for place, arrival, said in heard
    }


def _fold(standing: Standing, heard: Iterable[_Heard], verdicts: dict[int, Verdict]) -> Standing:
    """Return where a subject stands after what was heard of it; the verdicts are written down."""
    for place, _, said in heard:
        verdicts[place], standing = judge(said.kind, standing, said.status, said.amount)
    return standing


def _keep(rows: Rows, judged: Mapping[int, _Judged], counted: Counter[str]) -> dict[Key, tuple[Found, int]]:
    """Insert the events that are not there yet; return all that are there now, each with the place of the case it is.

    The place is -1 for those that were there before.
    """
    wanted: dict[Key, int] = {}
    for place, case in sorted(judged.items()):
        if case.arrival.origin == "webhook" or case.verdict in _KEPT_FROM_QUERIES:
            wanted.setdefault(case.key, place)
    inserted = rows.insert([_event_row(judged[place]) for place in wanted.values()]) if wanted else {}
    known = {}
    for key, id_ in inserted.items():
        arrival, said, verdict, _ = judged[wanted[key]]
        known[key] = Found(id_, verdict, arrival.received_at, 0), wanted[key]
        status = said.status if (None, said.status) in TABLE[said.kind] else "?"
        counted[f"event {said.kind} {status} {verdict} {arrival.origin}"] += 1
    missing = list({case.key: None for case in judged.values() if case.key not in known})
    if missing:
        known |= {key: (found, -1) for key, found in rows.find(missing).items()}
    return known


def _deliver(
    rows: Rows,
    cases: Sequence[Case],
    judged: Mapping[int, _Judged],
    known: Mapping[Key, tuple[Found, int]],
    counted: Counter[str],
) -> list[Taken]:
    """Write the deliveries that brought no event, and say what became of each case."""
    taken, again, unknown = [], [], []
    attempts: dict[int, int] = {}
    for place, (arrival, _) in enumerate(cases):
        case = judged.get(place)
        if case is None:
            taken.append(Taken(None, False, "unknown-type"))
            unknown.append(_unknown_row(arrival))
            counted["unknown"] += 1
            continue
        found, kept_at = known.get(case.key, (None, -1))
        if found is None or kept_at > place:
            taken.append(Taken(None, False, case.verdict))
            continue
        first = kept_at == place
        taken.append(Taken(found.id, first, found.verdict))
        attempt = attempts[found.id] = attempts.get(found.id, found.attempts) + (arrival.origin == "webhook")
        if arrival.origin == "query":
            continue
        tally.count_delivery(counted, attempt, arrival.received_at - found.received_at)
        if not first:
            signed_at, headers = arrival.event.signed_at, kept_headers(arrival.headers)
            again.append(RedeliveryRow(found.id, attempt, arrival.received_at, signed_at, headers))
    if again:
        rows.deliver_again(again)
    if unknown:
        rows.keep_unknown(unknown)
    return taken


def _subject_row(key: bytes, heard: Sequence[_Heard], standing: Standing) -> SubjectRow:
    said, at = heard[0].facts, heard[0].arrival.received_at
    trade_no, out_trade_no = said.trade_no, said.out_trade_no
    if len(heard) > 1:
        trade_no, out_trade_no = _numbers(trade_no, out_trade_no, heard)
    written = _written(standing)
    now = phase(said.kind, standing.status)
    return SubjectRow(key, said.app_id, said.kind, trade_no, out_trade_no, *written, now, at)


def _numbers(trade_no: str | None, out_trade_no: str | None, heard: Iterable[_Heard]) -> tuple[str | None, str | None]:
    """Return the numbers of a subject; those that it lacks are the first that were heard."""
    for _, _, said in heard:
        trade_no, out_trade_no = trade_no or said.trade_no, out_trade_no or said.out_trade_no
    return trade_no, out_trade_no


def _move_row(subject: Entered, heard: Sequence[_Heard], verdicts: dict[int, Verdict]) -> MoveRow | None:
    """Judge what was heard of a subject that was there already; return what is to be written of it, if anything."""
    others = json.loads(subject.others) if subject.others else ()
    amount = None if subject.amount_collected is None else Decimal(subject.amount_collected)
    before = Standing(subject.status, amount, frozenset((status, amount) for status, amount in others))
    after = _fold(before, heard, verdicts)
    trade_no, out_trade_no = _numbers(subject.trade_no, subject.out_trade_no, heard)
    if after == before and (trade_no, out_trade_no) == (subject.trade_no, subject.out_trade_no):
        return None
    changed_at = subject.changed_at if after == before else heard[-1].arrival.received_at
    now = phase(heard[0].facts.kind, after.status)
    return MoveRow(*_written(after), now, changed_at, trade_no, out_trade_no, subject.id)


def _written(standing: Standing) -> tuple[str | None, str | None, str | None]:
    others = json.dumps(sorted(standing.others, key=repr)) if standing.others else None
    return standing.status, None if standing.amount is None else plain(standing.amount), others


def _event_row(case: _Judged) -> EventRow:
    arrival, said, verdict, (subject_id, key) = case
    return EventRow(
        subject_id,
        key,
        said.app_id,
        said.kind,
        said.trade_no,
        said.out_trade_no,
        said.txid,
        said.status,
        said.amount_collected,
        verdict,
        arrival.origin,
        arrival.received_at,
        arrival.event.signed_at,
        kept_headers(arrival.headers) if arrival.origin == "webhook" else None,
        arrival.event.body,
        "pending" if verdict in HANDED_ON else "passed",
        _AT_ONCE,
    )


def _unknown_row(arrival: Arrival) -> UnknownRow:
    event = arrival.event
    headers = kept_headers(arrival.headers)
    return UnknownRow(column(event.app_id), arrival.received_at, event.signed_at, headers, event.body)


def _checked(arrival: object) -> Arrival:
    if not isinstance(arrival, Arrival) or not isinstance(arrival.event, Event):
        raise ConfigurationError("an arrival is not a verified event", advice="Hand over Arrival(event=…).")
    at, signed_at = arrival.received_at, arrival.event.signed_at
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at < _LAST_SECOND:
        raise ConfigurationError("received_at is not unix seconds")
    if type(signed_at) is not int or not 0 <= signed_at < _LAST_SECOND:
        raise ConfigurationError("signed_at is not unix seconds")
    return arrival
