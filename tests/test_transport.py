"""The transport, against a server that misbehaves byte by byte."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import socket
import threading
import time
import traceback
from decimal import Decimal
from email.utils import formatdate
from enum import Enum

import pytest

from halopay_kit import HaloPay
from halopay_kit.errors import (
    ApiError,
    ConfigurationError,
    ConnectionLost,
    EchoMismatch,
    FrequentOperation,
    HaloPayError,
    MalformedAnswer,
    OperationFailed,
    OutcomeUnknown,
    OutsideTolerance,
    ParameterError,
    TimedOut,
    Unreachable,
    UnverifiedAnswer,
)
from tests.conftest import example
from tests.hostile import APP_ID, KEY, hostile, http, signed, success

DETAIL = example("order.detail")["answer"]
CREATE = example("order.create")["request"]
PAYOUT = example("payout.create")["request"]


def client(server, **options) -> HaloPay:
    slept: list[float] = []
    halopay = HaloPay(APP_ID, KEY, server.base_url, sleep=slept.append, **{"timeout": 5, **options})
    halopay.slept = slept
    return halopay


def cut(answer: bytes, missing: int = 5) -> bytes:
    return answer[:-missing]


def flipped(answer: bytes) -> bytes:
    return answer[:-3] + bytes([answer[-3] ^ 1]) + answer[-2:]


def test_the_bytes_that_are_signed_are_the_bytes_that_are_sent():
    with hostile(signed(DETAIL)) as server, client(server) as halopay:
        halopay.order.detail(out_trade_no="T-1001")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    sent = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    sent = {name.lower(): value for name, value in sent.items()}
    expected = hmac.new(KEY.encode(), body + sent["x-timestamp"].encode(), hashlib.sha256).hexdigest()
    assert sent["x-sign"] == expected
    assert sent["x-appid"] == APP_ID
    assert sent["content-type"] == "application/json"
    assert body == b'{"out_trade_no":"T-1001"}'


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (lambda: flipped(signed(DETAIL)), UnverifiedAnswer, "does not belong"),
        (lambda: signed(DETAIL, key="wrong"), UnverifiedAnswer, "does not belong"),
        (lambda: signed(DETAIL, app_id="another"), UnverifiedAnswer, "another"),
        (lambda: http(json.dumps(DETAIL).encode()), UnverifiedAnswer, "no X-Appid"),
        (lambda: signed(DETAIL, X_Sign=""), UnverifiedAnswer, "no X-Appid, X-Timestamp or X-Sign"),
        (lambda: signed(DETAIL, at=time.time() - 600), UnverifiedAnswer, "600|599|601"),
        (lambda: signed(DETAIL, at=time.time() + 600), UnverifiedAnswer, "after our time"),
        (lambda: http(b"<html>Bad gateway", content_type="text/html", status=404), UnverifiedAnswer, "text/html"),
        (lambda: http(b"", status=302, location="https://elsewhere"), UnverifiedAnswer, "redirect"),
        (lambda: signed(DETAIL, content_encoding="gzip"), UnverifiedAnswer, "compressed"),
        (lambda: signed(DETAIL, content_type="text/html"), MalformedAnswer, "text/html"),
        (lambda: signed(b'{"code":0'), UnverifiedAnswer, "not a JSON object"),
        (lambda: signed(b'{"code":0,}'), MalformedAnswer, "not JSON"),
        (lambda: signed({"msg": "success"}), MalformedAnswer, "code"),
        (lambda: signed({"code": True, "msg": "success"}), MalformedAnswer, "code"),
        (lambda: signed({"code": 0, "msg": "success"}), MalformedAnswer, "without data"),
        (lambda: signed({"code": 0, "msg": 5, "data": {}}), MalformedAnswer, "msg"),
        (lambda: signed(success([])), MalformedAnswer, "data"),
        (lambda: signed(DETAIL, status=404), MalformedAnswer, "HTTP 404 with code 0"),
        (lambda: cut(signed(DETAIL)), ConnectionLost, "cut off|broke"),
        (lambda: b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", UnverifiedAnswer, "no X-Appid"),
        (lambda: b"SSH-2.0-OpenSSH\r\n", ConnectionLost, "broke"),
        (lambda: None, ConnectionLost, "broke"),
    ],
    ids=map(str, itertools.count()),
)
def test_an_answer_that_cannot_be_trusted_is_never_data(answer, error, says):
    with hostile(answer()) as server, client(server, attempts=1) as halopay:
        with pytest.raises(error, match=says) as caught:
            halopay.order.detail(trade_no=DETAIL["data"]["trade_no"])
        assert type(caught.value) is error
        assert caught.value.operation == "order.detail"
        assert caught.value.trade_no == DETAIL["data"]["trade_no"]
        with pytest.raises(OutcomeUnknown) as caught:
            halopay.payout.create(**PAYOUT)
        assert isinstance(caught.value.__cause__, error)
        assert caught.value.out_trade_no == "P-7"
        assert len(server.requests) == 2


def test_every_byte_of_an_answer_matters():
    answer = signed(success({"status": "PAID"}), at=time.time())
    body_at = answer.index(b"\r\n\r\n") + 4
    answers = [answer[:at] + bytes([answer[at] ^ 2]) + answer[at + 1 :] for at in range(body_at, len(answer))]
    with hostile(*answers) as server, client(server, attempts=1) as halopay:
        for _ in answers:
            with pytest.raises(UnverifiedAnswer):
                halopay.order.detail(trade_no="x")


def test_ten_megabytes_are_not_read():
    huge = http(b'{"code":0,"data":"' + b"x" * 10_000_000 + b'"}')
    with hostile(lambda _: huge) as server, client(server, attempts=1) as halopay:
        with pytest.raises(UnverifiedAnswer, match="longer than"):
            halopay.order.detail(trade_no="x")


@pytest.mark.parametrize("name", ["trade_no", "out_trade_no"])
def test_an_answer_about_another_order_is_refused(name):
    with hostile(signed(DETAIL)) as server, client(server) as halopay, pytest.raises(EchoMismatch, match=name):
        halopay.order.detail(**{name: "asked-for"})
    with hostile(signed(example("payout.create")["answer"])) as server, client(server) as halopay:
        with pytest.raises(OutcomeUnknown) as caught:
            halopay.payout.create(**PAYOUT | {"out_trade_no": "asked-for"})
        assert isinstance(caught.value.__cause__, EchoMismatch)


@pytest.mark.parametrize("code", [10003, 10004, 10006, 10007, 10008, 20003, 20009])
def test_a_verified_refusal_of_a_payout_means_that_nothing_was_done(code):
    with hostile(signed({"code": code, "msg": "no"})) as server, client(server) as halopay:
        with pytest.raises(ApiError) as caught:
            halopay.payout.create(**PAYOUT)
    assert caught.value.code == caught.value.number == code
    assert caught.value.verified
    assert caught.value.advice
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [10002, 99999])
def test_a_refusal_that_may_hide_a_success_leaves_the_outcome_unknown(code):
    with hostile(signed({"code": code, "msg": "operation failed"})) as server, client(server) as halopay:
        with pytest.raises(OutcomeUnknown) as caught:
            halopay.payout.create(**PAYOUT)
    assert caught.value.code == code
    assert isinstance(caught.value.__cause__, OperationFailed if code == 10002 else ApiError)


def test_an_unverified_refusal_is_a_hint_and_proves_nothing():
    with hostile(signed({"code": 10008, "msg": "sign error"}, key="theirs")) as server, client(server) as halopay:
        with pytest.raises(UnverifiedAnswer, match="AppKey is probably wrong") as caught:
            halopay.order.detail(trade_no="x")
        assert caught.value.code == 10008
        assert not caught.value.verified
        with pytest.raises(OutcomeUnknown) as unknown:
            halopay.payout.create(**PAYOUT)
        assert unknown.value.code == 10008
        assert not unknown.value.verified


def test_a_clock_that_is_off_is_told_by_how_much():
    with hostile(signed({"code": 10007, "msg": "late"}, at=time.time() + 300)) as server, client(server) as halopay:
        with pytest.raises(UnverifiedAnswer, match="Set this machine's clock") as caught:
            halopay.order.detail(trade_no="x")
    assert caught.value.code == 10007
    assert 298 < caught.value.clock_offset < 302
    assert isinstance(caught.value.__cause__, OutsideTolerance)


def test_a_read_is_sent_again_after_what_may_pass():
    answers = [http(b"", status=503), None, signed({"code": 20009, "msg": "slow down"}), signed(DETAIL)]
    with hostile(*answers) as server, client(server, attempts=4) as halopay:
        assert halopay.order.detail(out_trade_no="T-1001").status == "PAID"
        assert len(server.requests) == 4
        assert len(halopay.slept) == 3
        assert all(0 <= wait <= 2 for wait in halopay.slept)
        timestamps = [request.split(b"X-Timestamp: ")[1][:10] for request in server.requests]
        assert all(stamp.isdigit() for stamp in timestamps)


@pytest.mark.parametrize(
    "answer", [lambda: http(b"", status=503), lambda: None, lambda: signed({"code": 20009, "msg": "slow down"})]
)
def test_nothing_but_a_read_is_sent_twice(answer):
    with hostile(answer()) as server, client(server) as halopay:
        for call in (
            lambda: halopay.order.create(**CREATE),
            lambda: halopay.entrust.pre_create(out_trade_no="T", symbol="USD", amount="15"),
            lambda: halopay.payout.create(**PAYOUT),
            lambda: halopay.payment_qr_code.create(currency_id=75),
        ):
            server.requests.clear()
            with pytest.raises(HaloPayError) as caught:
                call()
            assert isinstance(caught.value, OutcomeUnknown | FrequentOperation)
            assert len(server.requests) == 1
        assert halopay.slept == []


def test_attempts_are_bounded_and_each_is_signed_afresh():
    now = iter(range(1773750000, 1773760000))
    with hostile(http(b"", status=503)) as server:
        with client(server, attempts=3, clock=lambda: float(next(now))) as halopay:
            with pytest.raises(UnverifiedAnswer, match="503"):
                halopay.order.detail(trade_no="x")
        signatures = {request.split(b"X-Sign: ")[1][:64] for request in server.requests}
        assert len(server.requests) == len(signatures) == 3


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_obeyed(as_date):
    value = formatdate(time.time() + 7.9, usegmt=True) if as_date else "7"
    busy = http(b"", status=503, retry_after=value)
    with hostile(busy, signed(DETAIL)) as server, client(server) as halopay:
        halopay.order.detail(out_trade_no="T-1001")
        assert 5 < halopay.slept[0] <= 8


def test_a_wait_that_is_too_long_is_an_error_instead():
    with hostile(http(b"", status=503, retry_after="3600")) as server, client(server) as halopay:
        with pytest.raises(UnverifiedAnswer) as caught:
            halopay.order.detail(trade_no="x")
        assert caught.value.retry_after == 3600
        assert halopay.slept == []


def test_a_refusal_of_a_read_is_not_sent_again():
    with hostile(signed({"code": 10003, "msg": "bad \x1b[31m field"})) as server, client(server) as halopay:
        with pytest.raises(ParameterError) as caught:
            halopay.order.detail(trade_no="x")
        assert len(server.requests) == 1
        assert "\x1b" not in str(caught.value)


def test_an_unreachable_host_means_that_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with HaloPay(APP_ID, KEY, f"http://127.0.0.1:{port}", attempts=1) as halopay:
        for call in (lambda: halopay.order.detail(trade_no="x"), lambda: halopay.payout.create(**PAYOUT)):
            with pytest.raises(Unreachable, match="Nothing was sent"):
                call()


def test_a_closed_client_sends_nothing():
    with hostile(signed(DETAIL)) as server:
        halopay = client(server)
        halopay.close()
        with pytest.raises(Unreachable, match="closed"):
            halopay.payout.create(**PAYOUT)
        assert server.requests == []


@pytest.mark.parametrize("trickle", [False, True])
def test_a_slow_answer_ends_in_time(trickle):
    release = threading.Event()

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                if trickle:
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                while not release.wait(0.02):
                    if trickle:
                        try:
                            connection.sendall(b"x")
                        except OSError:
                            return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        started = time.monotonic()
        with HaloPay(APP_ID, KEY, url, attempts=1) as halopay, pytest.raises(TimedOut, match=r"0\.2 seconds"):
            halopay.order.detail(trade_no="x", timeout=0.2)
        assert time.monotonic() - started < 5
        release.set()
        thread.join(5)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.pay.halochat.io",
        "ftp://127.0.0.1",
        "api.pay.halochat.io",
        "https://",
        "https://user:pass@host",
        "https://host/?a=1",
        "https://host:99999",
        "https://ho st",
        "https://a..b",
        f"https://{'a' * 64}.com",
        "https://\ud800.com",
        "http://[::1%eth0]:80",
        "http://127.0.0.1.evil.example",
        "",
        None,
    ],
)
def test_a_base_url_that_cannot_be_right_is_refused(base_url):
    with pytest.raises(ConfigurationError, match="base URL"):
        HaloPay(APP_ID, KEY, base_url)


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:1", "http://[::1]:1/", "http://localhost:1", "https://host/api/"]
)
def test_a_base_url_may_be_https_or_loopback(base_url):
    HaloPay(APP_ID, KEY, base_url).close()


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5", True, pytest.param(10**5000, id="huge")])
def test_a_timeout_that_bounds_nothing_is_refused(timeout):
    with pytest.raises(ConfigurationError, match="timeout"):
        HaloPay(APP_ID, KEY, timeout=timeout)


def test_the_hook_sees_every_attempt_and_never_the_key():
    seen = []
    answers = [http(b"", status=503), signed(DETAIL)]
    with hostile(*answers) as server, client(server, hook=seen.append) as halopay:
        halopay.order.detail(out_trade_no="T-1001")
    assert [(each.number, each.status, each.code) for each in seen] == [(1, 503, None), (2, 200, 0)]
    assert seen[0].retry_in is not None
    assert seen[1].out_trade_no == "T-1001"
    assert KEY not in repr(seen)


def test_a_hook_that_fails_does_not_turn_a_made_order_into_an_error(caplog):
    def fail(_attempt):
        raise RuntimeError("the log is full")

    with hostile(signed(example("order.create")["answer"])) as server, client(server, hook=fail) as halopay:
        assert halopay.order.create(**CREATE).token == "TRX"
    assert "the log is full" in caplog.text


def test_no_traceback_of_a_failing_call_shows_the_key():
    def call(server) -> None:
        with HaloPay(APP_ID, "planted-AppKey-0xC0FFEE", server.base_url, attempts=1) as halopay:
            halopay.payout.create(**PAYOUT)

    with hostile(http(b"nonsense")) as server, pytest.raises(OutcomeUnknown) as caught:
        call(server)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "app_key = AppKey('***')" in shown
    assert "planted" not in shown.replace('"planted-AppKey-0xC0FFEE", server.base_url', "")


class Loud(str):
    """A string that misbehaves wherever it is not treated as one."""

    __slots__ = ()

    def __ne__(self, _other):
        raise ValueError("ne")

    __eq__ = __ne__
    __hash__ = str.__hash__

    def __str__(self):
        raise ValueError("str")

    def __format__(self, _spec):
        return '1","address":"elsewhere'


class Sly(Decimal):
    """A decimal that writes itself otherwise than it is."""

    def __format__(self, _spec):
        return "999"


class Price(str, Enum):  # noqa: UP042  # as people wrote it before StrEnum
    BASIC = "15"


@pytest.mark.parametrize(
    ("amount", "written"), [(Loud("5"), b'"amount":"5"'), (Sly("5"), b'"amount":"5"'), (Price.BASIC, b'"amount":"15"')]
)
def test_what_is_sent_is_what_was_checked_whatever_class_it_is_of(amount, written):
    answer = example("payout.create")["answer"]
    with hostile(lambda _: signed(answer)) as server, client(server, hook=lambda _: None) as halopay:
        halopay.payout.create(**PAYOUT | {"amount": amount, "out_trade_no": Loud("P-7")})
        assert written in server.requests[0]
        assert server.requests[0].count(b"address") == 1


@pytest.mark.parametrize("clock", [lambda: 5.0, lambda: time.time() * 1000, lambda: None, lambda: float("nan")])
def test_a_clock_that_is_wrong_sends_nothing(clock):
    with hostile(signed(DETAIL)) as server, client(server, clock=clock) as halopay:
        with pytest.raises(ConfigurationError, match="clock"):
            halopay.payout.create(**PAYOUT)
        assert server.requests == []


def test_a_clock_that_fails_after_the_money_went_out_leaves_the_outcome_unknown():
    times = iter([time.time()])
    answer = example("payout.create")["answer"]
    with hostile(lambda _: signed(answer)) as server, client(server, clock=lambda: next(times)) as halopay:
        with pytest.raises(OutcomeUnknown):
            halopay.payout.create(**PAYOUT)
        assert len(server.requests) == 1


def test_all_attempts_that_were_asked_for_are_made():
    with hostile(http(b"", status=503)) as server, client(server, attempts=40) as halopay:
        with pytest.raises(UnverifiedAnswer):
            halopay.order.detail(trade_no="x")
        assert len(server.requests) == 40
        assert max(halopay.slept) <= 30


def test_a_signed_server_error_is_passing_too():
    busy = {"code": 10002, "msg": "busy"}
    with hostile(lambda _: signed(busy, status=500), lambda _: signed(DETAIL)) as server, client(server) as halopay:
        assert halopay.order.detail(out_trade_no="T-1001").status == "PAID"


def test_a_refused_connection_is_called_so():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with HaloPay(APP_ID, KEY, f"http://127.0.0.1:{port}", attempts=1) as halopay:
        with pytest.raises(Unreachable, match="refused"):
            halopay.currency.token_list()


def test_a_host_that_nobody_knows_is_called_so():
    with HaloPay(APP_ID, KEY, "https://halopay.invalid", attempts=1) as halopay:
        with pytest.raises(Unreachable, match="host name is not known"):
            halopay.payout.create(**PAYOUT)
