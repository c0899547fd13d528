"""The page of a reconciliation in a browser: search, sort, keyboards, phones, dark rooms, paper."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

pytest.importorskip("ibis")

from halopay_kit.reconcile.report import html
from halopay_kit.reconcile.result import Result
from tests.browser.test_checkout_for_everybody import CONTRASTS
from tests.reconcile import sample

LARGE = Decimal("12345678901234567890.123456789012345678")
LARGER = Decimal("12345678901234567890.123456789012345679")
LEAST = Decimal("0.000000000000000001")


@pytest.fixture(scope="module")
def result() -> Result:
    result = sample.compared(250)
    breaks = list(result.breaks)
    for place, amount in ((50, LARGE), (60, LARGER), (70, LEAST)):
        breaks[place] = attrs.evolve(breaks[place], at_stake=amount, out_trade_no=f"</script>-{place}")
    return attrs.evolve(result, breaks=breaks)


@pytest.fixture(scope="module")
def report(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("reconcile") / "report.html"
    file.write_text(html(result), "utf-8")
    return file


@pytest.fixture
def look(browser: Any, report: Path) -> Iterator[Callable[..., Any]]:
    contexts, asked, complaints = [], [], []

    def opened(**options: Any) -> Any:
        context = browser.new_context(**{"reduced_motion": "reduce", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(report.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {address.split("#")[0] for address in asked} <= {report.as_uri()}


def numbers(page: Any) -> list[str]:
    return page.locator("#body th").all_inner_texts()


def told(page: Any, text: str) -> None:
    page.wait_for_function("text => document.getElementById('told').textContent === text", arg=text)


def test_the_script_draws_the_rows_that_stood_there_without_it(look):
    def rows(page: Any) -> list[list[str]]:
        return page.eval_on_selector_all(
            "#body tr",
            r"all => all.map(row => [...row.cells].map(cell => cell.textContent.replace(/\s+/g, ' ').trim()))",
        )

    drawn, stood = rows(look()), rows(look(java_script_enabled=False))
    squeezed = [[[cell.replace(" ", "") for cell in row] for row in each] for each in (drawn, stood)]
    assert len(drawn) == 100
    assert squeezed[0] == squeezed[1]


def test_search_finds_numbers_amounts_and_words(look, result):
    page = look()
    told(page, "250 breaks; rows 1 to 100")
    page.keyboard.press("/")
    page.keyboard.type("order-0000123")
    told(page, "1 of 250 breaks")
    assert numbers(page) == ["ORDER-0000123"]
    page.fill("#search", "12,345,678,901,234,567,890.123456789012345679")
    page.press("#search", "Enter")
    assert numbers(page) == ["</script>-60"]
    wanted = [each for each in result.breaks if each.class_ == "underpaid" and each.chain == "Ethereum"]
    page.fill("#search", "underpaid eth")
    told(page, f"{len(wanted)} of 250 breaks")
    page.fill("#search", "there is no such thing")
    told(page, "0 of 250 breaks")
    page.click("#clear")
    told(page, "250 breaks; rows 1 to 100")


def test_amounts_are_sorted_exactly_and_the_heading_says_how(look, result):
    page = look()
    head = page.locator(".breaks").get_by_role("columnheader", name="At stake")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert numbers(page)[:2] == ["</script>-60", "</script>-50"]
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert numbers(page)[0] == "</script>-70"
    page.click("#last")
    assert numbers(page)[-2:] == ["</script>-50", "</script>-60"]
    told(page, "250 breaks; rows 201 to 250")
    page.locator(".breaks").get_by_role("columnheader", name="Ledger").get_by_role("button").click()
    shown = [
        Decimal(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))
        for text in page.locator("#body td:nth-child(4) .figure").all_inner_texts()
    ]
    assert (
        shown
        == sorted((each.ledger_amount for each in result.breaks if each.ledger_amount is not None), reverse=True)[:100]
    )
    assert page.locator("th[aria-sort]").count() == 1


def test_filters_agree_with_the_result(look, result):
    page = look()
    page.select_option("#class", "overpaid")
    told(page, f"{result.by_class['overpaid']} of 250 breaks")
    page.click("#clear")
    page.select_option("#age", "1 to 3 days")
    wanted = sum(sample.DAY <= each.age < 3 * sample.DAY for each in result.breaks)
    page.wait_for_function(
        "text => document.getElementById('told').textContent.startsWith(text)", arg=f"{wanted} of 250"
    )
    page.select_option("#news", "aged")
    wanted = sum(sample.DAY <= each.age < 3 * sample.DAY and each.news == "aged" for each in result.breaks)
    told(page, f"{wanted} of 250 breaks")
    page.click("#clear")
    page.select_option("#group", "timing")
    told(page, f"{len(result.timing)} timing differences")
    page.select_option("#group", "resolved")
    told(page, "12 resolved breaks")


def test_a_class_leads_to_its_rows(look, result):
    page = look()
    page.get_by_role("link", name="Paid late").first.click()
    told(page, f"{result.by_class['paid-late']} of 250 breaks")
    assert page.evaluate("document.activeElement.id") == "table"


def test_the_table_can_be_used_with_keys_alone(look):
    page = look()
    page.locator("#body summary").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#body details[open]").count() == 1
    assert page.locator("#body tr").nth(1).locator("dl").is_visible()
    first = numbers(page)
    page.keyboard.press("Alt+ArrowRight")
    told(page, "250 breaks; rows 101 to 200")
    assert not set(first) & set(numbers(page))


def test_a_page_that_is_turned_keeps_the_keyboard(look):
    page = look()
    page.locator("#body summary").first.focus()
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Alt+ArrowRight")
    told(page, "250 breaks; rows 201 to 250")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_scrolls_sideways(look, width):
    page = look(viewport={"width": width, "height": 800})
    page.eval_on_selector_all("details", "all => all.slice(0, 9).forEach(each => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.eval_on_selector_all(
        "main *",
        f"all => all.filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > {width}"
        " && !node.closest('thead, caption, .hidden')).map((node) => node.outerHTML.slice(0, 200))",
    )
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_by_at_least_4_5_to_1(look, scheme):
    page = look(color_scheme=scheme)
    assert [(text, ratio) for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


def test_headings_go_down_one_by_one_and_every_control_has_a_name(look):
    page = look()
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    unnamed = page.eval_on_selector_all(
        "#every input, #every select", "all => all.filter(each => !each.labels.length).map(each => each.id)"
    )
    assert unnamed == []
    assert page.locator("table:not(:has(caption))").count() == 0


def test_a_phone_sorts_by_a_list_and_turns_shorter_pages(look):
    page = look(viewport={"width": 390, "height": 800})
    assert len(numbers(page)) == 25
    page.select_option("#order", "stake true")
    assert numbers(page)[0] == "</script>-60"


def test_paper_has_no_controls_and_says_what_is_missing(look):
    page = look()
    page.emulate_media(media="print")
    for name in ("#filters", "#pages", "nav", ".keys"):
        assert not page.locator(name).is_visible(), name
    assert page.get_by_text("On paper stands one page of this table").is_visible()
