"""The checkout page over plain HTTP: what it says in every state, and the strip on which one plays the payer."""

from __future__ import annotations

import pytest

from halopay_kit.sandbox import Sandbox, Unknowns
from halopay_kit.sandbox.checkout.view import left
from tests.sandbox.payer import Payer, Seen
from tests.sandbox.wire import KEY, START, Hand, Wire

# --- what a payer sees


def test_the_page_shows_what_to_pay_and_where(payer, wire):
    order = wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="15.724197")
    page = payer.page(order["trade_no"])
    for words in ("15.724197 USDT", "USDT on Tron", order["pay_address"], "30:00", "Order T1", "Sandbox"):
        assert words in page.text
    assert ("svg", ("viewbox", "class")) in page.tags


def test_the_entrust_url_is_the_page(payer, wire):
    order = wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="1")
    assert order["entrust_url"] == f"{payer.box.base_url}/checkout/{order['trade_no']}"
    assert payer.pool.request("GET", order["entrust_url"]).status == 200


def test_a_hosted_order_asks_for_the_token_first(payer, hosted, wire):
    number = hosted(name="Field notes", describe="Four issues.", out_trade_no="T1")
    page = payer.page(number)
    assert payer.state(number)["state"] == "choose"
    assert all(words in page.text for words in ("Field notes", "Four issues.", "24.90 EUR", "29.208212 USDT", "TRX"))
    assert "Address" not in page.text
    assert payer.post(f"{number}/choose", currency_id="73").status == 303
    assert [row.what for row in payer.box.record if row.what.get("name") == "choose"] == [
        {"name": "choose", "trade_no": number, "currency_id": 73}
    ]
    detail = wire.data("order.detail", out_trade_no="T1")
    assert (detail["token"], detail["amount"]) == ("TRX", "92.871896")
    assert detail["pay_address"] in payer.page(number).text
    assert payer.state(number)["state"] == "waiting"


@pytest.mark.parametrize("currency_id", ["82", "9999", "", "x", "75 ", "\u0667\u0665"])
def test_a_token_that_is_not_on_offer_cannot_be_chosen(payer, hosted, currency_id):
    number = hosted()
    assert payer.post(f"{number}/choose", currency_id=currency_id).status == 422
    assert payer.state(number)["state"] == "choose"


def test_a_token_is_chosen_once_and_in_time(payer, hosted, native, hand):
    number = hosted()
    payer.post(f"{number}/choose", currency_id="75")
    assert payer.post(f"{number}/choose", currency_id="73").status == 409
    assert payer.post(f"{native()}/choose", currency_id="73").status == 409
    late = hosted()
    assert payer.post(f"{late}/pay", how="full").status == 409
    hand.second += 1800
    assert payer.post(f"{late}/choose", currency_id="75").status == 409
    assert payer.state(late)["state"] == "unchosen"


# What is done to an order of 10 USDT: payments, and None where its time is over → its state, and what the page says.
LIVES = [
    ([], "waiting", "Send 10 USDT"),
    (["4"], "partly", "remaining 6 USDT"),
    (["10"], "paid", "10 USDT arrived"),
    (["4", "6"], "paid", "10 USDT arrived"),
    (["12.5"], "overpaid", "2.5 USDT too much"),
    (["10", None, "1"], "overpaid", "1 USDT too much"),
    ([None], "timed-out", "Nothing arrived"),
    (["4", None], "underpaid", "4 USDT of 10 USDT"),
    ([None, "4"], "underpaid", "4 USDT of 10 USDT"),
    ([None, "10"], "late", "10 USDT arrived, not all"),
    (["4", None, "6"], "late", "10 USDT arrived, not all"),
    (["4", None, "7"], "late-overpaid", "1 USDT too much"),
]


@pytest.mark.parametrize(("steps", "state", "words"), LIVES, ids=[f"{steps}" for steps, _, _ in LIVES])
def test_every_state_has_its_words(payer, native, hand: Hand, steps, state, words):
    number = native()
    for step in steps:
        hand.second += 1800 if step is None else 1
        if step is not None:
            payer.box.pay(trade_no=number, amount=step)
    told = payer.state(number)
    assert told["state"] == state
    assert words in told["texts"]["message"]
    page = payer.page(number)
    assert told["texts"]["message"] in page.text
    assert told["texts"]["title"] in page.text


def test_the_countdown_is_the_sandbox_s_clock(payer, native, hand: Hand):
    number = native()
    lefts = []
    for second in (0, 61.5, 1799, 1800, 10**6):
        hand.second = START + second
        lefts.append(payer.state(number)["texts"]["left"])
    assert lefts == ["30:00", "28:59", "0:01", "0:00", "0:00"]
    assert [left(span) for span in (3599, 3600, 86_399, 86_400)] == ["59:59", "1:00:00", "23:59:59", "1 d 0 h"]


