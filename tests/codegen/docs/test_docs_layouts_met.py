"""Layouts that the test site does not have: other heads, other marks, lists, stacked cells, words of HaloPay's own."""

from __future__ import annotations

import pytest

from codegen.docs import columns, flattened
from codegen.docs.blocks import Table
from codegen.docs.page import Page
from codegen.docs.reading import form
from tests.codegen.docs.looking import looked

REQUEST = {
    "out_trade_no": ("string", True),
    "currency_id": ("int", True),
    "fiat_name": ("string", False),
    "fiat_amount": ("string", False),
    "token_amount": ("string", False),
    "callback_url": ("string", False),
    "time_out": ("int64", False),
}
ANSWER = (
    "trade_no:string chain:string token:string contract:string amount:string mode:string pay_address:string "
    "time_expire:integer create_time:integer decimal:integer chain_id:integer equity:integer amount_collected:string "
    "need_confirms:integer already_confirms:integer entrust_url:string"
)
RESPONSE = "\n".join(
    ["| Param | Type | Meaning |", "|---|---|---|"]
    + ["| data.{} | {} | x |".format(*pair.split(":")) for pair in ANSWER.split()]
)


def page(request: str, response: str = RESPONSE) -> Page:
    parts = (
        "# Native",
        "## 1. Create order",
        "`POST /api/order/create`",
        "### Request",
        request,
        "### Response",
        response,
    )
    text = "\n\n".join(parts)
    return Page(key="native", locale="en", url="", form=form(text), content=text)


def told(found: Page) -> list[tuple[str, str]]:
    look = looked([found])
    assert look.unread == ()
    return [(drift.kind, drift.place) for drift in look.drifts]


def table(head: str, row: str, yes: str, no: str, **more: tuple[str, bool]) -> str:
    rows = [
        row.format(name=name, type=kind, must=yes if must else no) for name, (kind, must) in (REQUEST | more).items()
    ]
    return "\n".join([head, "|".join("" if not cell else "---" for cell in head.split("|")), *rows])


HEADS = {
    "parameters": (
        "| Parameter name | Parameter type | Is required? | Parameter description |",
        "| {name} | {type} | {must} | Words. |",
    ),
    "slashes": ("| Type / Length | Field / Name | Required (Y/N) | Notes |", "| {type} | {name} | {must} | Words. |"),
    "numbered": (
        "| No. | Argument | Mandatory | Data Type | Default | Comments |",
        "| 1 | **{name}** | {must} | `{type}` | - | Words. |",
    ),
    "chinese": ("| 參數 | 是否必填 | 類型 | 說明 |", "| {name} | {must} | {type} | 說明 |"),
}
MARKS = [("Y", "N"), ("Yes", "No"), ("*", ""), ("M", "O"), ("O", "X"), ("true", "false"), ("必填", "選填"), ("√", "×")]


@pytest.mark.parametrize("marks", MARKS, ids="/".join)
@pytest.mark.parametrize("head", HEADS)
def test_a_field_more_is_the_one_drift_whatever_the_columns_are_called(head, marks):
    shape, row = HEADS[head]
    assert told(page(table(shape, row, *marks))) == []
    assert told(page(table(shape, row, *marks, memo=("String(64)", True)))) == [
        ("required-field-added", "order.create/request.memo")
    ]


def test_a_column_that_says_optional_says_the_reverse():
    row = "| {name} | {type} | {must} |"
    assert told(page(table("| Field | Type | Optional |", row, "N", "Y"))) == []


@pytest.mark.parametrize(
    "item",
    [
        "- `{name}` ({type}, {must}): words",
        "* {name}: {type}, words",
        "- {name}（{type}，{must}）",
    ],
)
def test_a_list_of_fields_is_a_table(item):
    fields = REQUEST | {"equity_code": ("string", False)}
    rows = [
        item.format(name=name, type=kind, must="required" if must else "optional")
        for name, (kind, must) in fields.items()
    ]
    assert told(page("\n".join(rows))) == [("field-added", "order.create/request.equity_code")]


def test_cells_that_stand_one_below_the_other_are_a_table():
    lines = ["Field", "Type", "Required", "Description"]
    for name, (kind, must) in REQUEST.items():
        lines += [name, kind, "Y" if must else "N", *(["Fiat name"] if must else [])]
    (found,) = [part for part in flattened.blocks("\n\n".join([*lines, "2. Order detail"])) if isinstance(part, Table)]
    assert [row[:3] for row in found.rows] == [
        (name, kind, "Y" if must else "N") for name, (kind, must) in REQUEST.items()
    ]


def test_cells_that_stand_one_below_the_other_and_cannot_be_told_apart_are_not_read():
    cells = ("Field", "Required", "Description", "out_trade_no", "words", "Y", "currency_id", "words")
    text = "\n".join(("1. Create order", "POST /api/order/create", *cells))
    look = looked([Page(key="native", locale="en", url="", form="text", content=text)])
    assert [each.because for each in look.unread] == [
        "of a table: its cells stand one below the other, and cannot be told apart"
    ]
    assert "field-removed" not in {drift.kind for drift in look.drifts}


def test_descriptions_in_words_of_halopays_own_are_told_once_and_not_compared():
    shape, row = HEADS["parameters"]
    look = looked([page(table(shape, row, "Y", "N"))])
    assert (look.drifts, look.own_words) == ((), ("native",))


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("String(32)", "string"),
        ("varchar(64)", "string"),
        ("string / 32", "string"),
        ("int64", "integer"),
        ("Long", "integer"),
        ("List<Object>", "array"),
        ("array of objects", "array"),
        ("string[]", "array"),
        ("BigDecimal", "number"),
        ("int/string", "integer or string"),
        ("the amount", None),
        ("32", None),
    ],
)
def test_a_type_is_read_however_it_is_written(written, kind):
    assert columns.wire_type(written) == kind
