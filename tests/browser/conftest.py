"""Fixtures of the browser's tests: Debian's Chromium, headless, and a tab that reports whatever goes wrong in it."""

from __future__ import annotations

import importlib.util
import itertools
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from halopay_kit import HaloPay
from halopay_kit.sandbox import Sandbox
from tests.conftest import needs
from tests.sandbox.wire import KEY, Hand

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",  # as root, as in most containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HERE = ("http://127.0.0.1:", "http://localhost:")
NUMBERS = itertools.count()


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def box(hand: Hand) -> Iterator[Sandbox]:
    with Sandbox(seed="a browser", app_key=KEY, clock=hand) as box:
        yield box


@pytest.fixture
def halopay(box: Sandbox, hand: Hand) -> Iterator[HaloPay]:
    with HaloPay(box.app_id, KEY, box.base_url, clock=hand) as client:
        yield client


@pytest.fixture
def native(halopay: HaloPay) -> Callable[..., str]:
    def make(**fields: object) -> str:
        given: dict[str, Any] = {"out_trade_no": f"N{next(NUMBERS)}", "currency_id": 75, "token_amount": "10"}
        return str(halopay.order.create(**given | fields).trade_no)

    return make


@pytest.fixture
def hosted(halopay: HaloPay) -> Callable[..., str]:
    def make(**fields: object) -> str:
        given: dict[str, Any] = {"out_trade_no": f"H{next(NUMBERS)}", "symbol": "EUR", "amount": "24.90"}
        return str(halopay.entrust.pre_create(**given | fields).trade_no)

    return make


@pytest.fixture(scope="module")  # not longer: while Playwright runs, this thread has a running event loop
def browser() -> Iterator[Any]:
    needs(CHROMIUM is None, "chromium")
    needs(importlib.util.find_spec("playwright") is None, "playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What a tab complains of: errors of its scripts, dialogs, what the policy forbids."""
    return []


@pytest.fixture
def visit(browser: Any, box: Sandbox, complaints: list[str]) -> Iterator[Callable[..., Any]]:
    """Open the page of an order in a new window; afterwards nothing has left this machine or gone wrong."""
    contexts, addresses = [], []

    def open_page(trade_no: str, **options: object) -> Any:
        context = browser.new_context(**{"reduced_motion": "reduce", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: addresses.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if "Content Security" in message.text else None,
        )
        page.goto(f"{box.base_url}/checkout/{trade_no}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [address for address in addresses if not address.startswith(HERE)] == []
