"""Translations as a second witness: to structure and code, not to prose."""

from __future__ import annotations

import pytest

from tests.codegen.docs.looking import looked, pages
from tests.codegen.docs.parts import Grid
from tests.codegen.docs.seeds import Pages, by_name, row

SEEDS = by_name()
LOCALES = ("fr", "ko", "ja", "zh-Hant")


def cell(page: str, name: str, column: int, text: str):
    """Put a text into a cell, whatever its column is called."""

    def change(pages: Pages) -> None:
        place, index = row(pages, page, name)
        grid = pages[page][place]
        assert isinstance(grid, Grid)
        cells = list(grid.rows[index])
        cells[column] = text
        pages[page][place] = Grid(grid.head, (*grid.rows[:index], tuple(cells), *grid.rows[index + 1 :]))

    return change


def less(page: str, name: str):
    def change(pages: Pages) -> None:
        place, index = row(pages, page, name)
        grid = pages[page][place]
        assert isinstance(grid, Grid)
        pages[page][place] = Grid(grid.head, (*grid.rows[:index], *grid.rows[index + 1 :]))

    return change


CHANGES = {
    "a type": (cell("native", "equity", 1, "string"), "order.create/response.equity"),
    "a name": (cell("webhook", "txid", 0, "`tx_hash`"), "webhook.payment"),
    "a row less": (less("hosted", "image"), "entrust.pre_create/request.image"),
    "required": (cell("webhook", "chain_id", 2, "N"), "webhook.payment.chain_id"),
    "a code": (cell("error-code", "10008", 0, "10018"), "codes"),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("change", CHANGES)
def test_what_only_a_translation_says_is_told_of_it(change, locale):
    edit, place = CHANGES[change]
    form = "html" if locale in ("fr", "ja") else "text"
    found = looked([*pages(form), *pages(form, edit, locale)]).drifts
    assert {(drift.kind, drift.locale) for drift in found} == {("languages-differ", locale)}
    assert all(drift.place.startswith(place) for drift in found)


def test_a_change_that_translations_do_not_have_yet_is_one_drift():
    for seed in SEEDS.values():
        translated = [page for locale in ("ko", "fr") for page in pages("html", locale=locale) if page.key == seed.page]
        found = looked([*pages("html", seed.change), *translated]).drifts
        assert [(drift.kind, drift.place) for drift in found] == [(seed.kind, seed.place)]


def test_a_change_says_which_translations_lag_behind():
    ja = pages("html", cell("native", "equity", 1, "string"), "ja")
    (drift,) = looked([*pages("html", cell("native", "equity", 1, "String")), *ja, *pages("html", locale="ko")]).drifts
    assert (drift.kind, drift.also) == ("field-retyped", ("its example", "ko"))


def test_words_of_a_translation_are_no_drift():
    assert looked([*pages("html"), *pages("html", cell("native", "equity", 2, "まったく別の説明"), "ja")]).drifts == ()


def test_a_translation_that_lacks_a_whole_table_is_one_drift():
    def change(made: Pages) -> None:
        place, _ = row(made, "webhook", "txid")
        del made["webhook"][place]

    (drift,) = looked([*pages("html"), *pages("html", change, "ko")]).drifts
    assert (drift.kind, drift.locale, drift.place) == ("languages-differ", "ko", "webhook.payment")
