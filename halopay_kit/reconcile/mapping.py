"""Which column of a ledger is which: given by a mapping file, or guessed from the names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Map
from os import PathLike
from pathlib import Path

import attrs

from halopay_kit.errors import ConfigurationError
from halopay_kit.reconcile.columns import COLUMNS, KINDS, STATUSES, Input
from halopay_kit.reconcile.settings import Settings

_FORM = (
    'A mapping file is TOML: [columns] with lines as amount = "Paid (USDT)", [status] with lines as bezahlt = "PAID".'
)


@attrs.frozen(kw_only=True)
class Mapping:
    """How a ledger names things.

    Attributes:
        columns: the kit's names of columns to the ledger's.
        status: the ledger's words for a status to HaloPay's, or CANCELLED.
        kind: the ledger's words for the direction to `payment` or `payout`.
        timezone: of times without a zone.
        guessed: nobody gave it; show it to whoever relies on it.
    """

    columns: Map[str, str] = attrs.field(factory=dict)
    status: Map[str, str] = attrs.field(factory=dict)
    kind: Map[str, str] = attrs.field(factory=dict)
    timezone: str | None = None
    guessed: bool = False

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Mapping:
        """Read a mapping file.

        Raises:
            ConfigurationError: it cannot be read, or says something that there is not.
        """
        name = Path(path).name
        try:
            said = tomllib.loads(Path(path).read_text("utf-8-sig"))
        except OSError as error:
            raise ConfigurationError(f"{name} cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{name}: {error}", advice=_FORM) from error
        unknown = sorted(set(said) - {"columns", "status", "kind", "timezone"})
        if unknown:
            raise ConfigurationError(f"{name}: there is no {unknown[0]!r} in a mapping", advice=_FORM)
        for part in ("columns", "status", "kind"):
            texts = said.get(part, {})
            if not isinstance(texts, dict) or not all(isinstance(value, str) for value in texts.values()):
                raise ConfigurationError(f"{name}: [{part}] is not names with texts", advice=_FORM)
        _check(name, "columns", said.get("columns", {}), {column.name for column in COLUMNS["ledger"]}, of_values=False)
        _check(name, "status", said.get("status", {}), set(STATUSES.values()), of_values=True)
        _check(name, "kind", said.get("kind", {}), set(KINDS.values()), of_values=True)
        zone = said.get("timezone")
        if zone is not None and not isinstance(zone, str):
            raise ConfigurationError(f"{name}: timezone is a text, as Europe/Berlin", advice=_FORM)
        Settings(timezone=zone)
        return cls(**said)

    def toml(self) -> str:
        """Write it as a mapping file."""
        lines = [] if self.timezone is None else [f"timezone = {_quoted(self.timezone)}", ""]
        for part, texts in (("columns", self.columns), ("status", self.status), ("kind", self.kind)):
            if texts:
                lines += [f"[{part}]", *(f"{_quoted(name)} = {_quoted(value)}" for name, value in texts.items()), ""]
        return "\n".join(lines)


def _check(file: str, part: str, texts: Map[str, str], known: set[str], *, of_values: bool) -> None:
    for text in texts.values() if of_values else texts:
        if text not in known:
            raise ConfigurationError(f"{file}: [{part}] {text!r} is none of {', '.join(sorted(known))}", advice=_FORM)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def guess(headers: Sequence[str], what: Input) -> Mapping:
    """Guess which column is which; a name that fits itself goes before one that fits as another word for it."""
    plain = {_plain(header): header for header in reversed(headers)}
    found: dict[str, str] = {}
    for column in COLUMNS[what]:
        if column.name in plain:
            found[column.name] = plain[column.name]
    for column in COLUMNS[what]:
        if column.name not in found:
            fits = _first(name for name in column.aliases if name in plain and plain[name] not in found.values())
            if fits:
                found[column.name] = plain[fits]
    return Mapping(columns=found, guessed=True)


def chosen(headers: Sequence[str], what: Input, given: Mapping | None, source: str) -> Mapping:
    """Return the given mapping, or a guess, after a look whether the columns are there.

    Raises:
        ConfigurationError: a column that the mapping names is not there, or one that is needed is not known.
    """
    mapping = guess(headers, what) if given is None or not given.columns else given
    if given is not None and not given.columns:
        mapping = attrs.evolve(given, columns=mapping.columns, guessed=True)
    for name, header in mapping.columns.items():
        if header not in headers:
            raise ConfigurationError(
                f"{source}: there is no column {header!r}, which the mapping gives for {name}",
                advice=f"Its columns are {_listed(headers)}.",
            )
    missing = [column.name for column in COLUMNS[what] if column.needed and column.name not in mapping.columns]
    if what == "ledger" and not {"out_trade_no", "trade_no", "txid"} & set(mapping.columns):
        missing.append("out_trade_no, trade_no or txid")
    if missing:
        raise ConfigurationError(
            f"{source}: no column is known to be {' and '.join(missing)}",
            advice=f"Say which in a mapping file (--mapping). Its columns are {_listed(headers)}.",
        )
    return mapping


def _first(names: Iterable[str]) -> str | None:
    return next(iter(names), None)


def _listed(headers: Sequence[str]) -> str:
    more = f" and {len(headers) - 12} more" if len(headers) > 12 else ""
    return ", ".join(ascii(header)[1:-1][:40] for header in headers[:12]) + more


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", header.strip().lower()).strip("_")
