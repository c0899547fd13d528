"""The page of a result: exact, escaped, self-contained, readable without scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import attrs
import pytest

from halopay_kit.reconcile.classes import CLASSES
from halopay_kit.reconcile.report import html
from halopay_kit.reconcile.report.charts import days, step
from halopay_kit.reconcile.report.wording import MINUS, age, ageing, money, share
from tests.reconcile import sample

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "line\u2028and\u2029paragraph",
    "\u202egnirts\u202c",
    "&lt;b&gt; &amp;",
    "half \ud83d pair",
    "]]>",
)


class Page(HTMLParser):
    """What a browser without scripts makes of the page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, str] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(given)))
        self._inside = tag if tag in ("script", "style") else ""
        if tag == "script" and dict(given).get("id") == "data":
            self._inside = "data"

    def handle_endtag(self, _: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))

    @property
    def data(self) -> Any:
        return json.loads(self.raw["data"])


def column(page: Page, name: str) -> list[Any]:
    found = page.data["columns"][name]
    return found if isinstance(found, list) else [found["v"][code] for code in found["i"]]


@pytest.fixture(scope="module")
def compared() -> Page:
    return Page(html(sample.compared(250)))


def test_the_verdict_is_one_sentence_that_counts():
    page = Page(html(sample.result(sample.breaks(3))))
    assert "3 breaks need somebody; 998 of 1,001 orders, payouts and payments at HaloPay match to the last digit" in (
        page.text
    )
    page = Page(html(sample.result(sample.breaks(1))))
    assert "1 break needs somebody" in page.text


def test_a_clean_result_says_so_and_an_empty_one_does_not():
    page = Page(html(sample.result()))
    assert "Everything matches to the last digit: 1,001 orders" in page.text
    assert ("header", {"data-verdict": "kept"}) in page.tags
    page = Page(html(sample.result(subjects=0, clean=0, counts=(), inputs=(), roll_forward=())))
    assert "There was nothing at HaloPay to compare with" in page.text
    assert ("header", {"data-verdict": "drift"}) in page.tags


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_a_number_holds_stays_text(hostile):
    given = {
        "out_trade_no": hostile,
        "sentence": hostile,
        "ledger_status": hostile,
        "token": hostile,
        "app_id": hostile,
    }
    found = [sample.broken(1, "amount-differs", **given, entries=(hostile,))]
    plain = Page(html(sample.result([sample.broken(1, "amount-differs")])))
    page = Page(html(sample.result(found, timing=found, resolved=found)))
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in plain.tags}
    assert not [name for _, given in page.tags for name in given if name.startswith("on")]
    assert hostile.replace("\ud83d", "?") in "".join(page.texts)
    assert column(page, "out") == [hostile] * 3
    assert page.raw["data"].isascii()
    assert "<" not in page.raw["data"]


