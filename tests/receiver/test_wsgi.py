"""The WSGI application, called by hand."""

from __future__ import annotations

import io
import threading
from wsgiref.validate import validator

import pytest

from halopay_kit.receiver import wsgi
from tests.receiver.wire import APP_ID, KEY, NOW, headers, payment

BODY = payment()


@pytest.fixture
def receiving(inbox):
    made = []

    def receiving(**options):
        made.append(wsgi(inbox, {APP_ID: KEY}, clock=lambda: NOW, **options))
        return made[-1]

    yield receiving
    for app in made:
        app.close()


def environ(body=BODY, sent=None, *, method="POST", path="/", length=..., **more):
    pairs = headers(body) if sent is None else sent
    told = {f"HTTP_{name.decode().upper().replace('-', '_')}": value.decode("latin-1") for name, value in pairs}
    found = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)) if length is ... else length,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **told,
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def called(app, *given, **options):
    started = []
    parts = validator(app)(environ(*given, **options), lambda status, sent, _=None: started.append((status, sent)))
    body = b"".join(parts)
    parts.close()
    return started[0][0], body, dict(started[0][1])


def test_an_event_is_stored_and_then_acknowledged(receiving, inbox):
    status, body, sent = called(receiving())
    assert (status, body) == ("200 OK", b"Success")
    assert sent == {"Content-Type": "text/plain; charset=utf-8", "Content-Length": "7"}
    (event,) = inbox.events()
    assert event.body == BODY
    (delivery,) = inbox.deliveries(event.id)
    assert ("x-eventtype", "Paid") in [(name.lower(), value) for name, value in delivery.headers]


@pytest.mark.parametrize(
    ("given", "status", "word"),
    [
        ({"sent": []}, "401 Unauthorized", b"unsigned\n"),
        ({"sent": headers(BODY, key="another")}, "401 Unauthorized", b"mismatch\n"),
        ({"sent": [*headers(BODY)[:2], (b"x-sign", b"a,b")]}, "401 Unauthorized", b"unsigned\n"),
        ({"body": b"[]"}, "400 Bad Request", b"malformed\n"),
        ({"length": "abc"}, "400 Bad Request", b"malformed\n"),
        ({"length": "-1"}, "400 Bad Request", b"malformed\n"),
        ({"length": "99999"}, "413 Request Entity Too Large", b"too-large\n"),
        ({"length": "1000"}, "400 Bad Request", b"gone\n"),
        ({"length": None}, "400 Bad Request", b"malformed\n"),
        ({"method": "GET"}, "405 Method Not Allowed", b"not-post\n"),
        ({"method": "HEAD"}, "405 Method Not Allowed", b""),
        ({"path": "/other"}, "404 Not Found", b"elsewhere\n"),
    ],
)
def test_what_is_not_believed_is_refused_in_one_word(receiving, inbox, given, status, word):
    app = receiving(path="/")
    started = []
    body = b"".join(app(environ(**given), lambda *told: started.append(told)))
    assert started[0][0].split()[0] == status.split()[0]
    assert body == word
    assert inbox.events() == []


def test_a_body_of_unknown_length_is_read_to_its_end_and_no_further_than_the_limit(receiving):
    endless = {"length": None, "wsgi.input_terminated": True}
    assert called(receiving(), **endless)[1] == b"Success"
    assert called(receiving(limit=len(BODY) - 1), **endless)[1] == b"too-large\n"
    assert called(receiving(limit=len(BODY)), **endless)[1] == b"Success"


class Dripping(io.RawIOBase):
    def __init__(self, clock):
        self.read = lambda _size: clock.append(1) or b"x"


def test_a_body_that_drips_is_given_up(receiving, monkeypatch):
    clock = []
    monkeypatch.setattr("time.monotonic", lambda: float(len(clock)))
    started = []
    app = receiving(timeout=5)
    body = app(environ(**{"length": "1000", "wsgi.input": Dripping(clock)}), lambda *told: started.append(told))
    assert (started[0][0], body) == ("408 Request Timeout", [b"too-slow\n"])
    assert len(clock) == 6


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), ValueError("of the server")])
def test_a_sender_who_hangs_up_is_gone(receiving, error):
    class Broken(io.RawIOBase):
        def read(self, _size):
            raise error

    started = []
    receiving()(environ(**{"wsgi.input": Broken()}), lambda *told: started.append(told))
    assert started[0][0] == "400 Bad Request"


def test_threads_share_commits(receiving, inbox):
    app, told = receiving(), []

    def send(number):
        started = []
        told.append(b"".join(app(environ(payment(number)), lambda *each: started.append(each))))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [b"Success"] * 24
    assert len(inbox.events()) == 24
