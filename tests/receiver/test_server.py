"""The server over real sockets: odd senders, many senders, no senders, and its end."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from functools import partial

import pytest

from halopay_kit.receiver import server as server_module
from halopay_kit.receiver.suspects import Suspects
from tests.conftest import ROOT
from tests.receiver.test_group_commit import Gated
from tests.receiver.wire import Caller, headers, payment, post, request, served

BODY = payment()
SUCCESS = (200, b"Success")


@pytest.fixture
def app(receiving):
    return receiving()


@pytest.fixture
def port(app):
    with served(app) as port:
        yield port


def numbers(inbox):
    return sorted(event.trade_no for event in inbox.events(limit=1000))


def test_a_connection_carries_one_event_after_the_other(port, inbox):
    with Caller(port) as caller:
        for number in range(3):
            assert caller.say(request(payment(number))).hear() == SUCCESS
    assert numbers(inbox) == ["T0", "T1", "T2"]


def test_requests_that_come_at_once_are_answered_in_turn(port, inbox):
    mixed = [request(payment(0)), request(payment(1), []), request(payment(2)), request(b"[]"), request(payment(3))]
    with Caller(port) as caller:
        caller.say(b"".join(mixed))
        assert [caller.hear()[0] for _ in mixed] == [200, 401, 200, 400, 200]
    assert numbers(inbox) == ["T0", "T2", "T3"]


def test_a_request_may_come_byte_by_byte(port):
    with Caller(port) as caller:
        for byte in request(BODY):
            caller.say(bytes([byte]))
        assert caller.hear() == SUCCESS


def chunked(body, size=50):
    head = request(b"", headers(body)).replace(b"content-length: 0", b"transfer-encoding: chunked")
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_body_in_chunks_is_taken(port):
    assert post(port, chunked(BODY)) == SUCCESS


def test_chunks_without_end_are_too_large(port):
    with Caller(port) as caller:
        caller.say(chunked(b"x" * 100_000, 10_000)[:-5])
        assert caller.hear() == (413, b"too-large\n")


def test_a_sender_who_sends_a_large_body_whole_is_told_that_it_is_too_large(port):
    with Caller(port) as caller:
        assert caller.say(request(b"x" * 3_000_000)).hear() == (413, b"too-large\n")
        assert caller.say(request(BODY)).hear() == SUCCESS


def test_who_asks_first_is_told_to_go_on_or_not_to(port):
    ask = [(b"expect", b"100-continue")]
    with Caller(port) as caller:
        caller.say(request(b"", [*ask, *headers(BODY)], length=len(BODY)))
        assert caller.socket.recv(100).startswith(b"HTTP/1.1 100")
        assert caller.say(BODY).hear() == SUCCESS
    assert post(port, request(b"", ask, length=100_000)) == (413, b"too-large\n")


def test_a_length_that_is_a_lie_stores_nothing(port, inbox):
    assert post(port, request(BODY, length=len(BODY) - 10))[0] == 400
    with Caller(port) as caller:
        caller.say(request(BODY, length=len(BODY) + 10))
    assert post(port, request(payment(2))) == SUCCESS
    assert numbers(inbox) == ["T2"]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nabcdef",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: " + b"9" * 400 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nna me: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nx-sign: a\x00b\r\ncontent-length: 0\r\n\r\n",
        b"POST /\xff HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
        b"POST http://[ HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
        b"POST * HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"BREW / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/9.9\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\nx-sign: caf\xe9\r\ncontent-length: 2\r\n\r\n{}",
        b"POST /%ff%00 HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}",
        b"\r\n\r\n\r\n",
        b"\x00" * 1000,
    ],
)
def test_whatever_is_sent_is_an_answer_below_500_or_none(port, inbox, sent):
    with Caller(port, timeout=0.5) as caller:
        caller.say(sent)
        try:
            status = caller.hear()[0]
        except TimeoutError:
            status = 0
    assert status < 500
    assert status != 200
    assert post(port, request(BODY)) == SUCCESS
    assert numbers(inbox) == ["T1"]


def test_a_head_without_end_is_cut_off(port, app):
    with Caller(port) as caller:
        caller.say(b"POST / HTTP/1.1\r\n")
        try:
            for _ in range(100):
                caller.say(b"x-more: " + b"y" * 8000 + b"\r\n")
        except ConnectionError:
            pass
        assert caller.is_closed()
    assert app.metrics.connections_cut["large"] == 1


def test_who_says_nothing_or_half_a_head_is_cut_off_and_nobody_else(receiving):
    app = receiving(timeout=0.3)
    with served(app, timeout=0.3) as port, ExitStack() as stack:
        silent, half, next_half, honest = (stack.enter_context(Caller(port)) for _ in range(4))
        half.say(b"POST / HTTP/1.1\r\nhost")
        next_half.say(request(payment(5))).hear()
        next_half.say(b"POST / HTTP/1.1\r\nhost")
        honest.say(request(BODY)).hear()
        assert silent.is_closed()
        assert half.is_closed()
        assert next_half.is_closed()
        assert honest.say(request(payment(2))).hear() == SUCCESS
        assert app.metrics.connections_cut["slow"] == 3


def test_a_slow_body_is_told_so(receiving, inbox):
    app = receiving(timeout=0.2)
    with served(app, timeout=0.2) as port, Caller(port) as slow:
        slow.say(request(BODY)[:-1])
        assert slow.hear() == (408, b"too-slow\n")
        assert slow.is_closed()
    assert inbox.events() == []


def test_a_sender_who_hangs_up_amid_a_body_leaves_nothing(port, app, inbox):
    with Caller(port) as caller:
        caller.say(request(BODY)[:-1])
    deadline = time.monotonic() + 5
    while not app.metrics.requests["gone"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert inbox.events() == []


def test_a_thousand_half_open_connections_stop_nobody(receiving):
    app = receiving(timeout=60)
    with served(app, timeout=60, connections=40) as port, ExitStack() as stack:
        honest = stack.enter_context(Caller(port))
        assert honest.say(request(payment("a"))).hear() == SUCCESS
        for number in range(1000):
            half = stack.enter_context(Caller(port))
            half.say(b"POST / HTTP/1.1\r\n" if number % 2 else request(BODY)[:-1])
            if number % 100 == 0:
                assert post(port, request(payment(number))) == SUCCESS
        assert honest.say(request(payment("b"))).hear() == SUCCESS
        assert app.metrics.connections_cut["crowded"] >= 500


def test_idle_connections_make_room_for_new_ones(app):
    with served(app, connections=5) as port, ExitStack() as stack:
        for number in range(20):
            caller = stack.enter_context(Caller(port))
            assert caller.say(request(payment(number))).hear() == SUCCESS


def test_forged_requests_beside_an_honest_one_stop_nobody(port, inbox):
    forged = request(BODY, [(n, b"0" * 64 if n == b"x-sign" else v) for n, v in headers(BODY)])
    over = threading.Event()
    told: list[int] = []

    def flood():
        with Caller(port) as caller:
            while not over.is_set():
                caller.say(forged * 20)
                told.extend(caller.hear()[0] for _ in range(20))

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    with Caller(port) as honest:
        for number in range(20):
            assert honest.say(request(payment(number))).hear() == SUCCESS
    over.set()
    for thread in threads:
        thread.join()
    assert set(told) == {401}
    assert len(inbox.events(limit=100)) == 20


def test_who_was_refused_waits_while_others_press():
    async def turns():
        loop, judged, pressing = asyncio.get_running_loop(), [], [True]
        suspects = Suspects(lambda: bool(pressing))
        for number in range(20):
            suspects.wait(loop, partial(judged.append, number))
        await asyncio.sleep(0)
        assert judged == []
        pressing.clear()
        counts = []
        while len(judged) < 20:
            await asyncio.sleep(0)
            counts.append(len(judged))
        return judged, counts

    judged, counts = asyncio.run(turns())
    assert judged == list(range(20))
    assert counts == [8, 16, 20]


def test_a_sender_who_was_refused_is_believed_when_it_is_right_again(port):
    with Caller(port) as caller:
        for number in range(3):
            assert caller.say(request(BODY, [])).hear()[0] == 401
            assert caller.say(request(payment(number))).hear() == SUCCESS


def test_damaged_requests_are_no_events_and_break_nothing(port, inbox):
    chance = random.Random("damage")
    genuine = request(BODY)
    statuses = Counter()
    for _ in range(1500):
        damaged = bytearray(genuine)
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(damaged))
            how = chance.randrange(4)
            if how == 0:
                damaged[at] = chance.randrange(256)
            elif how == 1:
                del damaged[at]
            elif how == 2:
                damaged.insert(at, chance.randrange(256))
            else:
                damaged[at:at] = damaged[at : at + chance.randrange(40)]
        with Caller(port) as caller:
            caller.say(bytes(damaged))
            caller.socket.shutdown(socket.SHUT_WR)
            statuses[caller.hear()[0]] += 1
    assert all(status < 500 for status in statuses)
    assert statuses[401] + statuses[400] > 500
    assert {event.body for event in inbox.events()} <= {BODY}  # where only a header was damaged that nobody signs


def test_it_serves_without_httptools_too(tmp_path):
    script = """
