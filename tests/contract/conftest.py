"""What the tests of the judge share, and the matrix of drifts behind the results."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from halopay_kit.contract.exchange import Observed
from tests.contract.session import Session


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    """A sandbox whose time stands still; every day in it begins anew."""
    session = Session()
    yield session
    session.close()


@pytest.fixture(scope="session")
def day(session: Session) -> Observed:
    """An honest day."""
    return session.day()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the matrix, from whichever processes ran it."""
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in getattr(report, "user_properties", ())
        if name == "drift-matrix"
    ]
    if rows:
        from tests.contract.matrix import table

        for line in table(rows):
            terminalreporter.write_line(line)
