"""An entry of CHANGELOG.md, put where users look for what is not released yet."""

from __future__ import annotations

import re
from pathlib import Path

_UNRELEASED = re.compile(r"^## \[?Unreleased\]?.*\n+", re.MULTILINE | re.IGNORECASE)


class NoChangelog(Exception):
    """A file that cannot take an entry; the text says why."""


def enter(entry: str, file: Path) -> bool:
    """Put an entry under `## [Unreleased]`; return False where it stands there already.

    Raises: NoChangelog.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NoChangelog(f"{file} cannot be read: {error}") from error
    found = _UNRELEASED.search(text)
    if found is None:
        raise NoChangelog(f"{file} has no heading `## [Unreleased]`")
    if text[found.end() :].startswith(entry):
        return False
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_text(f"{text[: found.end()]}{entry}\n\n{text[found.end() :]}", "utf-8")
        beside.replace(file)
    except OSError as error:
        raise NoChangelog(f"{file} cannot be written: {error.strerror}") from error
    return True
