"""From what the matching marked to breaks, each with a sentence and its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from halopay_kit.reconcile.classes import BITS, CLASSES
from halopay_kit.reconcile.matching import STATUS_CODES
from halopay_kit.reconcile.result import Break
from halopay_kit.reconcile.rollforward import RollForward
from halopay_kit.reconcile.sentences import SENTENCES
from halopay_kit.reconcile.settings import Settings

_ZERO = Decimal(0)
_WORDS = {code: word for word, code in STATUS_CODES.items()}


@attrs.frozen
class Evidence:
    """Ids of events and of entries, and the last txid, by subject."""

    events: Mapping[int, Sequence[int]]
    txids: Mapping[int, str]
    entries: Mapping[int, Sequence[str]]


def of_subject(row: dict[str, Any], evidence: Evidence, settings: Settings, as_of: float) -> Iterator[Break]:
    """Yield the breaks of a subject that was marked."""
    payout = row["side"] == "payout"
    moved = [each for each in (row["last_at"], row["booked_at"]) if each is not None]
    row["at"] = max(moved) / 1_000_000 if moved else None
    row["gateway_amount"] = row["amount"] if payout else row["got"]
    row["ledger_amount"] = row["total"] if row["has"] else None
    row["gateway_status"] = _WORDS.get(row["status"])
    row["ledger_status"] = _WORDS.get(row["booked_status"])
    row["rate"] = settings.expected_rate
    subject = row["subject"]
    for name, bit in BITS.items():
        if row["bits"] & bit:
            yield _break(
                name,
                row,
                kind=row["kind"],
                settings=settings,
                as_of=as_of,
                at_stake=_at_stake(name, row),
                key=(row["number"],),
                events=tuple(evidence.events.get(subject, ())),
                entries=tuple(evidence.entries.get(subject, ())),
                payouts=(row["out_trade_no"] or "",) if row.get("journal_row") is not None else (),
            )


def of_entry(row: dict[str, Any], settings: Settings, as_of: float) -> Break:
    """Return the break of an entry that matches nothing, or is another than what the journal says is done."""
    row |= {"at": None if row["booked_at"] is None else row["booked_at"] / 1_000_000, "side": row["kind"], "n": 1}
    row |= {"ledger_amount": row["amount"], "ledger_status": row["status"], "gateway_amount": None}
    row |= {"gateway_status": row["journal_status"] or "not told", "has": True, "total": row["amount"]}
    journalled = row["journal_row"] is not None
    if journalled:
        row["gateway_amount"], row["amount"], row["address"] = (
            row["journal_amount"], row["journal_amount"], row["journal_address"],
        )  # fmt: skip
    entry = row["entry_id"] or f"row {row['_row']}"
    return _break(
        "payout-differs" if journalled else "missing-at-gateway",
        row,
        kind=row["kind"] or "payment",
        settings=settings,
        as_of=as_of,
        at_stake=abs(abs(row["ledger_amount"]) - row["journal_amount"]) if journalled else abs(row["ledger_amount"]),
        key=(entry, row["out_trade_no"], row["trade_no"], row["txid"]),
        entries=(entry,),
        payouts=(row["out_trade_no"],) if journalled else (),
    )


def of_payout(row: dict[str, Any], settings: Settings, as_of: float) -> Break:
    """Return the break of a payout that the journal does not know the end of, or of which nothing else tells."""
    at = row["changed_at"] or row["created_at"]
    row |= {"at": None if at is None else at / 1_000_000, "side": "payout", "outcome": row["meant"]}
    row |= {"ledger_amount": row["amount"], "gateway_amount": None, "ledger_status": row["meant"]}
    row |= {"gateway_status": row["status"], "token": None, "chain": None}
    return _break(
        "missing-at-gateway" if row["meant"] == "done" else "unresolved-payout",
        row,
        kind="payout",
        settings=settings,
        as_of=as_of,
        at_stake=row["amount"],
        key=(row["app_id"], row["out_trade_no"]),
        payouts=(row["out_trade_no"],),
    )


def of_balance(each: RollForward, as_of: float) -> Break:
    """Return the break of a balance that does not come out."""
    row: dict[str, Any] = {
        "at": each.closed_at,
        "app_id": each.app_id,
        "currency_id": each.currency_id,
        "token": each.token,
        "chain": each.chain,
        "ledger_amount": each.expected,
        "gateway_amount": each.closing,
        "rest": each.rest,
        "side": "balance",
    }
    key = (each.app_id, str(each.currency_id))
    return _break(
        "balance-unexplained", row, kind="balance", settings=Settings(), as_of=as_of, at_stake=abs(each.rest), key=key
    )


def _at_stake(name: str, row: Mapping[str, Any]) -> Decimal:
    got, total, due = row["got"], row["total"], row["amount"] or _ZERO
    if name == "fee-differs":
        return abs(Decimal(row["booked_fee"] - row["got"] * row["rate"]))
    if name == "payout-differs":
        others = [each for each in (row["journal_amount"], total if row["has"] else None) if each is not None]
        return max((abs(each - due) for each in others if each != due), default=due)
    if row["side"] == "payout":
        return Decimal(due)
    if name in ("amount-differs", "duplicate-in-ledger"):
        return abs(Decimal(total - got))
    if name in ("underpaid", "overpaid"):
        return abs(Decimal(due - got))
    return Decimal(got)


def _break(
    name: str,
    row: Mapping[str, Any],
    *,
    kind: str,
    settings: Settings,
    as_of: float,
    at_stake: Decimal,
    key: tuple[str | None, ...],
    events: tuple[int, ...] = (),
    entries: tuple[str, ...] = (),
    payouts: tuple[str, ...] = (),
) -> Break:
    at = row["at"]
    age = None if at is None else max(0.0, as_of - at)
    timing = CLASSES[name].resolves and age is not None and age < settings.window
    named = "\x1f".join((name, kind, *(part or "" for part in key)))
    return Break(
        id=hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        class_=name,
        timing=timing,
        kind=kind,
        at=at,
        age=age,
        app_id=row.get("app_id") or None,
        out_trade_no=row.get("out_trade_no"),
        trade_no=row.get("trade_no"),
        txid=row.get("txid"),
        currency_id=row.get("currency_id"),
        token=row.get("token"),
        chain=row.get("chain"),
        ledger_amount=row["ledger_amount"],
        gateway_amount=row["gateway_amount"],
        ledger_status=row.get("ledger_status"),
        gateway_status=row.get("gateway_status"),
        at_stake=at_stake,
        sentence=SENTENCES[name](row),
        events=events,
        entries=entries,
        payouts=payouts,
    )
