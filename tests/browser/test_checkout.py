"""The checkout page in a real browser: it opens, is paid by mouse and by keyboard, and follows the order by itself."""

from __future__ import annotations

import json
import time

from tests.hostile import hostile, http


def status(page, words: str) -> None:
    """Wait until the page's live region says so."""
    page.get_by_role("status").filter(has_text=words).first.wait_for()


def arrived(receiver, count: int) -> list[dict]:
    """Wait until that many webhooks have arrived; return their bodies."""
    until = time.monotonic() + 10
    while len(receiver.requests) < count and time.monotonic() < until:
        time.sleep(0.01)
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in receiver.requests]


def test_a_payment_by_click_reaches_the_merchant_s_receiver(visit, native):
    with hostile(http(b"Success", content_type="text/plain")) as receiver:
        page = visit(native(out_trade_no="T1", callback_url=f"{receiver.base_url}/hook"))
        assert page.get_by_role("heading", level=1).inner_text() == "Order T1"
        page.get_by_role("button", name="Pay 10 USDT").click()
        status(page, "Paid")
        (event,) = arrived(receiver, 1)
    assert (event["out_trade_no"], event["status"], event["amount_collected"]) == ("T1", "PAID", "10")
    assert receiver.requests[0].startswith(b"POST /hook ")


def test_every_webhook_of_a_payment_in_parts_arrives(visit, native):
    with hostile(http(b"Success", content_type="text/plain")) as receiver:
        page = visit(native(callback_url=receiver.base_url))
        page.get_by_label("Amount in USDT").fill("4")
        page.get_by_role("button", name="Pay this amount").click()
        status(page, "A part has arrived")
        page.get_by_role("button", name="Pay 6 USDT").click()
        status(page, "Paid")
        events = arrived(receiver, 2)
    assert [(event["status"], event["amount_collected"]) for event in events] == [("TO-BE-PAID", "4"), ("PAID", "10")]


def test_a_double_click_pays_once(visit, native, box):
    page = visit(native())
    page.get_by_label("Amount in USDT").fill("4")
    page.get_by_role("button", name="Pay this amount").dblclick()
    status(page, "A part has arrived")
    assert [payment["amount"] for payment in box.state()["payments"]] == ["4"]


def test_the_keyboard_alone_pays(visit, native, box):
    number = native()
    page = visit(number)
    names = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.innerText || document.activeElement.id"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", names[-1]
        if names[-1] == "Pay 10 USDT":
            break
    assert names[:3] == ["Copy\nthe amount", "Copy\nthe address", "Pay 10 USDT"]
    page.keyboard.press("Enter")
    status(page, "Paid")
    assert box.state()["orders"][0]["status"] == "PAID"


def test_a_payer_chooses_a_token_by_keyboard(visit, hosted):
    page = visit(hosted(name="Field notes"))
    button = page.get_by_role("button", name="USDT on Tron")
    button.focus()
    page.keyboard.press("Enter")
    status(page, "Waiting for your payment")
    assert page.get_by_role("img", name="QR code").is_visible()
    assert page.get_by_text("29.208212 USDT").first.is_visible()


def test_the_page_follows_what_happens_elsewhere(visit, native, box):
    number = native()
    page = visit(number)
    page.get_by_label("Amount in USDT").fill("1.25")
    box.pay(trade_no=number, amount=4)
    status(page, "4 USDT of 10 USDT arrived. Please send the remaining 6 USDT")
    page.get_by_role("button", name="Pay 6 USDT").wait_for()
    assert page.get_by_role("progressbar").get_attribute("value") == "40"
    assert page.get_by_label("Amount in USDT").input_value() == "1.25"
    assert page.evaluate("document.activeElement.id") == "amount"
    box.pay(trade_no=number)
    status(page, "Paid")
    assert page.title().startswith("Paid \u2013 Order")
    assert not page.get_by_role("img", name="QR code").is_visible()


def test_a_token_chosen_in_another_window_shows_here_too(visit, hosted):
    number = hosted()
    page = visit(number)
    visit(number).get_by_role("button", name="TRX on Tron").click()
    page.get_by_role("heading", name="Pay with TRX on Tron").wait_for()


