"""Ends the processes of a worker that is gone: `kill -9` gives it no time to do so itself.

This file runs as a process of its own, by `halopay inbox work`, with the standard library alone. Its standard input
names the process groups that are under way: a line `+ID` for one that begins, `-ID` for one that has ended. The input
ends when the worker does, however that was; then nobody waits for those that are left, and another worker will run
their events again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

GRACE = 0.5  # seconds to end by itself: less than any lease has left


def follow(lines: object) -> set[int]:
    """Read to the end of the input; return the groups that are left."""
    left: set[int] = set()
    for line in lines:  # type: ignore[attr-defined]  # a file
        (left.add if line[0] == "+" else left.discard)(int(line[1:]))
    return left


def end(groups: set[int]) -> None:
    """Ask them to end, then end them."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            with contextlib.suppress(OSError):
                os.killpg(group, number)
        if groups and number == signal.SIGTERM:
            time.sleep(GRACE)


if __name__ == "__main__":
    end(follow(sys.stdin))
