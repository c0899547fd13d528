"""Stored events are sent again as HaloPay would send them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from halopay_kit import AppKey
from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox import Inbox
from halopay_kit.inbox.replay import replay
from halopay_kit.pytest_plugin.endpoint import WebhookEndpoint
from tests.hostile import hostile, http
from tests.inbox.test_inbox_export import KEY, NOW, arrival

APP_ID = "ad4cyr8dpfs9j2u1"
LATER = NOW + 90 * 86_400


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "inbox.sqlite", clock=lambda: float(NOW)) as inbox:
        inbox.take([arrival(1, status="TO-BE-PAID"), arrival(2), arrival(3, "payout")])
        yield inbox


def send(inbox: Inbox, url: str, key=KEY, **options):
    return list(replay(inbox.events()[::-1], url, key, clock=lambda: float(LATER), **options))


def test_each_event_is_sent_with_its_bytes_and_signed_afresh(inbox):
    with WebhookEndpoint(APP_ID, KEY, lambda: float(LATER)) as endpoint:
        answers = send(inbox, endpoint.url)
    assert [(answer.event_id, answer.acknowledged, answer.status) for answer in answers] == [
        (1, True, 200),
        (2, True, 200),
        (3, True, 200),
    ]
    assert [event.body for event in endpoint.events] == [event.body for event in inbox.events()[::-1]]
    assert {event.signed_at for event in endpoint.events} == {LATER}
    assert [event.event_type for event in endpoint.events] == ["To-Be-Paid", "Paid", "Paid"]
    assert all(event.event_type_agrees for event in endpoint.events)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (http(b"Success", status=500), "HTTP 500"),
        (http(b'"Success"'), "the body is not Success"),
        (http(b"Success\n"), "the body is not Success"),
        (http(b""), "the body is not Success"),
        (http(b"Success" * 100_000), "the body is not Success"),
        (http(b"", status=302, location="http://127.0.0.1:9/"), "HTTP 302"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx", "the body is not Success"),
        (b"nonsense\r\n\r\n", "the connection broke"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nSuc", "the connection broke"),
        (None, "the connection broke"),
    ],
)
def test_whatever_is_not_an_acknowledgement_is_told(inbox, answer, problem):
    with hostile(answer) as server:
        answers = send(inbox, f"{server.base_url}/hook?x=1")
    assert [each.acknowledged for each in answers] == [False] * 3
    assert problem in answers[0].problem
    assert len(answers[0].answer) <= 200


def test_a_connection_that_is_refused_is_told(inbox):
    assert send(inbox, "http://127.0.0.1:9/")[0].problem == "the connection was refused"


def test_silence_ends_in_time(inbox):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answers = list(replay(inbox.events()[:1], url, KEY, clock=lambda: NOW, timeout=0.2))
    assert answers[0].problem == "no answer in time"


def test_an_answer_that_drips_ends_in_time(inbox):
    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n")
            while True:
                connection.sendall(b"S")
                threading.Event().wait(0.05)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        answers = list(replay(inbox.events()[:1], url, KEY, clock=lambda: NOW, timeout=0.3))
        thread.join(5)
    assert answers[0].problem == "no answer in time"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://10.0.0.1/hook",
        "http://127.0.0.1.example.com/",
        "http://user:secret@127.0.0.1/",
        "ftp://127.0.0.1/",
        "127.0.0.1:9000",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/\r\nX: y",
        "http:///",
        "",
    ],
)
def test_only_to_this_machine_and_only_to_what_is_a_url(inbox, url):
    with pytest.raises(ConfigurationError):
        replay(inbox.events(), url, KEY, clock=lambda: NOW)


def test_another_machine_must_be_asked_for(inbox):
    answers = list(replay(inbox.events()[:1], "http://none.invalid/", KEY, clock=lambda: NOW, remote=True))
    assert not answers[0].acknowledged


def test_each_app_has_its_key(inbox):
    inbox.take([arrival(4, "payment_qr_code", txid="t")])
    with WebhookEndpoint("qd4cyr8dpfs9j2u12", AppKey("another"), lambda: float(LATER)) as endpoint:
        keys = {APP_ID: KEY, "qd4cyr8dpfs9j2u12": AppKey("another")}
        assert [answer.acknowledged for answer in send(inbox, endpoint.url, keys)] == [False, False, False, True]
    with pytest.raises(ConfigurationError, match="qd4cyr8dpfs9j2u12"):
        send(inbox, "http://127.0.0.1:9/", {APP_ID: KEY})
