"""How a payout is shown, and the exit code that it deserves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_kit.payouts import Payout

HEAD = ("out_trade_no", "currency", "amount", "address", "state", "status", "trade_no", "changed", "cause")
_CODES = {"done": output.DONE, "not-done": output.NOT_DONE, "unknown": output.UNKNOWN, "needs-review": output.UNKNOWN}


def exit_code(outcomes: Iterable[str]) -> int:
    """Return the worst exit code: 3 unknown or needs review, 1 not done, 0 done."""
    return max((_CODES[outcome] for outcome in outcomes), default=output.DONE)


def as_json(payout: Payout) -> dict[str, Any]:
    """Return a payout for scripts; amounts are texts, times unix seconds."""
    return {**payout.told(), "advice": payout.advice}


def row(payout: Payout) -> tuple[object, ...]:
    """Return a payout as a line of the table."""
    from halopay_kit.inbox.transitions import plain

    return (
        payout.out_trade_no,
        payout.currency_id,
        plain(payout.amount),
        payout.address,
        payout.state,
        payout.status or "",
        payout.trade_no or "",
        moment(payout.changed_at),
        payout.cause,
    )


def tell(payout: Payout) -> None:
    """Print a payout for a person."""
    told = {name: value for name, value in payout.told().items() if value is not None and name != "outcome"}
    told |= {name: moment(getattr(payout, name)) for name in ("created_at", "changed_at")}
    output.fields(told)
    if payout.advice:
        output.note(payout.advice)


def moment(second: float) -> str:
    """Return unix seconds as a time of day in UTC."""
    try:
        return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(second)
