"""Signatures: which reading fits, in answers and webhooks, also two changes at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import traceback
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from halopay_kit.contract.exchange import Observed
from halopay_kit.contract.judge import judge
from halopay_kit.errors import ConfigurationError
from tests.contract.session import APP_KEY, first, with_changed, with_headers
from tests.sandbox.wire import KEY

Made = Callable[[bytes, bytes], str]


def digest(content: bytes) -> bytes:
    return hmac.new(KEY.encode(), content, hashlib.sha256).digest()


READINGS: dict[str, Made] = {
    "prose": lambda body, time: digest(body + time + KEY.encode()).hex(),
    "timestamp-first": lambda body, time: digest(time + body).hex(),
    "dotted": lambda body, time: digest(body + b"." + time).hex(),
    "timestamp-first, dotted": lambda body, time: digest(time + b"." + body).hex(),
    "on two lines": lambda body, time: digest(body + b"\n" + time).hex(),
    "body-only": lambda body, _: digest(body).hex(),
    "sorted-keys": lambda body, time: digest(
        json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode() + time
    ).hex(),
    "uppercase": lambda body, time: digest(body + time).hex().upper(),
    "base64": lambda body, time: base64.b64encode(digest(body + time)).decode(),
    "base64url": lambda body, time: base64.urlsafe_b64encode(digest(body + time)).decode().rstrip("="),
    "shortened": lambda body, time: digest(body + time).hex()[:40],
    "prefixed": lambda body, time: "sha256=" + digest(body + time).hex(),
    "body-only, base64": lambda body, _: base64.b64encode(digest(body)).decode(),
    "prose, uppercase": lambda body, time: digest(body + time + KEY.encode()).hex().upper(),
    "dotted, prefixed": lambda body, time: "v1=" + digest(body + b"." + time).hex(),
}


def all_signed(day: Observed, made: Made) -> Observed:
    def signed(message: Any) -> Any:
        answer = hasattr(message, "answer_body")
        headers = {name.lower(): value for name, value in (message.answer_headers if answer else message.headers)}
        body = message.answer_body if answer else message.body
        return with_headers(message, x_sign=made(body, headers["x-timestamp"].encode()))

    return with_changed(day, *map(signed, day.exchanges), *map(signed, day.deliveries))


@pytest.mark.parametrize("reading", READINGS)
def test_the_reading_that_fits_is_named(day: Observed, reading: str) -> None:
    (found,) = judge(all_signed(day, READINGS[reading]), app_key=APP_KEY)
    assert found.kind == "signature-reading"
    assert found.seen["reading"] == reading.replace("base64url", "base64")
    assert found.seen["on"] == ["answers", "webhooks"]
    if reading != "sorted-keys":  # some bodies are in alphabetical order anyway
        assert found.count == len(day.exchanges) + len(day.deliveries)


def test_a_signature_of_nothing_that_is_known_is_wrong(day: Observed) -> None:
    (found,) = judge(all_signed(day, lambda body, time: hashlib.sha512(body + time).hexdigest()), app_key=APP_KEY)
    assert (found.kind, found.seen["verified"]) == ("signature-wrong", "none")


def test_what_drifts_is_seen_even_where_no_signature_is_right(day: Observed) -> None:
    def more(exchange: Any) -> Any:
        envelope = json.loads(exchange.answer_body)
        if isinstance(envelope.get("data"), dict):
            envelope["data"]["risk_level"] = "low"
        return attrs.evolve(exchange, answer_body=json.dumps(envelope).encode())

    wrong = all_signed(with_changed(day, *map(more, day.exchanges)), lambda *_: "0" * 64)
    found = [each.kind for each in judge(wrong, app_key=APP_KEY)]
    assert found[0] == "signature-wrong"
    assert set(found[1:]) == {"field-added"}


@pytest.mark.parametrize("signature", ["", "0" * 63, "g" * 64, "=", "sha256=", "sha256=sha256=" + "0" * 64, "é" * 64])
def test_what_is_no_signature_at_all_is_wrong(day: Observed, signature: str) -> None:
    answer = with_headers(first(day, "order.detail"), x_sign=signature)
    (found,) = judge(with_changed(day, answer), app_key=APP_KEY)
    assert (found.kind, found.seen["verified"]) == ("signature-wrong", "some")


def test_a_header_that_came_twice_is_told(day: Observed) -> None:
    answer = first(day, "order.detail")
    doubled = attrs.evolve(answer, answer_headers=(*answer.answer_headers, ("X-Sign", "0" * 64)))
    (found,) = judge(with_changed(day, doubled), app_key=APP_KEY)
    assert (found.kind, found.place) == ("header-doubled", "header.x-sign")


def test_the_key_is_in_no_finding(day: Observed) -> None:
    for finding in judge(all_signed(day, READINGS["prose"]), app_key=APP_KEY):
        assert KEY not in repr(finding)


@pytest.mark.parametrize("key", [KEY, [KEY], [APP_KEY, KEY], KEY.encode(), [None], (APP_KEY, 5)], ids=type)
def test_what_is_no_app_key_is_refused_and_in_no_traceback(day: Observed, key: Any) -> None:
    with pytest.raises(ConfigurationError, match="no AppKey") as refused:
        judge(day, app_key=key)
    ours = [frame for frame, _ in traceback.walk_tb(refused.tb) if "halopay_kit" in frame.f_code.co_filename]
    assert len(ours) == 2
    assert not any(KEY in repr(frame.f_locals) for frame in ours)
