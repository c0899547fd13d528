"""What tables, prose and samples mean, on pages that no generator wrote."""

from __future__ import annotations

from typing import Any

import pytest

from codegen import document
from codegen.docs import reading
from codegen.docs.facts import Fact, Findings, durations, enumerations, examples, facts, known, lenient, samples
from codegen.docs.page import Page, Unreadable
from tests.codegen.docs import wire

KNOWN = known(document.read(wire.SPEC))


def find(content: str, key: str = "native", locale: str = "en") -> Findings:
    page = Page(key=key, locale=locale, url="", form=reading.form(content), content=content)
    return facts(page, reading.read(page), KNOWN)


def of(content: str, kind: str, key: str = "native") -> list[Fact]:
    return [fact for fact in find(content, key).facts if fact.kind == kind]


def fields(content: str, key: str = "native") -> dict[str, dict[str, Any]]:
    return {f"{fact.subject} {fact.name}": dict(fact.says) for fact in of(content, "field", key)}


LABELLED = """\
# Native checkout

## 📘 1. Create order

**Request URL**

- `https://api.pay.halochat.io/api/order/create`

**Method:** POST

**Request header**

| Header | Required | Type | Note |
|:-----|:---|:-----|-----|
| X-Appid | Yes | string | The app |

**Body parameters**

| Parameter | Must | Type | Remark |
|---|---|---|---|
| *out_trade_no | Yes | string | Order id |
| fiat_name | No | String | USD / USDT / EUR, etc. |

**Return parameters**

| Parameter | Type | Remark |
|---|---|---|
| code | int | 0 is fine |
| msg | string | A text |
| data | Object | |
| └ trade_no | string | HaloPay's id |
| └ chain_id | int64 | |

**Return example**

```json
{"code": 0, "msg": "ok", "data": {"trade_no": "1", "chain_id": 2}}
```
"""


def test_labels_in_bold_do_what_headings_do() -> None:
    found = fields(LABELLED)
    assert list(found) == [
        "order.create/request out_trade_no",
        "order.create/request fiat_name",
        "envelope code",
        "envelope msg",
        "envelope data",
        "order.create/response trade_no",
        "order.create/response chain_id",
    ]
    assert found["order.create/request out_trade_no"]["required"] is True
    assert found["order.create/response chain_id"]["type"] == "integer"
    assert [fact.name for fact in of(LABELLED, "header")] == ["X-Appid"]
    assert of(LABELLED, "example")[0].subject == "order.create/response"


def test_a_list_that_goes_on_says_so() -> None:
    fiat = fields(LABELLED)["order.create/request fiat_name"]
    assert (fiat["values"], fiat["more"]) == (["USD", "USDT", "EUR"], True)


def table(head: str, *rows: str) -> str:
    lines = [head, "|".join("---" for _ in head.split("|")), *rows]
    return "\n".join(f"| {' | '.join(part.strip() for part in line.split('|'))} |" for line in lines)


def operation(*parts: str, title: str = "1. Create order", path: str = "/api/order/create") -> str:
    return "\n\n".join(["# Native", f"## {title}", f"`POST {path}`", *parts])


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("string", "string"),
        ("String", "string"),
        ("int", "integer"),
        ("int64", "integer"),
        ("Integer", "integer"),
        ("long", "integer"),
        ("Object", "object"),
        ("array", "array"),
        ("Array<Object>", "array"),
        ("string[]", "array"),
        ("boolean", "boolean"),
        ("string/int", "integer or string"),
        ("bigmap", "bigmap"),
    ],
)
def test_types_are_read_as_halopay_writes_them(written: str, kind: str) -> None:
    page = operation("### Request", table("Field | Type | Description", f"a_b | {written} | x"))
    assert fields(page)["order.create/request a_b"]["type"] == kind


@pytest.mark.parametrize(
    ("cell", "required"),
    [
        ("Y", True),
        ("Yes", True),
        ("*", True),
        ("required", True),
        ("是", True),
        ("N", False),
        ("No", False),
        ("否", False),
    ],
)
def test_required_is_read_in_each_of_its_spellings(cell: str, required: bool) -> None:
    page = operation("### Request", table("Field | Required | Type", f"a_b | {cell} | string"))
    assert fields(page)["order.create/request a_b"]["required"] is required


