"""Drift that somebody accepted, with a reason and until a day; later runs report only news and what expired.

The file is YAML, to be kept beside the code that lives with the drift:

    - id: 'field-added order.create {"name":"risk_level"}'
      reason: HaloPay announced it; we do not use it.
      date: 2026-11-23
      expires: 2027-02-21

`halopay contract accept` adds to it; `id` is a finding's, or the beginning of several up to a space.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from halopay_kit.contract.overlay import nodes, replacing, writing
from halopay_kit.contract.overlay.editing import Editor, applied
from halopay_kit.errors import ConfigurationError, OverlayRefused

if TYPE_CHECKING:
    from halopay_kit.contract.finding import Finding

_HEAD = """\
# Drift of HaloPay that is known and accepted for now: `halopay contract --baseline THIS-FILE` leaves it out of its
# verdict until it expires. `halopay contract accept` adds to it.
"""
_KEYS = ("id", "reason", "date", "expires")
_LONGEST = 2_000


@attrs.frozen(kw_only=True)
class Accepted:
    """One drift that is accepted, from `date` to `expires`, that day included."""

    id: str
    reason: str
    date: datetime.date
    expires: datetime.date

    def covers(self, finding: Finding) -> bool:
        """Say whether a finding is meant."""
        return finding.id == self.id or finding.id.startswith(f"{self.id} ")

    def as_values(self) -> dict[str, Any]:
        """Return it as it stands in the file."""
        return {
            "id": self.id,
            "reason": self.reason,
            "date": self.date.isoformat(),
            "expires": self.expires.isoformat(),
        }


@attrs.frozen
class Baseline:
    """Everything that is accepted."""

    entries: tuple[Accepted, ...] = ()

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """Read a file.

        Raises: ConfigurationError with the line, or the entry, that is not as it should be.
        """
        try:
            return cls.parse(replacing.text_of(file))
        except (ConfigurationError, OverlayRefused) as error:
            raise ConfigurationError(f"baseline {file}: {error.problem}", advice=_ADVICE) from error

    @classmethod
    def parse(cls, text: str) -> Baseline:
        """Read a file's text; nothing but comments is an empty one."""
        if not _says_something(text):
            return cls()
        values = nodes.data(nodes.read(text))
        if not isinstance(values, list):
            raise ConfigurationError("not a list of what is accepted", advice=_ADVICE)
        entries = tuple(_entry(value, f"entry {number}") for number, value in enumerate(values, 1))
        if len({entry.id for entry in entries}) != len(entries):
            raise ConfigurationError("an id stands there twice", advice=_ADVICE)
        return cls(entries)

    def sift(self, on: datetime.date) -> Callable[[Sequence[Finding]], tuple[Sequence[Finding], Sequence[Finding]]]:
        """Return what splits findings into news and those that are accepted on a day."""
        valid = [entry for entry in self.entries if on <= entry.expires]

        def split(findings: Sequence[Finding]) -> tuple[Sequence[Finding], Sequence[Finding]]:
            accepted = [each for each in findings if any(entry.covers(each) for entry in valid)]
            return [each for each in findings if each not in accepted], accepted

        return split

    def expired(self, findings: Iterable[Finding], on: datetime.date) -> list[Accepted]:
        """Return what was accepted until before a day, and is still there."""
        seen = list(findings)
        return [entry for entry in self.entries if entry.expires < on and any(map(entry.covers, seen))]

    def unseen(self, findings: Iterable[Finding]) -> list[Accepted]:
        """Return what is accepted and is not there: it can go."""
        seen = list(findings)
        return [entry for entry in self.entries if not any(map(entry.covers, seen))]


def accept(file: Path, entries: Sequence[Accepted]) -> int:
    """Add to a file, which may not be there yet, and renew what is in it; comments stay. Return how many are new.

    Raises: ConfigurationError where what is there cannot be read; nothing is written then.
    """
    before = replacing.text_of(file) if file.exists() else ""
    known = [entry.id for entry in Baseline.read(file).entries] if before else []
    text = before
    for entry in entries:
        values = {name: _line(value) for name, value in entry.as_values().items()}
        if not _says_something(text):
            text = (text or _HEAD) + _written(values)
            continue
        editor = Editor(text, nodes.read(text))
        if entry.id in known:
            edits = editor.update((known.index(entry.id),), values)
            text = applied(text, edits)
        else:
            text = text.rstrip("\n") + "\n" + _written(values)
        known = [each.id for each in Baseline.parse(text).entries]
    replacing.replace(file, before.encode() if file.exists() else None, text)
    return sum(entry.id not in {each.id for each in Baseline.parse(before).entries} for entry in entries)


_ADVICE = "Each entry has an id, a reason, and two days like 2026-11-23: date and expires."


def _entry(value: Any, where: str) -> Accepted:
    if not isinstance(value, dict) or set(value) != set(_KEYS):
        raise ConfigurationError(f"{where} has not just {', '.join(_KEYS)}", advice=_ADVICE)
    for name in _KEYS:
        if not isinstance(value[name], str) or not value[name].strip() or len(value[name]) > _LONGEST:
            raise ConfigurationError(f"{where}: {name} is no text, or a very long one", advice=_ADVICE)
    days = {}
    for name in ("date", "expires"):
        try:
            days[name] = datetime.date.fromisoformat(value[name])
        except ValueError as error:
            raise ConfigurationError(f"{where}: {name} is no day like 2026-11-23", advice=_ADVICE) from error
    return Accepted(id=value["id"], reason=value["reason"], date=days["date"], expires=days["expires"])


def _says_something(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _written(values: dict[str, str]) -> str:
    lines = [f"{writing.key(name)}: {writing.scalar(value)}" for name, value in values.items()]
    return "- " + "\n  ".join(lines) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())
