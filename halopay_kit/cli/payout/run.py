"""`halopay payout run`: pay a file of payouts."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from halopay_kit.cli import output
from halopay_kit.cli.payout import shown
from halopay_kit.cli.payout.options import journal_option, json_option, opened, sending

if TYPE_CHECKING:
    from halopay_kit.payouts.batch import Result
    from halopay_kit.payouts.plan import Plan

_LISTED = 20


@click.command
@journal_option
@click.argument("file")
@click.option("--result", metavar="FILE", help="Write what became of each line to FILE: .csv, .json or .jsonl.")
@click.option("--workers", type=click.IntRange(1, 32), default=4, show_default=True, help="Payouts at a time.")
@click.option("--mixed-currencies", is_flag=True, help="Take a file with payouts of several currencies.")
@click.option("--keep-going", is_flag=True, help="Do not stop when several in a row come to nothing.")
@sending
@json_option
def command(
    url: str,
    file: str,
    result: str | None,
    workers: int,
    mixed_currencies: bool,
    keep_going: bool,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Pay the payouts of FILE: CSV with the columns out_trade_no, currency_id, amount and address, or JSON lines.

    The whole file is checked first: its form, addresses by chain and checksum, decimals, doubles, look-alikes, the
    balance, the policy. Anything wrong refuses it as a whole, with line, column and reason, and nothing is sent. A
    spreadsheet's marks (a byte order mark, CR LF, empty lines, semicolons, 1.5E+3) are wrong, too: what it did to the
    numbers cannot be seen. Then it says what it will do, asks, and pays.

    Interrupted anywhere, the same command goes on: what was paid is skipped, what is unknown is asked for, what is not
    done is sent again. Exit codes: 0 all are done, 1 some are not done, 2 the file is refused, 3 some are unknown or
    need review.

    \b
    halopay payout run --journal pay.sqlite payouts.csv --dry-run
    halopay payout run --journal pay.sqlite payouts.csv --daily-cap 5000 --result result.csv
    halopay payout run --journal postgresql://shop@db/shop payouts.jsonl --yes --json
    """
    from halopay_kit.errors import FileRefused
    from halopay_kit.inbox.interruption import interruptible
    from halopay_kit.payouts import sheet
    from halopay_kit.payouts.batch import Batch
    from halopay_kit.payouts.plan import plan
    from halopay_kit.payouts.results import check_name, write

    if result is not None:
        check_name(result)
    try:
        rows, problems = sheet.read(file, mixed=mixed_currencies, allowed=_allowed(given))
        with opened(url, given, create=not given["dry_run"]) as (payouts, halopay):
            made = plan(payouts, halopay, rows, problems)
            _announce(made, halopay.base_url)
            if given["dry_run"]:
                _tell_dry(made, as_json)
                return
            if made.to_pay and not yes and not output.agreed("Pay this?"):
                raise click.ClickException("Nothing was sent; --yes goes on without asking.")
            with interruptible(passes_on=False) as stop, output.progress("Paying") as progress:
                batch = Batch(payouts, made, workers=workers, keep_going=keep_going)
                results = batch.run(stop=stop, progress=progress)
    except FileRefused as refused:
        _refuse(refused, as_json)
    if result is not None:
        write(result, results)
    _tell(results, batch.stopped, as_json)
    if stop.is_set():
        output.note("The same command goes on from here.")
        raise click.Abort
    raise click.exceptions.Exit(shown.exit_code(each.outcome for each in results))


def _allowed(given: dict[str, Any]) -> frozenset[str]:
    from halopay_kit.cli.payout.options import policy_of

    return policy_of(given).allow or frozenset()


def _refuse(refused: Any, as_json: bool) -> None:
    if as_json:
        told = {
            "error": "FileRefused",
            "problem": refused.problem,
            "problems": refused.problems,
            "advice": refused.advice,
        }
        click.echo(json.dumps(told), err=True)
    else:
        click.echo("Error: the file is refused as a whole.", err=True)
        for problem in refused.problems[:_LISTED]:
            click.echo(output.plain(f"  {problem}"), err=True)
        if len(refused.problems) > _LISTED:
            click.echo(f"  and {len(refused.problems) - _LISTED} more; --json tells them", err=True)
        click.echo(refused.advice, err=True)
    raise click.exceptions.Exit(output.USAGE)


def _announce(made: Plan, base_url: str) -> None:
    """Say what will be done, on stderr: the result alone is on stdout."""
    from halopay_kit.inbox.transitions import plain

    counted = Counter(line.row.currency_id for line in made.to_pay)
    output.note(f"{len(made.lines)} payouts, {len(made.to_pay)} of them to be sent at {base_url}")
    for currency_id, total in made.totals.items():
        currency = made.currencies[currency_id]
        held = "" if currency.balance is None else f", of {plain(currency.balance)} that there are"
        output.note(f"  {plain(total)} {currency.shown} ({currency_id}) in {counted[currency_id]} payouts{held}")
    for state, number in sorted(made.before.items()):
        output.note(f"  {number} {state} before: not sent")
    for note in made.notes:
        output.note(f"  {note}")


def _tell_dry(made: Plan, as_json: bool) -> None:
    from halopay_kit.inbox.transitions import plain

    totals = {str(currency_id): plain(total) for currency_id, total in made.totals.items()}
    told = {"dry_run": True, "rows": len(made.lines), "to_pay": len(made.to_pay), "totals": totals}
    output.say_json(told) if as_json else output.say("A dry run: nothing was written or sent.")


def _tell(results: list[Result], stopped: str | None, as_json: bool) -> None:
    did, outcomes = Counter(each.did for each in results), Counter(each.outcome for each in results)
    if as_json:
        told = [each.told() for each in results]
        output.say_json({"did": dict(did), "outcomes": dict(outcomes), "stopped": stopped, "results": told})
        return
    words = {"paid": "paid now", "skipped": "skipped, for they had come to their end before", "asked": "asked for"}
    words |= {"tried": "sent, and not done or not known to be", "left": "not come to"}
    output.fields({word: str(did[name]) for name, word in words.items() if did[name]})  # type: ignore[index]  # they are those
    shown_skipped = [each.line.row.out_trade_no for each in results if each.did == "skipped"]
    if shown_skipped:
        more = f" … and {len(shown_skipped) - _LISTED} more" if len(shown_skipped) > _LISTED else ""
        output.note(f"Skipped: {', '.join(shown_skipped[:_LISTED])}{more}")
    bad = [each for each in results if each.outcome != "done" and each.did != "left"]
    for each in bad[:_LISTED]:
        reason = each.problem or (each.payout.reason if each.payout else "")
        output.note(f"line {each.line.row.line}, {each.line.row.out_trade_no}: {each.outcome}, {reason}")
    if len(bad) > _LISTED:
        output.note(f"and {len(bad) - _LISTED} more; --result writes them down")
    if stopped:
        output.note(f"Ended early: {stopped}")
