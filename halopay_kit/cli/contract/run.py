"""`halopay contract run`: options in, a run, reports out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from halopay_kit.cli import environment, output
from halopay_kit.cli.contract import reporting, targets

if TYPE_CHECKING:
    from halopay_kit.contract.exchange import Delivery
    from halopay_kit.contract.plan import Plan
    from halopay_kit.contract.result import Result
    from halopay_kit.contract.target import Target

_PHASES = ("journey", "headers", "bodies", "fuzz")


@click.command("run")
@click.option("--url", metavar="URL", help="Test what answers there; credentials come from the environment.")
@click.option("--live", is_flag=True, help="Go by the rules for live targets on this machine too, as behind a tunnel.")
@click.option("--yes", is_flag=True, help="Do not ask before something is sent to a live target.")
@click.option("--rate", type=float, default=1.0, show_default=True, help="Live: calls a second.")
@click.option("--trade-no", metavar="NO", help="Live: look at this order, by HaloPay's number.")
@click.option("--out-trade-no", metavar="NO", help="Live: look at this order, by the merchant's number.")
@click.option("--payout-trade-no", metavar="NO", help="Live: look at this payout, by HaloPay's number.")
@click.option("--payout-out-trade-no", metavar="NO", help="Live: look at this payout, by the merchant's number.")
@click.option(
    "--currency-id",
    "currency_ids",
    type=click.IntRange(1),
    multiple=True,
    metavar="ID",
    help="Live: ask for this currency's balance and rate; else the app's list is asked.",
)
@click.option("--create", is_flag=True, help="Live: create orders too; needs --max-amount and --fiat.")
@click.option("--max-amount", metavar="AMOUNT", help="Live: no order of more than this.")
@click.option("--fiat", metavar="FIAT", help="Live: the fiat of orders, as USD.")
@click.option(
    "--inbox",
    metavar="URL",
    help="Judge the webhooks that this inbox took in, as sqlite:///inbox.sqlite; look at its latest order and payout.",
)
@click.option(
    "--days",
    type=click.FloatRange(0, min_open=True),
    default=7.0,
    show_default=True,
    help="How old webhooks of the inbox may be.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed makes up the same calls.")
@click.option("--cases", type=click.IntRange(1), default=5000, show_default=True, help="Calls to a sandbox, at least.")
@click.option("--quick", is_flag=True, help="A fifth of the cases.")
@click.option(
    "--phase",
    "phases",
    type=click.Choice(_PHASES),
    multiple=True,
    help="Only this: the journey, calls with wrong headers, with wrong bodies, made-up ones.",
)
@click.option(
    "--operation", "operations", metavar="NAME", multiple=True, help="Send wrong and made-up calls to this one only."
)
@click.option("--drift", multiple=True, metavar="WHERE:KIND", help="Let the sandbox drift, and see it found.")
@click.option("--webhook-port", type=click.IntRange(0, 65535), default=0, help="Where webhooks are awaited.")
@reporting.options
def command(url: str | None, yes: bool, drift: tuple[str, ...], **given: Any) -> None:
    """Test a sandbox or a live HaloPay, and report.

    \b
    halopay contract run --seed 7 --report out
    HALOPAY_SANDBOX_TOKEN=... halopay contract run --url http://127.0.0.1:8787
    """  # fmt: skip
    reports = reporting.Reports.of(given)
    if url is None:
        _refuse(_TARGET_ONLY, given, "is for a target: say which with --url")
        with targets.own_sandbox(given["seed"], drift) as own:
            _finish(_tested(own.target, own.second, given, (), reports), reports, own.secret)
        return
    if drift:
        raise click.UsageError("--drift is for the sandbox that this command starts; leave out --url")
    if not url.strip():
        raise click.UsageError("--url is empty; without it a sandbox is tested")
    taken = targets.deliveries(given)
    target = targets.at(url, live=given["live"])
    if target.live:
        _refuse(_SANDBOX_ONLY, given, "is for a sandbox; a live target gets the calls of a plan")
        plan = targets.plan(given, taken)
        _agree(target, plan, yes=yes)
        _finish(_visited(target, plan, taken, reports), reports, environment.secret)
    else:
        _finish(_tested(target, None, given, taken, reports), reports, environment.secret)


_TARGET_ONLY = (
    "live", "trade_no", "out_trade_no", "payout_trade_no", "payout_out_trade_no", "currency_ids", "create", "inbox",
)  # fmt: skip
_SANDBOX_ONLY = ("phases", "operations", "webhook_port")


def _refuse(options: Sequence[str], given: dict[str, Any], why: str) -> None:
    for name in options:
        if given[name]:
            raise click.UsageError(f"--{name.replace('_', '-').removesuffix('s')} {why}")


def _tested(
    target: Target,
    second: Target | None,
    given: dict[str, Any],
    taken: Sequence[Delivery],
    reports: reporting.Reports,
) -> Result:
    from halopay_kit.contract.observe import PHASES, QUICK, Scope, names
    from halopay_kit.contract.run import run

    scope = Scope(
        phases=given["phases"] or PHASES,
        cases=QUICK if given["quick"] else given["cases"],
        seed=given["seed"],
        operations=names(given["operations"]),
        webhook_port=given["webhook_port"],
        fuzz_at=second,
    )
    made_up = "fuzz" in scope.phases
    with _progress(scope.cases if made_up else None) as progress, targets.scratch(made_up):
        return run(
            target,
            scope,
            deliveries=taken,
            sift=reports.sift(),
            rerun=targets.rerun(sys.argv[1:]),
            progress=progress,
        )


def _visited(target: Target, plan: Plan, taken: Sequence[Delivery], reports: reporting.Reports) -> Result:
    from halopay_kit.contract.run import run_live

    with _progress(plan.calls) as progress:
        return run_live(
            target,
            plan,
            deliveries=taken,
            sift=reports.sift(),
            rerun=targets.rerun(sys.argv[1:]),
            progress=progress,
        )


def _agree(target: Target, plan: Plan, *, yes: bool) -> None:
    """Say what will be sent, and go on only after a yes."""
    for line in said(target, plan):
        click.echo(line, err=True)
    if not yes and not output.agreed("Go on?"):
        raise click.UsageError("Nothing was sent; --yes goes on without asking.")


def said(target: Target, plan: Plan) -> Iterator[str]:
    """Yield what a plan means, line by line."""
    yield f"{target.name} counts as live. It will be sent, signed as app {target.app_id[:4]}…:"
    for step in plan.steps:
        yield f"  {step.operation:<24} at most {step.calls:>3}  {step.effect:<8} {step.why}"
    seconds = plan.calls / plan.rate
    yield (
        f"At most {plan.calls} calls, {plan.rate:g} a second, so {seconds:.0f} seconds or more. A call that comes too "
        "soon for HaloPay (20009) is repeated three times at most, each time more slowly."
    )
    yield "Nothing unsigned, nothing wrong on purpose, no payout; schemathesis has no part in it."


@contextmanager
def _progress(length: int | None) -> Iterator[Callable[[int], None]]:
    if length is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label="Calls", file=sys.stderr) as bar:
        yield bar.update


def _finish(result: Result, reports: reporting.Reports, key: Callable[[], str]) -> None:
    """Write the reports, without the AppKey and what else is secret, and exit with what the result means."""
    from halopay_kit.contract.report import Masking

    reports.publish(result, Masking.of(result.observed, secrets=[key()]))
    if result.observed.interrupted:
        output.note("Interrupted; the report is about what was seen until then.")
        raise click.exceptions.Exit(output.INTERRUPTED)
    raise click.exceptions.Exit(result.exit_code)