def test_a_payment_that_is_not_confirmed_yet_was_seen(hand: Hand):
    with Sandbox(app_key=KEY, clock=hand, unknowns=Unknowns(need_confirms=3)) as box:
        wire, payer = Wire(box, hand), Payer(box)
        number = wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="10")["trade_no"]
        payer.post(f"{number}/pay", how="part", amount="4")
        told = payer.state(number)
        assert (told["state"], told["texts"]["rest"]) == ("partly-seen", "6 USDT")
        assert told["texts"]["confirmations"] == "0 of 3"
        payer.post(f"{number}/pay", how="full")
        assert payer.post(f"{number}/pay", how="full").status == 409
        told = payer.state(number)
        assert (told["state"], "10 USDT is on its way" in told["texts"]["message"]) == ("seen", True)
        assert "10 USDT is on its way" in payer.page(number).text
        box.clock.advance(60)
        told = payer.state(number)
        assert (told["state"], told["texts"]["confirmations"]) == ("paid", "3 of 3")
        wire.close()
        payer.pool.clear()


def test_the_progress_is_full_only_when_nothing_is_missing(payer, native):
    number = native()
    for amount, percent in (("0.000001", 1), ("9.999998", 99), ("0.000001", 100)):
        payer.box.pay(trade_no=number, amount=amount)
        assert payer.state(number)["progress"] == percent


def test_an_unknown_order_gets_a_page_that_says_so(payer, native):
    number = native()
    paths = ["nothing", "", f"{number}/nothing", f"{number}/pay/x", "static/nothing", "<script>", "%00", "a" * 4000]
    for path in paths:
        answer = payer.get(path)
        assert answer.status == 404, path
        assert b"<script>" not in answer.data
    assert "There is no such order" in Seen(payer.get("nothing").data.decode()).text
    assert payer.get("nothing/state").status == 404


# --- the strip


def test_the_strip_pays_in_full_in_part_and_too_much(payer, native, wire):
    number = native(out_trade_no="T1")
    for form, collected in (({"how": "part", "amount": " 4 "}, "4"), ({"how": "full"}, "10"), ({"how": "over"}, "11")):
        answer = payer.post(f"{number}/pay", **form)
        assert (answer.status, answer.headers["location"]) == (303, f"/checkout/{number}")
        assert wire.data("order.detail", out_trade_no="T1")["amount_collected"] == collected
    other = native()
    payer.post(f"{other}/pay", how="over")
    assert payer.state(other)["state"] == "overpaid"


def test_the_strip_lets_an_order_expire(payer, native):
    number = native()
    assert payer.post(f"{number}/expire").status == 303
    assert payer.state(number)["state"] == "timed-out"
    payer.post(f"{number}/pay", how="full")
    assert payer.state(number)["state"] == "late"
    assert payer.post(f"{number}/expire").status == 409


@pytest.mark.parametrize("amount", ["", "x", "1e3", "-1", "+1", "5,5", "0", "0.0000001", "1" * 60, "٣", "NaN", " "])
def test_an_amount_that_makes_no_sense_is_explained(payer, native, amount):
    number = native()
    answer = payer.post(f"{number}/pay", how="part", amount=amount)
    assert answer.status == 422
    page = Seen(answer.data.decode())
    assert ("p", ("class", "role", "id")) in page.tags
    assert payer.state(number)["state"] == "waiting"


def test_a_tenth_too_much_of_any_amount_is_exact(payer, native, wire):
    for number, amount, currency_id in (("A", "0.000001", 75), ("B", "12345678901234567890.123456789012345678", 68)):
        order = native(out_trade_no=number, currency_id=currency_id, token_amount=amount)
        assert payer.post(f"{order}/pay", how="over").status == 303
    collected = [wire.data("order.detail", out_trade_no=number)["amount_collected"] for number in "AB"]
    assert collected == ["0.000002", "13580246791358024679.135802467913580245"]


def test_a_paid_order_is_not_paid_in_full_again(payer, native):
    number = native()
    payer.post(f"{number}/pay", how="full")
    answer = payer.post(f"{number}/pay", how="full")
    assert answer.status == 409
    assert "paid in full" in answer.data.decode()


def test_reloading_the_answer_to_a_refused_form_leads_back_to_the_page(payer, native):
    number = native()
    answer = payer.get(f"{number}/pay")
    assert (answer.status, answer.headers["location"]) == (303, f"/checkout/{number}")
    assert payer.state(number)["state"] == "waiting"
