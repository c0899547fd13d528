"""Errors as text that may be kept."""

from __future__ import annotations

import pytest

from halopay_kit import AppKey, signing
from halopay_kit.errors import CommandFailed
from halopay_kit.inbox.failure import LONGEST, kept, told


@pytest.fixture(autouse=True)
def _only_the_keys_of_this_test(monkeypatch):
    monkeypatch.setattr(signing, "_known", {})


def raised(function):
    try:
        function()
    except BaseException as error:  # noqa: BLE001
        return told(error)
    raise AssertionError


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("X-Sign: 490a7b", "X-Sign: ***"),
        ("{'x-sign': '490a7b', 'x-appid': 'a'}", "{'x-sign': ***, 'x-appid': 'a'}"),
        ("[(b'X-Sign', b'490a7b')]", "[(b'X-Sign', ***)]"),
        ("x_sign=490a7b&more=1", "x_sign=***&more=1"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ('{"app_key": "k \\" ey"}', '{"app_key": ***}'),
        ("HALOPAY_APP_KEY=hush", "HALOPAY_APP_KEY=***"),
        ("HALOPAY_APP_KEYS=a=one,b=two", "HALOPAY_APP_KEYS=***"),
        ("the AppKey hush is wrong", "the AppKey *** is wrong"),
        ("postgresql://me:hu@sh@db/shop", "postgresql://me:***@db/shop"),
        ("google_code=123456", "google_code=***"),
        ("token: USDT, txid 7c2d4206c03a883dd9066d620335dc1b", "token: USDT, txid 7c2d4206c03a883dd9066d620335dc1b"),
        ("nul \0 and half \ud83d", "nul ␀ and half \\ud83d"),
    ],
)
def test_what_looks_like_a_secret_is_masked(said, left):
    assert kept(said) == left


def test_an_app_key_that_this_process_has_met_is_masked_wherever_it_stands():
    key = "zQ7-planted-in-a-sentence"
    assert key in signing.hide(f"<{key}>")
    AppKey(key)
    assert signing.hide(f"<{key}> and {key}!") == "<***> and ***!"
    assert kept(f"('{key}',)") == "('***',)"
    assert signing.hide("an ordinary text") == "an ordinary text"


def test_an_app_key_that_stands_where_a_long_text_is_cut_is_masked():
    key = "zQ7-planted-at-the-edge"
    AppKey(key)
    for before in range(LONGEST // 2 - 30, LONGEST // 2 + 5):
        text = kept("x " * (before // 2) + key + " y" * LONGEST + key + "z" * before)
        assert "planted" not in text
        assert "edge" not in text


def test_what_is_given_is_masked():
    assert kept("one two three", ["two", "", "one two"]) == "*** three"


def test_causes_groups_and_endless_recursion_are_told():
    def causes():
        try:
            {}["first"]
        except KeyError as error:
            raise ExceptionGroup("two", [ValueError("a"), OSError("b")]) from error

    def endless():
        endless()

    for wanted in ("KeyError: 'first'", "direct cause", "ValueError: a", "OSError: b", ", in causes"):
        assert wanted in raised(causes)
    assert "RecursionError" in raised(endless)
    assert len(raised(endless)) < LONGEST


def test_no_source_is_told_not_even_by_a_syntax_error():
    def fails():
        planted = "a literal"
        exec(f"planted = '{planted}' (")  # noqa: S102

    assert "literal" not in raised(fails)
    assert "SyntaxError" in raised(fails)


def test_an_error_that_cannot_be_told_is_told_nevertheless():
    class Broken(Exception):
        def __str__(self):
            raise ValueError

    def fails():
        raise Broken

    assert "Broken" in raised(fails)


def test_of_a_command_only_what_it_said_is_told():
    assert told(CommandFailed("no such order\nexit code 3")) == "no such order\nexit code 3"
