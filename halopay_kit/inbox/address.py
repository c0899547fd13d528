"""The address of a store, as it was given and as it may be shown."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from itertools import chain
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
_NO_PATH = f"{_ADVICE} A file of such a name is sqlite:///PATH."
# What was meant as a URL, or as PostgreSQL's `key=value`, and would be a file otherwise, its password in the name.
_MISTYPED = re.compile(
    r"^\s*[a-z][a-z0-9+.-]+:|:.*@|\b(host|hostaddr|port|user|password|dbname|service|sslmode)\s*=", re.I | re.S
)
_NUMBERS = frozenset(
    {"connect_timeout", "keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "tcp_user_timeout"}
)
_SHOWN = _NUMBERS | {
    *("application_name", "channel_binding", "client_encoding", "gssencmode", "host", "hostaddr"),
    *("load_balance_hosts", "options", "port", "require_auth", "sslmode", "sslnegotiation", "target_session_attrs"),
}
"""Options of a URL that may be shown; any other may be a secret, now or in a later version of PostgreSQL."""
_TOO_MANY = "the URL of the store has an @ too many; in a name or password it is written %40, a / %2F"
_REFUSED = frozenset({"replication"})  # another protocol


class Address:
    """A URL that was understood; its `str` shows no password.

    Raises:
        ConfigurationError: it cannot be right, or what it needs is not installed.
    """

    def __init__(self, url: str | os.PathLike[str]) -> None:
        require_sqlalchemy()
        try:
            found = _read(url)
        finally:
            del url  # it may hold a password, and this frame may be shown in a traceback
        if isinstance(found, ConfigurationError):
            raise found
        self.url = found
        self.dialect: Dialect = "sqlite" if found.drivername == "sqlite+pysqlite" else "postgresql"

    def __str__(self) -> str:
        if self.dialect == "sqlite":
            return f"sqlite:///{self.url.database}"
        query = {name: value for name, value in self.url.query.items() if name in _SHOWN}
        return self.url.set(drivername="postgresql", query=query).render_as_string(hide_password=True)

    def masked(self, text: str) -> str:
        """Return a database's text without what the URL hides."""
        hidden = chain.from_iterable(_values(self.url, name) for name in self.url.query if name not in _SHOWN)
        for secret in sorted((*hidden, str(self.url.password or "")), key=len, reverse=True):
            if len(secret) > 3:  # a word like "of" would be masked, and known for it
                text = text.replace(secret, "***")
        return text

    def require(self) -> None:
        """Raise if it is a file, and there is none.

        Raises:
            ConfigurationError: there is none.
        """
        if self.dialect == "sqlite" and not Path(self.url.database or "").is_file():
            raise ConfigurationError(f"there is no inbox at {self.url.database}", advice="Check the path.")

    def touch(self, unavailable: type[StoreUnavailable] = StoreUnavailable) -> None:
        """Make the file, which only its owner can read, unless it is there.

        Raises:
            ConfigurationError: its directory does not exist, or what is there is no file.
            StoreUnavailable: it cannot be made; it is an `unavailable`.
        """
        if self.dialect != "sqlite":
            return
        path = Path(self.url.database or "")
        try:
            if path.is_dir():
                raise ConfigurationError(f"{path} is a directory", advice=_ADVICE)
            if not path.exists():
                path.touch(mode=0o600)
            elif not path.is_file():  # what is written to a device is gone
                raise ConfigurationError(f"{path} is no file", advice=_ADVICE)
        except FileNotFoundError as error:
            raise ConfigurationError(f"the directory of {path} does not exist", advice="Make it first.") from error
        except OSError as error:
            raise unavailable(f"{path} cannot be made: {error}") from error


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


# What is wrong is returned and not raised: in the frames of who looks at a URL stands the password.


