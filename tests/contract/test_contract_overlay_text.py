"""Applying an overlay: the spec's text changes where it must, and nowhere else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halopay_kit.contract.overlay import apply, nodes
from halopay_kit.errors import OverlayRefused
from tests.contract.overlays import SEEN, TEXT, changed, data, lines, overlay

CREATED = "$.components.schemas.OrderCreated"
MARK = "x-provenance: observed, x-source: observed#2026-11-23"
DOCUMENTED = "x-provenance: documented, x-source: native#1/response"
FEE = "fee: {type: string, format: decimal, description: Fee of the payout."
SMALL = """\
openapi: 3.1.0  # the version
info:   {title: T, version: "1"}

# what there is
components:
  schemas:
    Thing:   # a thing
      type: object
      properties:
        a: {type: string, description: 'It''s a, b'}   # the first
        # about b
        b: {type: integer}

    # the end
    Last: {type: string, enum: [X]}
paths: {}
"""


def test_a_field_is_added_as_one_line_behind_the_last():
    risk = {"type": "string", "description": "Not documented.", **SEEN}
    after = changed(TEXT, {"target": f"{CREATED}.properties", "update": {"risk_level": risk}})
    assert lines(TEXT, after) == [f"+risk_level: {{type: string, description: Not documented., {MARK}}}"]
    assert (
        "Since 2026-05-22., x-provenance: inferred, x-source: change-record#2026-05-22}\n        risk_level:" in after
    )


def test_a_field_can_stand_behind_another():
    after = changed(TEXT, {"target": f"{CREATED}.properties", "update": {"new": {"type": "string"}}, "after": "amount"})
    assert re.search(r"\n        amount: .*\n        new: \{type: string\}\n        mode: ", after)


def test_a_changed_value_leaves_the_rest_of_its_line():
    after = changed(TEXT, {"target": f"{CREATED}.properties.decimal", "update": {"type": "string", **SEEN}})
    assert lines(TEXT, after) == [
        f"-decimal: {{type: integer, description: Decimals of the token., {DOCUMENTED}}}",
        f"+decimal: {{type: string, description: Decimals of the token., {MARK}}}",
    ]


def test_quotes_stay_what_they_were():
    changes = {"description": "Creation, unix milliseconds."}
    after = changed(TEXT, {"target": f"{CREATED}.properties.create_time", "update": changes})
    assert lines(TEXT, after)[1].startswith(
        "+create_time: {type: integer, format: int64, description: 'Creation, unix milli"
    )


def test_a_new_key_of_a_schema_stands_where_the_spec_has_it():
    actions = [
        {"target": "$.components.schemas.OrderDetail.properties.status", "update": {"anyOf": [{"type": "null"}]}},
        {"target": "$.components.schemas.OrderDetail.properties.txid", "update": {"minLength": 0}},
    ]
    after = changed(TEXT, *actions)
    assert "status: {$ref: '#/components/schemas/PaymentStatus', anyOf: [{type: 'null'}], description: " in after
    assert "txid: {type: string, minLength: 0, description: Transaction that paid it." in after


def test_a_value_and_its_line_are_listed():
    row = {"SUSPENDED": {"meaning": "not documented", "x-provenance": "observed"}}
    after = changed(
        TEXT, {"target": "$.components.schemas.PaymentStatus", "update": {"enum": ["SUSPENDED"], "x-values": row}}
    )
    assert lines(TEXT, after) == [
        "-enum: [TO-BE-PAID, PAID, TIME-OUT]",
        "+enum: [TO-BE-PAID, PAID, TIME-OUT, SUSPENDED]",
        "+SUSPENDED: {meaning: not documented, x-provenance: observed}",
    ]


def test_a_schema_is_added_as_a_block():
    schema = {"type": "object", "description": "D.", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
    after = changed(TEXT, {"target": "$.components.schemas", "update": {"New": schema}, "after": "OrderCreated"})
    block = "    New:\n      type: object\n      description: D.\n      properties:\n        a: {type: string}\n"
    assert block + "        b: {type: integer}\n    OrderCreateAnswer:\n" in after


def test_a_field_is_renamed_in_its_place_and_in_what_is_required():
    after = changed(
        TEXT,
        {"target": f"{CREATED}.properties", "update": {"sum": {"type": "string"}}, "after": "amount"},
        {"target": f"{CREATED}.properties.amount", "remove": True},
        {"target": f"{CREATED}.required[?@ == 'amount']", "remove": True},
        {"target": f"{CREATED}.required", "update": "sum"},
    )
    assert len(lines(TEXT, after)) == 4
    assert data(after)["components"]["schemas"]["OrderCreated"]["required"][-1] == "sum"


def test_a_link_is_changed_deep_inside_of_a_line():
    target = "$.paths['/api/order/create'].post.responses['200'].links.detail.requestBody"
    after = changed(TEXT, {"target": target, "update": {"trade_no": "$response.body#/data/tradeNo"}})
    assert lines(TEXT, after)[1] == (
        "+detail: {operationId: order.detail, requestBody: {trade_no: '$response.body#/data/tradeNo'}}"
    )


@pytest.mark.parametrize("target", ["$.info", "$['info']", '$["info"]', "$[ 'info' ]"])
def test_a_target_is_written_in_any_of_these_ways(target):
    assert "title: Ours" in changed(SMALL, {"target": target, "update": {"title": "Ours"}})


def test_comments_stay():
    after = changed(
        SMALL,
        {"target": "$.components.schemas.Thing.properties", "update": {"c": {"type": "boolean"}}},
        {"target": "$.components.schemas.Thing.properties.b", "remove": True},
        {"target": "$.components.schemas.Last", "update": {"enum": ["Y, Z"], "description": "D"}},
    )
    assert lines(SMALL, after) == [
        "-b: {type: integer}",
        "+c: {type: boolean}",
        "-Last: {type: string, enum: [X]}",
        "+Last: {type: string, description: D, enum: [X, 'Y, Z']}",
    ]
    assert after.count("#") == SMALL.count("#")


def test_the_last_entry_of_a_block_leaves_brackets():
    text = SMALL.replace("        a: {type: string, description: 'It''s a, b'}   # the first\n        # about b\n", "")
    after = changed(text, {"target": "$.components.schemas.Thing.properties.b", "remove": True})
    assert "      properties: {}\n\n    # the end" in after


def test_lines_end_as_they_did():
    text = SMALL.replace("\n", "\r\n")
    after = changed(text, {"target": "$.components.schemas.Thing.properties", "update": {"c": {"type": "string"}}})
    assert after.count("\r\n") == after.count("\n") == text.count("\n") + 1


def test_a_file_without_a_last_newline_and_one_with_a_byte_order_mark_stay_so():
    text = "\ufeffopenapi: 3.1.0\ninfo: {title: é漢😀, version: '1'}"
    after = changed(text, {"target": "$", "update": {"x-a": 1}}, {"target": "$.info", "update": {"title": "ü"}})
    assert after == "\ufeffopenapi: 3.1.0\ninfo: {title: 'ü', version: '1'}\nx-a: 1"


def test_an_empty_value_gets_one():
    assert "x-a: 5\n" in changed("openapi: 3.1.0\nx-a:\nx-b: 1\n", {"target": "$", "update": {"x-a": 5}})


def test_a_folded_text_is_replaced_whole():
    after = changed(TEXT, {"target": "$.info", "update": {"description": "Short, and plain."}})
    assert "  description: 'Short, and plain.'\n  license:" in after


def test_what_a_page_says_is_applied_by_the_same_command():
    page = {"x-provenance": "documented", "x-source": "native#7/response"}
    after = changed(
        TEXT,
        {"target": "$.components.schemas.PayoutDetail.properties.fee", "update": page},
        {
            "target": "$.components.schemas.PayoutCreateRequest.properties",
            "update": {"memo": {"type": "string", **page}},
        },
        {"target": "$.x-webhook-delivery.retry-after-seconds[?@ == 5]", "remove": True},
    )
    assert lines(TEXT, after) == [
        "-retry-after-seconds: [5, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600]",
        "+retry-after-seconds: [15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600]",
        "+memo: {type: string, x-provenance: documented, x-source: native#7/response}",
        f"-{FEE}, x-provenance: inferred, x-source: native#7/response}}",
        f"+{FEE}, x-provenance: documented, x-source: native#7/response}}",
    ]


def test_a_list_in_lines_grows_and_shrinks():
    text = "openapi: 3.1.0\nx-list:\n  - a\n  - b  # two\n  - {c: 1}\nx-more: []\n"
    after = changed(
        text,
        {"target": "$.x-list", "update": ["d", "a"]},
        {"target": "$.x-list[?@ == 'a']", "remove": True},
        {"target": "$.x-more", "update": "e"},
    )
    assert after == "openapi: 3.1.0\nx-list:\n  - b  # two\n  - {c: 1}\n  - d\nx-more: [e]\n"


def test_what_a_list_has_is_not_added_again():
    text = "openapi: 3.1.0\nx-list: [a, 1]\n"
    assert changed(text, {"target": "$.x-list", "update": ["a", 1]}) == text


def test_one_true_and_1_are_three_things():
    assert "x-list: [1, true, '1']" in changed(
        "openapi: 3.1.0\nx-list: [1]\n", {"target": "$.x-list", "update": [True, "1"]}
    )


def test_what_is_removed_already_is_no_error_and_is_told():
    done = apply(TEXT, overlay({"target": f"{CREATED}.properties.nothing", "remove": True}))
    assert (done.after, done.changed, done.without_effect) == (TEXT, 0, (f"{CREATED}.properties.nothing",))


def test_the_difference_can_be_read_as_a_patch():
    diff = apply(TEXT, overlay({"target": "$.info", "update": {"title": "Ours"}})).diff("spec/halopay.yaml")
    assert diff.startswith("--- a/spec/halopay.yaml\n+++ b/spec/halopay.yaml\n@@ -")
    assert "\n-  title: HaloPay API\n+  title: Ours\n" in diff


REFUSED_TEXTS = {
    "a comment beside what goes": ("x-a:\n  b: 1  # why\n  c: 2\n", "$.x-a.b", "shares a line"),
    "a comment between two in brackets": ("x-a: [1, # one\n  2]\n", "$.x-a[?@ == 1]", "a comment stands beside"),
    "a comment before the only entry": ("x-a: # why\n  b: 1\n", "$.x-a.b", "a comment stands beside"),
    "the first of an item": ("x-a:\n  - b: 1\n    c: 2\n", "$.x-a[0].b", "the first of an item"),
    "everything": ("x-a: 1\n", "$", "cannot be removed"),
    "an item by its number": ("x-a: [1, 2]\n", "$.x-a[0]", "named by its value"),
}


@pytest.mark.parametrize("what", REFUSED_TEXTS)
def test_what_would_take_something_else_with_it_is_refused(what):
    text, target, problem = REFUSED_TEXTS[what]
    with pytest.raises(OverlayRefused, match=re.escape(problem)):
        apply("openapi: 3.1.0\n" + text, overlay({"target": target, "remove": True}))


# --- any text and any values

_NAMES = st.sampled_from(
    ["type", "a", "b", "description", "x-c", "enum", "on", "1", "null", "é", "a b", "~", "{", "#x", "- y"]
)
_TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["yes", "No", "1e3", "0x1F", "2026-11-23", "1:30", "'", '"', "''' */ \"\"\"", "a: b", "a #b", "- x", "\n"]
    ),
)
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), _TEXTS)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=8
)
_OBJECTS = st.dictionaries(_NAMES, _VALUES, max_size=4)


@settings(max_examples=150)
@given(update=_OBJECTS)
def test_whatever_is_written_is_read_back_by_everybody_or_refused(update):
    made = overlay({"target": "$.x-free", "update": update})
    try:
        done = apply(SMALL + "x-free: {q: 1} # mine\n", made)
    except OverlayRefused:
        return
    assert data(done.after)["x-free"] == {"q": 1, **update} == nodes.data(nodes.read(done.after))["x-free"]
    assert apply(done.after, made).after == done.after
    assert done.after.startswith(SMALL)
    assert done.after.endswith("# mine\n")


@settings(max_examples=150)
@given(updates=st.lists(_OBJECTS, min_size=1, max_size=4), is_block=st.booleans())
def test_objects_merge_in_brackets_and_in_blocks_alike(updates, is_block):
    text = "openapi: 3.1.0\n" + (
        "x-a:\n  k: 1 # here\n  l: [1]\n# end\n" if is_block else "x-a: {k: 1, l: [1]} # end\n"
    )
    made = overlay(*({"target": "$.x-a", "update": update} for update in updates))
    try:
        done = apply(text, made)
    except OverlayRefused as refused:
        assert re.search("cannot take|two edits|not a name|by hand|surrogate|second time", str(refused))  # noqa: PT017
        return
    assert done.after.count("#") >= text.count("#")
    assert apply(done.after, made).after == done.after
