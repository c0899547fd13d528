"""Ctrl-C and SIGTERM as a wish to end in good order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Protocol

import attrs

_DEFAULTS: Final[dict[signal.Signals, Any]] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}


class Stop(Protocol):
    """What says when to end: a `threading.Event`, or an `Interruption`."""

    def is_set(self) -> bool:
        """Say whether it is time."""

    def wait(self, timeout: float) -> bool:
        """Wait until it is time, or for so many seconds."""


@attrs.define
class Interruption:
    """Which signal came, if one did.

    No event: to set one in a signal's handler can lock up the thread that just looks at it.
    """

    signal: int | None = None

    def is_set(self) -> bool:
        """Say whether a signal came."""
        return self.signal is not None

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, unless a signal came before."""
        if not self.is_set():
            time.sleep(timeout)
        return self.is_set()


@contextmanager
def interruptible(*, passes_on: bool = True) -> Iterator[Interruption]:
    """Note the first Ctrl-C or SIGTERM, for the block to end; then let it have the effect that it would have had.

    A second one has it at once. Only in the main thread, and only where nobody else took the signal. Without
    `passes_on` noting is all.
    """
    came = Interruption()
    taken: list[signal.Signals] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if came.signal is None:
            came.signal = number
            return
        _put_back(taken)
        signal.raise_signal(number)

    if threading.current_thread() is threading.main_thread():
        for number, default in _DEFAULTS.items():
            if signal.getsignal(number) is default:
                signal.signal(number, note)
                taken.append(number)
    try:
        yield came
    finally:
        _put_back(taken)
    if came.signal is not None and passes_on:
        signal.raise_signal(came.signal)


def _put_back(taken: list[signal.Signals]) -> None:
    while taken:
        number = taken.pop()
        signal.signal(number, _DEFAULTS[number])
