"""What waits at one time is committed at one time, and what the store does not take is not acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import pytest

from halopay_kit.errors import InboxUnavailable
from halopay_kit.inbox import Inbox
from halopay_kit.receiver import group_commit
from tests.receiver.wire import APP_ID, KEY, NOW, Call, headers, payment


class Gated(Inbox):
    """An inbox that takes when it is let, and writes down how many at a time."""

    def __init__(self, path) -> None:
        super().__init__(path, clock=lambda: NOW)
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.sizes: list[int] = []
        self.told: list[dict[str, int]] = []

    def take(self, arrivals):
        self.sizes.append(len(arrivals))
        self.entered.set()
        assert self.gate.wait(10)
        return super().take(arrivals)

    def reject(self, reasons):
        self.told.append(dict(reasons))
        return super().reject(reasons)


@pytest.fixture
def gated(tmp_path):
    with Gated(tmp_path / "gated.sqlite") as inbox:
        yield inbox
        inbox.gate.set()


def wait_for(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


async def calls(app, bodies):
    return await asyncio.gather(*[Call(body).to(app) for body in bodies])


def test_what_arrives_while_a_commit_runs_shares_the_next(receiving, gated):
    async def arrive():
        app = receiving(into=gated)
        first = asyncio.create_task(calls(app, [payment(0)]))
        await asyncio.to_thread(gated.entered.wait, 10)
        rest = [asyncio.create_task(calls(app, [payment(number)])) for number in range(1, 50)]
        await asyncio.sleep(0.02)
        gated.gate.set()
        return await asyncio.gather(first, *rest)

    assert {answer for [answer] in asyncio.run(arrive())} == {(200, b"Success")}
    assert gated.sizes == [1, 49]
    assert len(gated.events()) == 50


def test_a_store_that_hangs_is_no_success_and_holds_up_no_refusal(receiving, gated):
    async def arrive():
        app = receiving(into=gated, timeout=0.1)
        waiting = asyncio.create_task(calls(app, [payment(1), payment(2)]))
        await asyncio.to_thread(gated.entered.wait, 10)
        refused = await Call(payment(3), more=headers(payment(4))).to(app)
        assert not waiting.done()
        return refused, await waiting

    refused, hung = asyncio.run(arrive())
    assert refused == (401, b"mismatch\n")
    assert hung == [(503, b"unavailable\n")] * 2


def test_too_many_that_wait_are_too_many(receiving, gated, monkeypatch):
    monkeypatch.setattr(group_commit, "_WAITING_AT_MOST", 3)

    async def arrive():
        app = receiving(into=gated)
        first = asyncio.create_task(calls(app, [payment(0)]))
        await asyncio.to_thread(gated.entered.wait, 10)
        waiting = asyncio.create_task(calls(app, [payment(number) for number in range(1, 4)]))
        await asyncio.sleep(0.02)
        late = await Call(payment(9)).to(app)
        gated.gate.set()
        return late, [*await first, *await waiting]

    late, others = asyncio.run(arrive())
    assert late == (503, b"busy\n")
    assert others == [(200, b"Success")] * 4


class Picky(Inbox):
    """An inbox that fails whole when there is one that it cannot take."""

    error: Exception = InboxUnavailable("planted")

    def take(self, arrivals):
        if any(b"poison" in arrival.event.body for arrival in arrivals):
            raise self.error
        return super().take(arrivals)


@pytest.mark.parametrize("error", [InboxUnavailable("planted"), ValueError("planted"), MemoryError()])
def test_one_that_the_store_cannot_take_does_not_fail_the_others(receiving, tmp_path, error):
    with Picky(tmp_path / "picky.sqlite", clock=lambda: NOW) as inbox:
        inbox.error = error
        bodies = [payment(1), payment("poison"), payment(2), payment(3)]
        app = receiving(into=inbox)
        answers = asyncio.run(calls(app, bodies))
        app.close()
        assert [status for status, _ in answers] == [200, 503, 200, 200]
        assert len(inbox.events()) == 3


@contextmanager
def broken(path):
    """Have a store refuse every write."""
    with closing(sqlite3.connect(path)) as other:
        tables = other.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'halopay%'"
        ).fetchall()
        ways = [(name, way) for (name,) in tables for way in ("INSERT", "UPDATE")]
        for name, way in ways:
            other.execute(
                f"CREATE TRIGGER no_{way}_{name} BEFORE {way} ON {name} BEGIN SELECT RAISE(ABORT, 'planted'); END"
            )
        yield
        for name, way in ways:
            other.execute(f"DROP TRIGGER no_{way}_{name}")


def test_a_store_that_fails_is_503_and_goes_on_when_it_is_back(receiving, inbox, tmp_path):
    app = receiving()
    assert asyncio.run(calls(app, [payment(0)])) == [(200, b"Success")]
    call = Call(payment(1))
    with broken(tmp_path / "inbox.sqlite"):
        asyncio.run(call.to(app))
    assert call.answer == (503, b"unavailable\n")
    assert call.headers[b"retry-after"]
    assert asyncio.run(calls(app, [payment(1)])) == [(200, b"Success")]
    assert len(inbox.events()) == 2


def test_a_log_of_a_failing_store_says_so_once_and_names_no_key(receiving, tmp_path, caplog):
    app = receiving()
    with broken(tmp_path / "inbox.sqlite"):
        for number in range(3):
            asyncio.run(calls(app, [payment(number)]))
    assert len(caplog.records) == 1
    assert KEY not in caplog.text
    assert APP_ID not in caplog.text


def test_forged_requests_cost_no_transaction_each(receiving, gated):
    app = receiving(into=gated)

    async def flood():
        return await asyncio.gather(*[Call(payment(1), more=[]).to(app) for _ in range(500)])

    assert set(asyncio.run(flood())) == {(401, b"unsigned\n")}
    app.close()
    assert gated.sizes == []
    assert len(gated.told) <= 2
    assert sum(each["unsigned"] for each in gated.told) == 500


def test_numbers_that_could_not_be_told_are_told_later(receiving, inbox, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(group_commit, "_REJECTIONS_EVERY", 0.0)
    app = receiving()
    with broken(tmp_path / "inbox.sqlite"):
        asyncio.run(Call(payment(1), more=[]).to(app))
        wait_for(lambda: "could not be counted" in caplog.text)
    asyncio.run(Call(payment(1), more=[]).to(app))
    app.close()
    assert inbox.stats().rejected == {"unsigned": 2}


def test_the_thread_ends_when_there_is_nothing_to_do(receiving, monkeypatch):
    monkeypatch.setattr(group_commit, "_IDLE", 0.01)
    app = receiving()
    for number in range(2):
        assert asyncio.run(calls(app, [payment(number)])) == [(200, b"Success")]
        for thread in threading.enumerate():
            if thread.name == "halopay-receiver":
                thread.join(5)
                assert not thread.is_alive()


def test_many_loops_and_threads_share_one_store(receiving, inbox):
    app = receiving()

    def loop(number):
        answers.extend(asyncio.run(calls(app, [payment(f"{number}-{each}") for each in range(20)])))

    answers: list[tuple[int, bytes]] = []
    threads = [threading.Thread(target=loop, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(200, b"Success")] * 80
    assert len(inbox.events(limit=1000)) == 80
