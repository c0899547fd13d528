"""Files: read whole, replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from halopay_kit.errors import OverlayRefused

_LARGEST: Final = 4_000_000
_FRESH: Final = 0o644


def text_of(file: Path) -> str:
    """Return a file's text.

    Raises: OverlayRefused for what cannot be read, is too large or no UTF-8.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        raise OverlayRefused(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise OverlayRefused(f"{file} has more than {_LARGEST:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OverlayRefused(f"{file} is not UTF-8 from byte {error.start} on") from error


def replace(file: Path, before: bytes | None, text: str) -> None:
    """Put a text in the place of a file's in one step; a link stays a link, its file keeps its mode.

    `before` is what was read, None where no file was: nothing is written over what came in between.

    Raises: OverlayRefused.
    """
    real = file.resolve()
    try:
        if (real.read_bytes() if real.exists() else None) != before:
            raise OverlayRefused(f"{file} was changed by somebody else in between", advice="Try again.")
        mode = stat.S_IMODE(real.stat().st_mode) if before is not None else _FRESH
        handle, beside = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode("utf-8"))
                stream.flush()
                os.fsync(stream.fileno())
            Path(beside).chmod(mode)
            Path(beside).replace(real)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OverlayRefused(f"{file} cannot be written: {error.strerror}") from error
