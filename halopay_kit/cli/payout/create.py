"""`halopay payout create`: pay once, or find out what became of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import click

from halopay_kit.cli import output
from halopay_kit.cli.payout import shown
from halopay_kit.cli.payout.options import journal_option, json_option, opened, sending


@click.command
@journal_option
@click.option("--out-trade-no", required=True, help="Your number of the payout, unique.")
@click.option("--currency-id", type=click.IntRange(1), required=True, help="The currency to send.")
@click.option("--amount", required=True, help="Tokens.")
@click.option("--address", required=True, help="The on-chain address to send to.")
@sending
@json_option
def command(
    url: str, out_trade_no: str, currency_id: int, amount: str, address: str, yes: bool, as_json: bool, **given: Any
) -> None:
    """Pay once. The same command again pays nothing twice: it says what became of the payout.

    Address and amount are checked against HaloPay's list of tokens first. One that is known not to be done is sent
    again; one that is unknown is asked for. Exit codes: 0 done, 1 not done, 2 usage, 3 unknown or needs review.

    \b
    halopay payout create --journal pay.sqlite --out-trade-no P-7 --currency-id 75 --amount 4.2 --address T...
    """
    from halopay_kit.connection import is_loopback
    from halopay_kit.payouts.plan import plan
    from halopay_kit.payouts.sheet import single

    with opened(url, given, create=not given["dry_run"]) as (payouts, halopay):
        row, problems = single(out_trade_no, currency_id, amount, address)
        made = plan(payouts, halopay, [row], problems)
        for note in made.notes:
            output.note(note)
        asks = not (yes or given["dry_run"] or is_loopback(urlsplit(halopay.base_url).hostname or ""))
        if made.to_pay and asks:
            what = f"{amount} of {made.currencies[currency_id].shown} to {address}"
            if not output.agreed(f"This moves real money at {halopay.base_url}: {what}. Go on?"):
                raise click.ClickException("Nothing was sent; --yes goes on without asking.")
        payout = payouts.pay(
            out_trade_no=row.out_trade_no, currency_id=row.currency_id, amount=row.amount, address=row.address
        )
    output.say_json(shown.as_json(payout)) if as_json else shown.tell(payout)
    raise click.exceptions.Exit(output.DONE if given["dry_run"] else shown.exit_code([payout.outcome]))
