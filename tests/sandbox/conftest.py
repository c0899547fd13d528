"""Fixtures of the sandbox's tests: a box whose clock the test moves, and a caller."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from halopay_kit.sandbox import Sandbox
from tests.sandbox.wire import KEY, Hand, Wire


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def box(hand: Hand) -> Iterator[Sandbox]:
    with Sandbox(seed="a test", app_key=KEY, clock=hand) as box:
        yield box


@pytest.fixture
def wire(box: Sandbox, hand: Hand) -> Iterator[Wire]:
    wire = Wire(box, hand)
    yield wire
    wire.close()
