"""What goes wrong on purpose: the grammar, and every kind on calls as a caller meets it."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time

import pytest
import urllib3

from halopay_kit import HaloPay, errors
from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox import Sandbox
from halopay_kit.sandbox.business.chance import Chance
from halopay_kit.sandbox.faults import KINDS, NAMES, Faults, kinds_of, parse
from halopay_kit.sandbox.scenario.receiver import Receiver
from tests.sandbox.wire import KEY, PATHS, START, TRON, Hand, Wire

PAYOUT = {"out_trade_no": "P1", "currency_id": 75, "amount": "5", "address": TRON}
BODY = json.dumps(PAYOUT).encode()
START_TEXT = "2026-03-17T12:20:00Z"


@pytest.fixture
def faults() -> Faults:
    return Faults(Chance("a test"))


def answer(wire: Wire) -> urllib3.BaseHTTPResponse:
    return wire.send(PATHS["payout.create"], BODY)


def right(response: urllib3.BaseHTTPResponse) -> bool:
    content = response.data + response.headers["x-timestamp"].encode()
    return hmac.new(KEY.encode(), content, hashlib.sha256).hexdigest() == response.headers["x-sign"]


def cut(wire: Wire) -> bool:
    try:
        answer(wire)
    except urllib3.exceptions.ProtocolError:
        return True
    return False


def payouts(box: Sandbox) -> int:
    return len(box.state()["payouts"])


class TestTheGrammar:
    @pytest.mark.parametrize(
        ("text", "name", "values"),
        [
            ("payout.create:cut_after=1", "payout.create", {"cut_after": 1}),
            ("*:delay=2s,probability=0.1", "*", {"delay": "2s", "probability": 0.1}),
            ("webhook.payment: lost", "webhook.payment", {"lost": True}),
            (" order.create : error_after = 2 , status = 503 ", "order.create", {"error_after": 2, "status": 503}),
        ],
    )
    def test_reads_text(self, text, name, values):
        assert parse(text) == (name, values)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("cut_after=1", "NAME:KIND=VALUE"),
            ("payout.create", "payout.create:cut_after=1"),
            ("payout.create:", "NAME:KIND=VALUE"),
            ("payout.create:cut_after=", "a value is missing"),
            ("payout.create:=1", "a kind or"),
            ("payout.create:cut_after=1,cut_after=2", "twice"),
            ("payout.creat:cut_after=1", "payout.create"),
            ("webhook.payments:lost=1", "webhook.payment"),
            ("payout.create:cut_afer=1", "cut_after"),
            ("payout.create:lost=1", "cut_before"),
            ("webhook.payment:cut_after=1", "doubled"),
            ("payout.create:cut_after=0", "at least 1"),
            ("payout.create:cut_after=-1", "at least 1"),
            ("payout.create:cut_after=1.5", "at least 1"),
            ("payout.create:cut_after=often", "at least 1"),
            ("payout.create:delay", "a span of time"),
            ("payout.create:delay=soon", "a span of time"),
            ("payout.create:delay=-2", "a span of time"),
            ("webhook.payment:late=0s", "a span of time"),
            ("payout.create:count=1", "cut_after"),
            ("payout.create:cut_after,probability=2", "up to 1"),
            ("payout.create:cut_after,probability=0", "up to 1"),
            ("payout.create:cut_after,probability=nan", "up to 1"),
            ("payout.create:cut_after,count=0", "at least 1"),
            ("payout.create:error_after,status=404", "500 to 599"),
            ("payout.create:cut_after,status=503", "error_before and error_after"),
        ],
    )
    def test_tells_what_is_allowed(self, faults, text, told):
        with pytest.raises(ConfigurationError, match=told):
            faults.add_text(text)
        assert not len(faults)

    @pytest.mark.parametrize(
        "text",
        [
            "payout.create:cut_after=1",
            "*:delay=2s,probability=0.1",
            "webhook.payment:lost,late=3600s,count=3",
            "order.create:error_after=2,status=503",
        ],
    )
    def test_is_written_as_it_is_read(self, faults, text):
        faults.add_text(text)
        assert list(faults) == [text]

    @pytest.mark.parametrize("name", NAMES)
    def test_takes_every_kind_of_a_name(self, faults, name):
        for kind in kinds_of(name):
            faults.add(name, **{kind: "2s" if KINDS[kind].span else 1})
        assert len(faults) == len(kinds_of(name))


class TestTheRules:
    def test_count_down(self, faults):
        faults.add("payout.create", cut_after=2)
        assert [dict(faults.on_call("payout.create")) for _ in range(3)] == [{"cut_after": True}] * 2 + [{}]
        assert list(faults) == []

    def test_hit_every_time_without_a_count(self, faults):
        faults.add("payout.create", stale=True)
        assert all(faults.on_call("payout.create") for _ in range(50))

    def test_hit_what_they_name(self, faults):
        faults.add("payout.create", cut_after=1)
        faults.add("webhook.payment", lost=1)
        assert not faults.on_call("order.create")
        assert not faults.on_webhook("payout")
        assert faults.on_webhook("payment") == {"lost": True}

    def test_of_a_star_hit_calls_and_webhooks_alike(self, faults):
        faults.add("*", wrong_signature=2, delay="2s", late="3h")
        assert faults.on_call("order.create") == {"delay": 2.0, "wrong_signature": True}
        assert faults.on_webhook("payment-qr-code") == {"late": 10800.0, "wrong_signature": True}
        assert faults.on_call("order.create") == {"delay": 2.0}

    def test_add_up(self, faults):
        faults.add("*", delay="2s", count=1)
        faults.add("order.create", delay="1m", stale=1)
        assert faults.on_call("order.create") == {"delay": 62.0, "stale": True}
        assert faults.on_call("order.create") == {"delay": 60.0}

    def test_are_drawn_from_the_seed(self):
        def drawn(seed):
            faults = Faults(Chance(seed))
            faults.add("*", frequent=True, probability=0.3)
            return [bool(faults.on_call("order.create")) for _ in range(1000)]

        assert drawn(1) == drawn(1) != drawn(2)
        assert 240 < sum(drawn(1)) < 360

    def test_count_hits_and_not_misses(self, faults):
        faults.add("order.create", frequent=3, probability=0.2)
        assert sum(bool(faults.on_call("order.create")) for _ in range(500)) == 3

    def test_leave_ids_as_they_are(self):
        one, other = Chance(1), Chance(1)
        faults = Faults(other)
        faults.add("*", frequent=True, probability=0.5)
        faults.on_call("order.create")
        assert one.txid() == other.txid()

    def test_are_cleared(self, faults):
        faults.add("*", frequent=True)
        faults.clear()
        assert not faults.on_call("order.create")

    def test_lose_no_hit_between_threads(self, faults):
        faults.add("order.create", frequent=1000)
        hits = []
        threads = [
            threading.Thread(target=lambda: hits.extend(bool(faults.on_call("order.create")) for _ in range(400)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(hits) == 1000

    def test_tell_early_only_after_a_creation(self, faults):
        faults.add("webhook.payout", early=1)
        assert not faults.on_webhook("payout")
        assert not faults.on_creation("payment")
        assert faults.on_creation("payout")
        assert not faults.on_creation("payout")


class TestACall:
    def test_is_cut_before_the_work(self, box, wire):
        box.faults.add("payout.create", cut_before=1)
        assert cut(wire)
        assert payouts(box) == 0
        assert answer(wire).status == 200

    def test_is_cut_after_the_work(self, box, wire):
        box.faults.add("payout.create", cut_after=1)
        assert cut(wire)
        assert payouts(box) == 1
        assert wire.balance(75) == "99995"

    @pytest.mark.parametrize(("kind", "done"), [("error_before", 0), ("error_after", 1)])
    def test_meets_an_error_before_or_after_the_work(self, box, wire, kind, done):
        box.faults.add("payout.create", status=503, **{kind: 1})
        response = answer(wire)
        assert response.status == 503
        assert response.headers["content-type"] == "text/html"
        assert "x-sign" not in response.headers
        assert payouts(box) == done

    def test_is_too_frequent_and_not_done(self, box, wire):
        box.faults.add("payout.create", frequent=1)
        assert wire.code("payout.create", **PAYOUT) == 20009
        assert payouts(box) == 0

    def test_is_said_to_have_failed_and_is_done(self, box, wire):
        box.faults.add("payout.create", failed_after=1)
        assert wire.code("payout.create", **PAYOUT) == 10002
        assert payouts(box) == 1

    def test_that_is_refused_says_why_in_spite_of_a_fault(self, box, wire):
        box.faults.add("payout.create", failed_after=True, frequent=1)
        assert wire.raw("payout.create", BODY, key="anotherKey")["code"] == 10008
        assert wire.code("payout.create", **{**PAYOUT, "amount": "200000"}) == 10002
        assert payouts(box) == 0

    def test_gets_half_of_an_answer(self, box, wire):
        box.faults.add("payout.create", truncated=1)
        with pytest.raises(urllib3.exceptions.ProtocolError, match=r"IncompleteRead\([1-9]"):
            answer(wire)
        assert payouts(box) == 1

    def test_gets_a_page_instead_of_json(self, box, wire):
        box.faults.add("payout.create", not_json=1)
        response = answer(wire)
        assert (response.status, response.data[:6]) == (200, b"<html>")
        assert payouts(box) == 1

    def test_gets_a_wrong_signature(self, box, wire):
        box.faults.add("payout.create", wrong_signature=1)
        response = answer(wire)
        assert response.json()["code"] == 0
        assert len(response.headers["x-sign"]) == 64
        assert not right(response)

    def test_gets_no_signature(self, box, wire):
        box.faults.add("payout.create", no_signature=1)
        response = answer(wire)
        assert response.json()["code"] == 0
        assert "x-sign" not in response.headers
        assert response.headers["x-timestamp"] == str(START)

    def test_gets_a_stale_answer_that_is_signed(self, box, wire):
        box.faults.add("payout.create", stale=1)
        response = answer(wire)
        assert response.headers["x-timestamp"] == str(START - 3600)
        assert right(response)

    def test_meets_several_faults_at_once(self, box, wire):
        box.faults.add("payout.create", failed_after=1)
        box.faults.add("*", stale=1, no_signature=1)
        response = answer(wire)
        assert response.json()["code"] == 10002
        assert response.headers["x-timestamp"] == str(START - 3600)
        assert "x-sign" not in response.headers
        assert payouts(box) == 1

    def test_leaves_other_connections_alone_when_it_is_cut(self, box, wire, capfd):
        box.faults.add("payout.create", cut_after=1, truncated=1)
        wire.data("currency.token_list")
        assert cut(wire)
        wire.data("currency.token_list")
        assert capfd.readouterr() == ("", "")

    def test_is_recorded_with_its_faults(self, box, wire):
        box.faults.add("payout.create", cut_after=1)
        cut(wire)
        wire.data("payout.detail", out_trade_no="P1")
        first, second = (row.what for row in box.record if row.kind == "call")
        assert (first["operation"], first["request"], first["status"]) == ("payout.create", BODY, None)
        assert (first["answer"], first["faults"]) == (b"", ("cut_after",))
        assert (second["status"], second["faults"]) == (200, ())
        assert json.loads(second["answer"])["data"]["out_trade_no"] == "P1"


class TestADelay:
    def test_moves_a_clock_that_stands_still_and_hardly_waits(self):
        with Sandbox(app_key=KEY, start=START_TEXT) as box:
            wire = Wire(box, Hand(box.clock.now()))
            box.faults.add("payout.create", delay="10m", count=1)
            before, started = box.clock.now(), time.perf_counter()
            response = answer(wire)
            assert time.perf_counter() - started < 2
            assert box.clock.now() - before == 600
            assert response.headers["x-timestamp"] == str(int(before) + 600)
            assert box.state()["payouts"][0]["create_time"] == before
            wire.close()

    def test_holds_nobody_else_up(self, box, wire, hand):
        box.faults.add("payout.create", delay="1h", count=1)
        held, other = threading.Event(), Wire(box, hand)
        caller = threading.Thread(target=lambda: (answer(other), held.set()))
        caller.start()
        while not payouts(box):
            wire.data("currency.token_list")
        assert not held.is_set()
        caller.join()
        other.close()

    def test_is_met_as_a_time_out_by_a_client(self):
        with Sandbox(app_key=KEY) as box, HaloPay(box.app_id, KEY, box.base_url, timeout=0.1) as client:
            box.faults.add("payout.create", delay="300s")
            with pytest.raises(errors.OutcomeUnknown) as caught:
                client.payout.create(**PAYOUT)
            assert isinstance(caught.value.__cause__, errors.TimedOut)
            assert payouts(box) == 1


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"cut_before": 1}, errors.ConnectionLost),
        ({"cut_after": 1}, errors.ConnectionLost),
        ({"truncated": 1}, errors.ConnectionLost),
        ({"error_after": 1}, errors.AnswerError),
        ({"not_json": 1}, errors.UnverifiedAnswer),
        ({"wrong_signature": 1}, errors.UnverifiedAnswer),
        ({"no_signature": 1}, errors.UnverifiedAnswer),
        ({"stale": 1}, errors.UnverifiedAnswer),
        ({"failed_after": 1}, errors.OperationFailed),
    ],
)
def test_a_client_does_not_know_what_became_of_a_payout(fault, cause):
    with Sandbox(app_key=KEY) as box, HaloPay(box.app_id, KEY, box.base_url) as client:
        box.faults.add("payout.create", **fault)
        with pytest.raises(errors.OutcomeUnknown) as caught:
            client.payout.create(**PAYOUT)
        assert isinstance(caught.value.__cause__, cause), repr(caught.value.__cause__)
        assert payouts(box) == ("cut_before" not in fault)


def test_a_delayed_call_of_a_receiver_does_not_wait_for_the_travel_that_waits_for_it():
    answers = []

    def now() -> float:  # the receiver calls back while it takes a webhook in
        with HaloPay(box.app_id, KEY, box.base_url, clock=box.clock.now) as client:
            answers.append(client.order.detail(out_trade_no="T1").status)
        return box.clock.now()

    with Sandbox(app_key=KEY, start=START_TEXT) as box, Receiver(box.app_key, now) as receiver:
        box.webhook_url = receiver.url
        wire = Wire(box, Hand(box.clock.now()))
        wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="1")
        box.faults.add("order.detail", delay="2s")
        box.clock.advance("30m")
        assert [arrival.body["status"] for arrival in receiver.arrivals] == ["TIME-OUT"]
        assert answers == ["TIME-OUT"]
        assert box.deliveries[0].state == "delivered"
        wire.close()


def test_what_is_hidden_is_made_and_queries_do_not_know_it_for_a_while():
    with (
        Sandbox(start=START_TEXT) as box,
        HaloPay(box.app_id, box.app_key, box.base_url, clock=box.clock.now, attempts=1) as halopay,
    ):
        box.faults.add("payout.create", hidden="1h", cut_after=1)
        with pytest.raises(errors.OutcomeUnknown):
            halopay.payout.create(**PAYOUT)
        assert payouts(box) == 1
        with pytest.raises(errors.DataNotExist):
            halopay.payout.detail(out_trade_no="P1")
        box.clock.advance("1h")
        assert halopay.payout.detail(out_trade_no="P1").status == "TO-BE-PAID"
        box.faults.clear()
        box.faults.add("order.create", hidden="10m")
        halopay.order.create(out_trade_no="T1", currency_id=75, token_amount="1")
        with pytest.raises(errors.DataNotExist):
            halopay.order.detail(out_trade_no="T1")


def test_only_what_creates_can_be_hidden():
    assert "hidden" in kinds_of("order.create")
    assert "hidden" not in kinds_of("order.detail")
    assert "hidden" not in kinds_of("webhook.payout")
