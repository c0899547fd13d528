"""A git repository, read by git itself: nothing of its configuration is run, nothing is fetched, nothing changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, Self

import attrs

_PATIENCE = 60.0  # seconds for an answer of git's
_QUIET = ("core.fsmonitor=false", "core.pager=cat", "log.showSignature=false", "core.quotePath=false")
_KEPT = ("PATH", "HOME", "LANG", "SYSTEMROOT", "XDG_CONFIG_HOME")  # of the environment; no GIT_…, no AppKey


class GitFailed(Exception):
    """Git is not there, or says no; the text says why."""


class Thing(NamedTuple):
    """An object of git's, and its bytes, which have to be read before the next one."""

    id: str
    kind: str
    size: int
    content: IO[bytes]


@attrs.frozen
class Repository:
    """The repository whose working tree is at `root`.

    Raises:
        GitFailed: from each method.
    """

    root: Path
    environ: Mapping[str, str] = attrs.field(repr=False)

    @classmethod
    def of(cls, folder: Path, environ: Mapping[str, str]) -> Self:
        """Return the repository that a folder is in.

        Raises:
            GitFailed: there is none, or git is not installed.
        """
        kept = {name: environ[name] for name in _KEPT if name in environ}
        here = cls(folder, {**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"})
        return cls(Path(os.fsdecode(here._ask("rev-parse", "--show-toplevel").rstrip(b"\n"))), here.environ)

    def tracked(self) -> list[str]:
        """Return the paths that git tracks, from the root."""
        return self._paths("ls-files", "-z")

    def untracked(self) -> list[str]:
        """Return the paths that git neither tracks nor ignores."""
        return self._paths("ls-files", "-z", "--others", "--exclude-standard")

    def is_shallow(self) -> bool:
        """Say whether older commits are missing here."""
        return self._ask("rev-parse", "--is-shallow-repository").strip() == b"true"

    def place(self, object_id: str) -> tuple[str, str] | None:
        """Return the first commit that brought an object, and its path there; None where no commit knows it."""
        told = self._ask(
            "log", "--all", "--reflog", "-m",
            "--no-ext-diff", "--no-textconv", "--format=%x01%h%x02", "--name-only", "-z",
            f"--find-object={object_id}",
        )  # fmt: skip
        commit, mark, paths = told.rpartition(b"\x01")[2].partition(b"\x02")
        path = next((each for each in paths.strip(b"\0\n").split(b"\0") if each), b"")
        return (commit.decode("ascii", "replace"), os.fsdecode(path)) if mark and path else None

    @contextmanager
    def objects(self) -> Iterator[Iterator[Thing]]:
        """Give every object there is, those that no commit reaches too."""
        command = self._command("cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch")
        try:
            running = subprocess.Popen(  # noqa: S603  # git, with arguments of ours
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=self.environ
            )
        except OSError as error:
            raise GitFailed(f"git cannot be run: {error.strerror}") from error
        try:
            assert running.stdout is not None  # noqa: S101  # it was asked for
            yield _things(running.stdout)
        finally:
            running.kill()
            running.communicate()

    def _paths(self, *arguments: str) -> list[str]:
        return [os.fsdecode(each) for each in self._ask(*arguments).split(b"\0") if each]

    def _command(self, *arguments: str) -> list[str]:
        quiet = [part for setting in _QUIET for part in ("-c", setting)]
        return ["git", "--no-pager", *quiet, "-C", str(self.root), *arguments]

    def _ask(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603  # likewise
                self._command(*arguments),
                capture_output=True,
                stdin=subprocess.DEVNULL,
                env=self.environ,
                timeout=_PATIENCE,
                check=False,
            )
        except OSError as error:
            raise GitFailed(f"git cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired:
            raise GitFailed(f"git gave no answer within {_PATIENCE:g} seconds") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
            raise GitFailed(said[0].removeprefix("fatal: "))
        return done.stdout


def _things(stream: IO[bytes]) -> Iterator[Thing]:
    while line := stream.readline():
        head = line.split()
        if len(head) != 3:  # an object that is missing or broken has no content
            continue
        yield Thing(head[0].decode(), head[1].decode(), int(head[2]), stream)
        stream.read(1)  # the line's end behind the content
