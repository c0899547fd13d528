"""The checkout page for everybody: phones, dark rooms, screen readers, people who see little or move little."""

from __future__ import annotations

import itertools

import pytest

PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
STATES = ["choose", "waiting", "partly", "paid", "overpaid", "late", "timed-out", "underpaid", "unchosen", "refused"]

# Every text on the page, with the contrast against what is behind it.
CONTRASTS = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility()) continue;
    const pair = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    found.push([walker.currentNode.textContent.trim(), (pair[0] + 0.05) / (pair[1] + 0.05)]);
  }
  return found;
}"""


@pytest.fixture
def order(native, hosted, box):
    """Bring an order into a state."""

    def make(state: str) -> str:
        if state in {"choose", "unchosen"}:
            number = hosted(name="W" * 300, describe="Long words. " * 60)
        else:
            number = native(redirect_url="http://127.0.0.1:1/" if state == "paid" else "")
        if state in {"timed-out", "unchosen", "late"}:
            box.expire(trade_no=number)
        amounts = {"partly": "1.234567", "underpaid": "4", "paid": "10", "late": "10", "overpaid": "123456789.123456"}
        if state in amounts:
            box.pay(trade_no=number, amount=amounts[state])
        if state == "underpaid":
            box.expire(trade_no=number)
        return number

    return make


@pytest.fixture
def look(visit, order):
    """Open the page of an order in a state."""

    def opened(state: str, **options: object):
        page = visit(order(state), **options)
        if state == "refused":
            page.get_by_label("Amount in USDT").fill("5,5")
            page.get_by_role("button", name="Pay this amount").click()
        else:
            assert page.get_attribute("main", "data-state") == state
        return page

    return opened


@pytest.mark.parametrize("state", STATES)
def test_a_phone_shows_it_all_without_scrolling_sideways(look, state):
    page = look(state, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    outside = page.eval_on_selector_all(
        "main *",
        "all => all.filter((node) => node.checkVisibility() && !node.closest('.unseen, .merchant')"
        " && node.getBoundingClientRect().right > 320).map((node) => node.outerHTML)",
    )
    assert outside == []
    buttons = page.locator("main button:visible, main a.button:visible")
    assert all(buttons.nth(number).bounding_box()["height"] >= 40 for number in range(buttons.count()))


@pytest.mark.parametrize("state", STATES)
def test_text_stands_out_by_at_least_4_5_to_1(look, state):
    page = look(state)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        weak = [(text, ratio) for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5]
        assert weak == [], scheme


@pytest.mark.parametrize("state", STATES)
def test_a_screen_reader_finds_its_way(look, state):
    page = look(state)
    assert page.get_attribute("html", "lang") == "en"
    for role in ("banner", "main"):
        assert page.get_by_role(role).count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    for kind in ("button", "link", "textbox", "img", "progressbar", "region", "timer"):
        found = page.get_by_role(kind)
        assert page.get_by_role(kind, name="").count() == found.count()
        for number in range(found.count()):
            assert found.nth(number).aria_snapshot().partition('"')[2], (kind, number)
    levels = page.eval_on_selector_all(
        "h1, h2, h3", "all => all.filter(h => h.checkVisibility()).map(h => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = page.eval_on_selector_all("[id]", "all => all.map((node) => node.id)")
    assert len(ids) == len(set(ids))
    for pointer in ("aria-labelledby", "aria-describedby", "for"):
        pointed = page.eval_on_selector_all(f"[{pointer}]", f"all => all.map((node) => node.getAttribute('{pointer}'))")
        assert set(pointed) <= set(ids)


def test_the_news_is_announced_and_the_countdown_is_not(look, box):
    page = look("waiting")
    region = page.get_by_role("status").first
    assert region.get_attribute("aria-live") == "polite"
    assert region.get_attribute("aria-atomic") == "true"
    assert page.get_by_role("timer").get_attribute("aria-live") == "off"
    page.evaluate(
        "() => { window.news = 0; new MutationObserver(() => { window.news += 1; })"
        ".observe(document.querySelector('.story'), { childList: true, characterData: true, subtree: true }); }"
    )
    for _ in range(2):
        with page.expect_response("**/state"):
            pass
    assert page.evaluate("window.news") == 0
    box.pay(trade_no=box.state()["orders"][0]["trade_no"], amount=1)
    region.filter(has_text="A part has arrived").wait_for()
    assert page.evaluate("window.news") > 0


def test_a_refused_amount_is_announced_and_tied_to_its_field(look):
    page = look("refused")
    field = page.get_by_label("Amount in USDT")
    assert field.get_attribute("aria-describedby") == page.get_by_role("alert").get_attribute("id")
    assert field.input_value() == "5,5"


def test_dark_and_light_follow_the_reader(look):
    page = look("waiting")
    grounds = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
        # a QR code is read dark on light
        assert page.evaluate("getComputedStyle(document.querySelector('.qr')).backgroundColor") == "rgb(255, 255, 255)"
    assert min(grounds["light"]) > 200
    assert max(grounds["dark"]) < 50


def test_nothing_moves_for_whom_movement_is_too_much(look):
    page = look("partly")
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((node) => { const style = getComputedStyle(node);"
        " return style.animationName !== 'none' || !/^0s/.test(style.transitionDuration); }).length"
    )
    assert moving == 0


def test_letters_twice_as_large_still_fit(look):
    page = look("waiting", **PHONE)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
