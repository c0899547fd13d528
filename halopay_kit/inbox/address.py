"""The address of a store, as it was given and as it may be shown."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from halopay_kit.errors import ConfigurationError, StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy import URL

Dialect = Literal["sqlite", "postgresql"]

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_ADVICE = "Give sqlite:///inbox.sqlite, a file's path, or postgresql://user@host/database."
_SECRET = ("password", "sslpassword", "passfile", "sslkey")


class Address:
    """A URL that was understood; its `str` shows no password.

    Raises:
        ConfigurationError: it cannot be right, or what it needs is not installed.
    """

    def __init__(self, url: str | os.PathLike[str]) -> None:
        try:
            self.url = _url_of(url)
        finally:
            del url  # it may hold a password, and this frame may be shown in a traceback
        self.dialect: Dialect = "sqlite" if self.url.drivername == "sqlite+pysqlite" else "postgresql"
        if self.dialect == "postgresql":
            _require_psycopg()

    def __str__(self) -> str:
        if self.dialect == "sqlite":
            return f"sqlite:///{self.url.database}"
        shown = self.url.set(drivername="postgresql").difference_update_query(_SECRET)
        return shown.render_as_string(hide_password=True)

    def require(self) -> None:
        """Raise if it is a file, and there is none.

        Raises:
            ConfigurationError: there is none.
        """
        if self.dialect == "sqlite" and not Path(self.url.database or "").is_file():
            raise ConfigurationError(f"there is no inbox at {self.url.database}", advice="Check the path.")

    def touch(self) -> None:
        """Make the file, which only its owner can read, unless it is there.

        Raises:
            ConfigurationError: its directory does not exist, or it is a directory itself.
            StoreUnavailable: it cannot be made.
        """
        if self.dialect != "sqlite":
            return
        path = Path(self.url.database or "")
        try:
            if path.is_dir():
                raise ConfigurationError(f"{path} is a directory", advice=_ADVICE)
            if not path.exists():
                path.touch(mode=0o600)
        except FileNotFoundError as error:
            raise ConfigurationError(f"the directory of {path} does not exist", advice="Make it first.") from error
        except (OSError, ValueError) as error:
            raise StoreUnavailable(f"{path} cannot be made: {error}") from error


def require_sqlalchemy() -> None:
    """Raise unless SQLAlchemy is there.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        import sqlalchemy  # noqa: F401  # all that uses it comes after this
    except ImportError as error:
        raise ConfigurationError(
            "SQLAlchemy is not installed", advice="Install it: pip install 'halopay-kit[inbox]'."
        ) from error


def _url_of(url: object) -> URL:
    require_sqlalchemy()
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    try:
        if not isinstance(url, (str, os.PathLike)):
            raise ConfigurationError(f"the URL of a store is a {type(url).__name__}", advice=_ADVICE)
        if isinstance(url, str) and "://" in url:
            scheme = url.partition("://")[0].lower()
            driver = _DRIVERS.get(scheme)
            if driver is None:
                raise ConfigurationError(f"there is no store for {scheme[:40]!r}", advice=_ADVICE)
            made = None
            with suppress(ArgumentError, ValueError, TypeError):  # their frames hold the password
                made = make_url(url).set(drivername=driver)
            if made is None:
                raise ConfigurationError("the URL of the store cannot be read", advice=_ADVICE)
        else:
            made = URL.create("sqlite+pysqlite", database=os.fsdecode(url))
    finally:
        del url
    if made.drivername == "sqlite+pysqlite":
        _refuse_memory(made)
    return made


def _refuse_memory(url: URL) -> None:
    database = url.database or ""
    if not database or "\0" in database or ":memory:" in database or url.host:
        raise ConfigurationError("a database in memory, or in no file, keeps nothing", advice=_ADVICE)
    if url.query or database.startswith("file:"):
        raise ConfigurationError("options in an SQLite URL are not taken", advice=_ADVICE)


def _require_psycopg() -> None:
    try:
        import psycopg  # noqa: F401  # SQLAlchemy would ask for it later, in its own words
    except ImportError as error:
        raise ConfigurationError(
            "psycopg is not installed", advice="Install it: pip install 'halopay-kit[postgres]'."
        ) from error
