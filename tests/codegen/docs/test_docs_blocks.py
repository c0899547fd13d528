"""A page becomes the same sections, whatever form it came in."""

from __future__ import annotations

from contextlib import suppress

import pytest

from codegen.docs import columns, flattened, markdown, markup, reading
from codegen.docs.blocks import Code, Heading, Paragraph, Table, plain, sections, title
from codegen.docs.page import OtherThanDocumentation, Page, Unreadable
from tests.codegen.docs import forms, site, wire
from tests.codegen.docs.parts import Bullets, Grid, Prose, Sample, Title

PARTS = [
    Title(1, "Native checkout"),
    Prose("Some `code` in text."),
    Title(2, "1. Create order", "📘"),
    Title(3, "Request parameters"),
    Grid(("Field", "Type", "Description"), (("`a_b`", "string", "One | two."), ("c_d", "int", "Two."))),
    Bullets(("First `x`", "Second")),
    Title(3, "Request example"),
    Sample("json", '{\n  "a_b": "<b>",\n  "c_d": 2\n}'),
]


def read(content: str) -> list[Heading | Paragraph | Table | Code]:
    form = reading.form(content)
    return list({"html": markup, "markdown": markdown, "text": flattened}[form].blocks(content))


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_markup_keeps_everything(form: str) -> None:
    found = read(forms.FORMS[form](PARTS, "en", "/"))
    assert [(part.level, part.text) for part in found if isinstance(part, Heading)] == [
        (1, "Native checkout"),
        (2, "1. Create order"),
        (3, "Request parameters"),
        (3, "Request example"),
    ]
    assert Table(("Field", "Type", "Description"), (("a_b", "string", "One | two."), ("c_d", "int", "Two."))) in found
    assert Code('{\n  "a_b": "<b>",\n  "c_d": 2\n}', "json") in found
    assert [part.text for part in found if isinstance(part, Paragraph)] == ["Some code in text.", "First x", "Second"]


def test_flattened_text_gets_its_headings_tables_and_code_back() -> None:
    parts = [*PARTS[:4], Grid(("Field", "Type", "Description"), (("a_b", "string", "One."), ("c_d", "int", "")))]
    found = read(forms.FORMS["text"]([*parts, *PARTS[6:]], "en", "/"))
    assert [part.text for part in found if isinstance(part, Heading)] == [
        "Native checkout",
        "1. Create order",
        "Request parameters",
        "Request example",
    ]
    assert [part for part in found if isinstance(part, Table)] == [
        Table(("Field", "Type", "Description"), (("a_b", "string", "One."), ("c_d", "int", "")))
    ]
    assert any(isinstance(part, Code) for part in found)


def test_sections_know_the_headings_above_them() -> None:
    found = sections(read(forms.FORMS["html"](PARTS, "en", "/")))
    assert [section.path for section in found] == [
        ("Native checkout",),
        ("Native checkout", "1. Create order"),
        ("Native checkout", "1. Create order", "Request parameters"),
        ("Native checkout", "1. Create order", "Request example"),
    ]
    assert found[2].anchor == "request-parameters"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("📘 1. Create order\u200b", "1. Create order"),
        ("## Create order ##", "Create order"),
        ("Create\u00a0order ¶", "Create order"),
        ("⚠\ufe0f **Note**", "Note"),
        ("創建訂單", "創建訂單"),
    ],
)
def test_a_heading_loses_its_decoration(text: str, shown: str) -> None:
    assert title(text) == shown


def test_what_nobody_sees_is_no_text() -> None:
    assert plain("a\u200b b\ufeff\u00ad \n c") == "a b c"


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("<!DOCTYPE html><html><body>x", "html"),
        ("\n<main><p>x</p></main>", "html"),
        ("---\ntitle: x\n---\n\n# X\n\n<div>x</div>", "markdown"),
        ("# X\n\n| a | b |\n|---|---|\n| c | d |\n<table><tr><td>x</td></tr></table>", "markdown"),
        ("X\n\n```json\n{}\n```", "markdown"),
        ("# X\n\nField Type Description\na_b string x", "text"),
        ("Field | Type\na_b | string", "text"),
        ("", "text"),
        ("\n" * 1000, "text"),
    ],
)
def test_the_form_is_told_from_the_text(content: str, form: str) -> None:
    assert reading.form(content) == form


