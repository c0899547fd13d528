"""A file that takes another's place once it is whole."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from halopay_kit.errors import ExportError


@contextmanager
def in_place_of(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to, which takes the place of the one at `path`; if the block raises, it leaves nothing.

    Behind a symbolic link it is the link's target that is replaced. A new file is its owner's alone; one that was there
    keeps its permissions.

    Raises:
        ExportError: it cannot be written, or something else than a file stands there.
    """
    shown = ascii(str(path))[1:-1]
    try:
        target = Path(os.path.realpath(path))
        mode = _mode_of(target, shown)
        number, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise ExportError(f"{shown} cannot be written: {error.strerror or error}") from error
    except ValueError as error:
        raise ExportError(f"{shown} is not the name of a file") from error
    part = Path(name)
    try:
        with open(number, "wb") as file:  # noqa: PTH123  # it is open already
            yield file
            file.flush()
            if mode is not None:
                part.chmod(mode)
            os.fsync(number)
        part.replace(target)
    except OSError as error:
        raise ExportError(f"{shown} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink()


def _mode_of(target: Path, shown: str) -> int | None:
    """Return the permissions of what is there, None if nothing is."""
    try:
        found = target.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found):
        raise ExportError(f"{shown} is not a file: it is not replaced")
    return stat.S_IMODE(found)
