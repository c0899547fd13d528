"""The file of a sandbox's state: SQLite, a table per kind of row, one sandbox at a time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from halopay_kit.errors import ConfigurationError

# Say in the file's header whose it is, and how its tables are laid out.
APPLICATION, SCHEMA = 0x48414C4F, 1

Key = str | int
Change = tuple[str, Key, str | None]  # table, key, the row's text or None where it goes


class StateFile:
    """Nobody else can open it before `close`, or the end of the process, however it ends.

    Attributes:
        new: nothing was written yet.

    Raises:
        ConfigurationError: it is damaged, in use, newer, or something else; it is left as it was.
    """

    def __init__(self, file: str | os.PathLike[str], tables: Iterable[str]) -> None:
        self._tables = tuple(tables)
        try:
            self._path = Path(file).absolute()
            if not self._path.exists():
                self._path.touch(mode=0o600)
            if not self._path.is_file():
                raise ConfigurationError(f"{self._path} is not a file")
            self._database = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        except (OSError, TypeError, ValueError, sqlite3.Error) as error:
            raise ConfigurationError(f"the state file {file} cannot be opened: {error}") from error
        try:
            with self.judging():
                self.new = self._admit()
        except BaseException:
            self.close()
            raise

    def read(self, table: str) -> Iterator[tuple[Key, str]]:
        """Return keys and texts of a table, in the order in which they were first written."""
        yield from self._database.execute(f"SELECT key, row FROM {table} ORDER BY rowid")  # noqa: S608  # our own names

    def write(self, changes: Iterable[Change]) -> None:
        """Write all of it, or nothing; it is on the disk on return.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        execute = self._database.execute
        try:
            execute("BEGIN")
            if self.new:
                self._create()
            for table, key, text in changes:
                if text is None:
                    execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608  # our own names
                else:
                    execute(
                        f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET row = excluded.row",  # noqa: S608  # likewise
                        (key, text),
                    )
            execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                execute("ROLLBACK")
            raise ConfigurationError(f"the state file {self._path} cannot be written: {error}") from error
        self.new = False

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @contextlib.contextmanager
    def judging(self) -> Iterator[None]:
        """Turn what goes wrong while the file is read into a ConfigurationError."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise ConfigurationError(f"{self._path} is in use by another sandbox") from error
            raise ConfigurationError(f"the state file {self._path} cannot be used: {error}") from error
        except (sqlite3.DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"the state file {self._path} is damaged, or not the state of a sandbox: {error}",
                advice="Use another file; this one is left as it is.",
            ) from error

    def _admit(self) -> bool:
        """Lock the file and say whether it is new; it is not touched before it is known to be a sandbox's."""
        execute = self._database.execute
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("BEGIN EXCLUSIVE")
        ((application,), (version,)) = (
            execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        )
        (tables,) = execute("SELECT count(*) FROM sqlite_master").fetchone()
        execute("ROLLBACK")
        new = not (application or version or tables)
        if not new and (application != APPLICATION or version < 1):
            raise ConfigurationError(f"{self._path} is not the state of a sandbox", advice="Use another file.")
        if version > SCHEMA:
            raise ConfigurationError(
                f"{self._path} was written by a newer halopay-kit: its schema is {version}, this one knows {SCHEMA}",
                advice="Use that version, or another file.",
            )
        if not new and execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise ValueError("its pages do not fit together")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        return new

    def _create(self) -> None:
        execute = self._database.execute
        for table in self._tables:
            execute(f"CREATE TABLE {table} (key PRIMARY KEY NOT NULL, row TEXT NOT NULL)")
        execute(f"PRAGMA application_id = {APPLICATION}")
        execute(f"PRAGMA user_version = {SCHEMA}")
