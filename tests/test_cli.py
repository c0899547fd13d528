"""The command, as a person or a script types it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from halopay_api.operations import OPERATIONS
from tests.conftest import example, guess, vectors
from tests.hostile import APP_ID, KEY, hostile, signed, success

HALOPAY = str(Path(sys.executable).parent / "halopay")
ADDRESS = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"
SECRET = "planted-AppKey-0xC0FFEE"


def halopay(*arguments: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")}
    done = subprocess.run(
        [HALOPAY, *arguments], input=stdin, env=clean | environ, capture_output=True, timeout=30, check=False
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def pairs(name: str) -> list[str]:
    return [f"{key}={value}" for key, value in example(name)["request"].items()]


def test_every_operation_can_be_called(shared_box):
    shared_box.pay(trade_no=_create(shared_box)["trade_no"])
    for name in OPERATIONS:
        request = [pair for pair in pairs(name) if not pair.startswith(("trade_no", "time_expire"))]
        if name == "order.detail":
            request = ["out_trade_no=T-cli"]
        done = halopay("call", name, *request, "--json", **shared_box.environ())
        assert done.returncode == 0, (name, done.stderr)
        assert json.loads(done.stdout)
        assert done.stderr == ""


def _create(box) -> dict:
    request = ["out_trade_no=T-cli", "currency_id=75", "fiat_name=USD", "fiat_amount=15"]
    created: dict = json.loads(halopay("call", "order.create", *request, "--json", **box.environ()).stdout)
    return created


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_help_of_an_operation_is_made_from_the_spec(name):
    done = halopay("call", name, "--help")
    assert done.returncode == 0
    for field in OPERATIONS[name].fields:
        assert f"{field.name} " in done.stdout
        assert field.provenance in done.stdout
    assert OPERATIONS[name].path in done.stdout


@pytest.mark.parametrize("command", ["call", "completion", "demo", "sandbox", "sign", "spec", "verify"])
def test_every_command_has_help(command):
    assert command in halopay("--help").stdout
    assert "Usage: halopay" in halopay(command, "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["call", "order.detail"], 2, "at least one of trade_no, out_trade_no"),
        (["call", "order.detail", "out_trade_no"], 2, "KEY=VALUE"),
        (["call", "order.detail", "out_trade_no=a", "out_trade_no=b"], 2, "twice"),
        (["call", "order.detail", "out_trade=a"], 2, "did you mean out_trade_no"),
        (["call", "order.create", "out_trade_no=T", "currency_id=75", "fiat_amount=1e3"], 2, "fiat_amount"),
        (["call", "order.detail", "out_trade_no=nowhere"], 1, "10004"),
        (["call", "order.detail", "out_trade_no=x", "--base-url", "http://127.0.0.1:9"], 1, "Nothing was sent"),
        (["call", "order.detail", "out_trade_no=x", "--base-url", "http://example.com"], 2, "base URL"),
        (["call", "order.detail", "out_trade_no=x", "--timeout", "0"], 2, "timeout"),
        (["call", "nonsense"], 2, "nonsense"),
        (["nonsense"], 2, "nonsense"),
        (["sign", "@no-such-file"], 2, "no-such-file"),
        (["sign", "[]"], 2, "JSON object"),
        (["spec", "nonsense"], 2, "payout.create"),
    ],
)
def test_what_goes_wrong_is_said_on_stderr_with_an_exit_code(shared_box, arguments, code, says):
    done = halopay(*arguments, **shared_box.environ())
    assert done.returncode == code, done
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_an_unknown_outcome_has_an_exit_code_of_its_own(shared_box):
    request = ["out_trade_no=twice", "currency_id=75", "token_amount=1"]
    assert halopay("call", "order.create", *request, **shared_box.environ()).returncode == 0
    done = halopay("call", "order.create", *request, "--json", **shared_box.environ())
    assert done.returncode == 3
    assert json.loads(done.stderr)["error"] == "OutcomeUnknown"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"HALOPAY_APP_KEY": ""}, "HALOPAY_APP_KEY is not set"),
        ({"HALOPAY_APP_KEY": f"{SECRET}\n"}, "white space"),
        ({"HALOPAY_APP_KEY": SECRET}, "10008"),
        ({"HALOPAY_APP_ID": "unknown-app-1234"}, "10006"),
    ],
)
def test_wrong_credentials_are_explained_and_not_shown(shared_box, changed, says):
    done = halopay("call", "currency.token_list", **shared_box.environ() | changed)
    assert done.returncode != 0
    assert says in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_money_at_a_real_address_is_asked_about_first():
    request = ["out_trade_no=P", "currency_id=75", "amount=1", "address=T", "google_code=123456"]
    environ = {"HALOPAY_APP_ID": "a", "HALOPAY_APP_KEY": "k", "HALOPAY_BASE_URL": "https://halopay.invalid"}
    done = halopay("call", "payout.create", *request, stdin=b"n\n", **environ)
    assert done.returncode == 1
    assert "Nothing was sent" in done.stderr
    assert "moves real money: out_trade_no=P, currency_id=75, amount=1, address=T. Go on?" in done.stderr
    assert "123456" not in done.stderr
    assert halopay("call", "payout.create", *request, stdin=b"", **environ).returncode == 1
    assert "host name is not known" in halopay("call", "payout.create", *request, "--yes", **environ).stderr


@pytest.mark.parametrize("case", vectors("valid")[:3])
def test_sign_and_verify_agree_with_the_known_answers(case, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(case["body"])
    environ = {"HALOPAY_APP_KEY": case["app_key"], "HALOPAY_APP_ID": "a"}
    done = halopay("sign", f"@{body}", "--timestamp", case["timestamp"], "--json", **environ)
    assert json.loads(done.stdout)["X-Sign"] == case["signature"]
    flags = ["--timestamp", case["timestamp"], "--sign", case["signature"]]
    assert halopay("verify", "-", *flags, "--any-age", stdin=case["body"], **environ).returncode == 0
    assert halopay("verify", "-", *flags, stdin=case["body"], **environ).returncode == 1
    assert halopay("verify", "-", *flags, "--any-age", stdin=case["body"] + b" ", **environ).returncode == 1


@guess("OrderDetail")
def test_the_spec_counts_what_is_known():
    counts = json.loads(halopay("spec", "--json").stdout)
    assert counts["order.detail"]["documented"] == 0
    assert counts["webhook.payment"]["inferred"] == 0
    assert sum(counts["total"].values()) == sum(sum(each.values()) for name, each in counts.items() if name != "total")
    fields = json.loads(halopay("spec", "order.create", "--json").stdout)
    assert {"field": "data.amount", "provenance": "documented", "source": "native#1/response"} in fields


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_runs_until_it_is_told_to_stop(number):
    with subprocess.Popen([HALOPAY, "sandbox", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        environ = {name: value for name, value in told.items() if name.isupper()}
        assert halopay("call", "currency.token_list", **environ).returncode == 0
        running.send_signal(number)
        assert running.wait(10) == 0


def test_a_pipe_that_closes_early_is_no_error():
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {HALOPAY} spec | head -1"], capture_output=True, check=False
    )
    assert done.stderr == b""


def test_colours_are_for_terminals_that_want_them():
    assert "\x1b" not in halopay("spec").stdout


def test_completion_knows_operations_and_fields():
    assert "_halopay_completion" in halopay("completion", "bash").stdout
    done = halopay(_HALOPAY_COMPLETE="bash_complete", COMP_WORDS="halopay call order.create fia", COMP_CWORD="3")
    assert re.findall(r"plain,(.*)", done.stdout) == ["fiat_name=", "fiat_amount="]


def test_the_version_is_told():
    assert re.fullmatch(r"halopay \d+\.\d+\.\d+\n", halopay("--version").stdout)


PAYOUT = ["call", "payout.create", "out_trade_no=P-7", "currency_id=75", "amount=25.5", f"address={ADDRESS}"]


def test_a_payout_that_was_done_and_cannot_be_shown_is_not_called_not_done():
    environ = {"HALOPAY_APP_ID": APP_ID, "HALOPAY_APP_KEY": KEY}
    answer = example("payout.create")["answer"]
    with hostile(lambda _: signed(answer)) as server, Path("/dev/full").open("wb") as full:
        command = [HALOPAY, *PAYOUT, "--base-url", server.base_url]
        done = subprocess.run(command, env=os.environ | environ, stdout=full, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, b"it was done" in done.stderr, b"P-7" in done.stderr) == (3, True, True)
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(command, env=os.environ | environ, stdout=write, stderr=subprocess.PIPE, check=False)
        os.close(write)
        assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_during_a_payout_says_that_it_may_have_been_done():
    arrived, release = threading.Event(), threading.Event()

    def wait(_body):
        arrived.set()
        release.wait(10)

    environ = {"HALOPAY_APP_ID": APP_ID, "HALOPAY_APP_KEY": KEY}
    with hostile(wait) as server:
        command = [HALOPAY, *PAYOUT, "--base-url", server.base_url]
        with subprocess.Popen(command, env=os.environ | environ, stderr=subprocess.PIPE) as running:
            assert arrived.wait(10)
            running.send_signal(signal.SIGINT)
            assert running.wait(10) == 3
            release.set()
            assert running.stderr is not None
            said = running.stderr.read()
    assert b"may have been done" in said
    assert b"P-7" in said


def test_nothing_that_steers_a_terminal_is_printed():
    data = {"status": "\x1b[31mPAID", "\x1b]0;owned\x07": "\u202e\x9b31m", "amount": "1"}
    environ = {"HALOPAY_APP_ID": APP_ID, "HALOPAY_APP_KEY": KEY}
    with hostile(lambda _: signed(success(data))) as server:
        for flags in ([], ["--json"]):
            done = halopay("call", "order.detail", "trade_no=x", "--base-url", server.base_url, *flags, **environ)
            assert done.returncode == 0
            assert not set("\x1b\x07\x9b\u202e") & set(done.stdout + done.stderr)
            assert "Beyond the spec" in done.stderr


def test_a_port_that_cannot_be_is_a_usage_error():
    assert halopay("sandbox", "--port", "70000").returncode == 2
