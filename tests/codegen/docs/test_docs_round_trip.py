"""What the test site documents is what is read off its pages, in every form and language."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import pytest

from codegen import document
from codegen.docs import reading
from codegen.docs.facts import Fact, facts, known
from codegen.docs.page import Page
from tests.codegen.docs import layouts, site, wire

SPEC = wire.spec()
KNOWN = known(document.read(wire.SPEC))
TEXTS = ("text", "text-tabs", "text-glued")


@functools.cache
def read(form: str, locale: str = "en", complete: bool = False) -> list[Fact]:
    """Render every page, and read it."""
    found: list[Fact] = []
    for key, text in site.render(SPEC, form, locale, complete).items():
        page = Page(key=key, locale=locale, url="", form=reading.form(text), content=text)
        said = facts(page, reading.read(page), KNOWN)
        assert not said.troubles
        found.extend(said.facts)
    return found


def plain(text: str) -> str:
    return text.replace("`", "")


def fields(found: list[Fact]) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {
        (fact.source, fact.subject, fact.name): dict(fact.says)
        for fact in found
        if fact.kind == "field" and fact.subject != "envelope"
    }


def expected(complete: bool) -> dict[tuple[str, str, str], wire.Row]:
    """Return the rows of every table, from the spec alone."""
    wanted = {}
    for _, node in wire.operations(SPEC):
        for direction, schema in (("request", wire.body(SPEC, node)), ("response", wire.answered(SPEC, node)[0])):
            source = f"{node['x-source']}/{direction}"
            for row in wire.rows(SPEC, schema, source, complete=complete):
                wanted[source, f"{node['operationId']}/{direction}", row.name] = row
    for item in SPEC["webhooks"].values():
        node = item["post"]
        source = node["x-source"] + ("/webhook" if node["x-source"].startswith("native") else "")
        for row in wire.rows(SPEC, wire.body(SPEC, node), source, complete=complete):
            wanted[source, node["operationId"], row.name] = row
    return wanted


@pytest.mark.parametrize("complete", [False, True], ids=["as known", "complete"])
@pytest.mark.parametrize("locale", site.LOCALES)
@pytest.mark.parametrize("form", site.FORMS)
def test_fields_are_read_as_the_spec_has_them(form: str, locale: str, complete: bool) -> None:
    got, wanted = fields(read(form, locale, complete)), expected(complete)
    assert got.keys() == wanted.keys()
    for key, row in wanted.items():
        said = got[key]
        assert said["type"] == row.kind, key
        assert said.get("required", row.required) == row.required, key
        assert tuple(said.get("values", ())) == row.values, key
        if locale == "en":
            assert plain(said["description"]) == plain(row.description), key


def others(found: list[Fact]) -> set[Any]:
    """Return all but fields, without what is words."""
    silent = {"description", "text"}
    return {
        (fact.kind, fact.subject, fact.name, repr({key: said for key, said in fact.says.items() if key not in silent}))
        for fact in found
        if fact.page != "skill" and fact.kind != "field"
    }


@pytest.mark.parametrize("locale", site.LOCALES)
@pytest.mark.parametrize("form", site.FORMS)
def test_every_form_and_language_says_the_same(form: str, locale: str) -> None:
    assert others(read(form, locale)) == others(read("html"))


@pytest.mark.parametrize("form", site.FORMS)
def test_every_operation_has_its_path(form: str) -> None:
    found = {fact.subject: fact for fact in read(form) if fact.kind == "path" and fact.page in ("hosted", "native")}
    assert {name: fact.name for name, fact in found.items()} == {
        node["operationId"]: path for path, node in wire.operations(SPEC)
    }
    assert {name: fact.source for name, fact in found.items()} == {
        node["operationId"]: node["x-source"] for _, node in wire.operations(SPEC)
    }


@pytest.mark.parametrize("form", site.FORMS)
def test_headers_are_read_from_each_table(form: str) -> None:
    found = {(fact.source, fact.name): fact.says for fact in read(form) if fact.kind == "header"}
    assert found["signature#headers", "X-Timestamp"]["type"] == "integer"
    assert found["common-rules#headers", "X-Timestamp"]["type"] == "string"
    assert found["common-rules#response-headers", "X-Sign"]["required"] is True
    assert found["webhook#headers", "X-EventType"]["example"] == "Paid"
    assert found["native#1/headers", "content-type"]["description"] == "application/json"


@pytest.mark.parametrize("form", site.FORMS)
def test_what_is_said_once_is_found_once(form: str) -> None:
    found = read(form)
    told: Mapping[str, Any] = {fact.kind: fact.says for fact in found if fact.page == "webhook"}
    assert told["schedule"] == {"seconds": SPEC["x-webhook-delivery"]["retry-after-seconds"]}
    assert told["acknowledgement"] == {"body": "Success"}
    assert [fact.name for fact in found if fact.kind == "fiat" and fact.page == "fiat-list"] == SPEC["components"][
        "schemas"
    ]["FiatName"]["enum"]
    codes = {fact.name: fact.says["description"] for fact in found if fact.kind == "code" and fact.page == "error-code"}
    values = SPEC["components"]["schemas"]["ResultCode"]["x-values"]
    assert codes == {code: said["meaning"] for code, said in values.items()}
    windows = {fact.says["seconds"] for fact in found if fact.kind == "window"}
    assert windows == {SPEC["x-signature"]["tolerance-seconds"]}


@pytest.mark.parametrize("form", site.FORMS)
def test_samples_and_prose_disagree_about_what_is_signed(form: str) -> None:
    found = {fact.name: fact.says for fact in read(form) if fact.kind == "signature" and fact.page == "signature"}
    assert found["sample/go"]["content"] == found["sample/java"]["content"] == ["body", "timestamp"]
    assert found["sample/go"]["key"] == found["sample/java"]["key"] == "appKey"
    assert found["prose"]["content"] == ["body", "timestamp", "appKey"]


@pytest.mark.parametrize("form", site.FORMS)
def test_an_example_with_a_remark_is_read_and_told(form: str) -> None:
    shown = next(fact for fact in read(form) if fact.kind == "example" and fact.subject == "webhook.payment")
    assert shown.says["valid"] is False
    assert shown.says["lists"] == {"status": ["TO-BE-PAID", "PAID", "TIME-OUT"]}
    assert shown.says["values"]["status"] == "PAID"


@pytest.mark.parametrize("form", site.FORMS)
def test_the_change_record_is_read_entry_by_entry(form: str) -> None:
    found = [fact for fact in read(form) if fact.kind == "change"]
    assert {fact.name for fact in found} == {"2026-05-22", "2026-03-17"}
    assert [fact.says["names"] for fact in found if fact.name == "2026-05-22"] == [["redirect_url"]] * 4


def test_the_guide_counts_fewer_fiats_and_knows_fail() -> None:
    found = [fact for fact in read("markdown") if fact.page == "skill"]
    assert {"count": 21} in [fact.says for fact in found if fact.kind == "fiat"]
    assert "FAIL" in [fact.name for fact in found if fact.kind == "status"]


def test_durations_are_written_as_halopay_writes_them() -> None:
    assert [layouts.brief(seconds) for seconds in (5, 180, 3600, 10800, 86630)] == ["5s", "3m", "60m", "3h", "24h3m50s"]
