"""Answers and webhooks: strict where it is documented, open where it is not."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halopay_api import decoding, models
from halopay_api.codec import (
    DecodeError,
    decode,
    drift,
    parse,
    parse_exact,
    unstructure,
)
from halopay_api.shapes import SHAPES
from tests.codegen.mini import MINI, run, write
from tests.conftest import guess

CREATED = {
    "trade_no": "20250629153045a7b3c9d2e5f8a1b4c6",
    "chain": "Tron",
    "token": "TRX",
    "contract": "TRX",
    "amount": "15.724197",
    "mode": "address",
    "pay_address": "TXYZ",
    "time_expire": 1753515371,
    "create_time": 1753513571,
    "decimal": 6,
    "chain_id": 3448148188,
    "equity": 1,
    "amount_collected": "0",
    "need_confirms": 0,
    "already_confirms": 0,
    "entrust_url": "https://checkout.example/x",
}


def created(**changes: object) -> models.OrderCreated:
    return decode(models.OrderCreated, {**CREATED, **changes})


def problems(**changes: object) -> tuple[str, ...]:
    with pytest.raises(DecodeError) as refusal:
        created(**changes)
    return refusal.value.problems


def test_a_documented_answer_becomes_a_model():
    order = created()
    assert order.amount == Decimal("15.724197")
    assert order.chain is models.Chain.TRON
    assert order.redirect_url is None
    assert order.extra == {}
    assert drift(order) == ()
    assert unstructure(order) == CREATED


def test_unknown_fields_are_kept_exactly_and_reported():
    body = (
        json.dumps({"code": 0, "msg": "", "data": CREATED})[:-2]
        + ', "fee": 0.10, "more": {"a": [1.5, null]}, "n": null}}'
    )
    order = decode(models.OrderCreated, parse(body.encode())["data"], body=body.encode())
    assert order.extra == {"fee": Decimal("0.10"), "more": {"a": [Decimal("1.5"), None]}, "n": None}
    assert str(order.extra["fee"]) == "0.10"
    assert drift(order) == ("fee: unknown field", "more: unknown field", "n: unknown field")
    assert unstructure(order) == {**CREATED, **order.extra}
    assert decode(models.OrderCreated, unstructure(order)) == order


def test_fractions_without_the_body_are_decimals_of_what_they_print_as():
    order = created(fee=0.1, more=[{"a": 1.5}])
    assert order.extra == {"fee": Decimal("0.1"), "more": [{"a": Decimal("1.5")}]}


def test_an_integer_beyond_64_bits_is_read_exactly_with_the_body():
    body = json.dumps({"data": {**CREATED, "equity": 2**70}}).encode()
    assert decode(models.OrderCreated, parse(body)["data"], body=body).equity == 2**70


@pytest.mark.parametrize(
    ("field", "value", "got"),
    [
        ("amount", 15.5, "expected a decimal string, got a number"),
        ("amount", 15, "expected a decimal string, got a number"),
        ("amount", True, "expected a decimal string, got a boolean"),
        ("amount", None, "expected a decimal string, got null"),
        ("amount", [], "expected a decimal string, got a list"),
        ("amount", {}, "expected a decimal string, got an object"),
        ("amount", "1e5", "expected a decimal string, got the string '1e5'"),
        ("trade_no", 5, "expected a string, got a number"),
        ("trade_no", None, "expected a string, got null"),
        ("decimal", "6", "expected an integer, got a string"),
        ("decimal", True, "expected an integer, got a boolean"),
        ("decimal", 6.0, "expected an integer, got a number"),
        ("chain", 5, "expected a string, got a number"),
        ("chain", None, "expected a string, got null"),
    ],
)
def test_a_documented_field_of_another_type_is_an_error_with_its_path(field, value, got):
    assert problems(**{field: value}) == (f"data.{field}: {got}",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "+1",
        ".5",
        "1.",
        "1,5",
        "1_0",
        "NaN",
        "Infinity",
        "-",
        "--1",
        "0x1",
        "\u0661",
        "\uff11",
        "1e1",
        "9" * 61,
        f"0.{'1' * 61}",
    ],
)
def test_what_is_no_plain_decimal_is_no_amount(text):
    assert problems(amount=text)[0].startswith("data.amount: expected a decimal string, got the string ")
    assert len(problems(amount=text)[0]) < 130


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**30), max_value=10**30))
def test_every_plain_decimal_comes_and_goes_as_it_is(value):
    order = created(amount=f"{value:f}")
    assert order.amount == value
    assert unstructure(order)["amount"] == f"{value:f}"


def test_all_problems_are_told_at_once():
    assert problems(amount=1, decimal="6", chain=None)[:3] == (
        "data.chain: expected a string, got null",
        "data.amount: expected a decimal string, got a number",
        "data.decimal: expected an integer, got a string",
    )
    with pytest.raises(DecodeError) as refusal:
        decode(models.EntrustPreCreated, {})
    assert refusal.value.problems == ("data.trade_no: missing", "data.url: missing")
    assert str(refusal.value) == "data.trade_no: missing; data.url: missing"


def test_a_documented_optional_field_may_be_null_but_not_of_another_type():
    values = {"trade_no": "t", "url": "u"}
    assert decode(models.EntrustPreCreated, {**values, "time_expire": None}).time_expire is None
    with pytest.raises(DecodeError, match=r"^data\.time_expire: expected an integer, got a string$"):
        decode(models.EntrustPreCreated, {**values, "time_expire": "1"})


@guess("AccountBalance")
@pytest.mark.parametrize("value", [5, 1.5, True, [], {"a": [1]}, ["x"]])
def test_an_inferred_field_of_another_shape_is_kept_and_no_error(value):
    balance = decode(models.AccountBalance, {"currency_id": 75, "token": value, "chain": value, "balance": value})
    assert (balance.currency_id, balance.token, balance.chain, balance.balance) == (75, None, None, None)
    assert balance.extra == {"token": exact(value), "chain": exact(value), "balance": exact(value)}
    assert [line.split(":")[0] for line in drift(balance)] == ["token", "chain", "balance"]
    assert decode(models.AccountBalance, unstructure(balance)) == balance


def exact(value: object) -> object:
    return Decimal(repr(value)) if isinstance(value, float) else value


INFERRED = [model for model, shapes in SHAPES.items() if all(shape.provenance == "inferred" for shape in shapes)]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@guess("AccountBalance")
@given(st.data())
def test_a_guessed_answer_never_fails_and_loses_nothing(data):
    model = data.draw(st.sampled_from(INFERRED))
    names = st.sampled_from([shape.wire for shape in SHAPES[model]]) | st.text(max_size=5)
    wire = data.draw(st.dictionaries(names, ANYTHING, max_size=8))
    body = json.dumps(wire).encode()
    found = decode(model, parse(body), body=body, at="")
    again = unstructure(found)
    assert {k: v for k, v in parse_exact(body).items() if v is not None} == {
        k: v for k, v in again.items() if v is not None
    }
    assert decode(model, again) == found
    assert all(isinstance(line, str) for line in drift(found))
    assert decode(model, parse_exact(body)) == found


@given(st.data())
def test_a_documented_answer_fails_in_no_other_way_than_it_should(data):
    wire = {
        **CREATED,
        **data.draw(st.dictionaries(st.sampled_from(list(CREATED)) | st.text(max_size=5), ANYTHING, max_size=3)),
    }
    try:
        order = decode(models.OrderCreated, wire)
    except DecodeError as error:
        wrong = error.problems
    else:
        wrong = ()
        assert decode(models.OrderCreated, unstructure(order)) == order
    assert all(problem.startswith("data.") for problem in wrong)


@pytest.mark.parametrize(
    ("value", "many", "told"),
    [
        ({}, True, "data: expected a list, got an object"),
        (None, True, "data: expected a list, got null"),
        ([], False, "data: expected an object, got a list"),
        (None, False, "data: expected an object, got null"),
        ("x", False, "data: expected an object, got a string"),
        ([{}, "x", None], True, "data[1]: expected an object, got a string; data[2]: expected an object, got null"),
    ],
)
def test_an_answer_of_another_shape_says_what_came(value, many, told):
    with pytest.raises(DecodeError) as refusal:
        decode(models.Token, value, many=many)
    assert str(refusal.value) == told


@guess("Token")
def test_a_list_becomes_a_list_of_models_and_its_problems_say_where():
    tokens = decode(models.Token, [{"currency_id": 75}, {"currency_id": "75", "new": 1}, {}], many=True)
    assert [token.currency_id for token in tokens] == [75, None, None]
    assert drift(tokens) == ("[1].currency_id: inferred as integer, came as '75'", "[1].new: unknown field")
    with pytest.raises(DecodeError) as refusal:
        decode(models.OrderCreated, [CREATED, {**CREATED, "amount": 1}], many=True, at="")
    assert str(refusal.value) == "[1].amount: expected a decimal string, got a number"


def test_models_are_frozen_compared_by_all_and_hashed_without_extra():
    assert created(new=[1]) != created()
    assert hash(created(new=[1])) == hash(created())
    assert pickle.loads(pickle.dumps(created(new=[1]))) == created(new=[1])  # noqa: S301 - our own bytes
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        created().amount = Decimal(1)
    with pytest.raises(TypeError):
        models.Token("75")
    assert not hasattr(created(), "__dict__")


def test_a_structure_too_deep_to_make_exact_is_a_decode_error():
    deep: Any = 1.5
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(DecodeError, match="nested too deeply"):
        decode(models.AccountBalance, {"more": deep})


def test_one_converter_serves_every_model():
    assert decoding._converter() is decoding._converter()
    for model in SHAPES:
        assert decoding._converter().get_structure_hook(model)


def test_nested_objects_lists_and_flags_are_decoded(tmp_path):
    code = """