def _read(url: object) -> URL | ConfigurationError:
    from sqlalchemy import URL, make_url

    if not isinstance(url, (str, os.PathLike)):
        return ConfigurationError(f"the URL of a store is a {type(url).__name__}", advice=_ADVICE)
    if isinstance(url, str) and "://" in url:
        scheme = url.partition("://")[0].lower()
        if scheme not in _DRIVERS:
            what = f"there is no store for {scheme!r}" if scheme.isalpha() else "this is no URL of a store"
            return ConfigurationError(what, advice=_ADVICE)
        place, mark, options = url.partition("://")[2].partition("?")
        if scheme.startswith("postgres") and "@" in place.partition("/")[2]:
            return ConfigurationError(_TOO_MANY, advice=_ADVICE)
        made = None
        with suppress(Exception):  # SQLAlchemy looks for the last @, be it in an option
            made = make_url(f"{scheme}://{place}{mark}{options.replace('@', '%40')}").set(drivername=_DRIVERS[scheme])
        if made is None or not all("=" in option for option in options.split("&") if option):
            return ConfigurationError("the URL of the store cannot be read", advice=_ADVICE)
        if made.drivername != "sqlite+pysqlite":
            return _problem_of_postgresql(made) or made
    elif isinstance(url, str) and _MISTYPED.search(url):
        return ConfigurationError("the URL of the store is none, and no path", advice=_NO_PATH)
    else:
        made = URL.create("sqlite+pysqlite", database=os.fsdecode(url))
    return _problem_of_sqlite(made) or made


def _problem_of_sqlite(url: URL) -> ConfigurationError | None:
    database = url.database or ""
    if not database or "\0" in database or ":memory:" in database or url.host:
        return ConfigurationError("a database in memory, or in no file, keeps nothing", advice=_ADVICE)
    if url.query or database.startswith("file:"):
        return ConfigurationError("options in an SQLite URL are not taken", advice=_ADVICE)
    try:
        os.fsencode(database)
    except UnicodeError:
        return ConfigurationError("the path of the store cannot be one", advice=_ADVICE)
    return ConfigurationError("there are two URLs in one", advice=_ADVICE) if "://" in database else None


def _problem_of_postgresql(url: URL) -> ConfigurationError | None:
    try:
        from psycopg import pq
        from psycopg.conninfo import make_conninfo
    except ImportError:
        return ConfigurationError("psycopg is not installed", advice="Install it: pip install 'halopay-kit[postgres]'.")
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} - _REFUSED
    problem = _problem_of_options(url, known) or _problem_of_place(url)
    if problem:
        return ConfigurationError(problem, advice=_ADVICE)
    with suppress(Exception):  # whatever the libraries say of it
        make_conninfo(**url.get_dialect()().create_connect_args(url)[1])
        return None
    return ConfigurationError("the URL of the store cannot be read", advice=_ADVICE)


def _problem_of_options(url: URL, known: set[str]) -> str | None:
    """Say what is wrong with them; psycopg would take more than PostgreSQL, `autocommit` for one."""
    for name in url.query:
        values = _values(url, name)
        if name not in known:
            return f"the URL has an option{f' {name!r}' if name.isidentifier() else ''} that PostgreSQL does not know"
        if len(values) > 1 and name not in {"host", "port"}:
            return f"the option {name!r} stands twice in the URL"
        if name in _NUMBERS and not values[0].lstrip("-").isdecimal():
            return f"the option {name!r} of the URL is no number"
    return None


def _problem_of_place(url: URL) -> str | None:
    named = [url.username, url.password, url.host, url.database]
    said = [str(value) for value in (*named, *chain.from_iterable(_values(url, name) for name in url.query)) if value]
    if any(char < " " or char == "\x7f" for char in "".join(said)):
        return "there is a control character in the URL of the store"
    hosts = [url.host or "", *_values(url, "host"), *_values(url, "hostaddr")]
    if any("@" in host for host in hosts):
        return _TOO_MANY
    ports = [str(url.port or ""), *",".join(_values(url, "port")).split(",")]
    if not all(not port or (port.isdecimal() and 0 < int(port) < 65536) for port in ports) or url.port == 0:
        return "the port in the URL of the store is none"
    return None


def _values(url: URL, name: str) -> tuple[str, ...]:
    value = url.query.get(name, ())
    return (value,) if isinstance(value, str) else value
