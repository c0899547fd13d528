"""`halopay doctor`: verify an integration before it goes live."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_kit.doctor import Check, Verdict

_MARKS: dict[Verdict, tuple[str, str]] = {
    "passed": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("·", "yellow"),
}


@click.command
@click.option("--base-url", help="Instead of HALOPAY_BASE_URL or HaloPay's own address.")
@click.option("--webhook-url", metavar="URL", help="Try the receiver at this URL with test events that pay nothing.")
@click.option(
    "--inbox",
    "inbox",
    metavar="URL",
    envvar="HALOPAY_INBOX",
    help="A file, sqlite:///… or postgresql://…, where the receiver keeps what it took; HALOPAY_INBOX when not given.",
)
@click.option(
    "--repo",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Look for the AppKey in this repository.",
)
@click.option("--baseline", metavar="FILE", help="Drift that is accepted: say when somebody looked, and what expired.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds for an answer.",
)
@click.option("--yes", is_flag=True, help="Do not ask before a receiver on another machine is tried.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    base_url: str | None,
    webhook_url: str | None,
    inbox: str | None,
    repo: Path,
    baseline: str | None,
    timeout: float,
    yes: bool,
    as_json: bool,
) -> None:
    """Verify an integration before it goes live, and tell the remedy of whatever is wrong.

    HaloPay is sent calls that only read, at most three. The receiver is sent seven signed, forged and stale events of
    orders named halopay-doctor-… that timed out unpaid; the genuine one stays in its inbox. Whether a webhook that
    comes twice counts once, and outlives a restart, is seen in the --inbox only. The AppKey is looked for in files and
    in the git history, and never shown. What cannot be checked is skipped, with what it takes. Exit codes: 0 nothing
    failed, 1 something did, 2 usage.

    \b
    halopay doctor
    halopay doctor --webhook-url http://127.0.0.1:8000/ --inbox inbox.sqlite --repo ~/shop
    halopay doctor --base-url https://api.pay.halochat.io --webhook-url https://shop.example/halopay --yes --json
    """
    from halopay_kit.client import BASE_URL
    from halopay_kit.doctor import Patient, examine, said

    def agreed(url: str) -> bool:
        for line in said(url):
            click.echo(line, err=True)
        return yes or output.agreed("Go on?")

    patient = Patient(
        environ=os.environ,
        base_url=base_url or os.environ.get("HALOPAY_BASE_URL") or BASE_URL,
        webhook_url=webhook_url,
        inbox=inbox or None,
        repo=repo,
        baseline=baseline,
        timeout=timeout,
        agreed=agreed,
    )
    made = []
    for check in examine(patient):
        made.append(check)
        if not as_json:
            _tell(check)
    counted = Counter(check.verdict for check in made)
    numbers = {verdict: counted[verdict] for verdict in _MARKS}
    if as_json:
        checks = [
            {"name": c.name, "about": c.about, "verdict": c.verdict, "says": c.says, "remedy": c.remedy} for c in made
        ]
        output.say_json({"base_url": patient.base_url, **numbers, "checks": checks})
    else:
        output.say()
        output.say(", ".join(f"{number} {verdict}" for verdict, number in numbers.items()))
    if numbers["failed"]:
        raise click.exceptions.Exit(output.NOT_DONE)


def _tell(check: Check) -> None:
    mark, colour = _MARKS[check.verdict]
    output.say(f"{click.style(mark, fg=colour)} {click.style(check.about, bold=True)}: {check.verdict}")
    output.say(f"    {output.plain(check.says)}")
    if check.remedy:
        output.say(f"    {click.style('→', fg=colour)} {output.plain(check.remedy)}")