def test_an_empty_cell_beside_asterisks_is_a_no() -> None:
    page = operation("### Request", table("Field | Required | Type", "a_b | * | string", "c_d | | string"))
    assert [said["required"] for said in fields(page).values()] == [True, False]


def test_an_asterisk_on_the_name_is_a_yes_and_none_is_a_no() -> None:
    page = operation("### Request", table("Field | Required | Type", "a_b\\* | | string", "c_d | | string"))
    assert fields(page)["order.create/request a_b"]["required"] is True


@pytest.mark.parametrize("columns", ["Name | Field", "Parameter name | Field name"])
def test_of_two_columns_of_names_the_one_with_names_counts(columns: str) -> None:
    page = operation("### Request", table(f"{columns} | Type", "Order id | a_b | string", "The amount | c_d | string"))
    assert [fact.name for fact in of(page, "field")] == ["a_b", "c_d"]


def test_a_table_on_its_side_is_read() -> None:
    page = operation("### Request", table("Field | a_b | c_d", "Type | string | int", "Required | Y | N"))
    assert fields(page) == {
        "order.create/request a_b": {"type": "string", "written": "string", "required": True},
        "order.create/request c_d": {"type": "integer", "written": "int", "required": False},
    }


def test_nested_names_are_told_without_data() -> None:
    rows = ("data[].list[].a_b | string", "data.c_d | int")
    page = operation("### Response", table("Field | Type", *rows))
    assert [fact.name for fact in of(page, "field")] == ["list.a_b", "c_d"]


def test_a_header_among_fields_is_a_header() -> None:
    page = operation(
        "### Request", table("Field | Type", "X-Appid | string", "a_b | string", "c_d | string", "e_f | int")
    )
    assert [fact.name for fact in of(page, "header")] == ["X-Appid"]
    assert [fact.name for fact in of(page, "field")] == ["a_b", "c_d", "e_f"]


def test_direction_comes_from_the_fields_where_no_heading_says_it() -> None:
    page = operation(
        table("Field | Type", "pay_address | string", "equity | int", "chain | string"),
        table("Field | Type", "out_trade_no | string", "currency_id | int", "callback_url | string"),
    )
    assert {fact.subject for fact in of(page, "field")} == {"order.create/request", "order.create/response"}
    assert fields(page)["order.create/response pay_address"]["type"] == "string"


def test_prose_that_answers_in_passing_does_not_turn_the_direction() -> None:
    page = operation(
        "### Request parameters", "Amounts are returned as strings.", table("Field | Type", "a_b | string")
    )
    assert [fact.subject for fact in of(page, "field")] == ["order.create/request"]


def test_an_operation_keeps_its_name_when_sections_are_numbered_anew() -> None:
    page = operation("### Request", table("Field | Type", "a_b | string"), title="3. Make an order")
    fact = of(page, "field")[0]
    assert (fact.subject, fact.source) == ("order.create/request", "native#3/request")


def test_a_path_that_moved_is_told_by_its_number() -> None:
    page = operation(title="2. Query order", path="/api/order/query")
    path = of(page, "path")[0]
    assert (path.subject, path.name) == ("order.detail", "/api/order/query")


def test_an_operation_that_nobody_knows_is_nobodys() -> None:
    page = operation("### Request", table("Field | Type", "a_b | string"), title="10. Refund", path="/api/order/refund")
    assert of(page, "path")[0].subject == "?native#10"
    assert of(page, "field")[0].subject == "?native#10/request"
    assert not of(page, "field")[0].known


def test_a_new_operation_under_an_old_number_is_nobodys_while_the_old_one_stands_elsewhere() -> None:
    new = operation(title="2. Refund", path="/api/order/refund")
    old = operation(title="3. Query order", path="/api/order/detail").partition("\n\n")[2]
    paths = {fact.name: fact.subject for fact in of(f"{new}\n\n{old}", "path")}
    assert paths == {"/api/order/refund": "?native#2", "/api/order/detail": "order.detail"}


