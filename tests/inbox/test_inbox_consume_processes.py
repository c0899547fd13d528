"""Consumers as processes: killed, interrupted, hanging, several at once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import text

from halopay_kit.inbox import Inbox
from halopay_kit.inbox.consume import Consumed
from tests.conftest import ROOT
from tests.inbox.waiting import arrival, fill, states


@pytest.fixture
def inbox(store_url):
    with Inbox(store_url) as inbox:
        with inbox.store.writing() as connection:
            connection.execute(
                text(
                    "CREATE TABLE effects (number INTEGER PRIMARY KEY, id INTEGER)"
                    if sqlite(store_url)
                    else "CREATE TABLE effects (number BIGSERIAL PRIMARY KEY, id BIGINT)"
                )
            )
        yield inbox


def sqlite(url):
    return url.startswith("sqlite")


def effects(inbox):
    with inbox.store.reading() as connection:
        return connection.execute(text("SELECT id FROM effects ORDER BY number")).scalars().all()


@contextmanager
def consumer(mode, url, directory):
    command = [sys.executable, "-m", "tests.inbox.consumer", mode, url, str(directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            assert said == "ready\n", said or process.communicate()[1]
            yield process
        finally:
            process.kill()
            process.communicate()


def lines(directory):
    path = directory / "log"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def until(true, patience=20.0):
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_consumer_finishes_its_event_and_leaves_no_claim(inbox, store_url, tmp_path, number):
    fill(inbox, "ABC")
    with consumer("slow", store_url, tmp_path) as process:
        until(lambda: lines(tmp_path))
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert [line[0] for line in lines(tmp_path)] == ["begin", "end"]
    assert sorted(states(inbox).values()) == ["done", "pending", "pending"]
    assert process.returncode == (-signal.SIGTERM if number == signal.SIGTERM else -signal.SIGINT)
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)


def test_who_is_interrupted_twice_ends_at_once_and_its_event_is_free(inbox, store_url, tmp_path):
    fill(inbox, "A")
    with consumer("hang", store_url, tmp_path) as process:
        until(lambda: lines(tmp_path))
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert states(inbox) == {"A1": "pending"}
    assert inbox.event(1).attempts == 0


@pytest.mark.parametrize("mode", ["slow", "slow-joined"])
def test_the_event_of_a_killed_consumer_is_tried_again_and_what_it_wrote_is_undone(inbox, store_url, tmp_path, mode):
    fill(inbox, "A", 2)
    with consumer(mode, store_url, tmp_path) as process:
        until(lambda: lines(tmp_path))
        process.kill()
        process.wait()
        assert inbox.consume(lambda _: None, until_empty=True) == Consumed()
        assert effects(inbox) == []
        seen = []
        until(lambda: inbox.consume(seen.append, until_empty=True).done)
    assert [(event.id, event.attempts) for event in seen] == [(1, 2), (2, 1)]


def test_a_hanging_consumer_stops_nobody_elses_orders(inbox, store_url, tmp_path):
    fill(inbox, "ABCD", 2)
    with consumer("hang", store_url, tmp_path):
        until(lambda: lines(tmp_path))
        time.sleep(0.6)  # beyond its lease, which it renews
        assert inbox.consume(lambda _: None, until_empty=True) == Consumed(done=6)
        assert states(inbox)["A1"] == "claimed"


@pytest.mark.parametrize("mode", ["random", "joined"])
def test_in_order_apart_and_none_lost_with_consumers_killed_at_random(inbox, store_url, tmp_path, mode):
    chance = random.Random(4)
    orders = [f"o{number}." for number in range(12)]
    seconds = 1.5
    with ExitStack() as stack:
        processes = [stack.enter_context(consumer(mode, store_url, tmp_path)) for _ in range(3)]
        end = time.monotonic() + seconds
        collected = 0
        while time.monotonic() < end:
            collected += 1
            arrivals = [arrival(order, collected) for order in orders]
            arrivals += chance.choices(arrivals, k=3)  # again, the very same
            chance.shuffle(arrivals)
            inbox.take(arrivals)
            time.sleep(0.05)
            if chance.random() < 0.15:
                victim = chance.randrange(len(processes))
                processes[victim].kill()
                processes[victim] = stack.enter_context(consumer(mode, store_url, tmp_path))
        until(lambda: set(states_of(inbox)) == {"done"}, patience=30)
        for process in processes:
            process.terminate()
            process.communicate(timeout=10)
    said = lines(tmp_path)
    assert not [line for line in said if line[0] == "two-at-once"]
    events = sorted(event.id for event in inbox.events(limit=5000))
    assert len(events) == collected * len(orders)
    for subject in {line[1] for line in said}:
        begun = [int(line[2]) for line in said if line[0] == "begin" and line[1] == subject]
        assert begun == sorted(begun)  # one that failed or was killed is begun again before the next
    if mode == "joined":
        written = effects(inbox)
        assert sorted(written) == events
        by_subject = {event.id: event.subject for event in inbox.events(limit=5000)}
        for subject in set(by_subject.values()):
            mine = [id_ for id_ in written if by_subject[id_] == subject]
            assert mine == sorted(mine)


def states_of(inbox):
    with inbox.store.reading() as connection:
        return connection.execute(text("SELECT DISTINCT state FROM halopay_events")).scalars().all()
