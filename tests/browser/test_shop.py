"""The example shop in a real browser: a paid order is fulfilled once; coming back without paying fulfils nothing."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from halopay_kit import Sandbox
from tests.receiver.test_frameworks import EXAMPLES, over_wsgi
from tests.sandbox.wire import KEY


class Late:
    """An application that is made after its port is known."""

    app: Any = None

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)


class Shop:
    def __init__(self, module: Any, url: str) -> None:
        self.module, self.url = module, url

    def orders(self) -> list[tuple]:
        return self.module.sql("SELECT number, state, parcels FROM orders")


@pytest.fixture
def till() -> Iterator[Sandbox]:
    with Sandbox(seed="a shop", app_key=KEY) as till:
        yield till


@pytest.fixture
def shop(till: Sandbox, tmp_path, monkeypatch) -> Iterator[Shop]:
    """The shop as it stands in the file, and a worker that hands on its events."""
    pytest.importorskip("flask")
    late, over = Late(), threading.Event()
    with over_wsgi(late) as port:
        url = f"http://127.0.0.1:{port}"
        for name, value in till.environ().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("HALOPAY_INBOX", str(tmp_path / "shop.sqlite"))
        monkeypatch.setenv("SHOP_URL", url)
        monkeypatch.setenv("SHOP_WORKS", "0")
        spec = importlib.util.spec_from_file_location("shop", EXAMPLES / "shop.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        late.app = module.app
        worker = threading.Thread(target=module.work, args=(over,))
        worker.start()
        yield Shop(module, url)
        over.set()
        worker.join(10)
        module.webhooks.close()
        module.inbox.close()
        module.halopay.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        yield page


def pay(tab: Any) -> None:
    """Choose a token on HaloPay's page and pay."""
    tab.get_by_role("button", name="USDT on Tron").click()
    tab.get_by_role("button", name="Pay 14", exact=False).click()
    tab.get_by_role("status").filter(has_text="Paid").first.wait_for()


def test_a_paid_order_is_fulfilled_once_however_often_it_is_told(shop, till, tab):
    till.faults.add("webhook.payment", doubled=1)
    tab.goto(shop.url)
    tab.get_by_role("button", name="Pay with crypto").click()
    tab.wait_for_url("**/checkout/**")
    ((number, state, parcels),) = shop.orders()
    assert (state, parcels) == ("waiting", 0)
    pay(tab)
    tab.goto(f"{shop.url}/orders/{number}")
    tab.get_by_role("heading", name="Paid, and on its way").wait_for()
    (paid,) = [event for event in shop.module.inbox.events() if event.status == "PAID"]
    until = time.monotonic() + 10
    while len(shop.module.inbox.deliveries(paid.id)) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert shop.orders() == [(number, "shipped", 1)]


def test_who_comes_back_without_paying_gets_nothing(shop, tab):
    tab.goto(shop.url)
    tab.get_by_role("button", name="Pay with crypto").click()
    tab.wait_for_url("**/checkout/**")
    ((number, _, _),) = shop.orders()
    tab.goto(f"{shop.url}/orders/{number}?status=PAID&trade_no=1")
    tab.get_by_role("status").filter(has_text="We wait for HaloPay").wait_for()
    tab.reload()
    assert shop.module.inbox.events() == []
    assert shop.orders() == [(number, "waiting", 0)]
    tab.goto(f"{shop.url}/orders/SHOP-of-somebody-else")
    assert tab.get_by_role("heading").inner_text() == "No such order"


def test_a_part_of_the_price_ships_nothing_and_the_rest_does(shop, till, tab):
    tab.goto(shop.url)
    tab.get_by_role("button", name="Pay with crypto").click()
    tab.wait_for_url("**/checkout/**")
    ((number, _, _),) = shop.orders()
    tab.get_by_role("button", name="USDT on Tron").click()
    tab.get_by_label("Amount in USDT").fill("4")
    tab.get_by_role("button", name="Pay this amount").click()
    tab.get_by_role("status").filter(has_text="A part has arrived").first.wait_for()
    tab.goto(f"{shop.url}/orders/{number}")
    assert tab.get_by_role("heading").inner_text() == "Thank you"
    assert shop.orders() == [(number, "waiting", 0)]
    till.pay(out_trade_no=number)
    tab.get_by_role("heading", name="Paid, and on its way").wait_for()
    assert shop.orders() == [(number, "shipped", 1)]


@pytest.mark.parametrize(("fault", "says"), [("cut_after", "Thank you"), ("cut_before", "Thank you")])
def test_after_a_lost_answer_nobody_is_asked_to_pay_again(fault, says, shop, till, tab):
    till.faults.add("entrust.pre_create", **{fault: 1})
    tab.goto(shop.url)
    tab.get_by_role("button", name="Pay with crypto").click()
    tab.wait_for_url("**/orders/**")
    assert tab.get_by_role("heading").inner_text() == says
    assert tab.get_by_role("button").count() == 0
