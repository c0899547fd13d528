"""Nothing secret stands in a report, whichever way it was written where it was found."""

from __future__ import annotations

import base64
import html
import json
import time
from urllib.parse import quote

import pytest

from halopay_kit import AppKey
from halopay_kit.contract.exchange import Delivery, Exchange, Observed
from halopay_kit.contract.report import Masking

KEY = "Pl4nted/AppKey+With=Signs"
SIGN = "6d0f503be40389d2cfcbb0da07b5ac54a029f99d49da2cf83e715e18c844c3fb"
APP = "e41jrqx2db4p1aqz"
CODE = "493817"
BODY = json.dumps({"appid": APP, "google_code": CODE, "amount": "5"}).encode()
SENT = (("X-Appid", APP), ("x-sign", SIGN), ("Cookie", "session=abcdef0123456789"), ("X-Timestamp", "1773750000"))

WAYS = {
    "plain": lambda text: text,
    "within a word": lambda text: f"abc{text}def",
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a sentence": lambda text: base64.b64encode(f"it is {text} now".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"?>{text}?>".encode()).decode(),
    "base64 of base64": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "upper-case hexadecimal": lambda text: text.encode().hex().upper(),
    "percents": lambda text: quote(text, safe=""),
    "all percents": lambda text: "".join(f"%{ord(each):02x}" for each in text),
    "percents of percents": lambda text: quote("".join(f"%{ord(each):02X}" for each in text), safe=""),
    "escapes of JSON": lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    "slashes of JSON": lambda text: text.replace("/", "\\/"),
    "escapes in a string in a string": lambda text: json.dumps("".join(f"\\u{ord(each):04X}" for each in text)),
    "references of HTML": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "entities of HTML": lambda text: html.escape(text),
}


@pytest.fixture
def masking() -> Masking:
    observed = Observed(
        exchanges=(
            Exchange(number=1, operation="payout.create", url="http://h/", at=1.0, request_headers=SENT,
                     request_body=BODY, status=200),
        ),
        app_id=APP,
        target="t",
        started=0.0,
        ended=1.0,
    )  # fmt: skip
    return Masking.of(observed, secrets=[KEY], app_keys=[AppKey(KEY)])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secret", [KEY, SIGN, APP], ids=["AppKey", "X-Sign", "AppId"])
def test_a_secret_is_found_whichever_way_it_is_written(secret, way, masking):
    written = WAYS[way](secret)
    masked = masking.text(f'{{"note":"see {written} there"}}')
    assert written not in masked
    assert "***" in masked
    assert masked.startswith('{"note":"see ')
    assert masked.endswith(' there"}')


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("within a word", "base64 of base64")])
def test_a_one_time_code_is_found_where_it_stands_alone(way, masking):
    written = WAYS[way](CODE)
    assert written not in masking.text(f'{{"note":"see {written} there"}}')


def test_an_app_key_that_does_not_tell_its_text_is_found_as_a_word():
    masking = Masking(app_keys=[AppKey(KEY)])
    assert masking.text(KEY) == "***"
    assert masking.text(f'{{"key":"{KEY}"}}') == '{"key":"***"}'
    assert KEY not in masking.text(json.dumps({"a": base64.b64encode(KEY.encode()).decode(), "b": KEY}))
    assert masking.text("key=testAppKey") == "key=testAppKey"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"google_code":"12"}', '{"google_code":"***"}'),
        ('{"google_code": 123456 , "a": 1}', '{"google_code": "***" , "a": 1}'),
        ('{"GoogleCode":12}', '{"GoogleCode":"***"}'),
        (r'{"data":"{\"appid\":\"x1\"}"}', r'{"data":"{\"appid\":\"***\"}"}'),
        ('{"appid":{"value":"short"}}', '{"appid":{"value":"short"}}'),
        ('{"appid":["short"]}', '{"appid":["short"]}'),
        ('{"sign": null, "appid": true}', '{"sign": "***", "appid": "***"}'),
        ("https://h/?google_code=1&x=2", "https://h/?google_code=***&x=2"),
        ("X-Sign: abc123", "X-Sign: ***"),
        ("the signature: it is wrong", "the signature: it is wrong"),
        ('{"token":"USDT","txid":"' + "a" * 64 + '"}', '{"token":"USDT","txid":"' + "a" * 64 + '"}'),
    ],
)
def test_what_stands_under_a_secret_name_is_masked_and_nothing_else(text, masked):
    assert Masking().text(text) == masked


