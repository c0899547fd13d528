"""Write the reports of a run into a directory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from halopay_kit.contract.report import as_json, har, html, junit
from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.result import Result
from halopay_kit.errors import ExportError

if TYPE_CHECKING:
    from halopay_kit.contract.traffic import Count

Render = Callable[[Result, Masking, Sequence["Count"]], Iterable[bytes]]

FILES: Final[dict[str, Render]] = {
    "report.json": lambda result, masking, counts: (as_json.render(result, masking, counts),),
    "junit.xml": lambda result, masking, _: (junit.render(result, masking),),
    "report.html": lambda result, masking, counts: (html.render(result, masking, counts),),
    "traffic.har": lambda result, masking, _: har.render(result.observed, masking),
}
"""What a report consists of."""


def write(
    result: Result, directory: str | os.PathLike[str], masking: Masking, counts: Sequence[Count] = ()
) -> tuple[Path, ...]:
    """Write every report into a directory, which is made; return the files. Each is there whole or as it was.

    Raises:
        ExportError: a file cannot be written.
        ConfigurationError: jinja2 is not installed.
    """
    target = Path(directory)
    try:
        target.mkdir(parents=True, exist_ok=True)
        return tuple(_write(target / name, render(result, masking, counts)) for name, render in FILES.items())
    except OSError as error:
        raise ExportError(f"the reports cannot be written to {target}: {error.strerror or error}") from error


def _write(path: Path, content: Iterable[bytes]) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.writelines(content)
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()
    return path
