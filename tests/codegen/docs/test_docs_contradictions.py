"""What the pages say twice, differently: known ones by the ledger, new ones with an entry for it."""

from __future__ import annotations

import pytest
import yaml

from codegen.docs import ledger, ledger_entry
from codegen.docs.ledger import Ledger
from codegen.docs.look import look
from tests.codegen.docs.looking import SPEC, looked, pages, spec
from tests.codegen.docs.seeds import all_of, by_name, edited, gone, put, reworded

NEW = by_name()["two pages, two types"].change


def test_without_a_ledger_each_known_contradiction_is_news():
    found = look(pages("html"), spec(), ledger=Ledger())
    assert found.contradictions == ()
    kinds = {each.kind for each in found.fresh}
    assert kinds == {"contradiction", "example-disagrees"}
    assert len({each.key for each in found.fresh}) >= 9


@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_a_new_contradiction_is_told_with_both_sides(form):
    (found,) = looked(pages(form, NEW)).fresh
    assert {(claim.fact.page, claim.value) for claim in found.claims} == {
        ("signature", "integer"),
        ("common-rules", "string"),
    }


def test_its_entry_makes_it_a_known_one(tmp_path):
    found = looked(pages("html", NEW)).fresh
    file = tmp_path / "contradictions.yaml"
    file.write_text(SPEC.with_name("contradictions.yaml").read_text("utf-8") + ledger_entry.as_text(found), "utf-8")
    again = look(pages("html", NEW), spec(), ledger=ledger.read(file))
    assert again.drifts == ()
    assert "header-x-appid-type" in {each.known for each in again.contradictions}


def test_an_entry_has_what_the_ledger_asks_for():
    (entry,) = yaml.safe_load(ledger_entry.as_text(looked(pages("html", NEW)).fresh))
    assert {"id", "subject", "about", "says", "follow", "because", "no-probe"} == entry.keys()
    assert len({says["claim"] for says in entry["says"]}) == 2


def test_a_third_value_of_a_known_contradiction_is_news():
    found = looked(pages("html", edited("signature", "X-Timestamp", put(type="Object"))))
    assert [(drift.kind, drift.place) for drift in found.drifts] == [("contradiction", "headers/request.X-Timestamp")]


def test_one_side_of_a_known_contradiction_alone_is_no_drift():
    native = [page for page in pages("html", edited("native", "X-Timestamp", put(type="int"))) if page.key == "native"]
    assert looked(native).drifts == ()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (edited("common-rules", "X-Sign", gone), "headers/request.X-Sign"),
        (reworded(" / THB", "", "fiat-list"), "fiats.THB"),
        (reworded("`Success`", "`SUCCESS`", "skill"), "webhook.body"),
        (reworded("for two minutes", "for three minutes", "native"), "headers/request.X-Timestamp"),
    ],
    ids=["a header", "a list of fiats", "the answer to a webhook", "how long a timestamp is valid"],
)
def test_one_page_against_the_others_is_a_contradiction_and_no_drift(change, place):
    found = looked(pages("html", change))
    assert [(drift.kind, drift.place) for drift in found.drifts] == [("contradiction", place)]


def test_what_every_page_says_otherwise_is_drift_and_no_contradiction():
    change = all_of(*(edited("webhook", "X-EventType", put(type="int")),))
    assert [drift.kind for drift in looked(pages("html", change)).drifts] == ["header-retyped"]


@pytest.mark.parametrize(
    "text", ["- 1\n", "- {subject: x}\n", "- {id: a, about: [x]}\n", "{\n", "- {id: a, about: {k: v}}\n"]
)
def test_a_ledger_that_is_none_is_refused(text, tmp_path):
    file = tmp_path / "contradictions.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ledger.LedgerError):
        ledger.read(file)