def test_headers_are_masked_by_name(masking):
    masked = dict(masking.headers((*SENT, ("X-Signature", "z"), ("Authorization", "Bearer y"), ("accept", "a"))))
    assert masked == {
        "X-Appid": "***", "x-sign": "***", "Cookie": "***", "X-Timestamp": "1773750000", "X-Signature": "***",
        "Authorization": "***", "accept": "a",
    }  # fmt: skip
    assert "abcdef0123456789" not in masking.text("the cookie was abcdef0123456789")


def test_json_stays_json(masking):
    body = json.dumps({"google_code": 493817, "list": [493817, APP], "deep": {"sign": SIGN}, "amount": "5"})
    assert json.loads(masking.text(body)) == {
        "google_code": "***", "list": ["***", "***"], "deep": {"sign": "***"}, "amount": "5"
    }  # fmt: skip


def test_values_of_json_are_masked_with_their_names(masking):
    masked = masking.value({APP: [SIGN, {"x": 1, "sign": 5}], "n": None, "t": True, "code": 493817})
    assert masked == {"***": ["***", {"x": 1, "sign": "***"}], "n": None, "t": True, "code": "***"}


def test_bytes_that_are_no_utf_8_are_masked_too(masking):
    assert masking.data(b"\xff" + SIGN.encode() + b"\xfe") == b"\xff***\xfe"
    assert masking.data(f"see {KEY}".encode("utf-16")) == b"***"
    assert masking.data(b"\xff\x00 nothing") == b"\xff\x00 nothing"


def test_secrets_of_webhooks_are_learned():
    sign = "f" * 63 + "0"
    delivery = Delivery(number=1, webhook=None, at=None, headers=(("X-Sign", sign),), body=b"{}")
    observed = Observed(deliveries=(delivery,), target="t", started=0.0, ended=0.0)
    assert sign not in Masking.of(observed).text(f"x{sign}")


@pytest.mark.parametrize(
    "sign", [SIGN.upper(), f"sha256={SIGN}", SIGN[:32], base64.b64encode(bytes.fromhex(SIGN)).decode()]
)
def test_a_signature_of_another_form_is_a_secret_too(sign):
    masking = Masking()
    masking.learn((("X-Sign", sign),), None)
    assert sign not in masking.text(f'{{"echo":"{sign}"}}')
    assert sign.strip("=") not in masking.text(f'{{"echo":"{sign}"}}')


def test_a_masking_shows_nothing(masking):
    for shown in (repr(masking), str(vars(masking)), repr(masking._traces), str(vars(masking._traces))):
        assert KEY not in shown


ENDLESS = {
    "backslashes": "\\" * 1_000_000,
    "names": '"sign":1,' * 100_000,
    "lines": "sign:" * 200_000,
    "quotes": '"sign":"' * 100_000,
    "spaces": '{"sign"' + " " * 1_000_000,
    "digits": "ab" * 500_000,
    "percents": "%41" * 300_000,
    "references": "&#x0" * 200_000,
    "base64": "QUJD" * 250_000,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_no_text_takes_endless_time(name, masking):
    begun = time.perf_counter()
    masking.text("{" + ENDLESS[name])
    assert time.perf_counter() - begun < 10


def test_masking_many_messages_is_quick(masking):
    body = json.dumps({"trade_no": "20250629153045a7b3c9d2e5f8a1b4c6", "txid": "7c" * 32, "url": "https://x/y?z=%20"})
    begun = time.perf_counter()
    for number in range(1000):
        masking.data(body.replace("2025", f"{number:04d}").encode())
    assert time.perf_counter() - begun < 2
