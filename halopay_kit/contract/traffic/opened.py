"""A file of traffic as text: byte order marks are obeyed, bytes that are no text stay where they are."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from halopay_kit.errors import UnreadableTraffic

HEAD: Final = 64 * 1024  # bytes from which a format is told
LONGEST: Final = 64 * 1024 * 1024  # characters of one entry or line
# Longer marks first: UTF-32's begins with UTF-16's.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        UnreadableTraffic: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise UnreadableTraffic(f"{path} cannot be read: {error.strerror}") from error


def encoding_of(head: bytes) -> str:
    """Return the encoding that a byte order mark says, else UTF-8."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "utf-8")


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a file; of UTF-8, bytes that are no text become halves of surrogate pairs, which no text holds.

    Raises:
        UnreadableTraffic: it cannot be opened or read.
    """
    encoding = encoding_of(head_of(path))
    try:
        with path.open(
            encoding=encoding, errors="surrogateescape" if encoding.startswith("utf-8") else "replace", newline=""
        ) as file:
            yield file
    except OSError as error:
        raise UnreadableTraffic(f"{path} cannot be read: {error.strerror}") from error


def lines_of(file: TextIO) -> Iterator[tuple[int, str | None]]:
    """Yield each line that is not blank with its number; None for one that is too long."""
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        if len(line) == LONGEST and not line.endswith("\n"):
            while (rest := file.readline(LONGEST)) and not rest.endswith("\n"):
                pass
            yield number, None
        elif line := line.strip(" \t\r\n\ufeff"):
            yield number, line
