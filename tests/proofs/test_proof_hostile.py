"""Nothing forged is believed, nothing malformed is stored: HALOPAY_PROOF=full tries it at full length."""

from __future__ import annotations

import http.client
import itertools
import os
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from halopay_kit import HaloPayError, webhooks
from halopay_kit.inbox import Inbox
from tests.proofs.hostile_requests import FORGED, MALFORMED, requests
from tests.proofs.receiver import APP_ID, KEY, SECRET, Receiver, Senders

FULL = os.environ.get("HALOPAY_PROOF") == "full"
VERIFIED = 1_000_000 if FULL else 20_000
SENT = 100_000 if FULL else 2_000


def test_verify_believes_nothing_hostile_and_raises_nothing_foreign(capsys: pytest.CaptureFixture[str]) -> None:
    now = int(time.time())
    refused: Counter[str] = Counter()
    accepted: list[str] = []
    for name, body, headers in itertools.islice(requests(1, now), VERIFIED):
        try:
            webhooks.verify(body, headers, app_key=KEY, app_id=APP_ID, now=now)
        except HaloPayError as error:
            refused[type(error).__name__] += 1
        else:
            accepted.append(name)
    with capsys.disabled():
        print(f"\n{VERIFIED:,} hostile requests: {len(accepted)} accepted, {dict(refused)}")
    assert accepted == []
    assert refused.total() == VERIFIED


def test_the_receiver_stores_nothing_hostile_and_never_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'inbox.sqlite'}"
    log = tmp_path / "log"
    with log.open("wb") as stream:
        receiver = Receiver(url, stream).start()
        statuses: Counter[tuple[str, int]] = Counter()
        drawn = requests(2, int(time.time()))
        connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
        for name, body, headers in itertools.islice(drawn, SENT):
            statuses[name, _sent(connection, body, headers)] += 1
        connection.request("GET", "/metrics")
        metrics = connection.getresponse().read()
        connection.close()
        assert receiver.stop() == 0
    with Inbox(url) as inbox:
        stats, events = inbox.stats(), inbox.events()
    codes = Counter(code for (_, code), number in statuses.items() for _ in range(number))
    with capsys.disabled():
        print(f"\n{SENT:,} hostile requests to the receiver: {dict(codes)}, {len(events)} events, {stats.rejected}")
    assert events == []
    assert set(codes) <= {400, 401, 413}
    assert {name for name, _ in statuses} == {kind.__name__ for kind in (*FORGED, *MALFORMED)}
    assert sum(stats.rejected.values()) == SENT - codes[413] or sum(stats.rejected.values()) == SENT
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir()) + metrics
    assert SECRET.encode() not in left


def test_a_flood_of_forged_requests_does_not_stop_honest_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver = Receiver(f"sqlite:///{tmp_path / 'inbox.sqlite'}").start()
    over = threading.Event()

    def flood(seed: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
        for _, body, headers in requests(seed, int(time.time())):
            if over.is_set():
                break
            _sent(connection, body, headers)
        connection.close()

    attackers = [threading.Thread(target=flood, args=(seed,)) for seed in range(3)]
    for attacker in attackers:
        attacker.start()
    try:
        with Senders(receiver.port, number=2) as senders:
            time.sleep(5 if FULL else 1)
    finally:
        over.set()
        for attacker in attackers:
            attacker.join()
        receiver.stop()
    with capsys.disabled():
        print(f"\nbeside a flood: {dict(senders.statuses)}")
    assert set(senders.statuses) == {200}
    assert len(senders.acknowledged) > 50


def _sent(connection: http.client.HTTPConnection, body: bytes, headers: list[tuple[str, str]]) -> int:
    connection.putrequest("POST", "/", skip_accept_encoding=True)
    for name, value in [*headers, ("Content-Length", str(len(body)))]:
        connection.putheader(name, value.encode("utf-8", "replace"))
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.read()
    return answer.status
