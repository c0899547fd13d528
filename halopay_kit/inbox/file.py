"""The file of an SQLite database, and the connections to it."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from halopay_kit.errors import StoreUnavailable


class File:
    """The file that stands at `path`, and no other: it may be deleted, moved or replaced while it is open.

    What is written to it then is gone for whoever opens the path afterwards, so nothing may be said to be stored.
    `patience` is for how many seconds a lock is waited for; `unavailable` is raised where the file is another.
    """

    def __init__(self, path: str, patience: float, unavailable: type[StoreUnavailable]) -> None:
        self._path = Path(os.path.abspath(path))  # noqa: PTH100  # resolve() would follow links, that may be changed
        self._patience = patience
        self._unavailable = unavailable
        self._mark: tuple[int, int] | None = None

    def connect(self) -> sqlite3.Connection:
        """Open the file, which is there: where it is not, SQLite would make an empty one.

        Raises:
            StoreUnavailable: it is gone, or another one stands there.
        """
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",
            uri=True,
            timeout=self._patience,
            cached_statements=512,
            check_same_thread=False,  # the pool gives it to one thread at a time
        )
        try:
            self.check()
        except BaseException:
            connection.close()
            raise
        return connection

    def check(self) -> None:
        """Raise if what stands at the path is not what was first opened there.

        Raises:
            StoreUnavailable: it is gone, or another one stands there.
        """
        try:
            found = os.stat(self._path)  # noqa: PTH116  # at each write: Path costs twice as much
        except OSError as error:
            raise self._unavailable(f"{self._path} was deleted or moved while it was open") from error
        mark = (found.st_dev, found.st_ino)
        if self._mark is None:
            self._mark = mark
        elif self._mark != mark:
            raise self._unavailable(f"{self._path} was replaced while it was open", advice=_OTHER)

    def prepare(self, connection: Any, _record: object = None) -> None:
        """Make every commit reach the disk (FULL), and readers and the one writer not wait for each other (WAL)."""
        connection.isolation_level = None  # the driver begins nothing by itself
        execute = connection.execute
        execute("PRAGMA synchronous = FULL")
        execute("PRAGMA wal_autocheckpoint = 4000")  # pages, some 16 MB: one that is written often is copied seldom
        execute("PRAGMA journal_size_limit = 67108864")
        deadline = time.monotonic() + self._patience
        while execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                execute("PRAGMA journal_mode = WAL").fetchone()
                return  # where a file system cannot do it, the old journal is as durable
            except sqlite3.OperationalError as error:  # several at a file's first opening; SQLite does not wait here
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def begin(self, connection: Any) -> None:
        """Take the right to write at the beginning: asking for it later can fail however long one waits.

        Raises:
            StoreUnavailable: the file is gone, or another one stands there.
        """
        self.check()
        driver = connection.connection.driver_connection
        driver.execute("BEGIN" if connection.get_execution_options().get("halopay_reads") else "BEGIN IMMEDIATE")


_OTHER = "Put the first one back, or start again with this one."
