"""Make a world: a directory of the files that a reconciliation reads, and the list of what is wrong in them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from decimal import Decimal
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final

import attrs
import duckdb

from halopay_kit import __version__
from halopay_kit.errors import ConfigurationError, ExportError
from halopay_kit.inbox import Inbox
from halopay_kit.inbox.export import export
from halopay_kit.sandbox.app import App
from halopay_kit.sandbox.business.chance import Chance
from halopay_kit.world import book, told
from halopay_kit.world.plan import Scope, lay_out
from halopay_kit.world.played import play
from halopay_kit.world.rates import LEAST, numbers

MOST: Final = 10_000_000
FAST_BEYOND: Final = 20_000
"""Orders beyond which a world is made by the fast way, unless it is asked for otherwise."""
CSV_UP_TO: Final = 100_000
MOST_DAYS: Final = 366
_MOST_OFF: Final = Decimal(10) ** 9

Progress = Callable[[str, int, int | None], object]
"""Is told what is done now, how much of it, and of how much."""


@attrs.frozen(kw_only=True)
class World:
    """What was made: where, how much of what, and by which way."""

    directory: Path
    seed: int
    orders: int
    days: int
    fast: bool
    app_id: str
    events: int
    entries: int
    payouts: int
    planted: int


def make_world(
    out: str | PathLike[str],
    *,
    orders: int = 1000,
    days: int = 30,
    seed: int = 0,
    fast: bool | None = None,
    balance_off: Decimal | None = None,
    memory: str | None = None,
    progress: Progress = lambda _what, _done, _of: None,
) -> World:
    """Make days of business and a ledger with flaws of every class, and list them in planted.csv.

    The orders are played through the sandbox's own rules, their webhooks taken into an inbox that is kept beside the
    export; beyond 20,000, or with `fast`, the same plan becomes the same events by SQL, without an inbox and without
    bodies. Each flaw is a subject of its own. The balances come out to the last digit, but for `balance_off`, by which
    the last balance of USDT on Tron is wrong. The same arguments give the same files. `memory` bounds DuckDB's, as
    `4GB`. The directory is there whole or not at all.

    Raises:
        ConfigurationError: an argument that cannot be right; `out` is there and not empty.
        ExportError: it cannot be written.
    """
    _check(orders, days, seed, balance_off)
    fast = orders > FAST_BEYOND if fast is None else fast
    target = Path(fspath(out))
    progress("planning", 0, None)
    scope = Scope(orders=orders, days=days, seed=seed, app_id=App(Chance(seed), None, None).id)
    part = _beside(target)
    try:
        with duckdb.connect() as connection:
            if memory is not None:
                _limit(connection, memory)
            connection.execute(f"SET temp_directory = '{_quoted(part / 'spill')}'")
            lay_out(connection, scope)
            made = _fill(connection, scope, part, target, fast, balance_off, progress)
        shutil.rmtree(part / "spill", ignore_errors=True)
        if target.is_dir():
            target.rmdir()
        part.rename(target)
    except RuntimeError as error:  # what DuckDB makes of Ctrl-C
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0]
        raise ExportError(f"the world could not be made: {first[:200]}") from error
    except OSError as error:
        raise ExportError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return made


def _check(orders: int, days: int, seed: int, balance_off: Decimal | None) -> None:
    for name, value, low, high in (
        ("orders", orders, LEAST, MOST),
        ("days", days, 1, MOST_DAYS),
        ("seed", seed, 0, 2**32 - 1),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ConfigurationError(f"{name} is a whole number from {low:,} to {high:,}")
    if balance_off is None:
        return
    right = isinstance(balance_off, Decimal) and balance_off.is_finite() and 0 < abs(balance_off) < _MOST_OFF
    if not right or -int(balance_off.normalize().as_tuple().exponent) > book.OFF_IN.decimals:
        raise ConfigurationError(f"balance_off is a Decimal other than 0, with at most {book.OFF_IN.decimals} decimals")


def _limit(connection: Any, memory: str) -> None:
    try:
        connection.execute("SET memory_limit = ?", [memory])
    except duckdb.Error as error:
        raise ConfigurationError("memory is a size like 4GB") from error


def _beside(target: Path) -> Path:
    """Return a new directory beside the one to be, which must not be there, or be empty."""
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ConfigurationError(f"{target} is there and not empty", advice="Name a directory that is not there.")
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.absolute().parent))
    except OSError as error:
        raise ExportError(f"{target} cannot be written: {error.strerror or error}") from error


def _fill(
    connection: Any,
    scope: Scope,
    part: Path,
    target: Path,
    fast: bool,
    balance_off: Decimal | None,
    progress: Progress,
) -> World:
    if fast:
        told.number(connection, scope)
        progress("events", 0, None)
        events = _copy(connection, told.events(scope), part / "events.parquet")
        book.move(connection)
    else:
        play(connection, scope, part / "inbox.sqlite", lambda done, of: progress("orders", done, of))
        with Inbox(part / "inbox.sqlite", create=False) as inbox:
            events = export(inbox, part / "events.parquet")
    progress("ledger", 0, None)
    entries = _ledger(connection, scope, part)
    progress("payouts", 0, None)
    payouts = _copy(connection, book.journal(scope), part / "payouts.parquet")
    book.balances(connection, scope, balance_off)
    shown = f'* REPLACE ({_iso("balances.at")} AS "at")'
    _copy(connection, f"SELECT {shown} FROM balances", part / "balances.csv")
    shown = "* REPLACE (plain(amount_at_stake) AS amount_at_stake)"
    planted = _copy(connection, f"SELECT {shown} FROM ({book.planted(balance_off)})", part / "planted.csv")
    made = World(
        directory=target,
        seed=scope.seed,
        orders=scope.orders,
        days=scope.days,
        fast=fast,
        app_id=scope.app_id,
        events=events,
        entries=entries,
        payouts=payouts,
        planted=planted,
    )
    (part / "world.json").write_text(json.dumps(_described(made, scope, balance_off), indent=2) + "\n")
    return made


def _ledger(connection: Any, scope: Scope, part: Path) -> int:
    query = book.ledger(scope)
    if scope.orders > CSV_UP_TO:
        return _copy(connection, query, part / "ledger.parquet")
    shown = f"* REPLACE (plain(amount) AS amount, plain(fee) AS fee, {_iso('booked_at')} AS booked_at)"
    return _copy(connection, f"SELECT {shown} FROM ({query})", part / "ledger.csv")


def _copy(connection: Any, query: str, file: Path) -> int:
    form = "FORMAT csv, HEADER" if file.suffix == ".csv" else "FORMAT parquet, COMPRESSION zstd"
    return int(connection.execute(f"COPY ({query}) TO '{_quoted(file)}' ({form})").fetchone()[0])


def _iso(column: str) -> str:
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _described(made: World, scope: Scope, balance_off: Decimal | None) -> dict[str, object]:
    told_of = attrs.asdict(made, filter=lambda attribute, _: attribute.name != "directory")
    payments, payouts = numbers(scope.orders)
    return {
        **told_of,
        "from": scope.start,
        "to": scope.until,
        "fee_rate": "0.0003",
        "fee_bearer": "merchant",
        "balance_off": None if balance_off is None else f"{balance_off:f}",
        "receiver_down": list(scope.outage),
        "fates": {fate.id: number for fate, number in (*payments, *payouts)},
        "version": __version__,
    }
