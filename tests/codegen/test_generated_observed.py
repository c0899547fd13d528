"""What only the wire has shown: null, several types, numbers, objects that nobody described."""

from __future__ import annotations

import pytest

from codegen import document, render
from codegen.errors import SpecError
from tests.codegen.mini import changed, dump, run, write

SEEN = {"description": "Not documented.", "x-provenance": "observed", "x-source": "observed#2026-11-23"}
ITEM = "/components/schemas/Item/properties"
OBSERVED = {
    f"{ITEM}/note": {"type": ["string", "null"], **SEEN},
    f"{ITEM}/fee": {"type": "number", "format": "decimal", **SEEN},
    f"{ITEM}/rank": {"type": ["integer", "string"], **SEEN},
    f"{ITEM}/price": {"type": ["number", "string", "null"], "format": "decimal", **SEEN},
    f"{ITEM}/when": {"type": "string", "format": "date-time", **SEEN},
    f"{ITEM}/more": {"type": "object", **SEEN},
    f"{ITEM}/box": {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}], **SEEN},
    f"{ITEM}/hue": {"anyOf": [{"$ref": "#/components/schemas/Colour"}, {"type": "null"}], **SEEN},
    f"{ITEM}/tags": {"type": "array", "items": {"type": ["integer", "string"]}, **SEEN},
    f"{ITEM}/bags": {"type": "array", "items": {"type": "object"}, **SEEN},
    "/components/schemas/Item/required": ["trade_no", "amount", "note", "rank"],
    "/components/schemas/Envelope/properties/request_id": {"type": "string", **SEEN},
}
HEAD = """
from decimal import Decimal
from halopay_api import models
from halopay_api.codec import DecodeError, decode, drift, parse, unstructure
base = {"trade_no": "t", "amount": "1.50", "rank": 3, "note": "x"}
def item(**more):
    return decode(models.Item, {**base, **more})
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return write(changed(OBSERVED), tmp_path_factory.mktemp("observed"))


def test_null_is_none_also_where_the_field_is_required(package):
    run(package, HEAD + "assert item(note=None).note is None and item(box=None, hue=None).box is None")


def test_a_field_of_two_types_keeps_the_one_that_came(package):
    run(
        package,
        HEAD + "assert (item().rank, item(rank='III').rank) == (3, 'III'); assert item(tags=[1, 'a']).tags == [1, 'a']",
    )


def test_a_number_is_exact(package):
    code = """
body = b'{"trade_no": "t", "amount": "1.50", "rank": 3, "note": "x", "fee": 0.10000000000000000000001}'
found = decode(models.Item, parse(body), body=body, at="")
assert found.fee == Decimal("0.10000000000000000000001"), found.fee
assert item(fee=5).fee == Decimal(5) and unstructure(item(fee=5))["fee"] == 5
"""
    run(package, HEAD + code)


def test_an_amount_that_comes_as_number_or_text_is_a_decimal_or_that_text(package):
    run(
        package,
        HEAD + "assert item(price=15).price == Decimal(15) and item(price='15.5').price == Decimal('15.5')",
    )


def test_a_number_beyond_all_bounds_is_no_decimal(package):
    code = """
body = b'{"trade_no": "t", "amount": "1.50", "rank": 3, "note": "x", "fee": 1e999999}'
found = decode(models.Item, parse(body), body=body, at="")
assert found.fee is None and "fee" in found.extra
"""
    run(package, HEAD + code)


def test_an_object_that_nobody_described_is_kept_as_it_came(package):
    code = """
found = item(more={"a": [1, {"b": None}]}, bags=[{"c": 1}])
assert found.more == {"a": [1, {"b": None}]} and found.bags == [{"c": 1}] and drift(found) == ()
assert unstructure(found)["more"] == {"a": [1, {"b": None}]}
hash(found)
"""
    run(package, HEAD + code)


def test_a_reference_that_may_be_null_is_decoded_where_it_is_not(package):
    run(
        package,
        HEAD
        + "found = item(box={'size': 1}, hue='RED'); assert found.box.size == 1 and found.hue is models.Colour.RED",
    )


def test_what_was_observed_and_comes_in_another_shape_is_kept_and_no_error(package):
    code = """
found = item(fee="5", more=1, tags="x", box=7)
assert found.fee is None and found.extra == {"fee": "5", "more": 1, "tags": "x", "box": 7}
assert "fee: observed as number, came as '5'" in drift(found), drift(found)
"""
    run(package, HEAD + code)


def test_what_is_required_and_observed_must_have_its_type(package):
    code = """
try:
    item(rank=[])
except DecodeError as error:
    assert str(error) == "data.rank: expected an integer or a string, got a list", error
else:
    raise AssertionError
"""
    run(package, HEAD + code)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (f"{ITEM}/tags", {"type": "array", "items": {"type": ["string", "null"]}, **SEEN}),
        (f"{ITEM}/fee", {"type": ["number", "string"], **SEEN}),
        (f"{ITEM}/box", {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Part"}], **SEEN}),
        (f"{ITEM}/note", {"type": ["null", "null"], **SEEN}),
    ],
)
def test_what_cannot_be_generated_is_refused(where, value):
    with pytest.raises(SpecError) as refusal:
        render.render(document.parse(dump(changed({where: value}))))
    assert refusal.value.pointer.startswith(where)
