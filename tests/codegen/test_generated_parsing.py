"""Bytes that arrive: both parsers accept the same, and nothing else escapes than DecodeError."""

from __future__ import annotations

import importlib.util
import json
import pickle
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from halopay_api import parsing
from halopay_api.codec import DecodeError, parse, parse_exact

WITH_ORJSON = importlib.util.find_spec("orjson") is not None


@pytest.fixture(params=["orjson", "json", "exact"])
def read(request, monkeypatch):
    if request.param == "orjson" and not WITH_ORJSON:
        pytest.skip("orjson is missing")
    if request.param == "json":
        monkeypatch.setattr(parsing, "_fast_loads", lambda: None)
    return parse_exact if request.param == "exact" else parse


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b' {"a" : [1, true, null, "x"]}\n', {"a": [1, True, None, "x"]}),
        ('"Ünï 😀"'.encode(), "Ünï 😀"),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\\ud83d"', "\\ud83d"),
        (b"18446744073709551615", 2**64 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"[" * 64 + b"]" * 64, None),
    ],
)
def test_json_is_read(read, body, value):
    assert value is None or read(body) == value


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{}{}", "not JSON"),
        (b"01", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'"\x01"', "not JSON"),
        (b'\xef\xbb\xbf{"a":1}', "not JSON"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8: byte 0"),
        (b'"\xff"', "not UTF-8: byte 1"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (rb'"\ud800"', "half of a surrogate pair"),
        (rb'{"\udc00": [{"b": 1}]}', "half of a surrogate pair"),
        (rb'[{"a": ["\uD83d x"]}]', "half of a surrogate pair"),
        (b"NaN", "a number that is none"),
        (b'{"a":-Infinity}', "a number that is none"),
        pytest.param(b"9" * 1_000_000, "beyond all bounds", id="a million digits"),
        (b"1e99999999999999999999", "beyond all bounds"),
        (b"[" * 65 + b"]" * 65, "nested too deeply"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested too deeply"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="a hundred thousand brackets"),
        pytest.param(b"[" * 1000 + b"]" * 1000, "nested too deeply", id="a thousand lists"),
    ],
)
def test_what_is_not_json_is_one_error_with_a_short_message(read, body, problem):
    with pytest.raises(DecodeError, match=problem) as refusal:
        read(body)
    assert len(str(refusal.value)) < 120


def test_many_objects_side_by_side_are_not_deep(read):
    assert len(read(b"[" + b",".join([b'{"a":[]}'] * 500) + b"]")) == 500


def test_fractions_are_exact_where_it_is_asked_for():
    assert parse_exact(b"[1.50, 1e400, 0.1]") == [Decimal("1.50"), Decimal("1e400"), Decimal("0.1")]


@given(
    st.one_of(
        st.binary(max_size=40), st.text(alphabet='[]{}",:0123456789.eE+-\\ud8abcftrnl ', max_size=30).map(str.encode)
    )
)
@example(rb'"\ud800\udc00"')
@example(b"1e-400")
@example(b"123456789012345678901234567890")
@example(b"-")
def test_both_parsers_accept_the_same(body):
    outcomes = []
    for reader in (parse, parse_exact):
        try:
            value = reader(body)
        except DecodeError as error:
            outcomes.append(str(error))
        else:
            outcomes.append(
                json.dumps(value, default=lambda _: 0, sort_keys=True) if not has_number(value) else "number"
            )
    assert outcomes[0] == outcomes[1]


def has_number(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(has_number, value.values()))
    return any(map(has_number, value)) if isinstance(value, list) else isinstance(value, int | float | Decimal)


def test_an_error_can_be_pickled():
    error = pickle.loads(pickle.dumps(DecodeError(["a: missing", "b: missing"])))  # noqa: S301 - our own bytes
    assert (error.problems, str(error)) == (("a: missing", "b: missing"), "a: missing; b: missing")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"b":{"c":1,"c":1}}',
        b'{"a" :1,"a":2}',
        b'{"a"\n:1,"a"\t:2}',
        b'[{"a":"https://x","a":"y"}]',
        b'{"a":1,"\\u0061":2}',
        b'{"a":1,"a":"\\":"}',
    ],
)
def test_a_name_that_stands_in_an_object_twice_is_refused(read, body):
    with pytest.raises(DecodeError, match="stands in one object twice"):
        read(body)


@pytest.mark.parametrize("body", [b'{"a":{"a":1}}', b'[{"a":1},{"a":1}]', b'{"a":"\\":","b":": :"}', b'{"a" : ["b:"]}'])
def test_a_name_that_stands_in_two_objects_is_fine(read, body):
    assert read(body) == json.loads(body)
