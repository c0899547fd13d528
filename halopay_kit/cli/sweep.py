"""`halopay sweep`: query what no webhook told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from halopay_kit.cli import output
from halopay_kit.cli.environment import inbox_option

if TYPE_CHECKING:
    from halopay_kit.sweep import Swept, Unlearned

_LISTED = 20


@click.command
@inbox_option
@click.option("--ledger", metavar="FILE", help="Orders and payouts that you know of: CSV or JSON lines.")
@click.option("--concurrency", type=click.IntRange(1, 32), default=4, show_default=True, help="Queries at a time.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Queries a second, at most.")
@click.option(
    "--late", type=click.FloatRange(0), default=2.0, show_default=True, help="Days to look for late payments."
)
@click.option("--afresh", is_flag=True, help="Do not go on with a sweep that was stopped.")
@click.option("--base-url", help="Instead of HALOPAY_BASE_URL or HaloPay's own address.")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds for an answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    url: str,
    ledger: str | None,
    concurrency: int,
    rate: float | None,
    late: float,
    afresh: bool,
    base_url: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Query every order and payout that has not come to its end, and take what is news into the inbox.

    Those are the ones in the inbox, and those that a ledger names by the columns out_trade_no or trade_no, and kind
    (payment, payout; a payment where there is none). An order whose every webhook was lost is known to the ledger only.
    Orders that timed out are asked for once more while they may be paid late.

    When HaloPay says that it is too much, all queries slow down. Ctrl-C stops; within an hour the same command goes on
    from there. Exit code 1: not all were asked, or of some nothing was learned.

    \b
    halopay sweep --inbox inbox.sqlite
    halopay sweep --inbox postgresql://shop@db/shop --ledger orders.csv --rate 10
    """
    from halopay_kit.cli.environment import client
    from halopay_kit.inbox import Inbox
    from halopay_kit.inbox.interruption import interruptible
    from halopay_kit.sweep import read_ledger, sweep

    orders = [] if ledger is None else read_ledger(ledger)
    with (
        client(base_url=base_url, timeout=timeout) as halopay,
        Inbox(url, create=ledger is not None) as inbox,
        interruptible(passes_on=False) as stop,
        output.progress("Asking") as progress,
    ):
        swept = sweep(
            halopay,
            inbox,
            orders=orders,
            concurrency=concurrency,
            rate=rate,
            late=late * 86_400,
            afresh=afresh,
            stop=stop,
            progress=progress,
        )
    output.say_json(_as_json(swept)) if as_json else _tell(swept)
    if stop.is_set() and swept.stopped:
        raise click.Abort
    if not swept.complete:
        raise click.exceptions.Exit(output.NOT_DONE)


def _tell(swept: Swept) -> None:
    if swept.resumed:
        output.note("Went on with a sweep that was stopped.")
    shown: dict[str, object] = {
        "asked for": f"{swept.answered + swept.missing_count + swept.failed_count} of {swept.due}",
        "news": str(swept.news),
        "still open": str(swept.open),
        **{status: str(number) for status, number in sorted(swept.statuses.items())},
        "not known to HaloPay": str(swept.missing_count),
        "failed": str(swept.failed_count),
        "queries": str(swept.calls) + (f", slowed down {swept.slowed} times" if swept.slowed else ""),
    }
    output.fields(shown)
    for unlearned in (*swept.missing, *swept.failed)[:_LISTED]:
        output.note(f"{unlearned.kind} {unlearned.out_trade_no or unlearned.trade_no}: {unlearned.error.problem}")
    more = swept.missing_count + swept.failed_count - _LISTED
    if more > 0:
        output.note(f"and {more} more; --json lists up to a thousand of each")
    if swept.elsewhere:
        output.note(f"{swept.elsewhere} more are open and another app's; sweep with its credentials, too.")
    if swept.stopped:
        advice = f" {swept.error.advice}" if swept.error and swept.error.advice else ""
        output.note(f"Stopped: {swept.stopped}.{advice} The same command goes on from here.")


def _as_json(swept: Swept) -> dict[str, Any]:
    names = ("due", "answered", "news", "open", "statuses", "missing_count", "failed_count", "calls")
    told: dict[str, Any] = {name: getattr(swept, name) for name in names}
    told |= {"slowed": swept.slowed, "elsewhere": swept.elsewhere}
    told |= {"resumed": swept.resumed, "complete": swept.complete, "stopped": swept.stopped}
    told |= {"error": None if swept.error is None else type(swept.error).__name__}
    told |= {"missing": [_unlearned(each) for each in swept.missing]}
    return told | {"failed": [_unlearned(each) for each in swept.failed]}


def _unlearned(each: Unlearned) -> dict[str, str | None]:
    return {
        "kind": each.kind,
        "out_trade_no": each.out_trade_no,
        "trade_no": each.trade_no,
        "error": type(each.error).__name__,
        "problem": each.error.problem,
    }
