"""What HaloPay says to the doctor, and how little it is asked."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time

import pytest

from halopay_api.operations import OPERATIONS
from halopay_kit import AppKey, Sandbox
from halopay_kit.connection import Connection
from halopay_kit.doctor.check import Check
from halopay_kit.doctor.gateway import Gateway
from tests.doctor.planted import KEY
from tests.hostile import APP_ID, hostile, http, signed, success

REFUSED = {"code": 10008, "msg": "sign error"}


def asked(base_url: str, app_id: str = APP_ID, *, live: bool = False, key: str = KEY, **options) -> dict[str, Check]:
    connection = Connection(base_url)
    gateway = Gateway(
        connection=connection,
        app_id=app_id,
        app_key=AppKey(key),
        live=live,
        timeout=5.0,
        **{"clock": time.time, "sleep": lambda _: None, **options},
    )
    try:
        return {check.name: check for check in gateway.examine()}
    finally:
        connection.close()


def verdicts(checks: dict[str, Check]) -> dict[str, str]:
    return {name: check.verdict for name, check in checks.items()}


def prose(body: dict, now: int) -> bytes:
    raw = json.dumps(body).encode()
    digest = hmac.new(KEY.encode(), raw + str(now).encode() + KEY.encode(), hashlib.sha256).hexdigest()
    return signed(raw, at=now, X_Sign=digest)


def headers(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


def test_a_live_gateway_gets_one_right_call_that_reads():
    with Sandbox(app_key=KEY) as box:
        slept = []
        checks = asked(box.base_url, box.app_id, live=True, sleep=slept.append)
        calls = [row.what for row in box.record if row.kind == "call"]
    assert [(call["operation"], call["code"]) for call in calls] == [("currency.app_token_list", 0)]
    assert OPERATIONS["currency.app_token_list"].effect == "read"
    assert slept == []
    assert verdicts(checks) == {
        "address": "passed", "clock": "passed", "signature": "passed", "answers": "passed", "unsigned": "skipped",
    }  # fmt: skip


def test_a_live_gateway_that_refuses_the_signature_is_asked_once_more_after_a_pause():
    with Sandbox(app_key=KEY) as box:
        slept = []
        checks = asked(box.base_url, box.app_id, live=True, key="another-AppKey", sleep=slept.append)
        calls = [row.what for row in box.record if row.kind == "call"]
    assert len(calls) == 2
    assert slept == [1.0]
    assert checks["signature"].verdict == "failed"
    assert "both readings" in checks["signature"].says


def test_with_a_wrong_clock_the_signature_is_tried_by_its_own_time():
    with Sandbox(app_key=KEY, clock=lambda: time.time() + 300) as box:
        checks = asked(box.base_url, box.app_id)
    assert checks["clock"].verdict == "failed"
    assert re.search(r"(299|300|301) s ahead of ours", checks["clock"].says)
    assert checks["signature"].verdict == "passed"
    assert "once it carried HaloPay's time" in checks["signature"].says
    assert checks["answers"].verdict == "passed"


@pytest.mark.parametrize(("off", "verdict"), [(-50, "passed"), (50, "passed"), (-80, "failed"), (80, "failed")])
def test_a_clock_that_uses_up_half_of_the_two_minutes_is_wrong(off, verdict):
    with Sandbox(app_key=KEY, clock=lambda: time.time() + off) as box:
        checks = asked(box.base_url, box.app_id)
    assert checks["clock"].verdict == verdict
    (told,) = re.findall(r"is (\d+) s (?:ahead|behind)", checks["clock"].says)
    assert abs(int(told) - abs(off)) <= 1
    assert checks["signature"].verdict == "passed"


def test_a_gateway_of_the_prose_s_reading_is_told_from_a_wrong_key():
    with hostile(prose(REFUSED, int(time.time())), prose(success([]), int(time.time()))) as server:
        checks = asked(server.base_url, live=True)
        first, second = (headers(request) for request in server.requests)
    key = AppKey(KEY)
    assert first["x-sign"] == key.digest(b"{}" + first["x-timestamp"].encode()).hex()
    assert second["x-sign"] == key.digest_as_prose(b"{}" + second["x-timestamp"].encode()).hex()
    assert checks["signature"].verdict == "failed"
    assert "accepted in the prose's" in checks["signature"].says


def test_answers_that_are_signed_as_the_prose_has_it_are_named():
    with hostile(prose(success([]), int(time.time()))) as server:
        checks = asked(server.base_url, live=True)
    assert checks["answers"].verdict == "failed"
    assert "prose" in checks["answers"].says
    assert checks["signature"].verdict == "skipped"


def test_an_answer_that_was_changed_on_the_way_does_not_verify():
    with hostile(signed(success([]), key="another")) as server:
        checks = asked(server.base_url, live=True)
    assert checks["answers"].verdict == "failed"
    assert checks["signature"].verdict == checks["clock"].verdict == "skipped"


def test_an_answer_that_verifies_and_is_not_of_the_spec_fails():
    with hostile(signed(success("tokens"), key=KEY)) as server:
        assert asked(server.base_url, live=True)["answers"].verdict == "failed"


def test_a_refusal_for_another_reason_is_no_fault_of_the_signature():
    with hostile(signed({"code": 20009, "msg": "frequent operation"}, key=KEY)) as server:
        checks = asked(server.base_url, live=True)
    assert checks["signature"].verdict == checks["answers"].verdict == "passed"
    assert "20009" in checks["signature"].says


@pytest.mark.parametrize(
    "answer", [None, http(b""), http(b"[]"), http(b'{"code":"0"}'), http(b"no", status=404), http(b"", status=301)]
)
def test_what_is_no_gateway_is_told_as_such(answer):
    with hostile(answer) as server:
        checks = asked(server.base_url)
    assert verdicts(checks).pop("address") == "failed"
    assert set(verdicts(checks).values()) == {"failed", "skipped"}


def test_an_answer_that_never_ends_is_waited_for_no_longer_than_was_said():
    with hostile(http(b"x", content_length="99999")) as server:
        checks = asked(server.base_url)
    assert checks["address"].verdict == "failed"
