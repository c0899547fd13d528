"""The inbox: there, of tables that this kit knows, writable, and on something that a power cut leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from halopay_kit.doctor.check import Check, failed, passed, skipped
from halopay_kit.doctor.webhook import LookUp, Seen
from halopay_kit.errors import ConfigurationError, HaloPayError
from halopay_kit.extras import missing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from halopay_kit.inbox import Inbox

_MOUNTS = Path("/proc/mounts")
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_ELSEWHERE = "Put it on a disk that outlives a restart: --inbox /var/lib/shop/inbox.sqlite, or postgresql://…"


def examine(url: str) -> tuple[Check, LookUp | None]:
    """Return what is to be said of an inbox, and how to look into it; None where that cannot be done."""
    try:
        from halopay_kit.inbox import Inbox

        with Inbox(url, create=False) as inbox:
            inbox.ping()
            problem = _problem(inbox)
            name = inbox.store.name
    except ImportError as error:
        told = missing(error)
        if told is None:
            raise
        return skipped("inbox", told.problem, told.advice), None
    except ConfigurationError as error:
        if "is not installed" in error.problem:
            return skipped("inbox", error.problem, error.advice), None
        return failed("inbox", error.problem, error.advice), None
    except HaloPayError as error:
        return failed("inbox", error.problem, error.advice), None
    check = failed("inbox", *problem) if problem else passed("inbox", f"{name}: writable, and every commit is durable")
    return check, lambda number: _seen(url, number)


def _seen(url: str, number: str) -> Seen:
    """Look with an inbox of its own: only what others can read as well is kept."""
    from halopay_kit.inbox import Inbox

    with Inbox(url, create=False) as inbox:
        events = inbox.events(out_trade_no=number, limit=100)
        return Seen(len(events), sum(len(inbox.deliveries(event.id)) for event in events))


def _problem(inbox: Inbox) -> tuple[str, str] | None:
    """Say why what is committed would not be there tomorrow, and what to do."""
    with inbox.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM halopay_counts WHERE 1 = 0")
        return _of_sqlite(connection) if inbox.store.dialect == "sqlite" else _of_postgresql(connection)


def _of_sqlite(connection: Connection) -> tuple[str, str] | None:
    driver: Any = connection.connection.driver_connection
    file = next((row[2] for row in driver.execute("PRAGMA database_list") if row[1] == "main"), "")
    kind = _kind_of(Path(file), _MOUNTS)
    if kind in _IN_MEMORY:
        return f"{file} is on {kind}, which is memory: a restart forgets it", _ELSEWHERE
    if driver.execute("PRAGMA synchronous").fetchone()[0] < 2:
        return f"{file} does not wait for the disk", "PRAGMA synchronous has to be FULL."
    return None


def _of_postgresql(connection: Connection) -> tuple[str, str] | None:
    def told(query: str) -> object:
        return connection.exec_driver_sql(query).scalar()

    if told("SHOW fsync") == "off":
        return "the server runs with fsync = off: a power cut may take what was committed", "Set fsync = on."
    if told("SELECT relpersistence FROM pg_class WHERE oid = 'halopay_events'::regclass") != "p":
        return "its tables are unlogged: a crash empties them", "ALTER TABLE halopay_events SET LOGGED, and the others."
    return None


def _kind_of(path: Path, mounts: Path) -> str | None:
    """Return the kind of file system that a path is on, None where that is not known."""
    try:
        lines = [line.split(" ") for line in mounts.read_text("utf-8", "replace").splitlines()]
        place = path.resolve()
    except OSError:
        return None
    found = [(len(line[1]), line[2]) for line in lines if len(line) > 2 and place.is_relative_to(line[1])]
    return max(enumerate(found), key=lambda each: (each[1][0], each[0]))[1][1] if found else None
