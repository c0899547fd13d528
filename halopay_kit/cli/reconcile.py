"""`halopay reconcile`: the ledger against what HaloPay told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_kit.reconcile import Result

_LISTED = 20
_KNOWN = {
    "ledger": ("ledger.parquet", "ledger.csv"),
    "events": ("events.parquet", "events.csv"),
    "payouts": ("payouts.parquet", "payouts.csv"),
    "balances": ("balances.parquet", "balances.csv"),
    "mapping": ("mapping.toml",),
}


@click.command
@click.argument("folder", required=False, metavar="[DIR]")
@click.option("--ledger", metavar="FILE|URL#TABLE", help="The merchant's book: CSV, Parquet, a table of a database.")
@click.option("--events", metavar="FILE", help="What HaloPay told: an export of the inbox, Parquet or CSV.")
@click.option("--inbox", metavar="URL", envvar="HALOPAY_INBOX", help="The inbox itself, instead of --events.")
@click.option("--payouts", metavar="FILE", help="An export of the payout journal.")
@click.option("--journal", metavar="URL", help="The payout journal itself, instead of --payouts.")
@click.option("--balances", metavar="FILE", help="Balances that HaloPay told: currency_id, balance, at.")
@click.option("--mapping", metavar="FILE", help="Which column of the ledger is which; guessed, and shown, without it.")
@click.option("--as-of", metavar="TIME", help="The moment to speak of, as 2026-03-31T00:00:00Z; the latest time known.")
@click.option("--window", type=float, default=1.0, show_default=True, help="Days in which a difference may resolve.")
@click.option("--fee-rate", default="0.0003", show_default=True, help="HaloPay's share of what is collected.")
@click.option(
    "--fee-bearer",
    type=click.Choice(["merchant", "nobody"]),
    default="merchant",
    show_default=True,
    help="Who bears it.",
)
@click.option("--timezone", metavar="ZONE", help="Of times without a zone, as Europe/Berlin.")
@click.option("--engine", default="duckdb", show_default=True, help="duckdb, pyspark, postgresql://… (tested).")
@click.option("--memory", metavar="SIZE", help="What DuckDB may use of memory, as 4GB; it goes on on disk.")
@click.option("--out", metavar="DIR", help="Write breaks (Parquet, CSV), summary and an HTML report here.")
@click.option("--previous", metavar="DIR", help="The --out of an earlier run; that of --out itself if it has one.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(
    folder: str | None, out: str | None, previous: str | None, as_json: bool, engine: str, **given: Any
) -> None:
    """Compare the ledger with what HaloPay told, order by order, and name every difference.

    DIR is a folder that holds ledger, events, payouts, balances under these names, as .parquet or .csv; options go
    before it. Differences that may resolve by themselves within the window are kept apart.

    \b
    halopay reconcile --ledger orders.csv --inbox inbox.sqlite --out monday
    halopay reconcile --ledger postgresql://shop@db/shop#ledger --events march.parquet --mapping names.toml
    halopay reconcile march --engine pyspark --json

    Exit codes: 0 clean, 1 breaks, 2 usage or an input that cannot be read exactly.
    """
    from halopay_kit.reconcile import Settings, reconcile
    from halopay_kit.reconcile.mapping import Mapping
    from halopay_kit.reconcile.writing import earlier, summary, write

    sources = _sources(folder, given)
    settings = Settings(
        as_of=_moment(given["as_of"]),
        window=given["window"] * 86_400,
        fee_rate=_rate(given["fee_rate"]),
        fee_bearer=given["fee_bearer"],
        timezone=given["timezone"],
    )
    mapping = Mapping.read(sources["mapping"]) if sources["mapping"] else None
    known = previous or (out if out and (Path(out) / "breaks.parquet").exists() else None)
    before = None if known is None else earlier(known)
    with ExitStack() as stack, _progress() as progress:
        result = reconcile(
            ledger=sources["ledger"],
            events=_events(sources, stack),
            payouts=_payouts(sources, stack),
            balances=sources["balances"],
            mapping=mapping,
            settings=settings,
            engine=engine,
            memory=given["memory"],
            previous=before,
            progress=progress,
        )
        if out:
            progress("writing")
            write(result, out, html=_page(result))
    if as_json:
        output.say_json(summary(result))
    else:
        _tell(result)
    if out:
        output.note(f"Written: {Path(out) / 'report.html'}, and breaks, roll-forward and summary beside it")
    if not result.is_clean:
        raise click.exceptions.Exit(output.NOT_DONE)


def _page(result: Result) -> str:
    from halopay_kit.reconcile.report import html

    page: str = html(result)
    return page


def _sources(folder: str | None, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: given.get(name) for name in (*_KNOWN, "inbox", "journal")}
    if given["payouts"] and given["journal"]:
        raise click.UsageError("--payouts or --journal, not both")
    if folder is not None:
        if not Path(folder).is_dir():
            raise click.UsageError(f"{folder} is no folder")
        for name, files in _KNOWN.items():
            there = [Path(folder) / file for file in files if (Path(folder) / file).exists()]
            instead = {"events": "inbox", "payouts": "journal"}.get(name, "")
            if found[name] is None and there and not found.get(instead):
                found[name] = str(there[0])
    if not found["ledger"]:
        raise click.UsageError("--ledger is missing: the merchant's own book" + _in(folder, "ledger"))
    if not (found["events"] or found["inbox"]):
        raise click.UsageError("--events or --inbox is missing: what HaloPay told" + _in(folder, "events"))
    return found


def _in(folder: str | None, name: str) -> str:
    return "" if folder is None else f"; {folder} has no {' and no '.join(_KNOWN[name])}"


def _events(sources: dict[str, Any], stack: ExitStack) -> Any:
    if sources["events"]:
        return sources["events"]
    from halopay_kit.inbox import Inbox
    from halopay_kit.inbox.export import export

    file = Path(stack.enter_context(TemporaryDirectory(prefix="halopay-reconcile-"))) / "events.parquet"
    with Inbox(sources["inbox"], create=False) as inbox:
        export(inbox, file)
    return file


def _payouts(sources: dict[str, Any], stack: ExitStack) -> Any:
    if not sources["journal"]:
        return sources["payouts"]
    from halopay_kit.payouts import Journal
    from halopay_kit.payouts.export import export

    file = Path(stack.enter_context(TemporaryDirectory(prefix="halopay-reconcile-"))) / "payouts.parquet"
    with Journal(sources["journal"], create=False) as journal:
        export(journal, file)
    return file


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"--as-of: {text!r} is no time as 2026-03-31T00:00:00Z") from error
    if found.tzinfo is None:
        raise click.UsageError(f"--as-of: {text!r} has no zone; a Z at its end means UTC")
    return found.astimezone(UTC).timestamp()


def _rate(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise click.UsageError(f"--fee-rate: {text!r} is no number as 0.0003") from error


@contextmanager
def _progress() -> Iterator[Any]:
    """Show what is done now, if somebody looks on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return

    def show(step: str) -> None:
        click.echo(f"\r\x1b[K{step} …", nl=False, err=True)

    try:
        yield show
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


