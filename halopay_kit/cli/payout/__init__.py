"""`halopay payout`: payouts that move money at most once."""

from __future__ import annotations

import click

from halopay_kit.cli.group import Group

_COMMANDS = {
    "audit": "Verify that nobody edited the journal.",
    "create": "Pay once, or find out what became of it.",
    "list": "List payouts, or write them to a file.",
    "resume": "Find out what became of those that are unknown; sends no payout.",
    "review": "Say what became of one that needs review.",
    "run": "Pay a file of payouts.",
    "status": "Show where a payout stands, and all that is known of it.",
}


@click.group(
    cls=Group,
    package=__name__,
    table=_COMMANDS,
    epilog="Exit codes: 0 done, 1 not done, 2 usage, 3 unknown or needs review.",
)
def command() -> None:
    """Pay out at most once, whatever the network, HaloPay and this machine do.

    What is to be paid is written to a journal before a byte is sent. A payout whose answer got lost is never sent again
    on a guess: HaloPay is asked, or its webhook believed, until that is proof; where certainty cannot be had, a human
    decides. Each command takes --journal, or HALOPAY_JOURNAL from the environment.

    \b
    halopay payout create --journal pay.sqlite --out-trade-no P-7 --currency-id 75 --amount 4.2 --address T...
    halopay payout run --journal pay.sqlite payouts.csv
    halopay payout resume --journal pay.sqlite --wait 60
    halopay payout list --journal pay.sqlite --state unknown --state needs-review
    halopay payout review --journal pay.sqlite P-7 --not-done --by alice --why "HaloPay's support: ticket 812"
    """
