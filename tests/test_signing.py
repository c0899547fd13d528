"""Signing, against answers that openssl and Java computed."""

from __future__ import annotations

import copy
import inspect
import json
import logging
import pickle
import traceback
from datetime import UTC, datetime

import pytest

from halopay_kit import signing
from halopay_kit.errors import (
    ConfigurationError,
    HaloPayError,
    InvalidRequest,
    OutsideTolerance,
    SignatureError,
    SignatureMismatch,
)
from halopay_kit.signing import AppKey
from tests.conftest import vectors

SECRET = "planted-AppKey-0xC0FFEE"


@pytest.mark.parametrize("case", vectors("valid"))
def test_a_known_answer_is_signed_and_verified(case):
    key = AppKey(case["app_key"])
    assert signing.sign(case["body"], case["timestamp"], key) == case["signature"]
    assert signing.sign(case["body"], int(case["timestamp"]), key) == case["signature"]
    assert signing.verify(case["body"], case["timestamp"], case["signature"], key) == int(case["timestamp"])


@pytest.mark.parametrize("case", [c for c in vectors("hostile") if c.values[0]["refused_because"] != "body"])
def test_a_hostile_signature_is_refused(case):
    with pytest.raises(SignatureError):
        signing.verify(case["body"], case["timestamp"], case["signature"], AppKey(case["app_key"]))


@pytest.mark.parametrize("case", vectors("hypotheses"))
def test_the_reading_of_the_prose_is_not_accepted(case):
    with pytest.raises(SignatureMismatch):
        signing.verify(case["body"], case["timestamp"], case["signature"], AppKey(case["app_key"]))


@pytest.mark.parametrize(
    "timestamp",
    ["", "1", "17737500001", "177375000x", "١٧٧٣٧٥٠٠٠٠", -1, 1.5, None, True, pytest.param(10**5000, id="huge")],
)
def test_only_ten_digits_are_signed(timestamp):
    with pytest.raises(InvalidRequest):
        signing.sign(b"{}", timestamp, AppKey("k"))


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'"{}"', b"null", b"{", b"}", None, "{}", 5])
def test_only_an_object_is_signed(body):
    with pytest.raises(InvalidRequest):
        signing.sign(body, 1773750000, AppKey("k"))


def test_age_is_judged_on_both_sides():
    signing.check_age(1000, 1120)
    signing.check_age(1000, 880)
    for now in (1120.5, 879.5, float("nan"), float("inf")):
        with pytest.raises(OutsideTolerance):
            signing.check_age(1000, now)
    with pytest.raises(OutsideTolerance) as caught:
        signing.check_age(1000, 1600)
    assert caught.value.clock_offset == -600
    assert "600 seconds before" in str(caught.value)


def test_now_is_an_aware_datetime_or_unix_seconds():
    assert signing.unix(datetime(2026, 3, 17, 12, 20, tzinfo=UTC)) == 1773750000
    assert signing.unix(1773750000) == 1773750000
    for wrong in (datetime(2026, 3, 17), "1773750000", True, None, 10**400):  # noqa: DTZ001  # the naive one is the point
        with pytest.raises(ConfigurationError):
            signing.unix(wrong)


@pytest.mark.parametrize(
    "show",
    [repr, str, format, lambda key: f"{key:>40}", lambda key: f"{key!a}", lambda key: f"{key!s} {key!r}"],
    ids=["repr", "str", "format", "spec", "ascii", "percent"],
)
def test_an_app_key_cannot_be_shown(show):
    assert SECRET not in show(AppKey(SECRET))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_app_key_cannot_be_pickled(protocol):
    with pytest.raises(HaloPayError):
        pickle.dumps(AppKey(SECRET), protocol)


def test_an_app_key_cannot_be_changed_listed_or_serialised():
    key = AppKey(SECRET)
    with pytest.raises(HaloPayError):
        key.other = 1
    with pytest.raises(TypeError):
        vars(key)
    assert SECRET not in repr(inspect.getmembers(key)) + repr(key.__getstate__())
    with pytest.raises(TypeError):
        json.dumps(key)
    assert copy.copy(key) is key
    assert copy.deepcopy({"key": key})["key"] is key


def test_app_keys_compare_by_value():
    assert AppKey(SECRET) == AppKey(AppKey(SECRET))
    assert AppKey(SECRET) != AppKey("another")
    assert AppKey(SECRET) != SECRET
    assert len({AppKey(SECRET), AppKey(SECRET)}) == 1


@pytest.mark.parametrize("wrong", ["", f" {SECRET}", f"{SECRET}\n", "schlüssel", "a\x00b", None, 5, SECRET.encode()])
def test_a_key_that_cannot_be_right_is_refused_without_being_shown(wrong):
    with pytest.raises(ConfigurationError, match="AppKey") as caught:
        AppKey(wrong)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    kit = shown.split("halopay_kit", 1)[1]  # the frame above, this test's, knows the key; the kit's must not
    assert SECRET not in kit


def test_a_failing_verification_shows_no_key_in_traceback_or_log(caplog):
    key = AppKey(SECRET)
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(SignatureMismatch) as caught:
            signing.verify(b"{}", "1773750000", "0" * 64, key)
        logging.getLogger("test").error("%s %r", key, key, exc_info=caught.value)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "AppKey('***')" in shown
    assert SECRET not in shown + caplog.text