def _tell(result: Result) -> None:
    from halopay_kit.reconcile import CLASSES
    from halopay_kit.reconcile.result import moment, name_of
    from halopay_kit.reconcile.sentences import plain
    from halopay_kit.reconcile.settings import EXACT

    for each in result.inputs:
        if each.what == "ledger" and each.mapping.guessed:
            guessed = ", ".join(f"{name} = {header}" for name, header in each.mapping.columns.items())
            output.note(f"Columns of {each.name}, guessed: {guessed}. --mapping says otherwise.")
    output.table(
        [(each.what, each.read, each.matched, each.unmatched, each.unused, each.refused) for each in result.counts],
        ("rows of", "read", "matched", "unmatched", "not needed", "refused"),
    )
    output.say()
    output.say(
        f"{output.verdict(result.is_clean)} {result.clean} of {result.subjects} match; {len(result.breaks)} breaks, "
        f"{len(result.timing)} that may resolve by themselves; as of {moment(result.as_of)} UTC"
    )
    if result.resolved is not None:
        new = sum(each.news == "new" for each in result.breaks)
        output.say(f"  since the previous run: {new} new, {len(result.resolved)} resolved")
    if result.breaks:
        output.say()
        output.table(
            [(CLASSES[name].severity, name, number) for name, number in result.by_class.items()],
            ("severity", "class", "breaks"),
        )
        output.say()
        for found in result.breaks[:_LISTED]:
            number = found.out_trade_no or found.trade_no or found.txid or " ".join(found.entries) or name_of(found)
            output.say(output.plain(f"{found.class_:<26} {number}: {found.sentence}"))
        if len(result.breaks) > _LISTED:
            output.say(f"and {len(result.breaks) - _LISTED} more; --out writes them all")
        output.say()
        for currency, amount in result.at_stake.items():
            output.say(output.plain(f"at stake  {plain(amount)} {currency}"))
    for forward in result.roll_forward:
        paid_out = EXACT.add(forward.payouts, forward.payout_fees)
        output.say(
            output.plain(
                f"balance   {name_of(forward)}: {plain(forward.opening)} + {plain(forward.collected)} collected "
                f"- {plain(forward.fees)} fees - {plain(paid_out)} paid out = "
                f"{plain(forward.expected)}; HaloPay tells {plain(forward.closing)}, unexplained {plain(forward.rest)}"
            )
        )
