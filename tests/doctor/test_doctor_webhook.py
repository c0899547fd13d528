"""What the doctor says of receivers, and what it sends them."""

from __future__ import annotations

import json
import time

import attrs
import pytest

from halopay_kit import AppKey, webhooks
from halopay_kit.doctor import store, webhook
from halopay_kit.doctor.check import Check
from halopay_kit.doctor.probe import PREFIX, Probe, host_of
from halopay_kit.errors import ConfigurationError, HaloPayError, OutsideTolerance, SignatureMismatch, SignatureMissing
from halopay_kit.inbox import Inbox
from tests.doctor.planted import FOREVER, KEY, Receiver
from tests.hostile import APP_ID, hostile, http


def probe(url: str, **changed: object) -> Probe:
    made = {"app_id": APP_ID, "app_key": AppKey(KEY), "run": "1", "clock": time.time, "timeout": 5.0}
    return Probe(url=url, **made | changed)


def looked(url: str, look_up: webhook.LookUp | None = None) -> dict[str, Check]:
    checks = {check.name: check for check in webhook.examine(probe(url), look_up)}
    assert tuple(checks) == webhook.NAMES
    return checks


def split(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    return dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:]), body


def test_what_is_sent_is_no_order_pays_nothing_and_is_right_or_wrong_in_one_respect():
    with hostile(http(b"Success")) as server:
        looked(server.base_url)
        sent = [split(request) for request in server.requests]
    assert len(sent) == 7
    found = []
    for headers, body in sent:
        said = json.loads(body)
        assert said["out_trade_no"].startswith(PREFIX)
        assert (said["trade_no"], said["status"], said["amount_collected"]) == (said["out_trade_no"], "TIME-OUT", "0")
        try:
            event = webhooks.verify(body, headers, app_key=KEY, now=time.time())
            found.append(event.drift)
        except HaloPayError as error:
            found.append(type(error))
    assert found == [(), SignatureMismatch, SignatureMissing, SignatureMismatch, OutsideTolerance, (), ()]
    for headers, body in sent:
        if headers.get("X-Sign") and int(headers["X-Timestamp"]) < time.time() - 3600:
            webhooks.verify(body, headers, app_key=KEY, now=time.time(), freshness=FOREVER)  # stale and otherwise right


def test_what_comes_again_is_the_same_and_then_the_same_signed_afresh():
    with hostile(http(b"Success")) as server:
        looked(server.base_url)
        requests = [server.requests[number] for number in (0, 5, 6)]
    (first, one), (same, two), (afresh, three) = map(split, requests)
    assert one == two == three
    assert first["X-Sign"] == same["X-Sign"] != afresh["X-Sign"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (http(b'"Success"'), "quotes"),
        (http(b'{"ok":true}'), "JSON"),
        (http(b"Success\r\n"), "white space"),
        (http(b"SUCCESS"), "other letters"),
        (http(b"success"), "other letters"),
        (http(b"<p>Success</p>"), "HTML"),
        (http(b""), "without a body"),
        (http(b"Success", status=500), "HTTP 500"),
        (http(b"", status=302, location="/"), "redirect"),
        (http(b"\xff\xfe\x00"), "HTTP 200"),
        (http(b"x" * 100_000), "HTTP 200"),
    ],
)
def test_whatever_is_not_success_is_told_in_what_it_differs(answer, says):
    with hostile(answer) as server:
        check = looked(server.base_url)["webhook-success"]
    assert check.verdict == "failed"
    assert says in check.says
    assert len(check.says) < 400


def test_a_key_in_an_answer_is_not_shown_not_even_its_beginning():
    with hostile(http(b"x" * 50 + KEY.encode())) as server:
        assert KEY[:4] not in repr(looked(server.base_url))


@pytest.mark.parametrize("answer", [None, http(b"x", content_length="999")])
def test_a_receiver_that_hangs_up_or_never_ends_is_told(answer):
    with hostile(answer) as server:
        assert looked(server.base_url)["webhook-reachable"].verdict == "failed"


def test_without_an_inbox_what_cannot_be_seen_is_skipped_with_what_it_takes(tmp_path):
    with Receiver().serve(str(tmp_path / "i.sqlite")) as url:
        checks = looked(url)
    assert checks["webhook-once"].verdict == checks["webhook-kept"].verdict == "skipped"
    assert "taken each time it came" in checks["webhook-once"].says
    assert "--inbox" in checks["webhook-once"].remedy


def test_a_forged_event_that_is_refused_and_kept_all_the_same_is_told():
    with hostile(http(b"Success"), http(b"no", status=401)) as server:
        checks = looked(server.base_url, lambda _: webhook.Seen(1, 1))
    assert "is in the inbox" in checks["webhook-forged"].says
    assert checks["webhook-forged"].verdict == checks["webhook-stale"].verdict == "failed"


def test_a_refusal_with_status_200_is_one_if_it_is_another_answer(tmp_path):
    with Receiver(refusal=(200, b"refused")).serve(str(tmp_path / "i.sqlite")) as url:
        assert {check.verdict for check in list(looked(url).values())[:4]} == {"passed"}


@pytest.mark.parametrize(
    "url",
    ["", "shop.example", "ftp://shop.example/", "http://shop.example/", "https://a:b@shop.example/", "https://x/#y",
     "https://x:99999/", "https://[", "https://x/ y", "https://\u00e4.example/"],
)  # fmt: skip
def test_a_url_that_cannot_be_a_receiver_s_is_refused_before_anything_is_sent(url):
    with pytest.raises(ConfigurationError):
        host_of(url)


# --- the store


def test_an_inbox_is_only_looked_at(store_url):
    with Inbox(store_url) as inbox:
        before = attrs.evolve(inbox.stats(), now=0.0)
        check, look_up = store.examine(store_url)
        assert check.verdict == "passed"
        assert look_up("nothing") == (0, 0)
        assert attrs.evolve(inbox.stats(), now=0.0) == before


@pytest.mark.parametrize(("kind", "verdict"), [("tmpfs", "failed"), ("ext4", "passed")])
def test_an_inbox_on_a_disk_that_is_memory_is_forgotten(kind, verdict, tmp_path, monkeypatch):
    (tmp_path / "mounts").write_text(f"/dev/a / ext4 rw 0 0\n{kind} {tmp_path} {kind} rw 0 0\n")
    monkeypatch.setattr(store, "_MOUNTS", tmp_path / "mounts")
    Inbox(tmp_path / "i.sqlite").close()
    assert store.examine(str(tmp_path / "i.sqlite"))[0].verdict == verdict


def test_unlogged_tables_are_emptied_by_a_crash(postgres_url):
    with Inbox(postgres_url) as inbox, inbox.store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE halopay_events SET UNLOGGED")
    check, _ = store.examine(postgres_url)
    assert (check.verdict, "unlogged" in check.says) == ("failed", True)


def test_a_password_in_the_address_of_an_inbox_is_not_shown():
    check, look_up = store.examine("postgresql://shop:correct-horse@127.0.0.1:9/shop")
    assert look_up is None
    assert "correct-horse" not in repr(check)


def test_a_file_that_is_no_inbox_is_told_and_left_as_it_is(tmp_path):
    file = tmp_path / "photo.sqlite"
    file.write_bytes(b"not a database" * 100)
    assert store.examine(str(file))[0].verdict == "failed"
    assert file.read_bytes() == b"not a database" * 100
    assert not (tmp_path / "none.sqlite").exists()
    assert store.examine(str(tmp_path / "none.sqlite"))[0].verdict == "failed"
    assert not (tmp_path / "none.sqlite").exists()
