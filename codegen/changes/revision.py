"""A spec by a file or by a revision of git."""

from __future__ import annotations

import subprocess
from pathlib import Path

from codegen import document
from codegen.document import Document
from codegen.errors import SpecError


class Unreadable(Exception):
    """Neither a file nor a revision that has the spec."""


def read(name: str, spec: Path) -> Document:
    """Read a file; or, of a git revision (`v1.2`, `HEAD~3`, `main:other.yaml`), the spec as it stood there.

    Raises: Unreadable; SpecError, from what is no supported spec.
    """
    path = Path(name)
    try:
        content = path.read_bytes() if path.is_file() else _of_git(name, spec)
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror}") from error
    try:
        return document.parse(content)
    except SpecError as error:
        raise Unreadable(f"{name}: {error}") from error


def _of_git(name: str, spec: Path) -> bytes:
    folder, inside = spec.parent, f"./{spec.name}"
    revision, _, path = name.partition(":")
    if revision.startswith("-") or not revision:
        raise Unreadable(f"{name} is neither a file nor a git revision")
    git = ["git", "-C", str(folder)]
    try:
        found = subprocess.run([*git, "show", f"{revision}:{path or inside}"], capture_output=True)  # noqa: S603 - git as the user has it; the revision cannot be an option
    except OSError as error:
        raise Unreadable(f"{name} is no file, and git cannot be run: {error.strerror}") from error
    if found.returncode:
        raise Unreadable(f"{name} is neither a file nor a git revision with {path or spec.name}")
    return found.stdout
