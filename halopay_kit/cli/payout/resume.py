"""`halopay payout resume`: find out what became of payouts that are unknown."""

from __future__ import annotations

from typing import Any

import click

from halopay_kit.cli import output
from halopay_kit.cli.payout import shown
from halopay_kit.cli.payout.options import asking, journal_option, json_option, opened

_LISTED = 20


@click.command
@journal_option
@click.option("--wait", type=click.FloatRange(0, 1e7), default=0.0, help="Go on for so many seconds, if need be.")
@asking
@json_option
def command(url: str, wait: float, as_json: bool, **given: Any) -> None:
    """Ask HaloPay, and the inbox, what became of every payout of which more is to come. It sends no payout.

    What was asked for a moment ago is left until it is due: call this now and then, or with --wait. Exit codes: 0 all
    is known, 1 some that were unknown are not done, 3 some are unknown or need review.

    \b
    halopay payout resume --journal pay.sqlite --wait 60
    halopay payout resume --journal postgresql://shop@db/shop --inbox postgresql://shop@db/shop --json
    """
    from halopay_kit.inbox.interruption import interruptible

    with (
        opened(url, given, create=False) as (payouts, _),
        interruptible(passes_on=False) as stop,
        output.progress("Asking") as progress,
    ):
        resumed = payouts.resume(wait=wait, stop=stop, progress=progress)
        review = list(payouts.journal.payouts(states=("needs-review",), app_id=payouts.app_id, limit=_LISTED))
    if as_json:
        output.say_json(
            {
                "looked_at": resumed.looked_at,
                "moved": [shown.as_json(payout) for payout in resumed.moved],
                "left": dict(resumed.left),
                "stopped": resumed.stopped,
            }
        )
    else:
        output.fields({"looked at": str(resumed.looked_at), "learned": str(len(resumed.moved))})
        output.fields({state: str(number) for state, number in sorted(resumed.left.items())})
        if resumed.moved:
            output.say()
            output.table(
                [(each.out_trade_no, each.state, each.evidence or "", each.reason) for each in resumed.moved],
                ("out_trade_no", "state", "evidence", "reason"),
            )
        for payout in review:
            output.note(f"{payout.out_trade_no} needs review: {payout.reason}")
    if resumed.stopped:
        output.note(f"Ended early: {resumed.stopped}")
    if stop.is_set():
        raise click.Abort
    outcomes = [payout.outcome for payout in resumed.moved]
    outcomes += ["unknown"] if resumed.unknown else []
    outcomes += ["needs-review"] if resumed.left.get("needs-review") else []
    raise click.exceptions.Exit(shown.exit_code(outcomes))
