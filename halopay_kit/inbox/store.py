"""A database behind a URL: SQLite by default, PostgreSQL for several hosts; durable before it says so.

Knows connections, transactions and what goes wrong with them; which tables there are is a `Layout`'s business, so
that other journals can live in the same store.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from halopay_kit.errors import ConfigurationError, HaloPayError, StoreUnavailable
from halopay_kit.inbox.address import Address
from halopay_kit.inbox.file import File

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from halopay_kit.inbox.layout import Layout

T = TypeVar("T")

_PATIENCE = 10.0  # seconds to wait for a lock of SQLite's, or for a connection of the pool
_CONNECTIONS = 32
_TRIES = 3
# PostgreSQL: serialization, deadlock, unique; the other one went on. And: ended, for it stood still.
_AGAIN = frozenset({"40001", "40P01", "23505", "25P03"})
_LIMITS = {  # milliseconds; of PostgreSQL, for a write of our own, unless the URL or the database says otherwise
    "lock_timeout": 8_000,  # one host that stands still in a transaction shall not stop all others
    "idle_in_transaction_session_timeout": 8_000,  # and its locks shall end
    "statement_timeout": 30_000,
}
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
        self._limits = "SELECT " + ", ".join(
            f"set_config('{name}', CASE current_setting('{name}') WHEN '0' THEN '{most}' ELSE current_setting('{name}')"
            " END, true)"
            for name, most in _LIMITS.items()
        )
        self.dialect = self._address.dialect
        if not create:
            self._address.require()
        self._file: File | None = None
        if self.dialect == "sqlite":
            self._address.touch(unavailable)
            self._file = File(self._address.url.database or "", _PATIENCE, unavailable)
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
        """Open a transaction that writes; it is durable when the block has ended, undone if it raised.

        It may take its time, and so may what it waits for.
        """
        with self._connected() as connection:
            with connection.begin():
                yield connection
            self._check()

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
                        self._limit(connection)
                        done = work(connection)
                    self._check()
                    return done
            except StoreUnavailable as error:
                if not left or not connected or not _again(error.__cause__):
                    raise
        raise AssertionError  # the last try returned or raised

    def _limit(self, connection: Connection) -> None:
        """Let PostgreSQL end this transaction where it, or its client, stands still."""
        if self.dialect == "postgresql":
            driver: Any = connection.connection.driver_connection
            driver.execute(self._limits)

    def _check(self) -> None:
        """Raise if what was written is in a file that is the store's no longer: then nothing is durable."""
        if self._file is not None:
            self._file.check()

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
        with self._told(), self._linked() as connection:
            yield connection

    def _linked(self) -> Connection:
        """Connect; what the driver raises, whatever it is, loses its frames: in them there is the password."""
        try:
            return self._opened().connect()
        except HaloPayError:
            raise
        except Exception as error:  # noqa: BLE001  # a driver that dislikes a value says so in any class
            failed = self._failed(error)
            cause: BaseException | None = _bared(error)
        if self._address.masked(str(cause)) != str(cause):
            cause = None
        raise failed from cause

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what a database raises into our own error; its text names neither values nor passwords."""
        try:
            yield
        except Exception as error:
            if not _is_of_database(error):
                raise
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> HaloPayError:
        origin = getattr(error, "orig", None) or error
        if isinstance(origin, sqlite3.DatabaseError) and "not a database" in str(origin):
            return ConfigurationError(f"{self.name} is not an SQLite database")
        if type(origin).__name__ == "ProgrammingError" and not getattr(origin, "sqlstate", True):
            return ConfigurationError(f"the URL {self.name} has an option that PostgreSQL does not know")
        lines = (str(origin) if _is_of_database(error) else "").strip().splitlines() or [""]
        said = self._address.masked(lines[0])[:200]
        return self._unavailable(f"{self.name} failed: {type(origin).__name__}: {said}")

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
        if self._file is not None:
            options["creator"] = self._file.connect
        else:
            options["connect_args"] = {
                **{name: value for name, value in _LINE.items() if name not in self._address.url.query},
                "client_encoding": "utf8",  # whatever the environment says: bodies hold anything
            }
        engine = create_engine(self._address.url, **options)
        if self._file is not None:
            event.listen(engine, "connect", self._file.prepare)
            event.listen(engine, "begin", self._file.begin)
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


def _is_of_database(error: BaseException) -> bool:
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, (SQLAlchemyError, sqlite3.Error)) or type(error).__module__.startswith("psycopg")


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


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """Make every commit reach the disk, times exact, and a host that is gone known, whatever the database's default is.

    The server asks for the host as the host asks for the server: what it had locked is free when it does not answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
            " ELSE current_setting('synchronous_commit') END, false), set_config('extra_float_digits', '1', false),"
            " set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),"
            " set_config('tcp_keepalives_count', '3', false)"
        )
    connection.commit()
