"""`halopay contract accept`: accept drift for a while."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_kit.contract.baseline import Accepted

_DAYS = 90
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("accept")
@click.argument("report", type=_FILE)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--reason", required=True, help="Why it may be so.")
@click.option("--until", metavar="DATE", help=f"The last day on which it is accepted; {_DAYS} days from now.")
@click.option("--all", "is_all", is_flag=True, help="All drift of the report; what is broken only by its ID.")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    default="accepted.yaml",
    show_default=True,
    help="The file that it is written to.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was accepted as JSON.")
def command(
    report: Path,
    ids: tuple[str, ...],
    reason: str,
    until: str | None,
    is_all: bool,
    baseline: Path,
    as_json: bool,
) -> None:
    """Accept findings of a JSON REPORT, with a reason and until a day.

    A later run with --baseline reports only news and what expired. An ID is a finding's, or its beginning up to a
    space: 'field-added order.create'. What is accepted already is renewed.

    \b
    halopay contract --report out
    halopay contract accept out/report.json 'field-added order.create' --reason 'announced, we do not use it'
    halopay contract accept out/report.json --all --reason 'asked HaloPay' --until 2027-01-31
    halopay contract --baseline accepted.yaml
    """
    from halopay_kit.contract.baseline import Accepted, accept

    if not reason.strip():
        raise click.UsageError("a reason is needed")
    if bool(ids) == is_all:
        raise click.UsageError("say which findings to accept, by their IDs, or --all")
    today = datetime.now(UTC).date()
    last = _day(until) if until is not None else today + timedelta(days=_DAYS)
    if last < today:
        raise click.UsageError(f"--until {last} is over")
    chosen = _chosen(_findings(report), ids)
    entries = [Accepted(id=each, reason=reason, date=today, expires=last) for each in chosen]
    new = accept(baseline, entries) if entries else 0
    _say(entries, new, baseline, as_json=as_json)


def _say(entries: list[Accepted], new: int, baseline: Path, *, as_json: bool) -> None:
    if as_json:
        output.say_json({"baseline": str(baseline), "new": new, "accepted": [entry.as_values() for entry in entries]})
        return
    for entry in entries:
        output.say(f"{output.plain(entry.id)}  until {entry.expires}")
    output.note(f"{len(entries)} accepted in {baseline}, {new} of them new.")


def _findings(report: Path) -> list[dict[str, Any]]:
    try:
        told = json.loads(report.read_bytes())
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{report} is no JSON report of `halopay contract`") from error
    found = told.get("findings") if isinstance(told, dict) else None
    if not isinstance(found, list) or not all(
        isinstance(each, dict) and isinstance(each.get("id"), str) for each in found
    ):
        raise click.UsageError(f"{report} is no JSON report of `halopay contract`")
    return found


def _chosen(findings: list[dict[str, Any]], ids: tuple[str, ...]) -> list[str]:
    """Return the ids to accept, in the order of the report."""
    if not ids:
        return [each["id"] for each in findings if each.get("grade") == "drift"]
    chosen = []
    for text in ids:
        found = [each["id"] for each in findings if each["id"] == text or each["id"].startswith(f"{text} ")]
        if not found:
            listed = ", ".join(repr(each["id"]) for each in findings[:10]) or "none"
            raise click.UsageError(f"the report has no finding {text!r}; it has {listed}")
        chosen += found
    return [each["id"] for each in findings if each["id"] in chosen]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no day like 2027-01-31", param_hint="--until") from error
