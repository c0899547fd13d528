"""The page of a contract report in a browser: phones, dark rooms, keyboards, paper; it asks for nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from halopay_kit import Sandbox
from halopay_kit.contract.observe import Scope
from halopay_kit.contract.report import Masking, write
from halopay_kit.contract.run import run
from halopay_kit.contract.target import Target
from tests.browser.test_checkout_for_everybody import CONTRASTS

DRIFT = ["order.create.amount:renamed", "webhook.payment.status:new-value", "order.detail:added", "header:added"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with Sandbox(seed=2, drift=DRIFT) as box:
        result = run(Target.sandbox(box), Scope(phases=("journey", "bodies")))
    directory = tmp_path_factory.mktemp("report")
    write(result, directory, Masking.of(result.observed))
    return directory / "report.html"


@pytest.fixture
def look(browser: Any, report: Path) -> Iterator[Callable[..., Any]]:
    contexts, asked, complaints = [], [], []

    def opened(**options: Any) -> Any:
        context = browser.new_context(**{"reduced_motion": "reduce", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(report.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert set(asked) <= {report.as_uri()}


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_scrolls_sideways(look, width):
    page = look(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.eval_on_selector_all(
        "main *",
        f"all => all.filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > {width}"
        " && !node.closest('.code, thead')).map((node) => node.outerHTML.slice(0, 200))",
    )
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_by_at_least_4_5_to_1(look, scheme):
    page = look(color_scheme=scheme)
    assert [(text, ratio) for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


def test_both_sides_stand_side_by_side_on_a_desk_and_one_below_the_other_on_a_phone(look):
    def tops(page: Any) -> list[float]:
        return page.eval_on_selector_all(
            ".card:first-of-type .side", "all => all.map(n => n.getBoundingClientRect().top)"
        )

    first, second = tops(look(viewport={"width": 1280, "height": 800}))
    assert first == second
    first, second = tops(look(viewport={"width": 390, "height": 800}))
    assert first < second


def test_grades_can_be_hidden_with_the_keyboard(look):
    page = look()
    assert page.locator(".card[data-grade='broken']").first.is_visible()
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    assert not page.locator(".card[data-grade='broken']").first.is_visible()
    assert page.locator(".card[data-grade='drift']").first.is_visible()


def test_the_first_tab_leads_to_the_findings(look):
    page = look()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the findings"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_headings_go_down_one_by_one(look):
    page = look()
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_paper_shows_what_is_folded(look):
    page = look()
    page.emulate_media(media="print")
    assert page.locator("details:not([open]) .code, details:not([open]) .places").last.is_visible()
    assert not page.locator("nav").is_visible()
