"""What a request is judged to be, without a server and without a store."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halopay_kit.errors import ConfigurationError
from halopay_kit.receiver import outcomes
from halopay_kit.receiver.judgement import Genuine, judge
from halopay_kit.receiver.keys import Keys
from halopay_kit.signing import AppKey
from halopay_kit.webhooks import RETRY_WINDOW, STRICT, Event
from tests.conftest import example
from tests.receiver.wire import APP_ID, KEY, NOW, PAYMENT, headers, payment, signature

KEYS = Keys.of({APP_ID: KEY})
BODY = payment()
SENT = dict(headers(BODY))


def judged(body=BODY, sent=None, *, keys=KEYS, now=NOW, freshness=RETRY_WINDOW):
    found = judge(body, headers(body) if sent is None else sent, keys, now, freshness)
    if isinstance(found, Genuine):
        return "off-spec"
    return "event" if isinstance(found, Event) else found.name


def without(name):
    return [pair for pair in SENT.items() if pair[0] != name]


def changed(**values):
    return [*(SENT | {name.replace("_", "-").encode(): value for name, value in values.items()}).items()]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (without(b"x-appid"), "unsigned"),
        (without(b"x-timestamp"), "unsigned"),
        (without(b"x-sign"), "unsigned"),
        (without(b"x-eventtype"), "event"),
        ([], "unsigned"),
        ([*SENT.items(), (b"X-Sign", SENT[b"x-sign"])], "unsigned"),
        ([*SENT.items(), (b"x-appid", b"another")], "unsigned"),
        ([(b"x-appid", b"another"), *SENT.items()], "other-app"),
        (changed(x_appid=b"another"), "other-app"),
        (changed(x_appid=b""), "other-app"),
        (changed(x_appid="ad4cyr8dpfs9j2ü1".encode()), "other-app"),
        (changed(x_appid=b"\xff\x00"), "other-app"),
        (changed(x_sign=SENT[b"x-sign"].upper()), "unsigned"),
        (changed(x_sign=SENT[b"x-sign"][:-1]), "unsigned"),
        (changed(x_sign=b"\xff" * 64), "unsigned"),
        (changed(x_sign=b"0" * 64), "mismatch"),
        (changed(x_timestamp=b"1773750001"), "mismatch"),
        (changed(x_timestamp=b"1773750000 "), "unsigned"),
        (changed(x_timestamp=b"1e9"), "unsigned"),
        (changed(x_timestamp=b"9" * 5000), "unsigned"),
        (changed(x_timestamp="١٧٧٣٧٥٠٠٠٠".encode()), "unsigned"),
        (changed(x_eventtype=b"\xff\xfe"), "event"),
        ([(b"x-other", b"v" * 10_000), *SENT.items()], "event"),
    ],
)
def test_headers_decide_who_is_believed(sent, name):
    assert judged(sent=sent) == name


@pytest.mark.parametrize(
    ("now", "freshness", "name"),
    [
        (NOW + 86750, RETRY_WINDOW, "event"),
        (NOW + 86751, RETRY_WINDOW, "stale"),
        (NOW - 121, RETRY_WINDOW, "stale"),
        (NOW + 121, STRICT, "stale"),
        (0.0, RETRY_WINDOW, "stale"),
    ],
)
def test_a_signature_of_another_time_is_stale(now, freshness, name):
    assert judged(now=now, freshness=freshness) == name


HOSTILE = {
    "nothing": b"",
    "white space": b" \n",
    "no JSON": b"Success",
    "a list": b"[{}]",
    "a string": b'"{}"',
    "a number": b"1",
    "null": b"null",
    "two objects": b"{}{}",
    "not UTF-8": b'{"a":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "NaN": b'{"type":"PAYMENT","amount":NaN}',
    "ten to the six digits": b'{"a":' + b"9" * 1_000_000 + b"}",
    "deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep and broken": b'{"a":' * 100_000 + b"}",
    "infinite": b'{"a":1e400000000}',
    "half a surrogate pair": rb'{"type":"PAYMENT","trade_no":"\ud800"}',
    "half a surrogate pair as a key": rb'{"\udfff":1}',
    "a field of another type": json.dumps(PAYMENT | {"amount": 5}).encode(),
    "a field too few": json.dumps({k: v for k, v in PAYMENT.items() if k != "amount_collected"}).encode(),
    "an amount that is none": json.dumps(PAYMENT | {"amount": "1_000"}).encode(),
    "a time beyond all bounds": json.dumps(PAYMENT | {"time": "x"}).encode(),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_genuine_nonsense_is_told_apart_and_a_forged_one_is_never_an_event(body):
    assert judged(body) in ("off-spec", "event", "malformed")
    sent = [(b"x-appid", APP_ID.encode()), (b"x-timestamp", b"1773750000"), (b"x-sign", b"0" * 64)]
    assert judged(body, sent) in ("malformed", "mismatch")


@pytest.mark.parametrize("body", [b"[1]", b"", b"null", b"hello", b"\xff"])
def test_what_is_no_object_is_malformed_whoever_signed_it(body):
    assert judged(body) == "malformed"
    assert judged(body, []) in ("malformed", "unsigned")


def test_a_doubled_key_is_off_spec_whichever_app_it_names_last():
    assert judged(b'{"appid":"another",' + BODY[1:]) == "off-spec"
    assert judged(BODY[:-1] + b',"appid":"another"}') == "off-spec"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"amount_collected": 5}, "amount_collected: expected a decimal string, got a number"),
        ({"status": None}, "status: expected"),
        ({"status": ...}, "status: missing"),
        ({"amount_collected": "secret5"}, "amount_collected: expected a decimal string, got another string"),
    ],
)
def test_what_is_signed_and_not_what_the_spec_says_is_told_apart_without_its_values(changed, problem):
    fields = {name: value for name, value in (PAYMENT | changed).items() if value is not ...}
    body = json.dumps(fields).encode()
    found = judge(body, headers(body), KEYS, NOW, RETRY_WINDOW)
    assert isinstance(found, Genuine)
    assert (found.app_id, found.signed_at) == (APP_ID, NOW)
    assert problem in found.problem
    assert "secret" not in found.problem
    assert judged(body, headers(body, key="forged")) == "mismatch"


def test_a_body_of_another_app_is_refused_though_its_signature_is_right():
    assert judged(payment(appid="another")) == "other-app"
    both = Keys.of({APP_ID: KEY, "another": "anotherKey"})
    stolen = headers(BODY, key="anotherKey", app_id="another")
    assert judged(BODY, stolen, keys=both) == "other-app"
    assert judged(BODY, headers(BODY, key="anotherKey"), keys=both) == "mismatch"


def test_each_app_has_keys_of_its_own_and_old_ones_while_they_change():
    qr = json.dumps({k: v for k, v in example("webhook.payment_qr_code")["body"].items() if k != "appid"}).encode()
    keys = Keys.of({APP_ID: [AppKey("newKey"), KEY], "qrApp": "qrKey"})
    assert judged(keys=keys) == "event"
    assert judged(BODY, headers(BODY, key="newKey"), keys=keys) == "event"
    assert judged(BODY, headers(BODY, key="qrKey"), keys=keys) == "mismatch"
    assert judged(qr, headers(qr, key="qrKey", app_id="qrApp"), keys=keys) == "event"
    assert judged(qr, headers(qr, key="qrKey"), keys=keys) == "mismatch"


def test_a_key_without_an_app_takes_whichever_app_it_signs_for():
    body = payment(appid="whoever")
    assert judged(body, headers(body, app_id="whoever"), keys=Keys.of(KEY)) == "event"
    assert judged(body, headers(body, app_id="whoever"), keys=Keys.of(KEY, "only")) == "other-app"


def test_an_unknown_type_is_an_event_when_it_is_signed():
    assert judged(payment(type="REFUND")) == "event"


@pytest.mark.parametrize(
    ("app_key", "app_id"),
    [
        (None, None),
        ("", None),
        ([], None),
        ({}, None),
        ({"": KEY}, None),
        ({"a b": KEY}, None),
        ({"ü": KEY}, None),
        ({5: KEY}, None),
        ({"a": None}, None),
        ({"a": []}, None),
        ({"a": "k "}, None),
        ({"a": KEY}, "a"),
        (b"bytes", None),
        ([KEY, 5], None),
        (KEY, ""),
        (KEY, 5),
    ],
)
def test_keys_that_cannot_be_right_are_refused_at_the_start(app_key, app_id):
    with pytest.raises(ConfigurationError):
        Keys.of(app_key, app_id)


def test_no_traceback_of_a_wrong_key_shows_it():
    for given_as in (" plantedAppKey", [" plantedAppKey"], {"a": " plantedAppKey"}, {"a": ["good", " plantedAppKey"]}):
        with pytest.raises(ConfigurationError) as caught:
            Keys.of(given_as)
        frames = caught.traceback[1:]  # but for this one
        assert "planted" not in "".join(repr(frame.frame.f_locals) for frame in frames)
    assert "planted" not in repr(Keys.of("plantedAppKey"))


NAMES = st.sampled_from([b"x-appid", b"x-timestamp", b"x-sign", b"X-Sign", b"x-eventtype", b"host", b""])
VALUES = st.one_of(
    st.binary(max_size=80), st.sampled_from([APP_ID.encode(), str(NOW).encode(), signature(b"{}").encode(), b""])
)
BODIES = st.one_of(st.binary(max_size=300), st.sampled_from([b"{}", BODY, *HOSTILE.values()]))


@given(BODIES, st.lists(st.tuples(NAMES, VALUES), max_size=6), st.floats(0, 4e9))
def test_no_bytes_headers_and_time_raise_anything(body, sent, now):
    found = judge(body, sent, KEYS, now, RETRY_WINDOW)
    assert isinstance(found, Event | Genuine) or found in outcomes.OUTCOMES.values()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*PAYMENT, "fee", "x"]), JSON), st.booleans())
def test_whatever_is_signed_raises_nothing(fields, whole):
    body = json.dumps(PAYMENT | fields if whole else fields).encode()
    assert judged(body) in ("event", "off-spec", "other-app")


def test_every_refusal_says_one_word_and_only_success_says_success():
    for name, outcome in outcomes.OUTCOMES.items():
        assert (outcome.body == b"Success") == (outcome.status == 200) == (name == "success")
        assert dict(outcome.headers)[b"content-length"] == str(len(outcome.body)).encode()
        assert outcome.body == b"Success" or outcome.body == name.encode() + b"\n"
