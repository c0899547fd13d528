"""Write rows as a table for people and as JSON for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

import attrs

from benchmarks.measure import AT_LEAST, Row

LIBRARIES = (
    "attrs",
    "cattrs",
    "click",
    "datacompy",
    "datamodel-code-generator",
    "duckdb",
    "h11",
    "halopay-kit",
    "httpx",
    "ibis-framework",
    "jsonschema-rs",
    "openapi-python-client",
    "orjson",
    "pandas",
    "pyarrow",
    "requests",
    "ruff",
    "standardwebhooks",
    "starlette",
    "stripe",
    "svix",
    "urllib3",
    "uvicorn",
)
_HEAD = ("", "median", "quartiles", "median", "fastest", "target", "")


def table(rows: Iterable[Row], scale: str) -> str:
    """Return the rows as aligned text; `scale`, `us` or `ms`, is the unit of the absolute columns."""
    lines = [_HEAD, *(_cells(row, scale) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def machine() -> dict[str, object]:
    """Describe what the figures depend on; no name of a host, no path."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def plain(row: Row) -> dict[str, object]:
    """Return a row as JSON has it; times are seconds, a value's unit stands beside it."""
    found = {name: value for name, value in attrs.asdict(row).items() if value not in (None, "")}
    return found | ({"verdict": row.verdict} if row.verdict else {})


def _cells(row: Row, scale: str) -> tuple[str, ...]:
    if row.value is None or row.low is None or row.high is None:
        return (row.name, row.absent, "", "", "", "", "")
    digits = {"x": 2, "fold": 2, "ms": 1}.get(row.unit, 0)
    unit = {"/s": "/s", "fold": " x"}.get(row.unit, f" {row.unit}")
    bound = ">=" if row.unit in AT_LEAST else "<="
    return (
        row.name,
        f"{row.value:.{digits}f}{unit}",
        f"{row.low:.{digits}f} .. {row.high:.{digits}f}",
        _time(row.seconds, scale),
        _time(row.fastest, scale),
        "" if row.target is None else f"{bound} {row.target:g}{unit}",
        row.verdict,
    )


def _time(seconds: float | None, scale: str) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1e6:.1f} us" if scale == "us" else f"{seconds * 1e3:.1f} ms"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
