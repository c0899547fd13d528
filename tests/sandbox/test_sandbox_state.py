"""A sandbox with a state forgets nothing that it answered, however it ends."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import urllib3

from halopay_api.policy import RETRY_AFTER
from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox import Sandbox, Unknowns
from tests.sandbox.killed import Child, Receiver
from tests.sandbox.wire import KEY, START, TRON, Hand, Wire

NOWHERE = "http://127.0.0.1:1/"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def child(file: Path) -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def start(webhook_url: str = "") -> Child:
        children.append(Child(file, webhook_url))
        return children[-1]

    yield start
    for one in children:
        one.gone()


def calling(box: Sandbox) -> Wire:
    return Wire(box, Hand(box.clock.second()))


def test_a_thousand_due_deliveries_survive_kill_9(receiver: Receiver, child: Callable[..., Child]) -> None:
    box = child(receiver.url).serving()
    wire = box.wire()
    for number in range(400):
        wire.data("order.create", out_trade_no=f"T-{number}", currency_id=75, token_amount="10")
        assert wire.control("pay", body={"out_trade_no": f"T-{number}"})[0] == 200
    for number in range(300):
        wire.data("payout.create", out_trade_no=f"W-{number}", currency_id=75, amount="1.5", address=TRON)
        assert wire.control("settle", body={"out_trade_no": f"W-{number}"})[0] == 200
    address = wire.data("payment_qr_code.create", currency_id=75, out_trade_no="Q-1")["pay_address"]
    for _ in range(300):
        assert wire.control("pay", body={"address": address, "amount": "2"})[0] == 200
    deliveries = wire.control("deliveries", method="GET")[1]["deliveries"]
    bodies = {delivery["body"].encode() for delivery in deliveries}
    assert len(bodies) == 1000
    assert {delivery["next_due"] for delivery in deliveries} == {START + RETRY_AFTER[0]}
    before = box.state()

    receiver.takes = True
    receiver.kills(box, after=300)
    with pytest.raises(urllib3.exceptions.HTTPError):
        wire.control("advance", body={"by": RETRY_AFTER[0]})
    wire.close()
    box.gone()
    first = receiver.bodies.total()
    box = child(receiver.url).serving()  # what is due goes out by itself
    with receiver.changed:
        assert receiver.changed.wait_for(lambda: set(receiver.bodies) == bodies, timeout=60)

    wire = box.wire()
    assert wire.control("advance", body={"by": 0})[0] == 200
    after = wire.control("deliveries", method="GET")[1]["deliveries"]
    wire.close()
    sent = f"{first} sent before the kill, {receiver.bodies.total()} in all, {len(receiver.bodies)} different"
    print(f"1000 due, {sent}")  # for whoever asks with -s
    assert {delivery["state"] for delivery in after} == {"delivered"}
    assert [delivery["attempts"][0] for delivery in after] == [delivery["attempts"][0] for delivery in deliveries]
    assert {name: rows for name, rows in box.state().items() if name != "time"} == {
        name: rows for name, rows in before.items() if name != "time"
    }


def test_what_is_sent_again_after_a_kill_survives_the_next(receiver: Receiver, child: Callable[..., Child]) -> None:
    box = child(receiver.url).serving()
    wire = box.wire()
    address = wire.data("payment_qr_code.create", currency_id=75)["pay_address"]
    for number in range(60):
        out_trade_no = f"T-{number}"
        wire.data("order.create", out_trade_no=out_trade_no, currency_id=75, token_amount="10")
        assert wire.control("pay", body={"out_trade_no": out_trade_no})[0] == 200
        assert wire.control("pay", body={"address": address, "amount": "2"})[0] == 200
    receiver.takes = True
    receiver.kills(box, after=20)
    with pytest.raises(urllib3.exceptions.HTTPError):
        wire.control("advance", body={"by": RETRY_AFTER[0]})
    wire.close()
    box.gone()
    for _ in range(4):
        box = child(receiver.url)
        receiver.kills(box, after=20)
        with receiver.changed:
            assert receiver.changed.wait_for(lambda: receiver.victim is None, timeout=60)
        box.gone()
    # What was under way at a kill on a busy machine may count as an attempt that failed: its next one is due later.
    child(receiver.url).serving().wire().control("advance", body={"by": "1h"})
    with receiver.changed:
        assert receiver.changed.wait_for(lambda: len(receiver.bodies) == 120, timeout=60)


def test_answered_creations_survive_kill_9_at_any_moment(child: Callable[..., Child]) -> None:
    chance, numbers = random.Random(9), iter(range(10**6))  # repeatable on purpose
    answered: dict[str, dict] = {}
    paid: set[str] = set()
    for _ in range(5):
        box = child().serving()
        killed_at = len(answered) + chance.randrange(1, 150)

        def create(box: Child = box, killed_at: int = killed_at) -> None:
            wire = box.wire()
            while True:
                number = next(numbers)
                try:
                    if number % 3:
                        out_trade_no, fields = f"T-{number}", {"currency_id": 70, "token_amount": "1"}
                        data = wire.data("order.create", out_trade_no=out_trade_no, **fields)
                    else:
                        out_trade_no, fields = f"W-{number}", {"currency_id": 75, "amount": "1", "address": TRON}
                        data = wire.data("payout.create", out_trade_no=out_trade_no, **fields)
                    if number % 3 == 1 and wire.control("pay", body={"out_trade_no": out_trade_no})[0] == 200:
                        paid.add(out_trade_no)
                except urllib3.exceptions.HTTPError:
                    break
                answered[out_trade_no] = data
                if len(answered) == killed_at:
                    box.kill()
            wire.close()

        threads = [threading.Thread(target=create) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        box.gone()
    found = child().serving().state()
    rows = {row["out_trade_no"]: row for row in (*found["orders"], *found["payouts"])}
    assert len(rows) == len(found["orders"]) + len(found["payouts"])
    assert len({row["trade_no"] for row in rows.values()}) == len(rows)
    assert len({order["pay_address"] for order in found["orders"]}) == len(found["orders"])
    print(f"{len(answered)} answered, {len(paid)} of them paid, {len(rows)} there, after 5 kills")  # likewise
    for out_trade_no, data in answered.items():
        assert rows[out_trade_no]["trade_no"] == data["trade_no"]
        assert rows[out_trade_no].get("pay_address") == data.get("pay_address")
    assert Decimal(found["balances"]["75"]) == 100_000 - len(found["payouts"])
    assert paid <= {order["out_trade_no"] for order in found["orders"] if order["status"] == "PAID"}
    assert Decimal(found["balances"]["70"]) == 100_000 + Decimal("0.9997") * len(found["payments"])


def test_a_sandbox_with_a_state_begins_where_it_ended(file: Path) -> None:
    unknowns = Unknowns(need_confirms=20)
    with Sandbox(state=file, app_key=KEY, start=START, webhook_url=NOWHERE, unknowns=unknowns) as box:
        wire, app_id = calling(box), box.app_id
        order = wire.data("order.create", out_trade_no="T-1", currency_id=75, token_amount="10.5", fiat_name="EUR")
        wire.data("order.create", out_trade_no="T-2", currency_id=68, token_amount="0.000000000000000001")
        wire.data("entrust.pre_create", out_trade_no="H-1", symbol="EUR", amount="24.90", name="Ключ <b>")
        payout = wire.data("payout.create", out_trade_no="W-1", currency_id=75, amount="3", address=TRON)
        wire.close()
        box.fail(trade_no=payout["trade_no"])
        box.pay(trade_no=order["trade_no"], amount="10")
        box.clock.advance("20s")
        before = box.state(), box.deliveries
        assert before[1]
    with Sandbox(state=file, start=START, webhook_url=NOWHERE, unknowns=unknowns) as box:
        assert (box.app_id, box.environ()["HALOPAY_APP_KEY"]) == (app_id, KEY)
        assert (box.state(), box.deliveries) == before
        box.clock.advance("3m")
        assert box.pay(trade_no=order["trade_no"])["amount_collected"] == "10"
        box.clock.advance("25h")
        assert {delivery.state for delivery in box.deliveries} == {"given up"}
        assert {len(delivery.attempts) for delivery in box.deliveries} == {16}
        assert {order["status"] for order in box.state()["orders"]} == {"PAID", "TIME-OUT"}
        told = [(delivery.event.out_trade_no, delivery.event.status) for delivery in box.deliveries]
        assert told[:3] == [("W-1", "FAIL"), ("T-1", "TO-BE-PAID"), ("T-1", "PAID")]
        assert sorted(told[3:]) == [("H-1", "TIME-OUT"), ("T-2", "TIME-OUT")]


def test_what_cannot_be_saved_is_not_answered_but_not_lost_either(file: Path) -> None:
    with Sandbox(state=file, app_key=KEY, start=START) as box:
        wire, database = calling(box), box._state._file._database
        limit = database.execute("PRAGMA max_page_count = 1").fetchone()[0]  # no less than there are
        fill = (box.fund(75, 1) for _ in range(10_000))
        with pytest.raises(ConfigurationError, match="cannot be written: database or disk is full"):
            list(fill)
        body = b'{"out_trade_no": "T-1", "currency_id": 75, "token_amount": "1"}'
        assert wire.send("/api/order/create", body).status == 500
        wire.close()
        database.execute(f"PRAGMA max_page_count = {limit + 1000}")
        wire = calling(box)
        wire.data("order.create", out_trade_no="T-2", currency_id=75, token_amount="1")
        wire.close()
        before = box.state()
    with Sandbox(state=file, start=START) as box:
        assert box.state() == before
        assert len(before["orders"]) == 2


def test_the_clock_stays_moved(file: Path) -> None:
    world = Hand()
    with Sandbox(state=file, clock=world) as box:
        box.clock.advance("3h")
    world.second += 60
    with Sandbox(state=file, clock=world) as box:
        assert box.clock.second() == START + 3 * 3600 + 60
    world.second -= 3600
    with Sandbox(state=file, clock=world) as box:
        assert box.clock.second() >= START + 3 * 3600


def test_no_id_is_given_twice_though_the_seed_is_the_same(file: Path) -> None:
    found: list[str] = []
    for life in range(3):
        with Sandbox(state=file, app_key=KEY, seed=1, start=START) as box:
            wire = calling(box)
            order = wire.data("order.create", out_trade_no=f"T-{life}", currency_id=75, token_amount="1")
            wire.close()
            found += [order["trade_no"], order["pay_address"]]
    assert len(set(found)) == 6


def test_a_stopped_sandbox_neither_starts_again_nor_changes(file: Path) -> None:
    with Sandbox(state=file) as box:
        box.fund(75, 1)
    with pytest.raises(ConfigurationError, match="starts once"):
        box.start()
    with pytest.raises(ConfigurationError, match="not kept"):
        box.fund(75, 1)
    with Sandbox(state=file) as box:
        assert box.state()["balances"]["75"] == "100001"