from decimal import Decimal
from halopay_api import models
from halopay_api.codec import DecodeError, decode, drift, unstructure
base = {"trade_no": "t", "amount": "1.50", "done": True, "part": {"size": 1, "weight": "2"},
        "parts": [{"size": 1}, {"size": 2, "weight": None}], "colour": "light-blue"}
item = decode(models.Item, base)
assert item.part == models.Part(size=1, weight=Decimal(2)), item
assert [part.size for part in item.parts] == [1, 2] and item.colour is models.Colour.LIGHT_BLUE
assert unstructure(item) == {**base, "parts": [{"size": 1}, {"size": 2}]}, unstructure(item)
hash(item)
more = decode(models.Item, {**base, "part": {"size": 1, "new": [0.5]}, "parts": [{"size": 1, "other": 1}]})
assert more.part.extra == {"new": [Decimal("0.5")]} and more.extra == {}
assert drift(more) == ("part.new: unknown field", "parts[0].other: unknown field"), drift(more)
assert decode(models.Item, unstructure(more)) == more
guess = {"size": "x", "deep": {"a": 1}}
odd = decode(models.Item, {**base, "guesses": guess, "guess": 5})
assert odd.guesses is None and odd.extra == {"guesses": guess, "guess": 5}, odd
told = ("guess: inferred as decimal, came as 5", "guesses: inferred as model, came as an object")
assert drift(odd) == told, drift(odd)
assert decode(models.Item, {**base, "guesses": {"size": 3}}).guesses == models.Part(size=3)
for wrong, told in [
    ({"part": []}, "data.part: expected an object, got a list"),
    ({"part": {"size": "1"}}, "data.part.size: expected an integer, got a string"),
    ({"parts": {}}, "data.parts: expected a list, got an object"),
    ({"parts": [{}, 5, {"weight": 1}]},
     "data.parts[1]: expected an object, got a number; data.parts[2].weight: expected a decimal string, got a number"),
    ({"done": 1}, "data.done: expected true or false, got a number"),
    ({"done": "true", "count": True},
     "data.count: expected an integer, got a boolean; data.done: expected true or false, got a string"),
]:
    try:
        decode(models.Item, {**base, **wrong})
    except DecodeError as error:
        assert str(error) == told, error
    else:
        raise AssertionError(wrong)
"""
    run(write(MINI, tmp_path), code)