@pytest.mark.parametrize(
    ("head", "roles"),
    [
        (
            ("Field", "Type", "Required", "Description", "Example"),
            ("name", "type", "required", "description", "example"),
        ),
        (("Parameter Name", "Must", "Data Type", "Remark"), ("name", "required", "type", "description")),
        (("Error code", "Message"), ("code", "description")),
        (("欄位", "類型", "必填", "說明"), ("name", "type", "required", "description")),
        (("필드", "유형", "필수 여부", "설명", "예시"), ("name", "type", "required", "description", "example")),
        (("Foo", "Type"), (None, "type")),
    ],
)
def test_columns_are_known_by_many_names(head: tuple[str, ...], roles: tuple[str | None, ...]) -> None:
    assert columns.roles(head) == roles


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("Field Type Required Description", ("Field", "Type", "Required", "Description")),
        ("FieldTypeRequiredDescription", ("Field", "Type", "Required", "Description")),
        ("Parameter Name Data Type Note", ("Parameter Name", "Data Type", "Note")),
        ("欄位類型必填說明", ("欄位", "類型", "必填", "說明")),
        ("フィールド 型 必須 説明", ("フィールド", "型", "必須", "説明")),
        ("Type of the field", None),
        ("Description", None),
        ("x" * 100_000, None),
    ],
)
def test_a_head_that_was_run_together_is_cut(line: str, head: tuple[str, ...] | None) -> None:
    assert columns.words(line) == head


def rows(head: str, *lines: str) -> Table:
    found = [part for part in flattened.blocks("\n".join([head, *lines])) if isinstance(part, Table)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("head", "line", "row"),
    [
        ("Field Type Required Description", "a_b string Y The id.", ("a_b", "string", "Y", "The id.")),
        ("Field Required Type Description", "a_b Yes int64 The id.", ("a_b", "Yes", "int64", "The id.")),
        ("Field Type Description Example", "data.a_b string The id. 15.7", ("data.a_b", "string", "The id.", "15.7")),
        ("Field Type Example Description", "a_b string 15.7 The id.", ("a_b", "string", "15.7", "The id.")),
        ("Field Type Description Example", "a_b string Where it is", ("a_b", "string", "Where it is", "")),
        ("Field Type Required Description", "a_b string The id.", ("a_b", "string", "", "The id.")),
        ("Field\tType\tDescription", "a_b\tstring\tThe id.", ("a_b", "string", "The id.")),
        ("Field\tType\tDescription\tExample", "a_b\tstring\t\tx", ("a_b", "string", "", "x")),
        ("| Field | Type |", "| a_b | string |", ("a_b", "string")),
        (
            "FieldTypeRequiredDescription",
            "out_trade_nostringYMerchant id",
            ("out_trade_no", "string", "Y", "Merchant id"),
        ),
        ("FieldRequiredTypeDescription", "fiat_nameNostringFiat", ("fiat_name", "No", "string", "Fiat")),
        ("FieldTypeDescriptionExample", "amountStringPaid so far.15.7", ("amount", "String", "Paid so far.", "15.7")),
        ("HeaderTypeRequiredDescription", "X-TimestampintYSeconds", ("X-Timestamp", "int", "Y", "Seconds")),
        ("欄位類型必填說明", "chain_idint64是鏈", ("chain_id", "int64", "是", "鏈")),
        ("Code Description", "10002 operation failed", ("10002", "operation failed")),
        ("CodeDescription", "10002operation failed", ("10002", "operation failed")),
        ("Status Description", "TO-BE-PAID to be paid", ("TO-BE-PAID", "to be paid")),
    ],
)
def test_a_row_that_was_run_together_is_taken_apart(head: str, line: str, row: tuple[str, ...]) -> None:
    assert rows(head, line).rows == (row,)


def test_a_table_ends_where_prose_begins() -> None:
    found = list(flattened.blocks("Field Type\na_b string\n\nThis is prose about a string.\n"))
    assert found[1] == Paragraph("This is prose about a string.")


def test_blank_lines_between_rows_do_not_end_a_table() -> None:
    assert len(rows("Field Type Description", "", "a_b string x", "", "c_d int y").rows) == 2


def test_a_type_that_nobody_knows_does_not_end_a_table() -> None:
    found = rows("Field Type Description", "a_b string x", "c_d bigmap y", "e_f int z")
    assert [row[1] for row in found.rows] == ["string", "bigmap", "int"]


def test_rows_that_cannot_be_taken_apart_are_told() -> None:
    assert rows("Field Description Type", "out_trade_noMerchant", "").broken


