"""A lock whose outermost release saves what was changed under it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType


class SavingLock:
    """Has what `threading.RLock` has, a condition's needs included; what one holder changed is saved in one piece."""

    def __init__(self, save: Callable[[], None]) -> None:
        self._save = save
        self._lock = threading.RLock()
        self._owner: int | None = None
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, as often as one likes; say whether that went well."""
        taken = self._lock.acquire(blocking, timeout)
        if taken:
            self._owner = threading.get_ident()
            self._depth += 1
        return taken

    def release(self) -> None:
        """Give it back; the last time, save before anybody else takes it."""
        try:
            if self._depth == 1 and self._is_owned():
                self._save()
        finally:
            self._depth -= 1
            if not self._depth:
                self._owner = None
            self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.release()

    def _is_owned(self) -> bool:
        return self._owner == threading.get_ident()

    def _release_save(self) -> int:
        """Let others have it while a condition waits, which changed nothing."""
        depth, self._depth, self._owner = self._depth, 0, None
        for _ in range(depth):
            self._lock.release()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        for _ in range(depth):
            self.acquire()