import sys
sys.modules["httptools"] = None
from halopay_kit.inbox import Inbox
from halopay_kit.receiver import asgi
from halopay_kit.receiver.line import Protocol
from tests.receiver.wire import *
assert Protocol.__name__ == "H11Protocol"
with Inbox(sys.argv[1], clock=lambda: NOW) as inbox:
    app = asgi(inbox, {APP_ID: KEY}, clock=lambda: NOW, timeout=0.3)
    with served(app, timeout=0.3) as port, Caller(port) as half, Caller(port) as caller:
        half.say(b"POST / HTTP/1.1")
        for number in range(3):
            assert caller.say(request(payment(number))).hear() == (200, b"Success")
            assert caller.say(request(payment(number), [])).hear()[0] == 401
        assert half.is_closed()
    assert len(inbox.events()) == 3
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "i.sqlite")], capture_output=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, b"")


def test_health_is_the_stores(app):
    problem: list[Exception] = []

    def probe():
        if problem:
            raise problem[0]

    get = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    with served(app, probe) as port:
        assert post(port, get) == (200, b"ok\n")
        problem.append(RuntimeError("planted"))
        assert post(port, get) == (503, b"unavailable\n")
        problem.clear()
        assert post(port, get) == (200, b"ok\n")
        assert post(port, request(BODY, path="/healthz"))[0] == 200  # a webhook may come to any path


