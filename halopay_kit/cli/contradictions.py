"""What HaloPay's documentation says twice, differently: evidence, probe and verdict of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from halopay_kit.cli import output
from halopay_kit.errors import ConfigurationError

_OPEN = "open: no contract run has looked at it"
_NEVER = "open: no call can settle it"


def show(report: Path | None, *, as_json: bool) -> None:
    """Print the ledger, with the verdicts of a contract run if its report is at hand.

    Raises: ConfigurationError, for a report that is none.
    """
    verdicts = {} if report is None else _verdicts(report)
    rows = [_row(entry, verdicts.get(entry["id"])) for entry in _ledger()]
    if as_json:
        output.say_json(rows)
        return
    for number, row in enumerate(rows):
        if number:
            output.say()
        output.say(click.style(output.plain(f"{row['id']}: {row['subject']}"), bold=True))
        output.fields({name: _text(value) for name, value in row.items() if name not in ("id", "subject")})


def _ledger() -> list[dict[str, Any]]:
    found = json.loads(files("halopay_api").joinpath("contradictions.json").read_text("utf-8"))
    entries: list[dict[str, Any]] = found["contradictions"]
    return entries


def _verdicts(report: Path) -> Mapping[str, str]:
    try:
        found = json.loads(report.read_text("utf-8"))
        target = found["target"]
        return {each["entry"]: f"{each['settled']}: {each['says']} ({target})" for each in found["ledger"]}
    except OSError as error:
        raise ConfigurationError(f"{report} cannot be read: {error.strerror}") from error
    except (ValueError, LookupError, TypeError) as error:
        advice = "halopay contract --report DIRECTORY writes one."
        raise ConfigurationError(f"{report} is no report of a contract run", advice=advice) from error


def _row(entry: Mapping[str, Any], verdict: str | None) -> dict[str, Any]:
    probe = entry.get("probe")
    return {
        "id": entry["id"],
        "subject": entry.get("subject", ""),
        "evidence": [f"{each['source']}: {each['claim']}" for each in entry.get("says", ())],
        "follow": entry.get("follow", ""),
        "because": entry.get("because", ""),
        "probe": probe or f"none: {entry.get('no-probe', '')}",
        "verdict": verdict or entry.get("verdict") or (_OPEN if probe else _NEVER),
    }


def _text(value: Any) -> str:
    return " | ".join(value) if isinstance(value, list) else str(value)
