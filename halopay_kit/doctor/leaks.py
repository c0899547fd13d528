"""AppKeys where none belongs: files of a repository, its history, logs and dumps of an environment nearby."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

import attrs

from halopay_kit.doctor.check import Check, failed, passed, skipped
from halopay_kit.doctor.needles import SHORTEST, Needles
from halopay_kit.doctor.repository import GitFailed, Repository, Thing

_NAMES: Final = ("key-in-files", "key-in-history", "env-tracked")
_PATIENCE = 60.0  # seconds for files, and again for the history
_CHUNK = 4 * 1024 * 1024  # bytes
_LISTED = 5
_PASSED_OVER = frozenset(
    {".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", "site-packages", ".tox", ".nox"}
)
_LOG_OR_DUMP = re.compile(
    r"\.(log|out|err|har|trace|dump|dmp|core|pcap|pcapng|ipynb|jsonl|history)(\.[\w-]+)*$|^(core(\.\d+)?|nohup.*|printenv.*"
    r"|environ(ment)?(\.txt|\.json|\.dump)?|env(-?dump)?(\.txt|\.json|\.out|\.dump)?|.*_history)$",
    re.IGNORECASE,
)
_LOG_FOLDER = re.compile(r"^logs?$", re.IGNORECASE)
_ENV_FILE = re.compile(r"^\.env(\..+)?$|.+\.env$", re.IGNORECASE)
_TEMPLATE = re.compile(r"example|sample|template|dist|default|schema|test", re.IGNORECASE)

_RENEW = "Renew the AppKey on the dashboard: whoever has a copy can sign as you."
_TOO_SHORT = f"an AppKey of less than {SHORTEST} characters is part of many a word, and cannot be looked for"


@attrs.frozen(kw_only=True)
class _Hit:
    path: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} ({self.why})" if self.line else f"{self.path} ({self.why})"


def examine(folder: Path, needles: Needles, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield what is to be said of a folder and of the repository that it is in; a key in a path is hidden."""
    for check in _examine(folder, needles, environ):
        yield attrs.evolve(check, says=needles.hide(check.says))


def _examine(folder: Path, needles: Needles, environ: Mapping[str, str]) -> Iterator[Check]:
    if not folder.is_dir():
        yield from (skipped(name, f"there is no folder {folder}", "Check --repo.") for name in _NAMES)
        return
    repository, why = None, ""
    try:
        repository = Repository.of(folder, environ)
        tracked, untracked = repository.tracked(), repository.untracked()
    except GitFailed as error:
        repository, why, tracked, untracked = None, str(error), [], []
    if not needles:
        told = _TOO_SHORT if needles.short else "there is no AppKey to look for"
        yield from (skipped(name, told, "Set HALOPAY_APP_KEY.") for name in _NAMES[:2])
    else:
        root = folder if repository is None else repository.root
        yield _files(root, needles, repository is not None, set(tracked), set(untracked))
        no_git = skipped("key-in-history", f"no git history here: {why}", "Say --repo DIR for the repository.")
        yield no_git if repository is None else _history(repository, needles)
    if repository is None:
        yield skipped("env-tracked", f"no git here: {why}", "Say --repo DIR for the repository.")
    else:
        yield _env(tracked)


def _files(root: Path, needles: Needles, in_git: bool, tracked: set[str], untracked: set[str]) -> Check:
    hits: list[_Hit] = []
    looked, fine, until = 0, 0, time.monotonic() + _PATIENCE
    for path in dict.fromkeys((*sorted(tracked), *_walk(root))):
        if time.monotonic() > until:
            return _files_told(hits, looked, fine, complete=False)
        looked += 1
        place = os.fsencode(path)
        if path in tracked and needles.lines(place):
            hits.append(_Hit(path=path, line=0, why="in the name of a tracked file"))
        lines, is_dump = _look_into(root / path, needles)
        if not lines:
            continue
        why = _why(path, is_dump, in_git, tracked, untracked)
        if why:
            hits += [_Hit(path=path, line=line, why=why) for line in lines]
        else:
            fine += 1
    return _files_told(hits, looked, fine, complete=True)


def _files_told(hits: Sequence[_Hit], looked: int, fine: int, *, complete: bool) -> Check:
    if hits:
        return failed("key-in-files", _listed(hits), f"Take it out, and ignore the file. {_RENEW}")
    if not complete:
        return skipped(
            "key-in-files",
            f"not found in {looked} files, then {_PATIENCE:g} s were over",
            "Say --repo for a smaller one.",
        )
    kept = (
        f"; {fine} that git does not see {'holds' if fine == 1 else 'hold'} it, which is where it may be"
        if fine
        else ""
    )
    return passed("key-in-files", f"not found where it does not belong, in {looked} files{kept}")


