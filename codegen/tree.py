"""Compare or replace a directory with {path: text}."""

from __future__ import annotations

import difflib
import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

_DIFF_LINES = 12


@attrs.frozen
class Difference:
    """Say how one file differs from what is generated."""

    path: str
    kind: str
    detail: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.kind}: {self.path}", *(f"    {line}" for line in self.detail)])


def compare(directory: Path, files: Mapping[str, str]) -> tuple[Difference, ...]:
    """List the files that are missing, extra or different, by path."""
    present = {path.relative_to(directory).as_posix(): path for path in _files(directory)}
    found = []
    for name in sorted(present.keys() | files.keys()):
        if name not in files:
            found.append(Difference(name, "extra"))
        elif name not in present:
            found.append(Difference(name, "missing"))
        elif present[name].is_symlink() or (content := present[name].read_bytes()) != files[name].encode("utf-8"):
            text = "" if present[name].is_symlink() else content.decode("utf-8", "backslashreplace")
            found.append(Difference(name, "different", _diff(text, files[name])))
    return tuple(found)


def replace(directory: Path, files: Mapping[str, str]) -> None:
    """Put {path: text} in the place of a whole directory; it is written beside it first."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{directory.name}-", dir=directory.parent) as beside:
        fresh, old = Path(beside, "new"), Path(beside, "old")
        fresh.mkdir()
        for name, text in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
        if directory.is_symlink():
            directory.unlink()
        elif directory.exists():
            directory.rename(old)
        fresh.rename(directory)
        shutil.rmtree(old, ignore_errors=True)


def _files(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        if "__pycache__" not in path.parts and (path.is_symlink() or not path.is_dir()):
            yield path


def _diff(found: str, expected: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(found.splitlines(), expected.splitlines(), "found", "generated", "", "", 1, "")
    shown = tuple(line if len(line) <= 160 else line[:157] + "..." for line in itertools.islice(lines, _DIFF_LINES))
    return shown or ("(line endings or the end of the file)",)
