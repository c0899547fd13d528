"""`halopay sandbox world`: days of business to try reconciliation on."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

import attrs
import click

from halopay_kit.cli import output


@click.command("world")
@click.option("--orders", type=int, default=1000, show_default=True, help="How many, from 50 to 10,000,000.")
@click.option("--days", type=int, default=30, show_default=True, help="How many days they are spread over.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same arguments give the same files.")
@click.option("--out", required=True, metavar="DIR", help="A directory that is not there yet, or empty.")
@click.option(
    "--fast/--played",
    default=None,
    help="By SQL, or played through the sandbox; played up to 20,000 orders where neither is said.",
)
@click.option("--balance-off", metavar="AMOUNT", help="Plant this in the last balance of USDT on Tron, too.")
@click.option("--memory", metavar="SIZE", help="What DuckDB may use of memory, as 4GB; it goes on on disk.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    orders: int,
    days: int,
    seed: int,
    out: str,
    fast: bool | None,
    balance_off: str | None,
    memory: str | None,
    as_json: bool,
) -> None:
    """Make days of business and a ledger with flaws of every class, and list what was planted.

    DIR then holds ledger, events.parquet, payouts.parquet, balances.csv as `halopay reconcile` reads them, planted.csv
    with every flaw, world.json with the arguments; and, where it was played, inbox.sqlite.

    \b
    halopay sandbox world --out march && halopay reconcile march
    halopay sandbox world --orders 1000000 --seed 7 --out big
    halopay sandbox world --balance-off -12.5 --out off

    Orders are partly paid, paid late, paid to fixed addresses; webhooks are lost, late, sent twice; payouts fail or
    stay unknown. Played, each goes through the sandbox's own rules and a real inbox; by SQL the same plan gives the
    same events, without bodies. A ledger of more than 100,000 orders is Parquet, else CSV.
    """
    from halopay_kit.world import make_world

    with output.progress("world") as show:
        made = make_world(
            out,
            orders=orders,
            days=days,
            seed=seed,
            fast=fast,
            balance_off=None if balance_off is None else _amount(balance_off),
            memory=memory,
            progress=lambda _what, done, of: show(done, of),
        )
    told = {**attrs.asdict(made), "directory": str(made.directory)}
    if as_json:
        output.say(json.dumps(told, indent=2))
    else:
        output.fields({**told, "fast": "by SQL" if made.fast else "played"})


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise click.BadParameter("an amount is a decimal number like -12.5", param_hint="--balance-off") from None