def _why(path: str, is_dump: bool, in_git: bool, tracked: set[str], untracked: set[str]) -> str | None:
    """Say why a key does not belong there; None where it may be, as in a file that git ignores."""
    if path in tracked:
        return "tracked by git"
    name = path.rpartition("/")[2]
    if is_dump:
        return "a dump of an environment"
    if _LOG_OR_DUMP.search(name) or any(_LOG_FOLDER.match(part) for part in path.split("/")[:-1]):
        return "a log or a dump"
    if in_git and path in untracked:
        return "not ignored: the next commit may take it"
    return None


def _walk(root: Path) -> Iterator[str]:
    """Yield the paths of regular files below, from the root; links are not followed."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if each not in _PASSED_OVER)
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()


def _look_into(path: Path, needles: Needles) -> tuple[list[int], bool]:
    """Return the lines of a file that hold a key, and whether it looks like a whole environment."""
    try:
        if path.is_symlink() or not path.is_file():
            return [], False
        with path.open("rb") as file:
            is_dump = False

            def noted(chunk: bytes) -> list[int]:
                nonlocal is_dump
                found = needles.lines(chunk)
                is_dump = is_dump or (bool(found) and _looks_like_an_environment(chunk))
                return found

            return _lines(file, path.stat().st_size, noted, needles.longest), is_dump
    except OSError:  # gone meanwhile, or not ours to read
        return [], False


def _looks_like_an_environment(chunk: bytes) -> bool:
    names = {line.partition(b"=")[0].split(b" ")[-1] for line in re.split(rb"[\0\n]", chunk) if b"=" in line}
    return b"PATH" in names and bool(names & {b"HOME", b"PWD", b"SHELL", b"HOSTNAME"})


def _lines(stream: IO[bytes], size: int, look: Callable[[bytes], list[int]], longest: int) -> list[int]:
    """Return the lines that hold a key, of so many bytes of a stream, a piece at a time; all of them are read."""
    found: set[int] = set()
    rest, line = b"", 0
    while size > 0:
        piece = stream.read(min(size, _CHUNK))
        if not piece:
            break
        size -= len(piece)
        chunk = rest + piece
        found |= {line + each for each in look(chunk)}
        rest = chunk[-(longest - 1) :] if longest > 1 else b""
        line += chunk.count(b"\n", 0, len(chunk) - len(rest))
    return sorted(found)


def _history(repository: Repository, needles: Needles) -> Check:
    hits, looked, until, complete = [], 0, time.monotonic() + _PATIENCE, True
    try:
        with repository.objects() as objects:
            for each in objects:
                looked += 1
                lines = _lines(each.content, each.size, needles.lines, needles.longest)
                if lines:
                    hits.append((each, lines[0]))
                if time.monotonic() > until or len(hits) > _LISTED * 4:
                    complete = False
                    break
        if hits:
            return failed(
                "key-in-history",
                _listed([_placed(repository, thing, line) for thing, line in hits[:_LISTED]], len(hits)),
                f"{_RENEW} Then, if need be, take it out of the history (git filter-repo) and out of every clone.",
            )  # fmt: skip
        if repository.is_shallow():
            return skipped("key-in-history", "the clone is shallow: older commits are missing", "git fetch --unshallow")
    except GitFailed as error:
        return skipped("key-in-history", f"git failed: {error}", "Say --repo DIR for the repository.")
    if not complete:
        return skipped(
            "key-in-history", f"not found in {looked} objects, then {_PATIENCE:g} s were over", "gitleaks looks on."
        )
    return passed("key-in-history", f"not found in {looked} objects of git's, every branch and what no branch reaches")


def _placed(repository: Repository, thing: Thing, line: int) -> _Hit:
    if thing.kind in ("commit", "tag"):
        return _Hit(path=f"{thing.kind} {thing.id[:10]}", line=0, why="in its message")
    if thing.kind == "tree":
        return _Hit(path=f"tree {thing.id[:10]}", line=0, why="in the name of a file")
    place = repository.place(thing.id)
    if place is None:
        return _Hit(path=f"{thing.kind} {thing.id[:10]}", line=line, why="staged, or left over: no commit has it")
    commit, path = place
    return _Hit(path=path, line=line, why=f"commit {commit}")


def _env(tracked: Sequence[str]) -> Check:
    found = [
        path for path in tracked if _ENV_FILE.match(name := path.rpartition("/")[2]) and not _TEMPLATE.search(name)
    ]
    if found:
        listed = ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
        return failed("env-tracked", listed, "git rm --cached it, and add it to .gitignore.")
    return passed("env-tracked", "none of the tracked files is one")


def _listed(hits: Sequence[_Hit], of: int = 0) -> str:
    more = f" and {max(of, len(hits)) - _LISTED} more" if max(of, len(hits)) > _LISTED else ""
    return ", ".join(map(str, hits[:_LISTED])) + more
