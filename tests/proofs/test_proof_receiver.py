"""What the receiver promises, tried as hard as it can be: HALOPAY_PROOF=full tries it at full length."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import text

from halopay_kit import Sandbox
from halopay_kit.inbox import Inbox
from tests.conftest import ROOT
from tests.proofs.consumer import TABLE
from tests.proofs.receiver import APP_ID, SECRET, Receiver, Senders

FULL = os.environ.get("HALOPAY_PROOF") == "full"
KILLS = 100 if FULL else 4
ORDERS = 400 if FULL else 60


def counted(url: str) -> dict[str, int]:
    with Inbox(url) as inbox, inbox.store.reading() as connection:
        rows = connection.execute(text("SELECT trade_no, count(*) AS number FROM halopay_events GROUP BY trade_no"))
        return {row.trade_no: row.number for row in rows}


def test_whatever_was_answered_success_is_stored_once_however_often_the_receiver_is_killed(
    store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(4)
    receiver = Receiver(store_url).start()
    with Senders(receiver.port) as senders:
        for _ in range(KILLS):
            wanted = len(senders.acknowledged) + chance.randint(20, 400)
            deadline = time.monotonic() + 30
            while len(senders.acknowledged) < wanted:
                assert time.monotonic() < deadline, senders.statuses
                time.sleep(chance.uniform(0.0005, 0.003))
            receiver.kill()
            receiver.start()
        wanted = len(senders.acknowledged) + 50
        while len(senders.acknowledged) < wanted:
            time.sleep(0.01)
    assert receiver.stop() == 0
    stored = counted(store_url)
    lost = [trade_no for trade_no in senders.acknowledged if trade_no not in stored]
    doubled = [trade_no for trade_no, number in stored.items() if number != 1]
    with capsys.disabled():
        print(
            f"\n{store_url.partition(':')[0]}: {KILLS} kills, {len(senders.acknowledged)} answered Success, "
            f"{len(stored)} stored, {len(lost)} lost, {len(doubled)} stored twice, {dict(senders.statuses)}"
        )
    assert (lost, doubled) == ([], [])
    assert len(senders.acknowledged) >= KILLS * 20
    assert not {500, 401, 400} & senders.statuses.keys()


class Crew:
    """Four consumers, killed and replaced."""

    def __init__(self, url: str) -> None:
        self._url, self._seeds = url, iter(range(10_000))
        self.members = [self._new() for _ in range(4)]

    def _new(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.proofs.consumer", self._url, str(next(self._seeds))]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)

    def replace(self, chance: random.Random) -> None:
        place = chance.randrange(len(self.members))
        assert self.members[place].stdout.readline() == b"working\n"
        time.sleep(chance.uniform(0, 0.15))
        self._kill(self.members[place])
        self.members[place] = self._new()

    def dismiss(self) -> None:
        for member in self.members:
            self._kill(member)

    def _kill(self, member: subprocess.Popen[bytes]) -> None:
        member.send_signal(signal.SIGKILL)
        member.wait(30)
        member.stdout.close()


def test_two_receivers_and_four_killed_consumers_handle_each_event_once_and_in_order(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)
    receivers = [Receiver(postgres_url).start() for _ in range(2)]
    with Inbox(postgres_url) as inbox:
        with inbox.store.writing() as connection:
            connection.exec_driver_sql(TABLE.format(serial="GENERATED ALWAYS AS IDENTITY"))
        crew = Crew(postgres_url)
        try:
            with Sandbox(seed=7, app_id=APP_ID, app_key=SECRET, webhooks_signed_at="machine") as box:
                for fault in ("doubled", "reordered"):
                    box.faults.add_text(f"webhook.payment:{fault},probability=0.3")
                _business(box, [receiver.address for receiver in receivers], crew, chance)
                sent = sum(len(delivery.attempts) for delivery in box.deliveries)
            for _ in range(3):
                crew.replace(chance)
            deadline = time.monotonic() + 60
            while inbox.stats().states.get("pending", 0) + inbox.stats().states.get("claimed", 0):
                assert time.monotonic() < deadline, inbox.stats()
                time.sleep(0.1)
        finally:
            crew.dismiss()
            for receiver in receivers:
                receiver.stop()
        with inbox.store.reading() as connection:
            handled = connection.execute(
                text("SELECT event_id, subject, status, amount FROM handled ORDER BY place")
            ).all()
            news = connection.execute(text("SELECT id FROM halopay_events WHERE state = 'done'")).scalars().all()
            taken = connection.execute(text("SELECT count(*) FROM halopay_deliveries")).scalar_one()
    ids = [row.event_id for row in handled]
    with capsys.disabled():
        print(f"\n{ORDERS} orders, {sent} sent, {taken} taken in, {len(news)} news, {len(ids)} handled")
    assert sorted(ids) == sorted(news)
    assert len(set(ids)) == len(ids)
    for subject in {row.subject for row in handled}:
        told = [row for row in handled if row.subject == subject]
        assert [row.event_id for row in told] == sorted(row.event_id for row in told)
        assert [float(row.amount) for row in told] == sorted(float(row.amount) for row in told)
        assert "PAID" not in [row.status for row in told[:-1]]
        assert told[-1].status == "PAID"
    assert len({row.subject for row in handled}) == ORDERS


def _business(box: Sandbox, addresses: list[str], crew: Crew, chance: random.Random) -> None:
    from halopay_kit import HaloPay

    with HaloPay(box.app_id, box.app_key, box.base_url, clock=box.clock.now) as halopay:
        orders = [
            halopay.order.create(
                out_trade_no=f"T-{number}", currency_id=75, token_amount="15", callback_url=chance.choice(addresses)
            )
            for number in range(ORDERS)
        ]
        rounds = [orders, orders, orders]
        for part, amount in zip(rounds, ("5", "4", None), strict=True):
            for number, order in enumerate(part):
                box.pay(trade_no=order.trade_no, amount=amount)
                if number % (ORDERS // 4) == 0:
                    crew.replace(chance)
            box.clock.advance("2m")
