"""A database behind a URL: SQLite by default, PostgreSQL for several hosts; durable before it says so.

Knows connections, transactions and what goes wrong with them; which tables there are is a `Layout`'s business, so
that other journals can live in the same store.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from halopay_kit.errors import ConfigurationError, HaloPayError, StoreUnavailable
from halopay_kit.inbox.address import Address

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from halopay_kit.inbox.layout import Layout

T = TypeVar("T")

_PATIENCE = 10.0  # seconds to wait for a lock, or for a connection of the pool
_CONNECTIONS = 32
_TRIES = 3
_AGAIN = frozenset({"40001", "40P01", "23505"})  # PostgreSQL: serialization, deadlock, unique; the other one went on
_LINE = {  # a server that is gone without a word is noticed within half a minute
    "application_name": "halopay-kit",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_ENGINES: weakref.WeakSet[Engine] = weakref.WeakSet()
_OF_PARENT: list[object] = []


class Store:
    """Where tables are kept; several threads, processes and, on PostgreSQL, hosts may use one at the same time.

    `url` is `sqlite:///PATH`, a bare path, or `postgresql://…`. With `create=False` tables that are not there yet are
    an error. `unavailable` is what is raised when the database fails.

    Raises:
        ConfigurationError: the URL cannot be right, an extra is not installed, the tables are newer than this kit.
        StoreUnavailable: the database cannot be reached.
    """

    def __init__(
        self,
        url: str | os.PathLike[str],
        layout: Layout,
        *,
        create: bool = True,
        unavailable: type[StoreUnavailable] = StoreUnavailable,
    ) -> None:
        try:
            self._address = Address(url)
        finally:
            del url  # it may hold a password, and this frame may be shown in a traceback
        self._unavailable = unavailable
        self._closed = False
        self.dialect = self._address.dialect
        if not create:
            self._address.require()
        self._engine = self._connect()
        try:
            with self._told():
                layout.settle(self, create=create)
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<Store {self.__dict__.get('_address')}>"

    @property
    def name(self) -> str:
        """Return the URL without its secrets."""
        return str(self._address)

    def close(self) -> None:
        """Let go of every connection that is not in use."""
        self._closed = True
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes; it is durable when the block has ended, undone if it raised."""
        with self._connected() as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads, and waits for no writer."""
        with self._connected() as connection:
            yield connection.execution_options(halopay_reads=True)

    def write(self, work: Callable[[Connection], T], *, together: bool = False) -> T:
        """Return what `work` does in a transaction of its own; it is begun again where the database asks for that.

        That is after a deadlock, and after a connection was lost; `work` must not mind, not even if what was lost was
        the word that it is done. With `together` statements are sent without waiting for each other: `work` then
        speaks with the driver alone, and reads what it asked for.
        """
        for left in reversed(range(_TRIES)):
            connected = False
            try:
                with self._connected() as connection:
                    connected = True
                    with self._together(connection, together), connection.begin():
                        return work(connection)
            except StoreUnavailable as error:
                if not left or not connected or not _again(error.__cause__):
                    raise
        raise AssertionError  # the last try returned or raised

    @contextmanager
    def _together(self, connection: Connection, together: bool) -> Iterator[None]:
        """Begin a pipeline of psycopg's, where that is asked for; a broken connection is not used again."""
        driver: Any = connection.connection.driver_connection
        pipeline: AbstractContextManager[object] = nullcontext()
        if together and self.dialect == "postgresql" and _has_pipelines():
            pipeline = driver.pipeline()
        try:
            with pipeline:
                yield
        finally:
            if self.dialect == "postgresql" and driver.closed and not connection.closed:
                connection.invalidate()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._told():
            with self._told(bare=True):
                connection = self._opened().connect()
            with connection:
                yield connection

    @contextmanager
    def _told(self, *, bare: bool = False) -> Iterator[None]:
        """Turn what a database raises into our own error; its text names neither values nor passwords.

        With `bare` its frames are taken off: in those of a driver that connects there is the password.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except Exception as error:
            foreign = isinstance(error, (SQLAlchemyError, sqlite3.Error)) or type(error).__module__.startswith(
                "psycopg"
            )
            if not foreign:
                raise
            raise self._failed(error) from (_bared(error) if bare else error)

    def _failed(self, error: BaseException) -> HaloPayError:
        origin = getattr(error, "orig", None) or error
        if isinstance(origin, sqlite3.DatabaseError) and "not a database" in str(origin):
            return ConfigurationError(f"{self.name} is not an SQLite database")
        if type(origin).__name__ == "ProgrammingError" and not getattr(origin, "sqlstate", True):
            return ConfigurationError(f"the URL {self.name} has an option that PostgreSQL does not know")
        lines = str(origin).strip().splitlines() or [""]
        return self._unavailable(f"{self.name} failed: {type(origin).__name__}: {lines[0][:200]}")

    def _opened(self) -> Engine:
        if self._closed:
            raise self._unavailable(f"{self.name} was closed", advice="Open it again.")
        return self._engine

    def _connect(self) -> Engine:
        from sqlalchemy import create_engine, event

        options: dict[str, Any] = {
            "pool_size": 8,
            "max_overflow": _CONNECTIONS - 8,
            "pool_timeout": _PATIENCE,
            "hide_parameters": True,
        }
        if self.dialect == "sqlite":
            options["connect_args"] = {"timeout": _PATIENCE, "cached_statements": 512}
        else:
            options["connect_args"] = {
                name: value for name, value in _LINE.items() if name not in self._address.url.query
            }
        engine = create_engine(self._address.url, **options)
        if self.dialect == "sqlite":
            self._address.touch()
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            event.listen(engine, "connect", _prepare_postgresql)
        _ENGINES.add(engine)
        return engine


def _forget_all() -> None:
    """Give a forked process connections of its own; those of its parent are neither used nor closed."""
    for engine in _ENGINES:
        _OF_PARENT.append(engine.pool)
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


@cache
def _has_pipelines() -> bool:
    from psycopg import Pipeline

    return Pipeline.is_supported()


def _bared(error: BaseException) -> BaseException:
    """Return an error without frames, its own and those of what led to it."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error


