"""A ledger that is a table of a database: read as text, exactly."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from halopay_kit.errors import ConfigurationError

_PAGE = 20_000


def read(url: str, table: str) -> Any:
    """Return the rows of a table, `table` or `schema.table`, as a pyarrow table of texts.

    Raises:
        ConfigurationError: the database or the table is not there, or a value is a float.
        StoreUnavailable: the database fails.
    """
    import pyarrow as pa  # type: ignore[import-untyped]  # it has none
    from sqlalchemy import MetaData, Table, create_engine, select
    from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

    from halopay_kit.inbox.address import Address

    address = Address(url)
    address.require()
    engine = create_engine(address.url, hide_parameters=True)
    schema, _, name = table.rpartition(".")
    try:
        with engine.connect() as connection:
            found = Table(name, MetaData(), autoload_with=connection, schema=schema or None)
            columns = [column.name for column in found.columns]
            result = connection.execution_options(stream_results=True).execute(select(found))
            pages = [pa.table({column: pa.array([], pa.string()) for column in columns})]
            row = 0
            while rows := result.fetchmany(_PAGE):
                cells = zip(columns, zip(*rows, strict=True), strict=True)
                texts = {
                    column: [_text(value, table, row + at, column) for at, value in enumerate(values, 1)]
                    for column, values in cells
                }
                pages.append(pa.table({column: pa.array(values, pa.string()) for column, values in texts.items()}))
                row += len(rows)
            return pa.concat_tables(pages)
    except NoSuchTableError as error:
        raise ConfigurationError(f"there is no table {table} in {address}") from error
    except SQLAlchemyError as error:
        problem = address.masked(str(getattr(error, "orig", None) or error).splitlines()[0][:200])
        raise ConfigurationError(f"{address} cannot be read: {problem}") from error
    finally:
        engine.dispose()


def _text(value: object, table: str, row: int, column: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        raise ConfigurationError(
            f"{table}, row {row}, column {column}: {value!r} is a float, which holds no exact amount",
            advice="Make the column NUMERIC or text.",
        )
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)
