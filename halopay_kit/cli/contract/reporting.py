"""What becomes of a result: lines on the terminal, files, an overlay, and what a baseline accepts of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_kit.contract.baseline import Baseline
    from halopay_kit.contract.report import Masking
    from halopay_kit.contract.result import Result
    from halopay_kit.contract.run import Sift
    from halopay_kit.contract.traffic import Count

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--report", metavar="DIR", help="Write report.html, report.json, junit.xml and traffic.har there."),
    click.option("--overlay", metavar="FILE", help="Write the corrections of the spec that were found there."),
    click.option("--baseline", metavar="FILE", help="Drift that is accepted: only news and what expired are reported."),
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
)


def options(command: F) -> F:
    """Add the options about reports to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@attrs.frozen(kw_only=True)
class Reports:
    """Where a result goes, and what of it is known; `today` is the day for which a baseline is read."""

    directory: str | None
    overlay: str | None
    baseline: Baseline | None
    as_json: bool
    today: date

    @classmethod
    def of(cls, given: dict[str, Any]) -> Reports:
        """Take the options about reports out of the others, and read the baseline.

        Raises:
            ConfigurationError: the baseline is not as it should be.
        """
        baseline = given.pop("baseline")
        return cls(
            directory=given.pop("report"),
            overlay=given.pop("overlay"),
            baseline=None if baseline is None else _baseline(baseline),
            as_json=given.pop("as_json"),
            today=datetime.now(UTC).date(),
        )

    def sift(self) -> Sift | None:
        """Return what splits findings into news and what the baseline accepts; None where there is none."""
        return None if self.baseline is None else self.baseline.sift(self.today)

    def publish(self, result: Result, masking: Masking, counts: Sequence[Count] = ()) -> None:
        """Write the files that were asked for, then show the result."""
        from halopay_kit.contract.report import as_json, write

        if self.directory is not None:
            for file in write(result, self.directory, masking, counts):
                output.note(f"Written: {file}")
        if self.baseline is not None:
            _compare(result, self.baseline, self.today)
        if self.overlay is not None:
            _propose(result, self.overlay, masking)
        if self.as_json:
            output.say(as_json.render(result, masking, counts).decode())
        else:
            _show(result, masking, counts)


def _compare(result: Result, baseline: Baseline, today: date) -> None:
    """Say what of a baseline is over: what expired and is still there, and what is there no more."""
    for entry in baseline.expired(result.findings, today):
        output.note(f"Accepted until {entry.expires}, and still there: {entry.id} ({entry.reason})")
    for entry in baseline.unseen([*result.findings, *result.accepted]):
        output.note(f"Accepted, and not seen this time: {entry.id}")


def _baseline(file: str) -> Baseline:
    from halopay_kit.contract.baseline import Baseline

    return Baseline.read(Path(file))


def _propose(result: Result, file: str, masking: Masking) -> None:
    """Write the corrections that were found; a file that is there is replaced whole or not at all."""
    from halopay_kit.contract.overlay import propose

    overlay = propose(result)
    part = Path(f"{file}.{os.getpid()}.part")
    try:
        part.write_text(masking.text(overlay.text()), "utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    output.note(f"Written: {file}, {len(overlay.actions)} corrections, {len(overlay.manual)} left for a person")


def _show(result: Result, masking: Masking, counts: Sequence[Count]) -> None:
    from halopay_kit.contract.report import terminal

    for line in terminal.lines(result, masking, counts):
        click.secho(line.text, **_TONES[line.tone])


_TONES: Mapping[str, dict[str, Any]] = {
    "plain": {},
    "head": {"bold": True},
    "good": {"fg": "green", "bold": True},
    "broken": {"fg": "red"},
    "drift": {"fg": "yellow"},
    "note": {"fg": "cyan"},
    "dim": {"dim": True},
}
