"""`halopay payout status`: where a payout stands."""

from __future__ import annotations

from typing import Any

import click

from halopay_kit.cli import output
from halopay_kit.cli.payout import shown
from halopay_kit.cli.payout.options import asking, journal_option, json_option, opened


@click.command
@journal_option
@click.argument("out_trade_no")
@click.option("--offline", is_flag=True, help="Say what the journal knows, and do not ask HaloPay.")
@asking
@json_option
def command(url: str, out_trade_no: str, offline: bool, as_json: bool, **given: Any) -> None:
    """Show where a payout stands, with every transition; HaloPay is asked where that may change.

    Exit codes: 0 done, 1 not done or not in the journal, 3 unknown or needs review.

    \b
    halopay payout status --journal pay.sqlite P-7
    halopay payout status --journal pay.sqlite P-7 --offline --json
    """
    from halopay_kit.payouts import Journal

    if offline:
        with Journal(url, create=False) as journal:
            payout = journal.get(out_trade_no)
            history = [] if payout is None else journal.history(out_trade_no, app_id=payout.app_id)
    else:
        with opened(url, given, create=False) as (payouts, _):
            payout = payouts.status(out_trade_no)
            history = [] if payout is None else payouts.journal.history(out_trade_no, app_id=payout.app_id)
    if payout is None:
        raise click.ClickException(
            f"the journal knows no payout {output.plain(out_trade_no)}: it was never sent from it"
        )
    if as_json:
        output.say_json({**shown.as_json(payout), "history": history})
    else:
        shown.tell(payout)
        output.say()
        rows = [(shown.moment(each["at"]), each["state"], each["cause"], each["reason"]) for each in history]
        output.table(rows, ("at", "state", "cause", "reason"))
    raise click.exceptions.Exit(shown.exit_code([payout.outcome]))
