"""The engines that are tested tell the same, row for row."""

from __future__ import annotations

import importlib.util
import shutil

import pytest

from halopay_kit.reconcile.writing import table
from tests.conftest import needs
from tests.reconcile.book import DAY, NOW, Book
from tests.reconcile.test_reconcile_classes import CASES


@pytest.fixture(scope="module")
def book():
    """Everything that can be wrong, in one book, under numbers of its own."""
    whole = Book()
    for name, plant in CASES.items():
        if name == "balance-unexplained":
            continue
        one = Book()
        plant(one)
        for row in (*one.events, *one.ledger, *one.payouts):
            for column in ("out_trade_no", "trade_no", "txid"):
                row[column] = f"{row[column]}-{name}" if row.get(column) else None
        for row in one.events:
            whole.events.append(row | {"id": len(whole.events) + 1})
        for row in one.ledger:
            whole.ledger.append(row | {"entry_id": f"E{len(whole.ledger) + 1}"})
        whole.payouts += one.payouts
    for at, amount in ((NOW - 9 * DAY, "100.000000000000000001"), (NOW, "114")):
        whole.balances.append({"currency_id": "75", "token": "USDT", "balance": amount, "at": str(at)})
    return whole


@pytest.fixture(scope="module")
def by_duckdb(book):
    return book.result()


def same(one, other):
    assert table(one.breaks).equals(table(other.breaks))
    assert table(one.timing).equals(table(other.timing))
    assert one.roll_forward == other.roll_forward
    assert one.counts == other.counts
    assert (one.subjects, one.clean) == (other.subjects, other.clean)


def test_every_class_is_there(by_duckdb):
    assert set(by_duckdb.by_class) == set(CASES)


def test_pyspark(book, by_duckdb):
    needs(importlib.util.find_spec("pyspark") is None or shutil.which("java") is None, "pyspark or java")
    same(book.result(engine="pyspark"), by_duckdb)


def test_postgresql(book, by_duckdb, postgres_url):
    same(book.result(engine=postgres_url), by_duckdb)


def test_the_order_of_rows_does_not_matter(book, by_duckdb):
    turned = Book()
    turned.events, turned.ledger = book.events[::-1], book.ledger[::-1]
    turned.payouts, turned.balances = book.payouts[::-1], book.balances[::-1]
    same(turned.result(), by_duckdb)
