"""Format generated Python, all files in one go."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path


def format_python(files: Mapping[str, str]) -> dict[str, str]:
    """Bring every .py file of {path: text} into ruff's form.

    Raises: ValueError with ruff's words when a text is not Python.
    """
    from ruff import find_ruff_bin  # type: ignore[import-untyped]

    options = ["--isolated", "--no-cache", "--quiet", "--line-length", "120", "--target-version", "py311"]
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        names = [name for name in files if name.endswith(".py")]
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(files[name], encoding="utf-8", newline="\n")
        done = subprocess.run(  # noqa: S603 - our own formatter on our own text
            [find_ruff_bin(), "format", *options, str(root)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ValueError(f"ruff cannot format what was generated: {done.stderr.strip()}")
        formatted = {name: (root / name).read_bytes().decode("utf-8") for name in names}
    return {name: formatted.get(name, text) for name, text in files.items()}