def test_another_operation_in_passing_changes_nothing() -> None:
    page = operation("Query: `/api/order/detail`", "### Request", table("Field | Type", "a_b | string"))
    assert [fact.subject for fact in of(page, "field")] == ["order.create/request"]


def test_an_old_path_is_still_the_operation() -> None:
    assert of(operation(path="/v1/order/create"), "path")[0].subject == "order.create"


def test_addresses_that_are_no_calls_are_passed_over() -> None:
    page = operation("Try it at https://docs.pay.halochat.io/api/tester", title="1. Create")
    assert [fact.name for fact in of(page, "path")] == ["/api/order/create"]


WEBHOOK = """\
# Webhook

## Payload

### Payout result

{table}
"""


def test_a_webhook_is_told_by_its_heading_or_else_by_its_fields() -> None:
    table_ = table("Field | Type", "appid | string", "contract | string")
    assert of(WEBHOOK.format(table=table_), "field", "webhook")[0].subject == "webhook.payout"
    names = ("appid", "trade_no", "out_trade_no", "amount_collected", "amount", "token_amount", "chain")
    rows = [f"{name} | string" for name in names]
    page = "# Callbacks\n\n## Body\n\n" + table("Field | Type", *rows)
    assert of(page, "field", "webhook")[0].subject == "webhook.payment"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s、15s、30s、3m、10m", (5, 15, 30, 180, 600)),
        ("5s, 15s, 30s, 3m", (5, 15, 30, 180)),
        ("5 seconds, 15 seconds and 3 minutes", (5, 15, 180)),
        ("5秒、15秒、30秒、3分钟", (5, 15, 30, 180)),
        ("5초, 15초, 3분, 1시간", (5, 15, 180, 3600)),
        ("5 s / 15 s / 3 min / 24h3m50s in all", (5, 15, 180)),
        ("5s15s30s3m10m", (5, 15, 30, 180, 600)),
        ("once after 5s, then never", ()),
    ],
)
def test_a_schedule_is_read(text: str, seconds: tuple[int, ...]) -> None:
    assert durations.schedule(text)[0] == seconds


def test_a_schedule_in_a_table_is_read() -> None:
    rows = ["1 | 5s", "2 | 15s", "3 | 3m"]
    page = "# Webhook\n\n## Retries\n\n" + table("Attempt | After", *rows)
    assert of(page, "schedule", "webhook")[0].says == {"seconds": [5, 15, 180]}


@pytest.mark.parametrize(
    "text",
    [
        "X-Timestamp is valid for two minutes.",
        "The timestamp must be within 120 seconds.",
        "時間戳兩分鐘內有效",
        "타임스탬프는 2분 동안 유효합니다",
        "L'horodatage est valable deux minutes",
        "タイムスタンプは2分間有効です",
    ],
)
def test_a_window_is_read_in_every_language(text: str) -> None:
    assert [fact.says for fact in of(f"# Rules\n\n{text}", "window", "common-rules")] == [{"seconds": 120}]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Status. TO-BE-PAID/PAID/TIME-OUT", ("TO-BE-PAID", "PAID", "TIME-OUT")),
        ("USD / USDT / JPY / …", ("USD", "USDT", "JPY")),
        ("狀態\uff1aTO-BE-PAID、PAID、TIME-OUT", ("TO-BE-PAID", "PAID", "TIME-OUT")),
        ("PAID or FAIL", ("PAID", "FAIL")),
        ("TO-BE-PAID: not yet, PAID: done", ("TO-BE-PAID", "PAID")),
        ("Tron/ETH/BSC/WKC", ("Tron", "ETH", "BSC", "WKC")),
        ("Go / Java samples", None),
        ("HTTP and JSON", None),
        ("Signed with HMAC-SHA-256", None),
        ("A/B", None),
    ],
)
def test_values_are_found_in_prose(text: str, values: tuple[str, ...] | None) -> None:
    found = enumerations.find(text)
    assert (found.values if found else None) == values


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("Return the string `Success`.", "Success"),
        ('Please respond with "OK" within 5 seconds.', "OK"),
        ("The receiver answers with the body Success", "Success"),
        ("收到後請返回 SUCCESS 字串", "SUCCESS"),
        ("처리 후 Success 문자열을 반환하십시오", "Success"),
        ("It answers in JSON.", None),
        ("`PAID` is returned when it was paid.", None),
    ],
)
def test_the_answer_to_a_webhook_is_read(text: str, body: str | None) -> None:
    found = of(
        f"# Webhook\n\n## Answer\n\n{text}\n\n" + table("Field | Type", "appid | string"), "acknowledgement", "webhook"
    )
    assert [fact.says["body"] for fact in found] == ([body] if body else [])


