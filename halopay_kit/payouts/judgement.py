"""A payout, something that was found out, and the time, to where the payout stands then; pure."""

from __future__ import annotations

from typing import Any, Final

import attrs

from halopay_kit.payouts.causes import CAUSES
from halopay_kit.payouts.finding import Finding, found
from halopay_kit.payouts.payout import Payout
from halopay_kit.payouts.settings import Settings
from halopay_kit.payouts.states import TABLE, State

_RELEASED: Final = {"claimant": None, "lease_until": None}
_COUNTED_ANEW: Final = {"absences": 0, "absent_since": None, "absent_at": None}
_REST = 3600.0  # seconds between looks at what HaloPay did not know, or has under way


@attrs.frozen
class Verdict:
    """Where a payout stands after a finding, and what the trail says of it."""

    payout: Payout
    finding: Finding


def judge(payout: Payout, finding: Finding, now: float, settings: Settings) -> Verdict | None:
    """Return where the payout stands then; None if it stands where it stood, and nothing is worth noting."""
    if finding.claimant is not None and finding.claimant != payout.claimant and payout.state == "sending":
        return None  # another attempt's
    if finding.claimant is not None and finding.happening in {"not-sent", "refused"} and payout.state != "sending":
        return None  # its lease was over, and others went on
    if finding.happening == "absent":
        return _absent(payout, finding, now, settings)
    state = TABLE.get((payout.state, finding.happening))
    if state is None or (state == payout.state and not _news(payout, finding)):
        return None
    return Verdict(_moved(payout, finding, state, now, settings), finding)


def lease_over(payout: Payout, now: float) -> Finding | None:
    """Return that an attempt's process did not come back, if its time is over."""
    over = payout.state == "sending" and payout.lease_until is not None and payout.lease_until <= now
    return found("lease-over") if over else None


def gave_up(payout: Payout, now: float, settings: Settings) -> Finding | None:
    """Return that nothing was learned for too long, if so; where HaloPay says that it has nothing, that will count."""
    if payout.state != "unknown" or payout.absences or payout.sent_at is None or payout.asked < settings.settle_queries:
        return None
    return found("gave-up") if payout.sent_at + settings.give_up <= now else None


def next_due(payout: Payout, now: float, settings: Settings, asked: int) -> float | None:
    """Return when to ask HaloPay next; None: not any more."""
    if payout.state in {"sending", "unknown"}:
        wait = settings.wait(asked)
        if payout.absent_at is not None:  # not later than the next query that counts
            wait = min(wait, max(payout.absent_at + settings.apart - now, 1.0))
        return now + wait
    if payout.state == "done" and payout.cause != "reviewed-done" and payout.status != "PAID":
        return now + max(settings.wait(asked), 60.0)
    if payout.state == "not-done" and payout.cause == "absent-settled" and now < payout.changed_at + settings.watch:
        return now + _REST
    return None


def _absent(payout: Payout, finding: Finding, now: float, settings: Settings) -> Verdict | None:
    """Count that HaloPay does not know it, if it counts: an attempt is over, and the last time is long enough ago."""
    if payout.state != "unknown" or payout.seen:
        return None
    if CAUSES[payout.cause].happening == "refused":
        settled = attrs.evolve(
            finding, happening="absent-refused", cause=payout.cause, reason=CAUSES[payout.cause].reason
        )
        return Verdict(_moved(payout, settled, "not-done", now, settings), settled)
    if payout.absent_at is not None and now - payout.absent_at < settings.apart:
        return None
    since = now if payout.absent_since is None else payout.absent_since
    counted = attrs.evolve(payout, absences=payout.absences + 1, absent_since=since, absent_at=now)
    if counted.absences >= settings.settle_queries and now - since >= settings.settle_window:
        met = f"{counted.absences} times in {now - since:.0f} seconds"
        settled = found("absent-settled", met, evidence=finding.evidence, answer=finding.answer)
        return Verdict(_moved(counted, settled, "not-done", now, settings), settled)
    due = next_due(counted, now, settings, payout.asked)
    return Verdict(attrs.evolve(counted, evidence=finding.evidence, changed_at=now, due_at=due), finding)


def _moved(payout: Payout, finding: Finding, state: State, now: float, settings: Settings) -> Payout:
    values: dict[str, Any] = {
        "state": state,
        "cause": finding.cause,
        "reason": finding.reason,
        "evidence": finding.evidence or payout.evidence,
        "changed_at": now,
        "status": finding.status or payout.status,
        "trade_no": finding.trade_no or payout.trade_no,
        "txid": finding.txid or payout.txid,
        "seen": payout.seen or finding.seen,
        "heard": max(payout.heard, finding.heard),
    }
    if state == payout.state == "needs-review":  # why it needs review is not to be lost; the trail has the rest
        values |= {name: getattr(payout, name) for name in ("cause", "reason", "evidence")}
    if state != "sending":
        values |= _RELEASED
    if state != "unknown" or finding.happening == "lease-over":
        values |= _COUNTED_ANEW
    moved = attrs.evolve(payout, **values)
    asked = 0 if state != payout.state else payout.asked
    return attrs.evolve(moved, asked=asked, due_at=_first_due(moved, now, settings, asked))


def _first_due(payout: Payout, now: float, settings: Settings, asked: int) -> float | None:
    if payout.state == "unknown" and not asked:
        return now
    return next_due(payout, now, settings, asked)


def _news(payout: Payout, finding: Finding) -> bool:
    """Say whether a finding that moves nothing tells something new: a number, another status, another kind of fact."""
    if (finding.trade_no and not payout.trade_no) or (finding.txid and not payout.txid):
        return True
    if payout.state == "done":
        return finding.happening == "paid" and payout.status != "PAID"  # under way is what a late answer says
    if finding.status is not None and finding.status != payout.status:
        return True
    return finding.happening != CAUSES[payout.cause].happening