def test_the_countdown_follows_the_sandbox_s_clock_and_no_other(visit, native, hand):
    page = visit(native())
    timer = page.get_by_role("timer")
    assert timer.inner_text() == "30:00"
    for _ in range(2):
        with page.expect_response("**/state"):
            pass
    assert timer.inner_text() == "30:00"
    hand.second += 61
    page.get_by_text("28:59").wait_for()
    hand.second += 1739
    status(page, "The time is over")
    assert not timer.is_visible()


def test_a_script_in_every_text_does_nothing(visit, hosted):
    evil = "<script>document.title='pwned';window.pwned=1</script><img src=x onerror=window.pwned=1>"
    sent = dict.fromkeys(("out_trade_no", "name", "describe", "image", "callback_url", "redirect_url"), evil)
    page = visit(hosted(**sent))
    assert page.get_by_role("heading", level=1).inner_text() == evil
    with page.expect_response("**/state"):
        pass
    assert page.evaluate("window.pwned") is None
    assert page.title() == f"Choose how to pay \u2013 {evil}"
    assert page.locator("main img, main script").count() == 0


def test_what_gets_past_the_escaping_is_stopped_by_the_policy(visit, native, complaints):
    page = visit(native())
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.pwned = 1";
            document.body.append(script);
            const styled = "<p id=styled style='color: red' onclick='window.pwned = 1'>x</p>";
            document.body.insertAdjacentHTML("beforeend", styled);
            document.getElementById("styled").click();
        }"""
    )
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("getComputedStyle(document.getElementById('styled')).color") != "rgb(255, 0, 0)"
    assert len(complaints) == 3
    complaints.clear()


def test_address_and_amount_are_copied(visit, native, box):
    number = native()
    page = visit(number, permissions=["clipboard-read", "clipboard-write"])
    for name, copied in (("amount", "10"), ("address", box.state()["orders"][0]["pay_address"])):
        page.get_by_role("button", name=f"Copy the {name}").click()
        status(page, f"Copied: {copied}")
        assert page.evaluate("navigator.clipboard.readText()") == copied


def test_a_paid_order_leads_back_to_the_shop_after_a_moment(visit, native, box):
    shop = box.base_url.replace("127.0.0.1", "localhost") + "/checkout/thanks"
    page = visit(native(redirect_url=shop))
    assert not page.get_by_role("link", name="Back to").is_visible()
    page.get_by_role("button", name="Pay 10 USDT").click()
    with page.expect_request(shop) as visited:
        status(page, "You will be taken there in a moment")
    page.wait_for_url(shop)
    assert "referer" not in visited.value.all_headers()


def test_a_payer_may_stay(visit, native, box):
    number = native(redirect_url="http://127.0.0.1:1/thanks")
    page = visit("nothing")
    page.clock.install()
    box.pay(trade_no=number)
    page.goto(f"{box.base_url}/checkout/{number}")
    page.get_by_role("button", name="Stay here").click()
    page.clock.run_for(60_000)
    assert page.url.endswith(number)
    assert page.get_by_role("link", name="Back to 127.0.0.1:1").is_visible()


def test_a_sandbox_that_is_gone_is_noticed(visit, native, box):
    page = visit(native())
    box.stop()
    status(page, "The sandbox does not answer")


def test_without_javascript_everything_can_be_paid(visit, hosted):
    page = visit(hosted(), java_script_enabled=False)
    page.get_by_role("button", name="USDT on Tron").click()
    page.get_by_label("Amount in USDT").fill("x")
    page.get_by_role("button", name="Pay this amount").click()
    assert page.get_by_role("alert").inner_text().startswith("Write the amount in digits")
    page.get_by_label("Amount in USDT").fill("9.208212")
    page.get_by_role("button", name="Pay this amount").click()
    status(page, "A part has arrived")
    page.get_by_role("button", name="Pay too much").click()
    status(page, "Paid, and more than needed")
    assert page.get_by_role("link", name="Look again").is_visible()