def test_the_page_asks_for_nothing_and_runs_only_its_own_script(compared):
    text = html(sample.compared(250))
    assert not re.findall(r"""(?:src|href|action|srcset|poster|data)\s*=\s*["'](?!#)""", text)
    assert not re.findall(r"@import|url\(|https?://", text)
    assert not [given for _, given in compared.tags if "style" in given]
    policy = next(given["content"] for tag, given in compared.tags if given.get("http-equiv"))
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(compared.raw[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_amounts_are_shown_and_kept_to_the_last_digit():
    amount = Decimal("12345678901234567890.123456789012345678")
    found = [
        sample.broken(number, "missing-in-ledger", at_stake=amount, gateway_amount=Decimal(f"-{amount}"))
        for number in (1, 2)
    ]
    found = [attrs.evolve(each, currency_id=75, token="USDT", chain="Tron") for each in found]
    page = Page(html(sample.result(found)))
    assert "12,345,678,901,234,567,890.123456789012345678" in page.text
    assert MINUS + "12,345,678,901,234,567,890.123456789012345678" in page.text
    assert page.text.count("24,691,357,802,469,135,780.246913578024691356") == 2, "at stake, and of the class"
    assert column(page, "stake") == ["12345678901234567890.123456789012345678"] * 2
    assert column(page, "gateway") == ["-12345678901234567890.123456789012345678"] * 2


def test_currencies_are_never_added(compared):
    stakes = sample.compared(250).at_stake
    assert len(stakes) == 3
    for name, amount in stakes.items():
        assert f"{name} {money(amount)}" in compared.text.replace("  ", " ")
    assert money(sum(stakes.values(), Decimal(0))) not in compared.text


def test_without_scripts_the_first_hundred_breaks_stand_there_and_the_page_says_so(compared):
    result = sample.compared(250)
    shown = [each for each in result.breaks if each.sentence in compared.text]
    assert len(shown) == 100
    assert shown == list(result.breaks[:100])
    assert "The first 100 of 250 breaks, the most pressing first." in compared.text
    assert "Searching and sorting need JavaScript, which is off. All 250 breaks are in breaks.csv" in compared.text
    hidden = {given.get("id") for _, given in compared.tags if "hidden" in given}
    assert {"filters", "pages"} <= hidden


def test_the_island_has_every_row_of_every_group(compared):
    result = sample.compared(250)
    wanted = [*result.breaks, *result.timing, *(result.resolved or ())]
    assert compared.data["rows"] == len(wanted)
    assert column(compared, "id") == [each.id for each in wanted]
    assert column(compared, "class") == [each.class_ for each in wanted]
    assert column(compared, "group").count("timing") == len(result.timing)


def test_each_class_that_there_is_comes_with_its_meaning_and_its_remedy(compared):
    for about in CLASSES.values():
        assert about.title in compared.text
        for words in (about.when, about.remedy):
            assert re.sub(r"\s", "", words.replace("`", "")) in re.sub(r"\s", "", compared.text), about.id


def test_a_balance_that_is_off_names_its_rest_and_what_would_explain_it(compared):
    result = sample.compared(250)
    assert f"Unexplained rest {MINUS}12.345678901234567891" in compared.text
    assert "A break of just this amount, which would explain it:" in compared.text
    assert compared.text.count(result.breaks[0].sentence) == 2
    assert "1 balance has an unexplained rest." in compared.text


def test_what_is_new_aged_and_resolved_is_counted_only_where_there_was_a_previous_run(compared):
    assert "Since the previous run 166 new, 84 aged, 12 resolved." in compared.text
    page = Page(html(sample.result(sample.breaks(3))))
    assert "There was no previous run" in page.text
    assert "Resolved" not in page.text


def test_a_remedy_with_a_command_shows_it_as_code():
    page = html(sample.result([sample.broken(1, "unresolved-payout")]))
    assert "<code>halopay payout resume</code>" in page
    assert "`" not in page.split('<script type="application/json"')[0].split("</style>")[1]


@pytest.mark.parametrize(
    ("seconds", "said", "span"),
    [
        (None, "", "without a time"),
        (0, "just now", "up to 1 day"),
        (60, "a minute", "up to 1 day"),
        (7_199, "119 minutes", "up to 1 day"),
        (86_399, "23 hours", "up to 1 day"),
        (86_400, "24 hours", "1 to 3 days"),
        (172_800, "2 days", "1 to 3 days"),
        (259_200, "3 days", "3 to 7 days"),
        (10**9, "11,574 days", "over 30 days"),
    ],
)
def test_ages_are_said_in_the_largest_unit_of_which_there_are_two(seconds, said, span):
    assert age(seconds) == said
    assert ageing(seconds) == span


def test_a_share_is_never_rounded_up_to_all():
    assert share(99_999, 100_000) == "99.99%"
    assert share(100_000, 100_000) == "100%"
    assert share(0, 0) == "0.00%"


def test_charts_bear_whatever_they_are_given():
    assert days([]) is None
    assert days([0.0, 10.0]) is None
    found = days([0.0, 86_400.0 * 10_000])
    assert found is not None
    assert found[0].count("<rect") == 2
    assert "<rect" not in step("more", Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    assert "<rect" in step("less", Decimal(5), Decimal(-5), Decimal(-5), Decimal(5))


def test_every_break_may_be_without_anything():
    empty = sample.broken(
        1, "stuck", at=None, age=None, app_id=None, out_trade_no=None, trade_no=None, txid=None, currency_id=None,
        token=None, chain=None, ledger_amount=None, gateway_amount=None, ledger_status=None, gateway_status=None,
        at_stake=Decimal(0), events=(), entries=(),
    )  # fmt: skip
    page = Page(html(sample.result([empty])))
    assert "unknown currency" in page.text
    assert "without a time" in page.text
    assert column(page, "age") == [None]
