"""Every transition in a chain of hashes, so that none can be edited or taken out without a trace.

A row's hash is over all its columns and the hash of the row before. Who edits a row breaks its own hash; who mends that
breaks the next row's; who mends all to the end has another end than the one that was noted somewhere else: `audit`
prints it as an anchor, and takes one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import attrs
from sqlalchemy import bindparam, insert, select, update

from halopay_kit.errors import ConfigurationError, JournalAltered
from halopay_kit.payouts.finding import Finding
from halopay_kit.payouts.payout import Payout
from halopay_kit.payouts.rows import payout_of, sealed, values_of
from halopay_kit.payouts.schema import chain, history, payouts
from halopay_kit.payouts.states import TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection

BEGIN: Final = "0" * 64
_HASHED: Final = tuple(column.name for column in history.columns if column.name != "hash")
_PAGE: Final = 1000

# Built once: to build a statement costs more than to run it.
_LAST: Final = select(chain.c.length, chain.c.hash).where(chain.c.id == 1).with_for_update()
_ADD: Final = insert(history)
_ENTER: Final = insert(payouts)
_END: Final = update(chain).where(chain.c.id == 1).values(length=bindparam("length"), hash=bindparam("hash"))
_MOVE: Final = (
    update(payouts)
    .where(payouts.c.app_id == bindparam("this_app"), payouts.c.out_trade_no == bindparam("this_number"))
    .values({column.name: bindparam(column.name) for column in payouts.columns})
)

End = tuple[int, str]
"""How many transitions there are, and the hash of the last."""


@attrs.frozen
class Broken:
    """Where the trail, or a payout beside it, is not what was written: `place` names the row."""

    place: str
    problem: str
    out_trade_no: str | None = None


@attrs.frozen
class Audit:
    """What was found; `anchor` is the end of the trail, to be noted elsewhere and handed to a later audit."""

    rows: int
    payouts: int
    anchor: str
    broken: tuple[Broken, ...]

    @property
    def whole(self) -> bool:
        """Say whether nothing was edited or taken out, as far as can be seen from here."""
        return not self.broken


def lock(connection: Connection) -> End:
    """Wait until nobody else writes, and return the length and the end of the chain."""
    found = connection.execute(_LAST).first()
    if found is None:
        raise JournalAltered("the end of the journal's trail was taken out")
    return found.length, found.hash


def append(connection: Connection, end: End, before: Payout | None, after: Payout, finding: Finding) -> End:
    """Write where a payout stands now, and add the transition to the chain, whose end is locked; return the new end."""
    length, previous = end
    row: dict[str, Any] = {
        "seq": length + 1,
        "at": after.changed_at,
        "app_id": after.app_id,
        "out_trade_no": after.out_trade_no,
        "before": None if before is None else before.state,
        "state": after.state,
        "happening": finding.happening,
        "cause": finding.cause,
        "reason": finding.reason,
        "evidence": finding.evidence,
        "answer": finding.answer,
        "who": finding.who,
        "why": finding.why,
        "payout": sealed(after),
        "previous": previous,
    }
    made = _hash(row)
    connection.execute(_ADD, row | {"hash": made})
    connection.execute(_END, {"length": length + 1, "hash": made})
    values = values_of(after)
    if before is None:
        connection.execute(_ENTER, values)
    else:
        connection.execute(_MOVE, values | {"this_app": after.app_id, "this_number": after.out_trade_no})
    return length + 1, made


def audit(connection: Connection, anchor: str | None = None) -> Audit:
    """Go through the whole trail, and through every payout beside it.

    Raises:
        ConfigurationError: the anchor is none.
    """
    noted = None if anchor is None else _anchor(anchor)
    broken: list[Broken] = []
    expected, previous, count = 1, BEGIN, 0
    noted_hash: str | None = None
    states: dict[tuple[str, str], str] = {}
    for row in _pages(connection):
        count += 1
        place = f"row {row['seq']} of halopay_payout_history"
        number = row["out_trade_no"]
        if row["seq"] != expected:
            broken.append(Broken(place, f"row {expected} before it is missing", number))
        elif row["previous"] != previous:
            broken.append(
                Broken(
                    f"row {row['seq'] - 1} of halopay_payout_history", "it was written anew: the next is not its own"
                )
            )
        if _hash(row) != row["hash"]:
            broken.append(Broken(place, "it was edited: its hash is another", number))
        whose = (row["app_id"], number)
        if states.get(whose) != row["before"] or not _legal(row):
            broken.append(
                Broken(place, f"no transition leads from {row['before']} to {row['state']} like this", number)
            )
        states[whose] = row["state"]
        expected, previous = row["seq"] + 1, row["hash"]
        if noted is not None and row["seq"] == noted[0]:
            noted_hash = row["hash"]
    end = connection.execute(select(chain.c.length, chain.c.hash).where(chain.c.id == 1)).first()
    length, last = (0, BEGIN) if end is None else end
    if (length, last) != (expected - 1, previous):
        problem = f"it ends with row {length} by the table halopay_payout_chain, and with row {expected - 1} in fact"
        broken.append(Broken("the end of halopay_payout_history", problem))
    if noted is not None and noted[0] and noted_hash != noted[1]:
        broken.append(Broken(f"row {noted[0]} of halopay_payout_history", "it is not the one that the anchor noted"))
    broken += _beside(connection, states)
    return Audit(count, len(states), f"{expected - 1}:{previous}", tuple(broken))


def _legal(row: Mapping[str, Any]) -> bool:
    return bool(TABLE.get((row["before"], row["happening"])) == row["state"])


def _beside(connection: Connection, states: dict[tuple[str, str], str]) -> Iterator[Broken]:
    """Yield the payouts that are not what the trail says of them last."""
    left = set(states)
    for row in connection.execute(select(payouts).order_by(payouts.c.app_id, payouts.c.out_trade_no)).mappings():
        whose = (row["app_id"], row["out_trade_no"])
        place = f"payout {row['out_trade_no']} of halopay_payouts"
        left.discard(whose)
        query = (
            select(history.c.payout)
            .where(history.c.app_id == whose[0], history.c.out_trade_no == whose[1])
            .order_by(history.c.seq.desc())
            .limit(1)
        )
        last = connection.execute(query).scalar()
        if last is None:
            yield Broken(place, "nothing in the trail tells of it", row["out_trade_no"])
            continue
        try:
            differing = _differing(last, sealed(payout_of(row)))
        except JournalAltered:
            differing = "no payout can stand like this"
        if differing:
            yield Broken(place, f"it was edited: {differing}", row["out_trade_no"])
    for _, number in sorted(left):
        yield Broken(f"payout {number} of halopay_payouts", "it is in the trail, and was taken out here", number)


def _differing(trail: str, there: str) -> str:
    if trail == there:
        return ""
    try:
        one, other = json.loads(trail), json.loads(there)
        return ", ".join(
            f"{name} is {other[name]!r}, was {one.get(name)!r}" for name in other if other[name] != one.get(name)
        )
    except (ValueError, AttributeError):
        return "the trail's own copy cannot be read"


def _pages(connection: Connection) -> Iterator[Mapping[str, Any]]:
    last = -(2**62)
    while True:
        query = select(history).where(history.c.seq > last).order_by(history.c.seq).limit(_PAGE)
        page = [dict(row) for row in connection.execute(query).mappings()]
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1]["seq"]


def _hash(row: Mapping[str, Any]) -> str:
    told = json.dumps([row[name] for name in _HASHED], ensure_ascii=True, separators=(",", ":"), default=str)
    return sha256(told.encode()).hexdigest()


def _anchor(text: str) -> tuple[int, str]:
    length, colon, digest = text.partition(":")
    if not colon or not (length.isascii() and length.isdigit()) or len(length) > 18 or len(digest) != 64:
        raise ConfigurationError("an anchor is NUMBER:HASH, as an audit prints it")
    return int(length), digest