def test_docusaurus_decoration_is_no_content() -> None:
    html = forms.as_html(PARTS)
    shown = " ".join(part.text for part in markup.blocks(html) if isinstance(part, Paragraph | Heading))
    for foreign in ("Skip to main", "On this page", "Last updated", "Next", "Direct link"):
        assert foreign in html
        assert foreign not in shown


def test_tabs_and_admonitions_and_details_are_content() -> None:
    html = (
        '<main><h1>X</h1><div class="theme-admonition"><div>Note</div><div><p>Take care.</p></div></div>'
        '<div class="tabs-container"><ul role="tablist"><li role="tab">Go</li></ul><div role="tabpanel">'
        '<div class="language-go"><pre class="language-go"><code><div>a</div><br>b</code></pre></div></div></div>'
        "<details><summary>More</summary><p>Hidden.</p></details></main>"
    )
    found = list(markup.blocks(html))
    assert Paragraph("Take care.") in found
    assert Paragraph("Hidden.") in found
    assert any(isinstance(part, Code) and part.language == "go" for part in found)


def test_html_in_markdown_is_read_as_html() -> None:
    page = "# X\n\n<table><tr><th>Field</th><th>Type</th></tr><tr><td>a</td><td>int</td></tr></table>\n\n```\nx\n```"
    assert Table(("Field", "Type"), (("a", "int"),)) in list(markdown.blocks(page))


def test_scripts_and_comments_are_no_content() -> None:
    page = "<main><h1>X</h1><!-- secret --><script>var a = 1</script><style>p{}</style><p>Text</p></main>"
    assert list(markup.blocks(page)) == [Heading(1, "X"), Paragraph("Text")]


@pytest.mark.parametrize(
    ("content", "because"),
    [
        ("", "it is empty"),
        ("\n\n ", "it is empty"),
        ("<html><body></body></html>", "it is empty"),
        ("<html><body><form>Log in <input type=password></form></body></html>", "it is a login page"),
        ("<html><body><main><h1>Page Not Found</h1><p>Sorry.</p></main></body></html>", "not found"),
        ("<html><body><div>Create order</div></body></html>", "it has another layout"),
        ("<html><main>" + "<div>" * 300 + "x", "nested too deeply"),
        ("x" * 400_000, "it is too large"),
        ("<html><main>" + "<p>x</p>" * 6000, "it is too large"),
    ],
)
def test_what_is_no_documentation_says_what_it_is(content: str, because: str) -> None:
    page = Page(key="native", locale="ko", url="", form=reading.form(content), content=content)
    with pytest.raises(Unreadable, match=because) as caught:
        reading.read(page)
    assert str(caught.value).startswith("native (ko): could not read, because ")


@pytest.mark.parametrize(
    "content",
    [
        '<main><table><tr><td rowspan="99999999999" colspan="-1">x</table>',
        "<main><table><tr></tr></table><p>x</p></main>",
        "<main><table><table><tr><td>x</td></tr></table></table></main>",
        f"<main><table><tr><td colspan='{'9' * 9000}'>x</td></tr></table></main>",
        "<main><h2></h2><p>\x00\ud800</p></main>",
        "<main>&#x110000;&#0;&nbsp;&bogus;x</main>",
        "<?xml version='1.0'?><main><![CDATA[x]]><p>y</p></main>",
        "\ud800",
        "| a |\n|---|\n" + "| b | c |\n" * 3,
        "```" + "\n" * 50,
    ],
)
def test_broken_markup_breaks_nothing(content: str) -> None:
    page = Page(key="native", locale="en", url="", form=reading.form(content), content=content)
    with suppress(Unreadable):
        reading.read(page)


def test_a_deep_page_is_refused_and_not_crashed_on() -> None:
    with pytest.raises(OtherThanDocumentation):
        list(markup.blocks("<main>" + "<div>" * 240 + "<p>x</p>"))


def test_all_forms_of_the_site_have_the_same_headings() -> None:
    spec = wire.spec()
    for key, html in site.render(spec, "html", "ja", complete=True).items():
        for form in ("markdown", "text", "text-tabs", "text-glued"):
            other = site.render(spec, form, "ja", complete=True)[key]
            mine = [part.text for part in read(html) if isinstance(part, Heading)]
            assert [part.text for part in read(other) if isinstance(part, Heading)] == mine, (key, form)