def _again(cause: BaseException | None) -> bool:
    """Say whether the same might go well at once: another one's transaction was in the way, or the line broke."""
    origin = getattr(cause, "orig", None) or cause
    if not type(origin).__module__.startswith("psycopg"):
        return False
    state = getattr(origin, "sqlstate", None)
    if state is None:
        return type(origin).__name__ == "OperationalError"
    return state in _AGAIN or state.startswith("57P")  # told that the server goes down


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Make every commit reach the disk (FULL), and let readers and the one writer not wait for each other (WAL)."""
    connection.isolation_level = None  # the driver begins nothing by itself
    execute = connection.execute
    execute("PRAGMA synchronous = FULL")
    execute("PRAGMA wal_autocheckpoint = 4000")  # pages, some 16 MB: one that is written often is copied seldom
    execute("PRAGMA journal_size_limit = 67108864")
    deadline = time.monotonic() + _PATIENCE
    while execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            execute("PRAGMA journal_mode = WAL").fetchone()
            return  # where a file system cannot do it, the old journal is as durable
        except sqlite3.OperationalError as error:  # several at a file's first opening; SQLite does not wait here
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    """Take the right to write at the beginning: asking for it later can fail however long one waits."""
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN" if connection.get_execution_options().get("halopay_reads") else "BEGIN IMMEDIATE")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """Make every commit reach the disk and no lock be waited for without end, unless the URL says otherwise."""
    with connection.cursor() as cursor:
        for setting, unwanted, value in (
            ("synchronous_commit", "off", "on"),
            ("lock_timeout", "0", f"{_PATIENCE * 1000:.0f}"),
        ):
            cursor.execute(
                "SELECT set_config(%s, %s, false) WHERE current_setting(%s) = %s", (setting, value, setting, unwanted)
            )
    connection.commit()
