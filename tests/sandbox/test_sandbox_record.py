"""The record of what happened."""

from __future__ import annotations

import json

from halopay_kit.sandbox import Sandbox
from tests.hostile import hostile, http
from tests.sandbox.wire import KEY, START, TRON, Hand, Wire

SUCCESS = http(b"Success", content_type="text/plain")


def recording(seed: int, *, signed_by: str = KEY) -> bytes:
    hand = Hand()
    with (
        hostile(http(b"no", date="now", server="x"), None, SUCCESS) as server,
        Sandbox(seed=seed, app_key=signed_by, start=START, webhook_url=server.base_url) as box,
    ):
        wire = Wire(box, hand)
        wire.data(
            "order.create",
            out_trade_no="T1",
            currency_id=75,
            token_amount="1",
            callback_url=f"{server.base_url}/hook",
            redirect_url=f"{server.base_url}/done",
        )
        wire.data("entrust.pre_create", out_trade_no="T2", symbol="EUR", amount="2")
        wire.data("payout.create", out_trade_no="P1", currency_id=75, amount="1", address=TRON)
        wire.code("order.detail", out_trade_no="nobody")
        box.pay(out_trade_no="T1")
        wire.control("settle", body={"out_trade_no": "P1"})
        box.clock.advance("1h")
        wire.close()
        return box.record.jsonl()


def test_the_same_seed_and_start_give_the_same_bytes():
    assert recording(1) == recording(1)
    assert recording(1) != recording(2)


def test_the_record_says_what_happened_in_order():
    rows = [json.loads(line) for line in recording(1).splitlines()]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["kind"] for row in rows][:10] == [
        "call",
        "call",
        "call",
        "call",
        "control",
        "event",
        "attempt",
        "control",
        "event",
        "attempt",
    ]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert (rows[0]["operation"], json.loads(rows[0]["answer"])["code"]) == ("order.create", 0)
    assert [row["due"] - START for row in rows if row["kind"] == "attempt"] == [0, 0, 5, 5, 1800]


def test_no_key_and_no_token_is_recorded():
    hand = Hand()
    with hostile(SUCCESS) as server, Sandbox(app_key=KEY, start=START, webhook_url=server.base_url) as box:
        wire = Wire(box, hand)
        wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="1")
        wire.control("pay", body={"out_trade_no": "T1"})
        wire.control("pay", token="wrong", body={"out_trade_no": "T1"})
        status, answer = wire.control("record", method="GET")
        assert status == 200
        for text in (box.record.jsonl().decode(), json.dumps(answer), repr(list(box.record))):
            assert KEY not in text
            assert box.control_token not in text
        assert [json.loads(line) for line in box.record.jsonl().splitlines()] == answer["record"]
        wire.close()


def test_a_listener_is_told_each_later_row(box, wire):
    heard = []
    wire.data("currency.token_list")
    box.record.listen(heard.append)
    wire.data("currency.token_list")
    box.fund(75, 1)
    assert [row.kind for row in heard] == ["call", "control"]
    assert heard == list(box.record)[1:]
