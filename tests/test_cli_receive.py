"""`halopay receive` as a process: what it says, what it takes, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from halopay_kit import AppKey
from halopay_kit.cli import environment
from halopay_kit.cli import receive as receive_module
from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox import Inbox
from tests.receiver.wire import APP_ID, Caller, headers, payment, post, request
from tests.test_cli import HALOPAY

KEY = "plantedAppKey"
COMMAND = [HALOPAY, "receive"]


def environ(**more: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")}
    return {**known, "HALOPAY_APP_ID": APP_ID, "HALOPAY_APP_KEY": KEY, "PYTHONUNBUFFERED": "1", **more}


class Receive:
    """A running `halopay receive`."""

    def __init__(self, process: subprocess.Popen[str], told: str) -> None:
        self.process = process
        self.told = told
        self.port = int(told.split("http://", 1)[1].split("/")[0].rpartition(":")[2])

    def end(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; return the exit code and the rest of what was said."""
        self.process.send_signal(sign)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, self.told + out, err


@contextmanager
def receive(*options: str, **more: str) -> Iterator[Receive]:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *options],
        env=environ(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = process.stdout.readline()
        assert told, process.communicate()[1]
        yield Receive(process, told)
    finally:
        process.kill()
        process.communicate()


def sent(body: bytes, key: str = KEY, app_id: str = APP_ID, **options) -> bytes:
    now = int(time.time())
    return request(body, headers(body, at=now, key=key, app_id=app_id), **options)


def fails(*options: str, **more: str) -> tuple[int, str]:
    done = subprocess.run([*COMMAND, *options], env=environ(**more), capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def test_it_says_where_whose_and_into_what_and_ends_well(store_url):
    with receive("--inbox", store_url) as running:
        assert APP_ID in running.told
        assert post(running.port, sent(payment(1))) == (200, b"Success")
        assert post(running.port, sent(payment(2), key="forged"))[0] == 401
        assert post(running.port, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n") == (200, b"ok\n")
        assert b"halopay_receiver_requests_total" in post(running.port, b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")[1]
        code, out, err = running.end()
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    with Inbox(store_url) as inbox:
        assert [event.trade_no for event in inbox.events()] == ["T1"]
        assert inbox.stats().rejected == {"mismatch": 1}


def test_several_apps_and_keys_are_served_side_by_side(tmp_path):
    more = {"HALOPAY_APP_KEYS": f"{APP_ID}=newKey, qrApp=qrKey"}
    with receive("--inbox", str(tmp_path / "i.sqlite"), "--json", **more) as running:
        told = json.loads(running.told)
        assert told["apps"] == [APP_ID, "qrApp"]
        assert told["inbox"].endswith("i.sqlite")
        qr = payment(3, appid="qrApp")
        for request_ in (sent(payment(1)), sent(payment(2), key="newKey"), sent(qr, key="qrKey", app_id="qrApp")):
            assert post(running.port, request_) == (200, b"Success")
        assert post(running.port, sent(payment(4), key="qrKey"))[0] == 401


def test_only_the_given_path_takes_webhooks_of_the_given_size(tmp_path):
    with receive("--inbox", str(tmp_path / "i.sqlite"), "--path", "/in", "--limit", "600") as running:
        assert running.told.split()[2].endswith("/in")
        assert post(running.port, sent(payment(1), path="/in?a=b"))[0] == 200
        assert post(running.port, sent(payment(1)))[0] == 404
        assert post(running.port, sent(payment(1, memo="x" * 600), path="/in"))[0] == 413


def test_an_access_log_is_there_when_asked_for_and_shows_no_key(tmp_path):
    with receive("--inbox", str(tmp_path / "i.sqlite"), "--access-log") as running:
        assert post(running.port, sent(payment(1))) == (200, b"Success")
        _, out, err = running.end()
    assert '"POST / HTTP/1.1" 200' in err
    assert KEY not in out + err


def test_no_request_is_lost_when_it_ends_amid_a_storm(tmp_path):
    path = tmp_path / "i.sqlite"
    acknowledged, lock = set(), threading.Lock()

    def storm(lane: int) -> None:
        with Caller(running.port) as caller:
            for number in range(100_000):
                name = f"{lane}-{number}"
                try:
                    status, body = caller.say(sent(payment(name))).hear()
                except ConnectionError:
                    return
                if status == 0:
                    return
                assert (status, body) == (200, b"Success")
                with lock:
                    acknowledged.add(f"T{name}")

    with receive("--inbox", str(path)) as running:
        threads = [threading.Thread(target=storm, args=(lane,)) for lane in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        code, _, err = running.end()
        for thread in threads:
            thread.join()
    assert (code, err) == (0, "")
    with Inbox(path) as inbox:
        stored = {event.trade_no for event in inbox.events(limit=10_000)}
    assert acknowledged
    assert acknowledged <= stored
    assert len(stored - acknowledged) <= 8  # an answer may be lost on its way, an event not


def test_ctrl_c_ends_it_well(tmp_path):
    with receive("--inbox", str(tmp_path / "i.sqlite")) as running:
        assert running.end(signal.SIGINT)[0] == 0


@pytest.mark.parametrize(
    ("options", "more", "code", "word"),
    [
        ([], {}, 2, "--inbox"),
        (["--inbox", "i.sqlite"], {"HALOPAY_APP_KEY": ""}, 2, "AppKey"),
        (["--inbox", "i.sqlite"], {"HALOPAY_APP_ID": ""}, 2, "HALOPAY_APP_ID"),
        (["--inbox", "i.sqlite"], {"HALOPAY_APP_ID": "", "HALOPAY_APP_KEY": ""}, 2, "no app"),
        (["--inbox", "i.sqlite"], {"HALOPAY_APP_KEYS": "plantedAppKey"}, 2, "HALOPAY_APP_KEYS"),
        (["--inbox", "i.sqlite"], {"HALOPAY_APP_KEYS": "a=planted Key"}, 2, "AppKey"),
        (["--inbox", "i.sqlite", "--port", "70000"], {}, 2, "70000"),
        (["--inbox", "i.sqlite", "--path", "in"], {}, 2, "path"),
        (["--inbox", "i.sqlite", "--host", "no.such.host.invalid"], {}, 2, "no.such.host"),
        (["--inbox", "/no/such/folder/i.sqlite"], {}, 2, "i.sqlite"),
        (["--inbox", "mysql://u:plantedPassword@h/d"], {}, 2, ""),
        (["--inbox", "postgresql://u:plantedPassword@127.0.0.1:1/d"], {}, 1, ""),
    ],
)
def test_what_cannot_work_is_said_in_one_line(tmp_path, monkeypatch, options, more, code, word):
    monkeypatch.chdir(tmp_path)
    found, told = fails(*options, **more)
    assert (found, "Traceback" in told) == (code, False)
    assert word in told
    assert "planted" not in told


KEYS = [
    {"HALOPAY_APP_KEYS": "plantedKey"},
    {"HALOPAY_APP_KEYS": "a=good,plantedKey"},
    {"HALOPAY_APP_KEYS": "a=good,=plantedKey"},
    {"HALOPAY_APP_KEYS": "a=planted Key"},
    {"HALOPAY_APP_KEYS": "a=plantedKey,b="},
    {"HALOPAY_APP_KEYS": "a=plantedKey,b= x y"},
    {"HALOPAY_APP_ID": "", "HALOPAY_APP_KEY": "plantedKey"},
    {"HALOPAY_APP_KEY": "planted Key"},
]


@pytest.mark.parametrize("more", KEYS)
@pytest.mark.parametrize("read", [environment.app_keys, receive_module._keys])
def test_no_frame_of_a_wrong_key_shows_any(monkeypatch, more, read):
    for name in ("HALOPAY_APP_ID", "HALOPAY_APP_KEY", "HALOPAY_APP_KEYS"):
        monkeypatch.setenv(name, more.get(name, {"HALOPAY_APP_ID": APP_ID, "HALOPAY_APP_KEY": KEY}.get(name, "")))
    if (read, more) == (environment.app_keys, KEYS[-2]):  # a key without an app is its caller's business
        assert read() == {}
        return
    with pytest.raises(ConfigurationError) as caught:
        read()
    shown = [repr(each.frame.f_locals) for each in caught.traceback[1:]]  # but for this one
    assert "planted" not in "".join(shown) + str(caught.value)


def test_all_keys_of_an_app_are_read_the_first_first(monkeypatch):
    for name, value in (("ID", "a"), ("KEY", "one"), ("KEYS", "a=two, b=three,a=four,")):
        monkeypatch.setenv(f"HALOPAY_APP_{name}", value)
    assert environment.app_keys() == {
        "a": [AppKey("one"), AppKey("two"), AppKey("four")],
        "b": [AppKey("three")],
    }


def test_what_is_genuine_and_no_event_is_told_on_stderr_and_kept(tmp_path):
    with receive("--inbox", str(tmp_path / "i.sqlite")) as running:
        assert post(running.port, sent(payment(1, amount_collected=5))) == (400, b"off-spec\n")
        code, _, err = running.end()
    assert code == 0
    assert "amount_collected: expected a decimal string" in err
    with Inbox(tmp_path / "i.sqlite") as inbox:
        assert [each.body for each in inbox.unknown()] == [payment(1, amount_collected=5)]


def test_the_help_shows_examples():
    code, told = fails("--help")
    assert code == 0
    assert "open to whoever" in told
    assert "halopay receive --inbox inbox.sqlite" in told


def test_nothing_it_wrote_holds_the_key(tmp_path: Path):
    with receive("--inbox", str(tmp_path / "i.sqlite"), "--access-log") as running:
        for body in (payment(1), payment(2, amount=5), b"[]"):
            post(running.port, sent(body))
            post(running.port, sent(body, key="forged"))
        text = post(running.port, b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")[1]
        _, out, err = running.end()
    written = text + out.encode() + err.encode() + b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"T1" in written
    assert KEY.encode() not in written
