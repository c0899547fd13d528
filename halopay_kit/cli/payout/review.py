"""`halopay payout review`: say what became of a payout that needs review."""

from __future__ import annotations

import click

from halopay_kit.cli import output
from halopay_kit.cli.payout import shown
from halopay_kit.cli.payout.options import journal_option, json_option


@click.command
@journal_option
@click.argument("out_trade_no")
@click.option("--done", "outcome", flag_value="done", help="It was paid, once.")
@click.option("--not-done", "outcome", flag_value="not-done", help="It was not paid, and will not be.")
@click.option("--by", "who", help="Who decides.")
@click.option("--why", help="How that is known.")
@click.option("--app-id", help="Whose payout, where the journal has several of that number.")
@json_option
def command(
    url: str,
    out_trade_no: str,
    outcome: str | None,
    who: str | None,
    why: str | None,
    app_id: str | None,
    as_json: bool,
) -> None:
    """Say what became of a payout that needs review. Who says so, and why, stays in the journal for good.

    After --not-done the same payout, paid again, is sent again under its number, unless HaloPay has something under it;
    then its number is used up. Without --done or --not-done it shows what is known.

    \b
    halopay payout review --journal pay.sqlite P-7
    halopay payout review --journal pay.sqlite P-7 --not-done --by alice --why "HaloPay's support: ticket 812"
    """
    from halopay_kit.payouts import Journal

    with Journal(url, create=False) as journal:
        if outcome is None:
            payout = journal.get(out_trade_no, app_id=app_id)
            if payout is None:
                raise click.ClickException(f"the journal knows no payout {output.plain(out_trade_no)}")
        else:
            if not who or not why:
                raise click.UsageError("--by and --why are needed: a review says who decided, and why")
            payout = journal.review(out_trade_no, outcome, who=who, why=why, app_id=app_id)  # type: ignore[arg-type]  # click has seen to it
        history = journal.history(out_trade_no, app_id=payout.app_id)
    if as_json:
        output.say_json({**shown.as_json(payout), "history": history})
        return
    shown.tell(payout)
    if outcome is None:
        output.say()
        for each in history:
            output.say(f"{shown.moment(each['at'])}  {each['state']}: {output.plain(each['reason'])}")
            if each["answer"]:
                output.say(f"    {output.plain(each['answer'])}")
        raise click.exceptions.Exit(shown.exit_code([payout.outcome]))
