"""Versions of tables: created, brought forward without loss, refused when they are newer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from halopay_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

    from halopay_kit.inbox.store import Store

Step = Callable[["Connection"], None]

_TABLE = "halopay_versions"
_LOCK = 0x68616C6F  # an advisory lock's number: whoever settles the tables of this kit


@attrs.frozen(kw_only=True)
class Layout:
    """Tables of one `room`, at `version`; `steps[n]` brings those of version n to n + 1 in a transaction.

    One database can hold several rooms; each has its row in the table `halopay_versions`.
    """

    room: str
    version: int
    tables: MetaData
    steps: Mapping[int, Step] = attrs.field(factory=dict)

    def settle(self, store: Store, *, create: bool = True) -> None:
        """Make the tables what this version says; of several processes at once one does it, the others wait.

        Raises:
            ConfigurationError: they are newer, not there (without `create`), somebody else's, or of no known version.
            StoreUnavailable: the database fails.
        """
        with store.reading() as connection:
            _refuse_encoding(connection)
            if self._found(connection) == self.version:
                return
        if not create and self._absent(store):
            raise ConfigurationError(f"there is no {self.room} in {store.name}", advice="Check the address.")
        with store.writing() as connection:
            if store.dialect == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            self._advance(connection, store.name)

    def _absent(self, store: Store) -> bool:
        with store.reading() as connection:
            return self._found(connection) is None

    def _advance(self, connection: Connection, name: str) -> None:
        found = self._found(connection)
        if found is None:
            self._refuse_strangers(connection, name)
            self.tables.create_all(connection, checkfirst=False)
            connection.exec_driver_sql(
                f"CREATE TABLE IF NOT EXISTS {_TABLE} (room TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL)"
            )
            connection.exec_driver_sql(f"INSERT INTO {_TABLE} VALUES ('{self.room}', {self.version})")  # noqa: S608  # our names
            return
        if found > self.version:
            raise ConfigurationError(
                f"the {self.room} in {name} has version {found} of its tables, this kit knows {self.version}",
                advice="Use a newer halopay-kit.",
            )
        for version in range(found, self.version):
            self.steps[version](connection)
            connection.exec_driver_sql(f"UPDATE {_TABLE} SET version = {version + 1} WHERE room = '{self.room}'")  # noqa: S608  # likewise

    def _found(self, connection: Connection) -> int | None:
        """Return the version that is there: this kit's, a newer one, or one that it can bring forward."""
        from sqlalchemy import inspect

        if not inspect(connection).has_table(_TABLE):
            return None
        query = f"SELECT version FROM {_TABLE} WHERE room = '{self.room}'"  # noqa: S608  # likewise
        row = connection.exec_driver_sql(query).first()
        if row is None:
            return None
        version = row[0]  # SQLite keeps anything in any column
        if not isinstance(version, int) or not (version > self.version or version in {self.version, *self.steps}):
            raise ConfigurationError(
                f"the {self.room} says a version of its tables that there never was", advice="Restore it from a backup."
            )
        return version

    def _refuse_strangers(self, connection: Connection, name: str) -> None:
        from sqlalchemy import inspect

        there = sorted(set(self.tables.tables).intersection(inspect(connection).get_table_names()))
        if there:
            raise ConfigurationError(
                f"{name} has a table {there[0]}, and no version of it", advice="Use another database or schema."
            )


def _refuse_encoding(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise ConfigurationError(f"the database is encoded in {encoding}", advice="Create one with ENCODING 'UTF8'.")
