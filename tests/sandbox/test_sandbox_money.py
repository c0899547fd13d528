"""Exact money, and addresses that fit their chain."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from halopay_kit.sandbox import Sandbox
from halopay_kit.sandbox.business import money
from halopay_kit.sandbox.business.addresses import address, fits
from tests.sandbox.wire import TRON


def test_a_tron_address_is_the_one_that_is_publicly_known():
    assert address("tron", bytes.fromhex("a614f803b6fd780986a42c78ec9c7f77e6ded13c")) == TRON


@given(st.binary(min_size=20, max_size=20), st.integers(0, 33), st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZ"))
def test_an_address_fits_and_one_changed_letter_does_not(account, place, letter):
    text = address("tron", account)
    assert fits("tron", text)
    changed = text[:place] + letter + text[place + 1 :]
    assert fits("tron", changed) == (changed == text)
    assert fits("evm", address("evm", account))
    assert not fits("evm", text)
    assert not fits("tron", address("evm", account))


def test_the_contracts_of_the_world_are_addresses_of_their_chains():
    for token in Sandbox()._gateway.world.tokens.values():
        assert token.contract == token.symbol or fits(token.chain.family, token.contract)


@given(
    st.decimals(min_value=0, max_value=10**20, places=18), st.decimals("0.0001", 10**9, places=6), st.integers(0, 18)
)
def test_a_quotient_is_the_smallest_amount_that_covers_the_dividend(amount, rate, places):
    quotient = Fraction(money.divide_up(amount, rate, places))
    assert quotient * Fraction(rate) >= Fraction(amount) > (quotient - Fraction(1, 10**places)) * Fraction(rate)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**30, places=18))
def test_money_on_the_wire_is_plain(amount):
    text = money.plain(amount)
    assert Fraction(text) == Fraction(amount)
    assert set(text) <= set("0123456789.")
    assert text == "0" or not text.endswith(".")
    assert "." not in text or not text.endswith("0")
