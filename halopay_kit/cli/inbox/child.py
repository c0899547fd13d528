"""One process for each event: JSON on its standard input, exit code 0 if it was handled."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

from halopay_kit.cli.inbox import orphans, shown
from halopay_kit.errors import CommandFailed

if TYPE_CHECKING:
    from halopay_kit.inbox import Stored

SECRETS = ("HALOPAY_APP_KEY", "HALOPAY_APP_KEYS")
_NAMED = ("kind", "app_id", "trade_no", "out_trade_no", "txid", "status", "verdict", "origin")
_GRACE = 5.0  # seconds between asking a process to end and ending it
_LAST_WORDS = 0.5  # seconds to read what a process wrote that has ended
_KEPT = 4000  # bytes of its stderr
_LINES = 20


class Child:
    """A command as a handler; several events may be under way in as many threads.

    What it writes to stdout goes to `stdout`, or to ours where that is None; its stderr goes to ours, and the last
    lines of it into the error. It never sees our AppKeys.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        timeout: float | None = None,
        stdout: IO[bytes] | None = None,
    ) -> None:
        self._command = list(command)
        self._environ = {name: value for name, value in environ.items() if name not in SECRETS}
        self._timeout = timeout
        self._stdout = stdout
        self._watch: subprocess.Popen[bytes] | None = None
        self._telling = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def __call__(self, event: Stored) -> None:
        """Run the command on an event.

        Raises:
            CommandFailed: it could not be run, took too long, or did not end with 0.
        """
        self._be_watched()
        with tempfile.TemporaryFile() as told:
            told.write(shown.as_json(event).encode() + b"\n")
            told.seek(0)
            try:
                process = subprocess.Popen(  # noqa: S603  # what the user gave to be run
                    self._command,
                    stdin=told,
                    stdout=self._stdout,
                    stderr=subprocess.PIPE,
                    env=self._environ | environ_of(event),
                    start_new_session=True,  # a Ctrl-C is ours: it finishes its event
                )
            except (OSError, ValueError) as error:
                raise CommandFailed(f"{self._command[0]} could not be run: {error}") from error
        self._tell(f"+{process.pid}")  # who is killed in the moment before this leaves it running
        self._running.add(process)
        try:
            self._follow(process)
        finally:
            _end(process)  # but for an exception it has ended
            self._tell(f"-{process.pid}")
            self._running.discard(process)

    def end(self) -> None:
        """End every process that is under way, and the one that watches over them."""
        for process in list(self._running):
            _end(process)
        with self._telling:
            watch, self._watch = self._watch, None
        if watch is not None and watch.stdin is not None:
            with contextlib.suppress(OSError):
                watch.stdin.close()
            watch.wait()

    def _be_watched(self) -> None:
        """Start the process that ends those under way if we are killed; it is there before the first of them."""
        with self._telling, contextlib.suppress(OSError):  # without it events are handled all the same
            if self._watch is None:
                self._watch = subprocess.Popen(  # noqa: S603  # our own file
                    [sys.executable, "-I", "-S", orphans.__file__],
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={},
                    start_new_session=True,  # what ends us does not end it
                )

    def _tell(self, line: str) -> None:
        with self._telling, contextlib.suppress(OSError):
            if self._watch is not None and self._watch.stdin is not None:
                self._watch.stdin.write(f"{line}\n".encode())

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        heard = _Heard(process.stderr)
        try:
            code = process.wait(self._timeout)
            problem = f"exit code {code}" if code >= 0 else f"ended by {_name_of(-code)}"
        except subprocess.TimeoutExpired:
            _end(process)
            code, problem = None, f"it took longer than {self._timeout:g} seconds"
        said = heard.last_lines()
        if code != 0:
            raise CommandFailed((f"{said}\n" if said else "") + problem)


class _Heard:
    """Pass a stderr on while it comes, and remember its end."""

    def __init__(self, stderr: IO[bytes] | None) -> None:
        assert stderr is not None  # noqa: S101  # it was asked for
        self._stderr = stderr
        self._end = b""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def last_lines(self) -> str:
        self._thread.join(_LAST_WORDS)  # a process that it left behind may hold the pipe for ever
        lines = self._end.decode("utf-8", "replace").strip().splitlines()
        return "\n".join(lines[-_LINES:])

    def _listen(self) -> None:
        with self._stderr, contextlib.suppress(OSError, ValueError):
            while chunk := os.read(self._stderr.fileno(), 65536):
                self._end = (self._end + chunk)[-_KEPT:]
                sys.stderr.buffer.write(chunk)
                sys.stderr.buffer.flush()


def environ_of(event: Stored) -> dict[str, str]:
    """Return what the environment says of an event; what is not known, or fits into no variable, is left out."""
    values = {"id": event.id, "attempts": event.attempts} | {name: getattr(event, name) for name in _NAMED}
    return {
        f"HALOPAY_EVENT_{name.upper()}": str(value)
        for name, value in values.items()
        if value is not None and "\0" not in str(value)
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            return


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
