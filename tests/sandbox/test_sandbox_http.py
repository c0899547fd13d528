"""What never reaches the desk: paths, methods, sizes, callers that hang up."""

from __future__ import annotations

import http.client
import json
import socket

import pytest

from halopay_kit.sandbox import Sandbox
from tests.sandbox.wire import KEY

BODY = json.dumps({"out_trade_no": "T1", "currency_id": 75, "token_amount": "1"}).encode()


@pytest.mark.parametrize("path", ["/", "/api", "/api/", "/api/order", "/api/order/create/", "/v1/order/create", "/x"])
def test_an_unknown_path_is_not_found(wire, path):
    assert wire.send(path, BODY).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_a_method_that_is_not_post_is_not_allowed(wire, method):
    answer = wire.send("/api/order/create", BODY, method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


def test_a_body_of_a_mebibyte_is_read_and_one_more_byte_is_too_large(wire):
    padding = b" " * (1024 * 1024 - len(BODY))
    assert wire.raw("order.create", BODY + padding)["code"] == 0
    assert wire.send("/api/order/create", BODY + padding + b" ").status == 413
    assert wire.send("/api/order/create", BODY + padding * 20).status == 413
    assert wire.code("order.detail", out_trade_no="T1") == 0


def test_a_header_that_comes_twice_is_not_believed(box: Sandbox):
    connection = http.client.HTTPConnection(box.base_url.removeprefix("http://"))
    connection.putrequest("POST", "/api/order/create")
    connection.putheader("X-Appid", box.app_id)
    connection.putheader("X-Appid", box.app_id)
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{}")
    assert json.loads(connection.getresponse().read())["code"] == 10006
    connection.close()


def test_a_caller_that_hangs_up_does_no_harm(box: Sandbox, wire, capfd):
    host, port = box.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST /api/order/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert wire.raw("order.create", BODY)["code"] == 0
    assert capfd.readouterr() == ("", "")


def test_the_key_and_the_signature_are_in_no_answer(wire):
    for answer in (wire.send("/api/order/create", b"["), wire.send("/api/order/create", BODY)):
        assert KEY.encode() not in answer.data
        assert KEY not in str(answer.headers)
