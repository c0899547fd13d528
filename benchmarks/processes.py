"""Whole processes: their environment, and their wall time from start to end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import ROOT, Case, Sample


class CommandFailed(Exception):
    """A command that was to be measured did not end with 0."""


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Give an environment in which every module finds its bytecode cached, ours as much as the installed ones.

    The cache is a temporary directory: neither is anything left in the tree, nor does it matter what lies there.
    """
    environ = dict(os.environ)  # noqa: TID251  # handed on
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + environ.get("PATH", "")  # where ruff is
    with tempfile.TemporaryDirectory() as cache:
        yield environ | {"PYTHONPYCACHEPREFIX": cache}


def wall(environ: Mapping[str, str], *command: str) -> Sample:
    """Return a sample of the seconds from starting a command, in the project's directory, to its end.

    The sample raises CommandFailed with the command's last words when it does not end with 0.
    """

    def sample() -> float:
        before = time.perf_counter()
        done = subprocess.run(
            command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        seconds = time.perf_counter() - before
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
            raise CommandFailed(words[-1][:60])
        return seconds

    return sample


def wall_cases(samples: Mapping[str, Sample]) -> list[Case]:
    """Run each command once to warm the caches; one that fails becomes a case that is not there."""
    cases = []
    for name, sample in samples.items():
        try:
            sample()
        except (CommandFailed, OSError) as error:
            cases.append(Case(name, None, f"does not run: {error}"))
        else:
            cases.append(Case(name, sample))
    return cases
