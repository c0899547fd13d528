"""A folder of saved pages, as a maintainer would have them: in several forms, some of them in Korean."""

from __future__ import annotations

from pathlib import Path

from codegen import document
from codegen.docs import folder, reading
from codegen.docs.facts import Fact, facts, known
from codegen.docs.page import Page
from codegen.docs.page import site as site_of
from tests.codegen.docs import wire

PAGES = Path(__file__).parent / "pages"
SPEC = document.read(wire.SPEC)
KNOWN = known(SPEC)


def said(page: Page) -> tuple[Fact, ...]:
    found = facts(page, reading.read(page), KNOWN)
    assert found.troubles == ()
    return found.facts


def test_every_saved_page_is_read() -> None:
    found = folder.read(PAGES, site_of(SPEC))
    assert (found.strange, found.absent) == ((), ("what-is",))
    assert {page.form for page in found.pages} == {"html", "markdown", "text"}
    assert all(said(page) for page in found.pages)


def test_saved_pages_document_what_they_did_when_they_were_saved() -> None:
    pages = {(page.key, page.locale): said(page) for page in folder.read(PAGES, site_of(SPEC)).pages}
    native = [fact for fact in pages["native", "en"] if fact.kind == "field"]
    assert [fact.name for fact in native if fact.subject == "order.create/request"] == [
        "out_trade_no",
        "currency_id",
        "fiat_name",
        "fiat_amount",
        "token_amount",
        "callback_url",
        "time_out",
    ]
    assert len([fact for fact in native if fact.subject == "order.create/response"]) == 16
    assert [fact.name for fact in pages["native", "en"] if fact.kind == "path"][-1] == "/api/payment-qr-code/create"
    assert len([fact for fact in pages["webhook", "ko"] if fact.subject == "webhook.payment"]) == 17
    assert [fact.says for fact in pages["skill", "en"] if fact.name == "count"] == [{"count": 21}]


def test_a_language_says_what_the_first_one_says() -> None:
    pages = {(page.key, page.locale): said(page) for page in folder.read(PAGES, site_of(SPEC)).pages}
    for key in ("native", "webhook"):
        mine, theirs = (
            {(fact.kind, fact.subject, fact.name, fact.says.get("type")) for fact in pages[key, locale]}
            for locale in ("en", "ko")
        )
        assert mine == theirs
