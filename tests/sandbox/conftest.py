"""Fixtures of the sandbox's tests: a box whose clock the test moves, and a caller."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from halopay_kit.sandbox import Sandbox
from tests.sandbox.payer import Payer
from tests.sandbox.wire import KEY, Hand, Wire

NUMBERS = itertools.count()


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


@pytest.fixture
def payer(box: Sandbox) -> Iterator[Payer]:
    payer = Payer(box)
    yield payer
    payer.pool.clear()


@pytest.fixture
def native(wire: Wire) -> Callable[..., str]:
    def make(**fields: object) -> str:
        given = {"out_trade_no": f"N{next(NUMBERS)}", "currency_id": 75, "token_amount": "10"} | fields
        return wire.data("order.create", **given)["trade_no"]

    return make


@pytest.fixture
def hosted(wire: Wire) -> Callable[..., str]:
    def make(**fields: object) -> str:
        given = {"out_trade_no": f"H{next(NUMBERS)}", "symbol": "EUR", "amount": "24.90"} | fields
        return wire.data("entrust.pre_create", **given)["trade_no"]

    return make
