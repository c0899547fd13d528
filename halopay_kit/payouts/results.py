"""What became of the lines of a file, as a file: CSV, JSON or JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Final

from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox.cells import cell_of
from halopay_kit.inbox.replacement import in_place_of
from halopay_kit.payouts.payout import COLUMNS

if TYPE_CHECKING:
    from halopay_kit.payouts.batch import Result

_SUFFIXES: Final = (".csv", ".json", ".jsonl", ".ndjson")
_HEAD: Final = ("line", "did", *COLUMNS)


def check_name(path: str | PathLike[str]) -> None:
    """Raise unless results can be written to a file of that name; before anything is sent.

    Raises:
        ConfigurationError: the name's end says no format, or its folder is not there.
    """
    target = Path(fspath(path))
    if target.suffix.lower() not in _SUFFIXES:
        raise ConfigurationError(f"results are written to {', '.join(_SUFFIXES)}, not to {target.name!r}")
    if not target.resolve().parent.is_dir():
        raise ConfigurationError(f"there is no folder {target.parent} for the results")


def write(path: str | PathLike[str], results: Iterable[Result]) -> None:
    """Write results, one row a line of the file; what was there before is replaced.

    Raises:
        ExportError: it cannot be written.
        ConfigurationError: the name's end says no format.
    """
    check_name(path)
    target = Path(fspath(path))
    told = [each.told() for each in results]
    with in_place_of(target) as file:
        if target.suffix.lower() == ".json":
            file.write(json.dumps(told, indent=2).encode() + b"\n")
        elif target.suffix.lower() == ".csv":
            text = io.StringIO(newline="")
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(_HEAD)
            writer.writerows([_cell(row[name]) for name in _HEAD] for row in told)
            file.write(text.getvalue().encode())
        else:
            file.writelines(json.dumps(row).encode() + b"\n" for row in told)


def _cell(value: object) -> object:
    return cell_of(value) if isinstance(value, str) else value
