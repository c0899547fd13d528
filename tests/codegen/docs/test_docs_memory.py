"""What was accepted is no news any more; what comes after it is."""

from __future__ import annotations

import json

import pytest

from codegen.docs import memory
from codegen.docs.memory import Memory
from codegen.docs.page import Page
from tests.codegen.docs.looking import looked, pages
from tests.codegen.docs.seeds import SEEDS, added, all_of, by_name, edited, put

N = by_name()


def remembered(found, before: Memory | None = None) -> Memory:
    return memory.accept(before or Memory(), found.read, (*found.drifts, *found.remembered))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name.replace(" ", "-"))
def test_what_was_accepted_is_no_news_in_whatever_form(seed):
    known = remembered(looked(pages("html", seed.change)))
    again = looked(pages("text", seed.change), known)
    assert again.drifts == ()
    assert len(again.remembered) == (seed.kind not in ("description-changed", "code-reworded", "change-announced"))


def test_what_comes_after_it_is_news():
    first, second = N["another type in a webhook"], N["a code more"]
    known = remembered(looked(pages("html", first.change)))
    again = looked(pages("html", all_of(first.change, second.change)), known)
    assert [drift.place for drift in again.drifts] == [second.place]


def test_another_change_of_the_same_field_is_news():
    known = remembered(looked(pages("html", edited("webhook", "currency_id", put(type="string")))))
    again = looked(pages("html", edited("webhook", "currency_id", put(type="Object"))), known)
    assert [drift.now for drift in again.drifts] == ["object"]


def test_a_field_more_in_an_unknown_section_is_news():
    first = N["a section that nobody knows"].change
    known = remembered(looked(pages("html", first)))
    more = all_of(first, added("webhook", "dispute_id", put(name="`dispute_amount`", type="string")))
    assert [drift.kind for drift in looked(pages("html", more), known).drifts] == ["section-unknown"]


def test_words_are_held_against_what_was_accepted_and_no_more_against_the_spec():
    known = remembered(looked(pages("html", N["other words"].change)))
    back = looked(pages("html"), known)
    assert [drift.kind for drift in back.drifts] == ["description-changed"]


def test_an_entry_of_the_change_record_on_a_day_that_is_known_is_news():
    known = remembered(looked(pages("html")))
    more = edited_record("2026/05/22", "Webhooks: added `memo`")
    assert looked(pages("html", more)).drifts == ()
    assert [drift.kind for drift in looked(pages("html", more), known).drifts] == ["change-announced"]


def edited_record(day: str, text: str):
    from tests.codegen.docs.parts import Bullets, Title

    def change(made) -> None:
        place = next(
            at for at, part in enumerate(made["change-record"]) if isinstance(part, Title) and part.text == day
        )
        made["change-record"].insert(place + 1, Bullets((text,)))

    return change


def test_a_page_that_could_not_be_read_keeps_what_is_known_of_it():
    change = all_of(N["another type in a webhook"].change, N["another type in an answer"].change)
    known = remembered(looked(pages("html", change)))
    bad = [
        page if page.key != "webhook" else Page(key="webhook", locale="en", url="") for page in pages("html", change)
    ]
    after = remembered(looked(bad, known), known)
    assert looked(pages("html", change), after).drifts == ()


def test_what_is_not_so_any_more_is_forgotten():
    known = remembered(looked(pages("html", N["another type in a webhook"].change)))
    after = remembered(looked(pages("html"), known), known)
    assert after.accepted == {}
    assert [drift.kind for drift in looked(pages("html", N["another type in a webhook"].change), after).drifts] == [
        "field-retyped"
    ]


def test_a_page_that_said_something_and_says_nothing_now_could_not_be_read():
    known = remembered(looked(pages("html")))
    silent = Page(key="introduction", locale="en", url="", form="markdown", content="# Introduction\n\nWelcome.\n")
    others = [page for page in pages("html") if page.key != "introduction"]
    assert looked([silent, *others]).unread == ()
    assert [each.page for each in looked([silent, *others], known).unread] == ["introduction"]


def test_it_is_written_and_read_as_it_was_and_a_difference_is_a_line(tmp_path):
    known = remembered(looked([*pages("html", N["a code more"].change), *pages("html", locale="ko")]))
    file = tmp_path / "documentation.json"
    file.write_text(memory.as_text(known), "utf-8")
    assert memory.read(file) == known
    assert memory.as_text(known).count("\n") > 100


def test_it_has_facts_and_hashes_and_no_text_of_any_page():
    found = looked(pages("html"))
    text = memory.as_text(remembered(found))
    cells = {fact.cell for said in found.read.values() for fact in said if " " in fact.cell}
    described = {str(fact.says.get("description", "")) for said in found.read.values() for fact in said}
    assert not [cell for cell in cells if json.dumps(cell)[1:-1] in text]
    assert not [told for told in described if len(told) > 15 and json.dumps(told)[1:-1] in text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "x",
        '{"version": 2, "pages": {}, "wordings": {}, "accepted": {}}',
        '{"version": 1, "pages": {"a": 1}, "wordings": {}, "accepted": {}}',
        '{"version": 1, "pages": {}, "wordings": {"a": 1}, "accepted": {}}',
        "[" * 100_000,
    ],
)
def test_a_memory_that_is_none_is_refused(text, tmp_path):
    file = tmp_path / "documentation.json"
    file.write_text(text, "utf-8")
    with pytest.raises(memory.MemoryUnreadable):
        memory.read(file)