def test_a_store_that_hangs_is_ill_and_asked_once(app, monkeypatch):
    monkeypatch.setattr("halopay_kit.receiver.health.Health.__init__.__defaults__", (0.1,), raising=True)
    gate, asked = threading.Event(), []

    def probe():
        asked.append(1)
        assert gate.wait(10)

    get = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    with served(app, probe) as port:
        assert {post(port, get)[0] for _ in range(3)} == {503}
        assert len(asked) == 1
        assert post(port, request(BODY)) == SUCCESS
        gate.set()


def test_metrics_are_prometheus_and_their_labels_fixed(port):
    assert post(port, request(BODY)) == SUCCESS
    assert post(port, request(BODY, [(b"x-appid", b"planted")]))[0] == 401
    assert post(port, request(BODY, path="/planted")) == SUCCESS
    status, text = post(port, b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
    assert status == 200
    lines = text.decode().splitlines()
    assert 'halopay_receiver_requests_total{outcome="success"} 2.0' in lines
    assert 'halopay_receiver_requests_total{outcome="other-app"} 1.0' in lines
    assert 'halopay_receiver_events_total{verdict="news"} 1.0' in lines
    assert "halopay_receiver_deliveries_total 2.0" in lines
    assert "halopay_receiver_request_seconds_count 3.0" in lines
    assert "halopay_receiver_commit_seconds_count 2.0" in lines
    assert 'halopay_receiver_batch_size_bucket{le="1"} 2.0' in lines
    assert "planted" not in text.decode()


def test_a_request_in_flight_at_the_end_is_answered_and_then_the_connection_closed(receiving, tmp_path):
    with Gated(tmp_path / "gated.sqlite") as inbox:
        app = receiving(into=inbox)
        with ExitStack() as stack:
            with served(app) as port:
                callers = [stack.enter_context(Caller(port)) for _ in range(10)]
                for number, caller in enumerate(callers):
                    caller.say(request(payment(number)))
                assert inbox.entered.wait(10)
                threading.Timer(0.3, inbox.gate.set).start()
            assert [caller.hear() for caller in callers] == [SUCCESS] * 10
            assert all(caller.is_closed() for caller in callers)
        assert len(inbox.events()) == 10


def test_what_cannot_be_finished_at_the_end_gets_no_success(app, inbox):
    with ExitStack() as stack:
        with served(app, grace=1) as port:
            slow, half = stack.enter_context(Caller(port)), stack.enter_context(Caller(port))
            slow.say(request(BODY)[:-1])
            half.say(request(BODY)[:20])
            assert post(port, request(payment(2))) == SUCCESS
        assert slow.hear() == (503, b"stopping\n")
        assert half.hear() == (0, b"")
    assert numbers(inbox) == ["T2"]


def test_a_port_in_use_is_an_error_of_ours(port, app):
    with pytest.raises(server_module.ConfigurationError, match="cannot be used"):
        server_module.serve(app, lambda: None, port=port)
    with pytest.raises(server_module.ConfigurationError, match="address"):
        server_module.serve(app, lambda: None, host="no.such.host.invalid")
