"""Webhooks: what they say, to whom, when, and what counts as taken in."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator

import jsonschema_rs
import pytest

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox import ControlError, Sandbox, Unknowns
from tests.hostile import Hostile, hostile, http
from tests.sandbox.wire import KEY, SPEC, START, TRON, Hand, Wire

BEGIN = "2026-03-17T12:20:00Z"
SUCCESS = http(b"Success", content_type="text/plain")
OFFSETS = [0, 5, 20, 50, 230, 830, 2030, 3830, 5630, 7430, 11030, 21830, 32630, 43430, 65030, 86630]
ORDER = {"out_trade_no": "T1", "currency_id": 75, "token_amount": "10"}
PAYOUT = {"out_trade_no": "P1", "currency_id": 75, "amount": "40", "address": TRON}


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(seed="a test", app_key=KEY, start=BEGIN) as box:
        yield box


@pytest.fixture
def wire(box: Sandbox) -> Iterator[Wire]:
    wire = Wire(box, Hand())
    yield wire
    wire.close()


@pytest.fixture
def receiver(box: Sandbox) -> Iterator[Hostile]:
    with hostile(SUCCESS) as server:
        box.webhook_url = f"{server.base_url}/hook"
        yield server


def parts(request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Return the first line, the headers and the body of a request."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, dict(line.lower().split(": ", 1) for line in lines), body


def told(server: Hostile) -> list[dict]:
    """Return what the receiver was told, each signature and shape checked."""
    bodies = []
    for request in server.requests:
        _, headers, body = parts(request)
        expected = hmac.new(KEY.encode(), body + headers["x-timestamp"].encode(), hashlib.sha256).hexdigest()
        assert headers["x-sign"] == expected
        assert headers["content-type"] == "application/json"
        fields = json.loads(body)
        assert headers["x-appid"] == fields["appid"]
        assert headers["x-eventtype"].upper() == fields["status"].upper()
        assert body == json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        bodies.append(fields)
    return bodies


def assert_is_of_the_spec(webhook: str, fields: dict) -> None:
    schema = SPEC["webhooks"][webhook]["post"]["requestBody"]["content"]["application/json"]["schema"]
    jsonschema_rs.Draft202012Validator({**schema, "components": SPEC["components"]}).validate(fields)
    assert set(fields) <= set(SPEC["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"])


# --- what they say


def test_a_paid_order_tells_what_the_documentation_says(box, wire, receiver):
    trade_no = wire.data("order.create", **ORDER, redirect_url="https://shop.example/done")["trade_no"]
    txid = box.pay(out_trade_no="T1")["txid"]
    (event,) = told(receiver)
    assert_is_of_the_spec("payment", event)
    assert event == {
        "appid": box.app_id,
        "trade_no": trade_no,
        "out_trade_no": "T1",
        "amount_collected": "10",
        "amount": "10",
        "token_amount": "10",
        "chain": "Tron",
        "chain_id": 3448148188,
        "type": "PAYMENT",
        "currency_id": 75,
        "txid": txid,
        "status": "PAID",
        "time": START,
        "redirect_url": "https://shop.example/done",
    }
    first, headers, _ = parts(receiver.requests[0])
    assert first == "POST /hook HTTP/1.1"
    assert (headers["x-timestamp"], headers["x-eventtype"]) == (str(START), "paid")


def test_one_order_tells_of_every_payment_and_of_its_end(box, wire, receiver):
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1", amount=4)
    box.clock.advance("30m")
    box.pay(out_trade_no="T1", amount=1)
    box.pay(out_trade_no="T1")
    box.pay(out_trade_no="T1", amount="0.5")
    assert [(event["status"], event["amount_collected"]) for event in told(receiver)] == [
        ("TO-BE-PAID", "4"),
        ("TIME-OUT", "4"),
        ("TIME-OUT", "5"),
        ("PAID", "10"),
        ("PAID", "10.5"),
    ]
    for event in told(receiver):
        assert_is_of_the_spec("payment", event)


def test_an_order_times_out_once_whoever_lets_it(box, wire, receiver):
    wire.data("order.create", **ORDER)
    box.expire(out_trade_no="T1")
    box.expire(out_trade_no="T1")
    box.clock.advance("1h")
    assert [event["status"] for event in told(receiver)] == ["TIME-OUT"]
    assert "txid" not in told(receiver)[0]


def test_a_paid_order_does_not_time_out(box, wire, receiver):
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    box.clock.advance("1h")
    assert [event["status"] for event in told(receiver)] == ["PAID"]


def test_a_hosted_order_whose_payer_never_came_times_out_in_the_fields_of_the_spec(box, wire, receiver):
    wire.data("entrust.pre_create", out_trade_no="T1", symbol="EUR", amount="15")
    box.clock.advance(1800)
    (event,) = told(receiver)
    assert_is_of_the_spec("payment", event)
    assert (event["status"], event["amount_collected"], event["time"]) == ("TIME-OUT", "0", START + 1800)


@pytest.mark.parametrize(("end", "status"), [("settle", "PAID"), ("fail", "FAIL")])
def test_a_payout_tells_how_it_ended(box, wire, receiver, end, status):
    wire.data("payout.create", **PAYOUT)
    getattr(box, end)(out_trade_no="P1")
    (event,) = told(receiver)
    assert_is_of_the_spec("payout", event)
    assert (event["type"], event["status"], event["amount"], event["address"]) == ("PAYOUT", status, "40", TRON)
    assert ("txid" in event) is (status == "PAID")


def test_a_fixed_address_tells_of_each_payment(box, wire, receiver):
    qr_code = wire.data("payment_qr_code.create", currency_id=73, out_trade_no="Q1")
    txids = [box.pay(address=qr_code["pay_address"], amount="2.5")["txid"] for _ in range(2)]
    events = told(receiver)
    assert [event["txid"] for event in events] == txids
    for event in events:
        assert_is_of_the_spec("payment-qr-code", event)
        assert "out_trade_no" not in event
        assert (event["pay_address"], event["amount_collected"]) == (qr_code["pay_address"], "2.5")


# --- where they go


def test_the_url_of_the_order_comes_before_the_app_s(box, wire, receiver):
    with hostile(SUCCESS) as own:
        wire.data("order.create", **ORDER, callback_url=f"{own.base_url}/mine?shop=1")
        box.pay(out_trade_no="T1")
        assert parts(own.requests[0])[0] == "POST /mine?shop=1 HTTP/1.1"
    assert receiver.requests == []


def test_without_a_url_the_event_is_recorded_and_nothing_is_sent(box, wire):
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    assert box.deliveries == ()
    assert [row.what["status"] for row in box.record if row.kind == "event"] == ["PAID"]


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("http://192.0.2.1/hook", "not loopback"),
        ("https://shop.example/hook", "not loopback"),
        ("http://127.0.0.1@shop.example/", "not loopback"),
        ("http://0.0.0.0/", "not loopback"),
        ("http://127.0.0.1.shop.example/", "not loopback"),
        ("http://2130706433/", "not loopback"),
        ("file:///etc/passwd", "not an http or https URL"),
        ("ftp://127.0.0.1/", "not an http or https URL"),
        ("hook", "not an http or https URL"),
        ("http://[::1", "not a URL"),
        ("http://127.0.0.1:99999/", "not a URL"),
        ("http://127.0.0.1/\r\nX: y", "not a URL"),
        ("http://127.0.0.1/ä", "not a URL"),
    ],
)
def test_nothing_leaves_this_machine(box, wire, url, verdict):
    wire.data("order.create", **ORDER, callback_url=url)
    box.pay(out_trade_no="T1")
    (delivery,) = box.deliveries
    assert [attempt.verdict for attempt in delivery.attempts] == [verdict]
    assert delivery.next_due == START + 5


def test_localhost_is_this_machine(box, wire, receiver):
    box.webhook_url = receiver.base_url.replace("127.0.0.1", "localhost")
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    first, headers, _ = parts(receiver.requests[0])
    assert first == "POST / HTTP/1.1"
    assert headers["host"].startswith("localhost:")


# --- what counts as taken in, and when it is tried again

REFUSALS = {
    "quoted": http(b'"Success"'),
    "json": http(b'{"msg":"Success"}'),
    "lower case": http(b"success"),
    "a line end": http(b"Success\n"),
    "empty": http(b""),
    "500": http(b"Success", status=500),
    "404": http(b"Success", status=404),
    "redirect": http(b"Success", status=302, location="/elsewhere"),
    "304": b"HTTP/1.1 304 X\r\nconnection: close\r\n\r\n",
    "cut": None,
    "truncated": b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nSuccess",
    "not HTTP": b"Success",
    "huge": http(b"Success" * 100_000),
}


@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
def test_sixteen_attempts_at_the_documented_seconds(box, wire, receiver, answer):
    receiver.answers = [answer]
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    assert len(receiver.requests) == 1
    began = time.perf_counter()
    box.clock.advance("24h3m50s")
    assert time.perf_counter() - began < 1
    box.clock.advance("7d")
    assert len(receiver.requests) == 16
    (delivery,) = box.deliveries
    assert (delivery.state, delivery.next_due) == ("given up", None)
    assert [attempt.due - START for attempt in delivery.attempts] == OFFSETS
    assert [attempt.sent - START for attempt in delivery.attempts] == OFFSETS
    assert [int(parts(request)[1]["x-timestamp"]) - START for request in receiver.requests] == OFFSETS
    assert len({parts(request)[2] for request in receiver.requests}) == 1
    assert {attempt.ok for attempt in delivery.attempts} == {False}
    assert len(delivery.attempts[0].answer) <= 64 * 1024
    told(receiver)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_with_success_will_do(box, wire, receiver, status):
    body = b"" if status == 204 else b"Success"
    receiver.answers = [http(body, status=status, content_length="" if status == 204 else str(len(body)))]
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    assert box.deliveries[0].attempts[0].ok is (status != 204)


def test_what_was_taken_in_is_not_sent_again(box, wire, receiver):
    receiver.answers = [http(b"no"), http(b"no"), SUCCESS]
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    box.clock.advance("2d")
    (delivery,) = box.deliveries
    assert [attempt.verdict for attempt in delivery.attempts] == ["the body is not Success"] * 2 + ["delivered"]
    assert (delivery.state, len(receiver.requests)) == ("delivered", 3)


def test_a_retry_may_keep_the_first_signature(hand):
    unknowns = Unknowns(retries_signed_afresh=False)
    with hostile(http(b"no")) as server, Sandbox(app_key=KEY, start=BEGIN, unknowns=unknowns) as box:
        wire = Wire(box, hand)
        wire.data("order.create", **ORDER, callback_url=server.base_url)
        box.pay(out_trade_no="T1")
        box.clock.advance("1h")
        assert {parts(request)[1]["x-timestamp"] for request in server.requests} == {str(START)}
        wire.close()


def test_webhooks_may_carry_the_machine_s_time(hand):
    with (
        hostile(SUCCESS) as server,
        Sandbox(app_key=KEY, start=BEGIN, webhook_url=server.base_url, webhooks_signed_at="machine") as box,
    ):
        wire = Wire(box, hand)
        wire.data("order.create", **ORDER)
        box.pay(out_trade_no="T1")
        assert abs(int(parts(server.requests[0])[1]["x-timestamp"]) - time.time()) < 10
        assert told(server)[0]["time"] == START
        wire.close()
    with pytest.raises(ConfigurationError, match="webhooks_signed_at"):
        Sandbox(webhooks_signed_at="noon")


def test_a_receiver_that_is_not_there_is_tried_again(box, wire):
    with hostile(SUCCESS) as server:
        pass
    wire.data("order.create", **ORDER, callback_url=server.base_url)
    box.pay(out_trade_no="T1")
    assert box.deliveries[0].attempts[0].error == "connection refused"


def test_a_receiver_that_never_answers_stalls_nobody_else(hand):
    over = threading.Event()

    def never(_body: bytes) -> None:
        over.wait(20)

    def travelling(box: Sandbox) -> None:
        with pytest.raises(ControlError, match="stopped"):
            box.clock.advance(1800)

    with (
        hostile(never) as deaf,
        hostile(SUCCESS) as good,
        Sandbox(app_key=KEY, start=BEGIN, webhook_patience=30) as box,
    ):
        wire = Wire(box, hand)
        for number in range(40):
            url = deaf.base_url if number < 20 else good.base_url
            wire.data("order.create", out_trade_no=f"T{number}", currency_id=75, token_amount="1", callback_url=url)
        travel = threading.Thread(target=travelling, args=(box,))
        travel.start()
        until = time.monotonic() + 10
        while len(good.requests) < 20 and time.monotonic() < until:
            over.wait(0.01)
        assert len(good.requests) == 20
        assert {order["status"] for order in box.state()["orders"]} == {"TIME-OUT"}
        box.stop()
        over.set()
        travel.join(10)
        assert not travel.is_alive()
        wire.close()


def test_an_answer_that_takes_too_long_is_a_failure(hand):
    over = threading.Event()

    def dripping(_body: bytes) -> bytes:
        over.wait(1)
        return SUCCESS

    with hostile(dripping) as server, Sandbox(app_key=KEY, start=BEGIN, webhook_patience=0.1) as box:
        wire = Wire(box, hand)
        wire.data("order.create", **ORDER, callback_url=server.base_url)
        box.pay(out_trade_no="T1")
        over.set()
        assert box.deliveries[0].attempts[0].verdict == "no answer within 0.1 seconds"
        wire.close()


def test_a_receiver_may_call_the_api_before_it_answers(box, wire, receiver):
    seen = []
    other = Wire(box, Hand())

    def ask(body: bytes) -> bytes:
        seen.append(other.data("order.detail", trade_no=json.loads(body)["trade_no"])["status"])
        return SUCCESS

    receiver.answers = [ask]
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    assert wire.control("pay", body={"out_trade_no": "T1", "amount": "1"})[0] == 200
    assert seen == ["PAID", "PAID"]
    other.close()


def test_retries_come_by_themselves_as_time_passes():
    with (
        hostile(http(b"no")) as server,
        Sandbox(app_key=KEY, start=BEGIN, speed=100_000, webhook_url=server.base_url) as box,
    ):
        wire = Wire(box, Hand())
        body = json.dumps(ORDER).encode()
        assert wire.send("/api/order/create", body, timestamp=str(int(time.time()))).status == 200
        until = time.monotonic() + 30
        while not box.deliveries or box.deliveries[0].state == "due":
            assert time.monotonic() < until
        attempts = box.deliveries[0].attempts
        assert [attempt.due - attempts[0].due for attempt in attempts] == OFFSETS
        assert [attempt.sent for attempt in attempts] == sorted(attempt.sent for attempt in attempts)
        wire.close()


def test_what_was_under_way_when_the_box_stopped_is_sent_after_a_new_start(hand):
    hung = threading.Event()
    go_on = threading.Event()

    def slow(_body: bytes) -> bytes:
        hung.set()
        go_on.wait(10)
        return SUCCESS

    box = Sandbox(app_key=KEY, start=BEGIN).start()
    with hostile(slow, SUCCESS) as server:
        wire = Wire(box, hand)
        wire.data("order.create", **ORDER, callback_url=server.base_url)
        paying = threading.Thread(target=box.pay, kwargs={"out_trade_no": "T1"})
        paying.start()
        assert hung.wait(10)
        box.stop()
        paying.join(10)
        go_on.set()
        assert box.deliveries[0].state == "due"
        with box:
            box.clock.advance(0)
            assert box.deliveries[0].state == "delivered"
        assert len(server.requests) == 2
        wire.close()


# --- what goes wrong on purpose


def test_a_lost_webhook_never_arrives(box, wire, receiver):
    box.faults.add("webhook.payment", lost=1)
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1", amount=1)
    box.clock.advance("25m")
    assert (receiver.requests, box.deliveries[0].state) == ([], "lost")
    box.pay(out_trade_no="T1")
    assert [event["status"] for event in told(receiver)] == ["PAID"]


def test_a_doubled_webhook_arrives_twice(box, wire, receiver):
    box.faults.add("webhook.payment", doubled=1)
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    one, other = told(receiver)
    assert one == other


def test_a_late_webhook_arrives_late(box, wire, receiver):
    box.faults.add("webhook.payment", late="2h", count=1)
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    box.clock.advance(7199)
    assert receiver.requests == []
    box.clock.advance(1)
    (event,) = told(receiver)
    assert event["time"] == START
    assert parts(receiver.requests[0])[1]["x-timestamp"] == str(START + 7200)


def test_a_reordered_webhook_arrives_after_the_next_one_of_its_order(box, wire, receiver):
    box.faults.add("webhook.payment", reordered=1)
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1", amount=4)
    assert receiver.requests == []
    box.pay(out_trade_no="T1")
    assert [event["status"] for event in told(receiver)] == ["PAID", "TO-BE-PAID"]
    box.clock.advance("1h")
    assert len(receiver.requests) == 2


def test_a_reordered_webhook_that_nothing_follows_comes_after_a_minute(box, wire, receiver):
    box.faults.add("webhook.payment", reordered=1)
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    box.clock.advance("60s")
    assert len(told(receiver)) == 1


def test_an_early_webhook_arrives_before_the_answer_to_the_creation(box, wire, receiver):
    for name in ("payment", "payout", "payment_qr_code"):
        box.faults.add(f"webhook.{name}", early=1)
    for number, (operation, fields) in enumerate(
        [
            ("order.create", ORDER),
            ("payout.create", PAYOUT),
            ("payment_qr_code.create", {"currency_id": 75}),
        ],
        1,
    ):
        data = wire.data(operation, **fields)
        assert len(receiver.requests) == number
        assert told(receiver)[-1]["trade_no"] == data["trade_no"]
        assert told(receiver)[-1]["status"] == "PAID"
    assert [row.kind for row in box.record][:3] == ["event", "attempt", "call"]


def test_a_webhook_signed_wrongly_is_right_at_its_retry(box, wire, receiver):
    box.faults.add("webhook.payment", wrong_signature=1)
    receiver.answers = [http(b"no"), SUCCESS]
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    with pytest.raises(AssertionError):
        told(receiver)
    del receiver.requests[0]
    box.clock.advance(5)
    assert len(told(receiver)) == 1


def test_a_webhook_may_lack_its_signature_or_be_stale(box, wire, receiver):
    wire.data("order.create", **ORDER)
    box.faults.add("webhook.payment", no_signature=1)
    box.pay(out_trade_no="T1", amount=1)
    assert "x-sign" not in parts(receiver.requests.pop())[1]
    box.faults.add("webhook.payment", stale=1)
    box.pay(out_trade_no="T1")
    assert int(parts(receiver.requests[0])[1]["x-timestamp"]) < START - 120
    told(receiver)


def test_drift_changes_what_is_told(hand):
    with (
        hostile(SUCCESS) as server,
        Sandbox(app_key=KEY, start=BEGIN, webhook_url=server.base_url, drift=["webhook.payment.status:removed"]) as box,
    ):
        wire = Wire(box, hand)
        wire.data("order.create", **ORDER)
        box.pay(out_trade_no="T1")
        assert "status" not in json.loads(parts(server.requests[0])[2])
        wire.close()


# --- by hand


def test_a_delivery_is_replayed_beside_its_schedule(box, wire, receiver):
    receiver.answers = [http(b"no"), http(b"no"), SUCCESS]
    trade_no = wire.data("order.create", **ORDER)["trade_no"]
    box.pay(out_trade_no="T1")
    box.clock.advance(2)
    assert box.replay(trade_no=trade_no)["next_due"] == START + 5
    assert wire.control("replay", body={"delivery": 1})[1]["state"] == "delivered"
    box.clock.advance("2d")
    (delivery,) = box.deliveries
    assert [(attempt.due - START, attempt.by_hand) for attempt in delivery.attempts] == [
        (0, False),
        (2, True),
        (2, True),
    ]
    with pytest.raises(ControlError, match="no such delivery"):
        box.replay(7)


def test_a_webhook_is_sent_by_hand(box, wire, receiver):
    wire.data("order.create", **ORDER)
    wire.data("payout.create", **PAYOUT)
    box.send(out_trade_no="T1")
    assert wire.control("send", body={"out_trade_no": "P1", "status": "FAIL"})[0] == 200
    assert [(event["type"], event["status"]) for event in told(receiver)] == [
        ("PAYMENT", "TO-BE-PAID"),
        ("PAYOUT", "FAIL"),
    ]
    box.webhook_url = None
    for nonsense in (
        {},
        {"out_trade_no": "nobody"},
        {"out_trade_no": "T1"},
        {"out_trade_no": "T1", "status": "a\r\nb: c"},
    ):
        with pytest.raises(ControlError):
            box.send(**nonsense)


def test_deliveries_are_listed(box, wire, receiver):
    receiver.answers = [http(b"no", status=500, x_shop="1")]
    wire.data("order.create", **ORDER)
    box.pay(out_trade_no="T1")
    status, answer = wire.control("deliveries", method="GET")
    assert status == 200
    (delivery,) = answer["deliveries"]
    (attempt,) = delivery.pop("attempts")
    assert (delivery["state"], delivery["next_due"], delivery["url"]) == ("due", START + 5, box.webhook_url)
    assert (attempt["due"], attempt["status"], attempt["answer"], attempt["verdict"]) == (
        START,
        500,
        "no",
        "status 500",
    )
    assert ["x-shop", "1"] in attempt["answer_headers"]
    assert attempt["headers"]["X-EventType"] == "Paid"
    assert attempt["body"] == delivery["body"]
