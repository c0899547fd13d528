"""Where the matching runs: DuckDB in this process, PySpark, PostgreSQL, or whatever Ibis connects to.

Inputs are always read by DuckDB; another engine is handed the exact tables.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from halopay_kit.errors import ConfigurationError

TABLES = ("ledger", "events", "payouts", "balances")
_SMALL = 100_000  # rows
TESTED = ("duckdb", "pyspark", "postgresql://…")


@contextmanager
def staging(memory: str | None = None) -> Iterator[Any]:
    """Give a DuckDB of our own, on a temporary file so that it can be larger than the memory.

    Raises:
        ConfigurationError: the memory is no size as 4GB.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="halopay-reconcile-") as folder:
        connection = duckdb.connect(str(Path(folder) / "staging.duckdb"))
        try:
            connection.execute("SET temp_directory = ?", [folder])
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET checkpoint_threshold = '1GB'")
            if memory is not None:
                try:
                    connection.execute("SET memory_limit = ?", [memory])
                except duckdb.Error as error:
                    raise ConfigurationError(f"{memory!r} is no size of memory, as 4GB") from error
            yield connection
        finally:
            connection.close()


@contextmanager
def backend(engine: str, connection: Any) -> Iterator[Any]:
    """Give an Ibis backend that has the four tables.

    Raises:
        ConfigurationError: there is no such engine, it is not installed, or cannot be reached.
    """
    import ibis  # type: ignore[import-untyped]  # it has none

    if engine == "duckdb":
        connection.execute("SET preserve_insertion_order = false")
        yield ibis.duckdb.from_connection(connection)
    elif engine in ("pyspark", "spark"):
        with _pyspark(connection) as found:
            yield found
    elif "://" in engine:
        with _other(engine, connection) as found:
            yield found
    else:
        raise ConfigurationError(
            f"there is no engine {engine[:60]!r}",
            advice=f"Tested are {', '.join(TESTED)}; any other URL that Ibis connects to may work.",
        )


_EXACTLY = {
    # Else Spark gives up decimals of a sum rather than say that it does not fit.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
}


@contextmanager
def _pyspark(connection: Any) -> Iterator[Any]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # noqa: TID251  # Spark's workers read nothing else
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # noqa: TID251  # likewise
    import ibis
    from pyspark.sql import SparkSession

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        already = SparkSession.getActiveSession()
        session = already or (
            SparkSession.builder.master("local[2]")
            .appName("halopay-reconcile")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.memory", "4g")
            .config("spark.log.level", "ERROR")
            .getOrCreate()
        )
        before = {name: session.conf.get(name, None) for name in _EXACTLY}
        for name, value in _EXACTLY.items():
            session.conf.set(name, value)
        if already is None:
            rows = sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in TABLES)  # noqa: S608
            session.conf.set("spark.sql.shuffle.partitions", str(max(1, min(200, rows // 250_000))))
            # Compiling a plan of many steps takes longer than a small book takes without.
            session.conf.set("spark.sql.codegen.wholeStage", str(rows > _SMALL).lower())
        try:
            with tempfile.TemporaryDirectory(prefix="halopay-reconcile-") as folder:
                found = ibis.pyspark.connect(session)
                for name in TABLES:
                    path = Path(folder) / f"{name}.parquet"
                    connection.execute(f"COPY \"{name}\" TO '{path}' (FORMAT parquet)")
                    found.read_parquet(str(path), table_name=name)
                yield found
        finally:
            if already is None:
                session.stop()
            else:
                for name, kept in before.items():
                    session.conf.unset(name) if kept is None else session.conf.set(name, kept)


@contextmanager
def _other(url: str, connection: Any) -> Iterator[Any]:
    import ibis

    try:
        found = ibis.connect(url)
    except Exception as error:  # noqa: BLE001  # each backend raises its own
        raise ConfigurationError(
            f"the engine cannot be reached ({type(error).__name__})",
            advice=f"Tested are {', '.join(TESTED)}; the URL has to be one that Ibis knows.",
        ) from None
    try:
        for name in TABLES:
            table = connection.table(name).to_arrow_table()
            found.create_table(name, table, temp=True, overwrite=False)
        yield found
    finally:
        found.disconnect()
