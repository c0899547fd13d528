"""Which event is which, from the signed body."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halopay_kit.inbox.identity import column, facts, subject_key
from tests.conftest import guess
from tests.inbox.arrivals import PAYMENT, PAYOUT, QR, event


def read(body, *, app_id=None, **changed):
    return facts(event(body if isinstance(body, bytes) else body | changed, app_id=app_id))


def same_subject(one, other):
    return read(one).subject == read(other).subject


def test_an_order_is_its_trade_no():
    assert same_subject(PAYMENT, PAYMENT | {"status": "TIME-OUT", "out_trade_no": "another", "txid": "b"})
    assert not same_subject(PAYMENT, PAYMENT | {"trade_no": "another"})


def test_an_order_and_a_payout_of_one_number_are_two():
    assert not same_subject(PAYMENT, PAYOUT | {"trade_no": PAYMENT["trade_no"]})


def test_the_same_number_of_two_apps_is_two():
    assert not same_subject(PAYMENT, PAYMENT | {"appid": "ad4cyr8dpfs9j2u2"})


def test_payments_to_one_qr_code_are_told_apart_by_their_transactions():
    assert same_subject(QR, QR | {"status": "TO-BE-PAID", "amount_collected": "1"})
    assert not same_subject(QR, QR | {"txid": "another"})


def test_one_transaction_that_pays_two_addresses_is_two_payments():
    assert not same_subject(QR, QR | {"pay_address": "another"})
    bare = QR | {"pay_address": None}
    assert not same_subject(bare, bare | {"trade_no": "another"})


def test_a_trade_no_that_appears_later_does_not_split_a_payment_to_a_qr_code():
    assert same_subject(QR | {"trade_no": None}, QR)


def test_a_payment_to_a_qr_code_without_a_transaction_is_its_trade_no():
    one = QR | {"txid": None}
    assert same_subject(one, one | {"status": "TO-BE-PAID", "pay_address": None, "txid": ""})
    assert not same_subject(one, one | {"trade_no": "another"})
    assert not same_subject(one, QR | {"txid": QR["trade_no"], "pay_address": None, "trade_no": None})


@pytest.mark.parametrize("missing", [{"trade_no": None}, {"trade_no": ""}])
def test_without_a_trade_no_a_payout_is_its_out_trade_no(missing):
    one = PAYOUT | missing
    assert same_subject(one, one | {"txid": "another"})
    assert not same_subject(one, one | {"out_trade_no": "another"})
    assert not same_subject(one, PAYOUT | {"trade_no": PAYOUT["out_trade_no"]})


def test_without_any_number_each_body_is_a_subject_of_its_own():
    bare = PAYOUT | {"trade_no": None, "out_trade_no": None, "txid": None}
    assert same_subject(bare, bare)
    assert not same_subject(bare, bare | {"amount": "1"})
    bare = QR | {"txid": None, "trade_no": None}
    assert not same_subject(bare, bare | {"amount": "1"})


def test_an_event_is_known_again_by_every_byte_of_its_body():
    one = json.dumps(PAYMENT).encode()
    assert read(one).key == read(one).key
    assert read(one).key != read(one.replace(b", ", b",")).key
    assert read(one).subject == read(one.replace(b", ", b",")).subject


def test_an_app_that_only_the_header_names_is_kept_and_tells_nothing_apart():
    bare = QR | {"appid": None}
    one, other = read(bare, app_id="one"), read(bare, app_id="two")
    assert (one.app_id, other.app_id) == ("one", "two")
    assert (one.subject, one.key) == (other.subject, other.key)
    assert one.subject != read(QR).subject


def test_a_number_that_is_empty_is_none():
    said = read(PAYMENT, trade_no="", out_trade_no="", txid="")
    assert (said.trade_no, said.out_trade_no, said.txid) == (None, None, None)


@guess("PaymentQrCodeEvent")
def test_inferred_fields_are_understood_as_numbers_too():
    said = read(PAYOUT, trade_no=12, status=3)
    assert (said.trade_no, said.status) == ("12", "3")
    said = read(QR, amount_collected=10**40)
    assert said.amount_collected == "1" + "0" * 40


@guess("PaymentQrCodeEvent")
def test_inferred_fields_of_no_use_are_left_aside():
    said = read(PAYOUT, trade_no=10**200, out_trade_no=True, txid=[1], status={"a": 1}, amount_collected=-1.5)
    assert (said.trade_no, said.out_trade_no, said.txid, said.status) == (None, None, None, None)
    assert said.amount_collected == "-1.5"


def test_an_unknown_type_has_no_facts():
    assert read(PAYMENT, type="REFUND") is None


@pytest.mark.parametrize("amount", ["5", "5.0", "5.000"])
def test_an_amount_is_kept_exactly_and_written_plainly(amount):
    assert read(PAYMENT, amount_collected=amount).amount_collected == "5"


def test_an_amount_of_sixty_digits_keeps_them_all():
    amount = "1" * 59 + "2." + "0" * 59 + "3"
    assert read(PAYMENT, amount_collected=amount).amount_collected == amount


@given(st.lists(st.text(), min_size=2, max_size=5), st.lists(st.text(), min_size=2, max_size=5))
def test_no_two_lists_of_texts_have_one_key(one, other):
    assert (subject_key(*one) == subject_key(*other)) is (one == other)


def test_a_later_number_has_a_later_key():
    keys = [subject_key(f"2026031406483{second}a", "app", "payment") for second in range(10)]
    assert keys == sorted(keys)


@given(st.one_of(st.text(alphabet=st.characters()), st.text(alphabet="\0\ud800\udfffa")))
def test_a_column_holds_what_every_database_takes(text):
    kept = column(text)
    kept.encode()
    assert "\0" not in kept
    assert len(kept) <= 512


def test_a_text_too_long_for_an_index_is_cut_and_still_told_apart():
    one, other = column("x" * 600 + "a"), column("x" * 600 + "b")
    assert one != other
    assert len(one) == len(other) == 512
    assert column("x" * 512) == "x" * 512
