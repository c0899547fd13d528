"""What is optional: names that are loaded when they are first used, and the extra that is missing where one is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from halopay_kit.errors import ConfigurationError

_EXTRAS = {
    "Crypto": "payout",
    "base58": "payout",
    "duckdb": "reconcile",
    "h11": "sandbox",
    "httptools": "receive",
    "ibis": "reconcile",
    "jinja2": "sandbox",
    "jsonschema_rs": "sandbox",
    "matplotlib": "notebooks",
    "prometheus_client": "receive",
    "psycopg": "postgres",
    "pyarrow": "parquet",
    "pyspark": "spark",
    "schemathesis": "contract",
    "segno": "sandbox",
    "sqlalchemy": "inbox",
    "starlette": "sandbox",
    "uvicorn": "receive",
    "yaml": "sandbox",
}
"""The package that is imported, and the extra that brings it."""


def missing(error: ImportError) -> ConfigurationError | None:
    """Return the error that names the extra to install, None if it is not an extra that is missing."""
    package = (error.name or "").partition(".")[0]
    if package not in _EXTRAS:
        return None
    return ConfigurationError(
        f"{package} is not installed", advice=f"Install it: pip install 'halopay-kit[{_EXTRAS[package]}]'."
    )


def lazily(package: str, home: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package whose names stand in the modules that `home` tells.

    Its `__getattr__` raises ConfigurationError where what a name needs is an extra that is not installed.
    """

    def load(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"{package}.{home[name]}"), name)
        except ModuleNotFoundError as error:
            raise missing(error) or error from None

    return load, lambda: sorted(home)