def test_what_is_signed_is_read_from_prose_and_samples() -> None:
    page = """\
# Signature

Concatenate `jsonBody + timestamp + appKey`, then HMAC-SHA256.

```go
h := hmac.New(sha256.New, []byte(cfg.AppSecret))
h.Write(payload)
h.Write([]byte(ts))
```

```java
String str = body + timestamp;
SecretKeySpec spec = new SecretKeySpec(appKey.getBytes("UTF-8"), "HmacSHA512");
byte[] out = mac.doFinal(str.getBytes("UTF-8"));
```
"""
    found = {fact.name: fact.says for fact in of(page, "signature", "signature")}
    assert found["prose"]["content"] == ["body", "timestamp", "appKey"]
    assert found["sample/go"] == {"content": ["body", "timestamp"], "key": "cfg.AppSecret", "algorithm": "HMAC-SHA-256"}
    assert found["sample/java"]["algorithm"] == "HMAC-SHA-512"


def test_a_sample_in_another_order_says_so() -> None:
    sample = 'mac := hmac.New(sha256.New, []byte(appKey))\nmac.Write([]byte(fmt.Sprintf("%s%s", timestamp, body)))'
    assert next(samples.codes(sample)).content == ("timestamp", "body")


@pytest.mark.parametrize(
    ("text", "value", "faults"),
    [
        ('{"a": 1}', {"a": 1}, []),
        ('{"status": "PAID", (TO-BE-PAID/PAID)\n"b": 2}', {"status": "PAID", "b": 2}, ["a remark"]),
        ('{"a": [1, 2,],}', {"a": [1, 2]}, ["a comma too many", "a comma too many"]),
        ('{"a": 1, // one\n"b": 2 /* two */}', {"a": 1, "b": 2}, ["a comment", "a comment"]),
        ('{"a": "x"\n"b": 2}', {"a": "x", "b": 2}, ["a comma left out"]),
        ("{'a': 1}", {"a": 1}, ["quotes that are not JSON's"]),
        ("{a: PAID}", {"a": "PAID"}, ["a key without quotes", "a value without quotes"]),
        ('{"a": 1', {"a": 1}, ["an end left out"]),
        ('{"a": 1} see below', {"a": 1}, ["a remark"]),
        ('{"a": 007}', {"a": 7}, ["a value that is not JSON's"]),
    ],
)
def test_sloppy_json_is_read_and_its_faults_are_told(text: str, value: Any, faults: list[str]) -> None:
    read, remarks = lenient.read(text)
    assert read == value
    assert [remark.kind for remark in remarks] == faults


