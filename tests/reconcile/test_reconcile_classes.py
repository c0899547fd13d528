"""Each class of break: the smallest book that has it, and it alone."""

from __future__ import annotations

import pytest

from halopay_kit.reconcile import CLASSES
from tests.reconcile.book import DAY, NOW, Book


def missing_in_ledger(book):
    book.event("A", "PAID", 15)


def missing_at_gateway(book):
    book.entry("A")


def amount_differs(book):
    book.event("A", "PAID", 15)
    book.entry("A", 14)


def currency_differs(book):
    book.event("A", "PAID", 15)
    book.entry("A", currency_id="73")


def status_differs(book):
    book.event("A", "PAID", 15)
    book.entry("A", status="open")


def underpaid(book):
    book.event("A", "TIME-OUT", 5)
    book.entry("A", 5, status="TIME-OUT")


def overpaid(book):
    book.event("A", "PAID", 16)
    book.entry("A", 16)


def paid_late(book):
    book.event("A", "TIME-OUT", 0)
    book.event("A", "PAID", 15)
    book.entry("A")


def gave_up(book):
    book.event("A", "TIME-OUT", 0)
    book.event("A", "PAID", 15)
    book.entry("A", 0, status="cancelled")


def twice_in_ledger(book):
    book.event("A", "PAID", 15)
    book.entry("A")
    book.entry("A")


def twice_paid(book):
    book.event("A", "PAID", 15)
    book.event("A", "PAID", 15, trade_no="H2")
    book.entry("A")


def fee_differs(book):
    book.event("A", "PAID", 15)
    book.entry("A", fee="0.01")


def unresolved_payout(book):
    book.payout("A", state="unknown", outcome="unknown", status=None)


def payout_differs(book):
    book.payout_event("A", amount="5")
    book.payout("A")


def by_query_only(book):
    book.event("A", "PAID", 15, origin="query")
    book.entry("A")


def stuck(book):
    book.event("A", "TO-BE-PAID", 5)
    book.entry("A", 5, status="open")


def wrong_app(book):
    book.event("A", "PAID", 15)
    book.entry("A", app_id="another")


def balance(book):
    book.event("A", "PAID", 15)
    book.entry("A")
    for at, amount in ((NOW - 9 * DAY, "100"), (NOW, "114")):
        book.balances.append({"currency_id": "75", "balance": amount, "at": str(at)})


CASES = {
    "missing-in-ledger": missing_in_ledger,
    "missing-at-gateway": missing_at_gateway,
    "amount-differs": amount_differs,
    "currency-or-chain-differs": currency_differs,
    "status-differs": status_differs,
    "underpaid": underpaid,
    "overpaid": overpaid,
    "paid-late": paid_late,
    "paid-after-we-gave-up": gave_up,
    "duplicate-in-ledger": twice_in_ledger,
    "duplicate-payment": twice_paid,
    "fee-differs": fee_differs,
    "unresolved-payout": unresolved_payout,
    "payout-differs": payout_differs,
    "webhook-never-arrived": by_query_only,
    "stuck": stuck,
    "wrong-app": wrong_app,
    "balance-unexplained": balance,
}


def test_every_class_has_a_case():
    assert CASES.keys() == CLASSES.keys()


@pytest.mark.parametrize("name", CASES)
def test_a_break_is_of_its_class_and_no_other(name):
    book = Book()
    CASES[name](book)
    book.event("Z", "PAID", 15)
    book.entry("Z")
    result = book.result(settings={"fee_bearer": "nobody"} if name == "balance-unexplained" else {})
    assert [each.class_ for each in result.breaks] == [name]
    assert result.timing == ()
    (found,) = result.breaks
    assert found.events or found.entries or found.payouts or name == "balance-unexplained"
    assert found.sentence.endswith(".")
    assert found.at_stake > 0
    for each in result.counts:
        assert each.read == each.matched + each.unmatched + each.unused + each.refused
