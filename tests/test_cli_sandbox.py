"""`halopay sandbox` and what acts on one that runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.test_cli import HALOPAY, halopay


@contextmanager
def running(*arguments: str) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    command = [HALOPAY, "sandbox", "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
        process.terminate()
        process.communicate(timeout=20)


def create(environ: dict[str, str], number: str = "T1") -> subprocess.CompletedProcess[str]:
    return halopay("call", "order.create", f"out_trade_no={number}", "currency_id=75", "token_amount=15", **environ)


def test_subcommands_act_on_a_running_sandbox_and_each_is_told_as_a_line():
    with running() as (environ, process):
        assert create(environ).returncode == 0
        assert json.loads(
            halopay("sandbox", "pay", "--out-trade-no", "T1", "--amount", "5", "--json", **environ).stdout
        )
        assert halopay("sandbox", "advance", "31m", **environ).returncode == 0
        assert "TIME-OUT" in halopay("call", "order.detail", "out_trade_no=T1", **environ).stdout
        assert json.loads(halopay("sandbox", "clock", "--json", **environ).stdout)["flows"] is True
        assert halopay("sandbox", "fund", "75", "10", **environ).returncode == 0
        assert "no URL is known" in halopay("sandbox", "send", "--out-trade-no", "T1", **environ).stderr
        assert json.loads(halopay("sandbox", "deliveries", "--json", **environ).stdout) == []
        process.terminate()
        lines = [json.loads(line) for line in process.communicate(timeout=20)[0].splitlines()]
    kinds = [line["kind"] for line in lines]
    assert kinds[:3] == ["call", "control", "event"]
    assert environ["HALOPAY_APP_KEY"] not in json.dumps(lines)
    assert environ["HALOPAY_SANDBOX_TOKEN"] not in json.dumps(lines)


def test_faults_and_drift_are_given_as_text():
    with running("--fault", "order.create:frequent=1", "--drift", "order.create.token:renamed") as (environ, _):
        assert "20009" in create(environ).stderr
        assert "token: missing" in create(environ, "T2").stderr


def test_a_state_is_taken_up_again(tmp_path):
    state = ["--state", str(tmp_path / "shop.sqlite")]
    with running(*state) as (environ, _):
        create(environ)
    with running(*state) as (environ, _):
        assert halopay("call", "order.detail", "out_trade_no=T1", **environ).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--fault", "nonsense:cut_after=1"], 2, "nonsense"),
        (["--drift", "order.create:nonsense"], 2, "nonsense"),
        (["--start", "soon"], 2, "2026-03-17T12:20:00Z"),
        (["--real-time", "0"], 2, "speed"),
        (["--scenario", "nonsense"], 2, "late-payment"),
        (["--port", "70000"], 2, "70000"),
        (["pay", "--out-trade-no", "T1"], 2, "HALOPAY_SANDBOX_TOKEN"),
        (["fund", "75"], 2, "AMOUNT"),
    ],
)
def test_what_cannot_be_right_is_a_usage_error(arguments, code, says):
    done = halopay("sandbox", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_control_call_that_makes_no_sense_is_explained():
    with running() as (environ, _):
        for arguments, says in (
            (["pay", "--out-trade-no", "nowhere"], "no such order"),
            (["advance", "nonsense"], "3h"),
            (["advance"], "by how much"),
            (["replay", "7"], "no such delivery"),
        ):
            done = halopay("sandbox", *arguments, **environ)
            assert done.returncode == 1
            assert says in done.stderr
        wrong = environ | {"HALOPAY_SANDBOX_TOKEN": "wrong"}
        assert halopay("sandbox", "clock", **wrong).returncode == 1
    assert "no sandbox answers" in halopay("sandbox", "clock", **environ).stderr
    elsewhere = environ | {"HALOPAY_BASE_URL": "https://example.com"}
    assert halopay("sandbox", "clock", **elsewhere).returncode == 2


def test_a_scenario_is_played_and_told():
    done = halopay("sandbox", "--scenario", "late-payment", "--scenario", "payout-answer-lost")
    assert done.returncode == 0
    assert done.stdout.count("✓") == 2
    told = halopay("sandbox", "--scenario", "success-in-quotes", "--json")
    assert json.loads(told.stdout)["passed"] is True


def test_a_scenario_that_fails_says_where(tmp_path):
    script = tmp_path / "mine.yaml"
    script.write_text(
        "about: Mine.\n"
        "steps:\n"
        "  - call: order.create\n"
        '    with: {out_trade_no: T1, currency_id: 75, token_amount: "15"}\n'
        "  - expect:\n"
        "      orders: {T1: {status: PAID}}\n"
    )
    done = halopay("sandbox", "--scenario", str(script))
    assert done.returncode == 1
    assert "✗" in done.stdout
    assert "TO-BE-PAID" in done.stdout


def test_a_reader_that_goes_away_does_not_stop_the_sandbox():
    with running() as (environ, process):
        assert process.stdout is not None
        process.stdout.close()
        for number in ("T1", "T2", "T3"):
            assert create(environ, number).returncode == 0
        process.terminate()
        assert process.wait(20) == 0
        process.stdout = None