def test_what_an_example_leaves_out_has_no_type() -> None:
    found = examples.read('{"code": 0, "msg": "", "data": {"a": ..., "b": {"c": 1}, ...}}')
    assert found is not None
    assert found.fields == {"a": "", "b": "object", "b.c": "integer"}
    assert "a" not in found.values
    assert not found.says["valid"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{" * 1000, "GET /x", "func() { return }", '{"a": ' + "[" * 5000, "{" + "1" * 5000 + "}"]
)
def test_what_is_no_example_is_none_and_breaks_nothing(text: str) -> None:
    examples.read(text)


def test_a_body_behind_a_command_is_an_example() -> None:
    found = examples.read('curl -X POST https://api.pay.halochat.io/api/order/create -d \'{"out_trade_no": "T"}\'')
    assert found is not None
    assert found.fields == {"out_trade_no": "string"}


@pytest.mark.parametrize(
    "line", ["2026/05/22: added `redirect_url`", "2026-5-22 added `redirect_url`", "2026年5月22日 added `redirect_url`"]
)
def test_a_change_may_stand_on_the_line_of_its_date(line: str) -> None:
    fact = of(f"# Changes\n\n- {line}", "change", "change-record")[0]
    assert (fact.name, fact.says) == ("2026-05-22", {"text": "added redirect_url", "names": ["redirect_url"]})


def test_a_change_may_stand_in_a_table() -> None:
    page = "# Changes\n\n" + table(
        "Date | Content", "2026/05/22 | added redirect_url", "2026/03/17 | moved /v1/order/create"
    )
    assert {fact.name: fact.says["names"] for fact in of(page, "change", "change-record")} == {
        "2026-05-22": ["redirect_url"],
        "2026-03-17": ["/v1/order/create"],
    }


def test_fiats_may_stand_in_a_table() -> None:
    page = "# Fiats\n\n" + table("Symbol | Country", *(f"{name} | x" for name in ("USD", "EUR", "JPY", "GBP", "CHF")))
    assert [fact.name for fact in of(page, "fiat", "fiat-list")] == ["USD", "EUR", "JPY", "GBP", "CHF"]


MERGED = (
    "<main><h1>N</h1><h2>1. Create order</h2><p>POST /api/order/create</p><h3>Request</h3><table>"
    "<tr><th>Field</th><th>Type</th></tr>{rows}</table></main>"
)


@pytest.mark.parametrize(
    "rows",
    [
        '<tr><td rowspan="2">a_b</td><td>string</td></tr><tr><td>int</td></tr>',
        '<tr><td>a_b</td><td rowspan="2">string</td></tr><tr><td>c_d</td></tr>',
        "<tr><td>a_b</td><td>string</td></tr><tr><td>a_b</td><td>int</td></tr>",
    ],
)
def test_a_table_with_merged_cells_is_not_read(rows: str) -> None:
    found = find(MERGED.format(rows=rows))
    assert not [fact for fact in found.facts if fact.kind == "field"]
    assert [trouble.subject for trouble in found.troubles] == ["order.create/request"]


def test_a_line_across_the_table_only_divides_it() -> None:
    rows = '<tr><td>a_b</td><td>string</td></tr><tr><td colspan="2">Optional</td></tr><tr><td>c_d</td><td>int</td></tr>'
    assert [fact.name for fact in of(MERGED.format(rows=rows), "field")] == ["a_b", "c_d"]


@pytest.mark.parametrize("head", ["Pole | Typ | Popis", "Foo | Bar | Baz"])
def test_columns_that_nobody_knows_are_told(head: str) -> None:
    rows = [f"{name} | string | x" for name in ("out_trade_no", "currency_id", "callback_url")]
    found = find(operation("### Request", table(head, *rows)))
    assert [trouble.subject for trouble in found.troubles] == ["order.create/request"]
    assert "columns that nobody knows" in found.troubles[0].because


def test_fields_in_running_text_are_told_to_be_unread() -> None:
    items = "\n".join(f"- {name}: x" for name in ("out_trade_no", "currency_id", "fiat_amount", "callback_url"))
    found = find(operation("### Request", items))
    assert [(trouble.subject, trouble.because) for trouble in found.troubles] == [
        ("order.create/request", "its fields stand in no table")
    ]


def test_a_page_that_says_nothing_of_what_it_documented_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="another layout"):
        find("# Welcome\n\nWe moved on.\n\n```\nx\n```")


def test_a_page_that_documents_nothing_may_say_nothing() -> None:
    assert find("# Welcome\n\nWe moved on.\n\n```\nx\n```", "what-is").facts == ()


def test_injected_text_stays_text() -> None:
    evil = "x'; DROP TABLE--{{7*7}} ${jndi:ldap://x} \\u0000 <script>alert(1)</script>"
    found = find(operation("### Request", table("Field | Type | Description", f"a_b | string | {evil}")))
    assert next(fact for fact in found.facts if fact.kind == "field").says["description"].startswith("x'; DROP TABLE")


def test_a_cell_is_quoted_in_part() -> None:
    page = operation("### Request", table("Field | Type | Description", f"a_b | string | {'x' * 500}"))
    assert len(of(page, "field")[0].cell) == 200
