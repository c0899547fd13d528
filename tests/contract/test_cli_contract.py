"""`halopay contract`, as a person or a script types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from halopay_api.operations import OPERATIONS
from halopay_kit import Sandbox
from halopay_kit.cli.contract.targets import rerun
from halopay_kit.contract.observe import PHASES
from tests.conftest import guess
from tests.contract.proxy import Proxy
from tests.test_cli import HALOPAY, halopay

JOURNEY = ("--phase", "journey")
EFFECTS = {operation.path: operation.effect for operation in OPERATIONS.values()}


def contract(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return halopay("contract", *arguments, **environ)


@pytest.fixture
def proxy(box):
    with Proxy(box.base_url) as proxy:
        yield proxy


def test_without_a_target_a_sandbox_of_its_own_is_tested():
    done = contract(*JOURNEY)
    assert done.returncode == 0, done.stderr
    assert "The spec is kept" in done.stdout
    for name in (*OPERATIONS, "webhook.payment", "webhook.payout", "webhook.payment_qr_code"):
        assert name in done.stdout


def test_run_is_what_is_done_where_no_command_is_named():
    assert contract("run", *JOURNEY).stdout.splitlines()[-1] == contract(*JOURNEY).stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("drift", "code", "says"),
    [
        ("order.create.amount:renamed", 1, "order.create.amount is called new_amount now"),
        pytest.param(
            "payout.detail.fee:renamed", 3, "payout.detail.fee is called new_fee now", marks=guess("PayoutDetail")
        ),
    ],
)
def test_drift_is_found_and_the_exit_code_says_how_bad_it_is(drift, code, says):
    done = contract(*JOURNEY, "--drift", drift)
    assert done.returncode == code
    assert says in done.stdout
    assert "again: halopay call" in done.stdout


def test_the_quick_profile_makes_a_thousand_calls_of_every_sort(tmp_path):
    done = subprocess.run(
        [HALOPAY, "contract", "--quick", "--json"], capture_output=True, cwd=tmp_path, timeout=60, check=False
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["exchanges"] >= 1000
    assert report["seed"] == 0
    assert [line["entry"] for line in report["ledger"] if line["settled"] != "settled"] == []
    assert list(tmp_path.iterdir()) == []


def test_reports_and_an_overlay_are_written(tmp_path):
    files = ("--report", str(tmp_path / "out"), "--overlay", str(tmp_path / "found.yaml"))
    done = contract(*JOURNEY, "--drift", "account.balance:added", *files)
    assert done.returncode == 3
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "report.json", "report.html", "junit.xml", "traffic.har",
    }  # fmt: skip
    assert "risk_level" in (tmp_path / "found.yaml").read_text("utf-8")
    assert "found.yaml, " in done.stderr


def test_no_report_holds_a_key_an_app_id_or_a_signature(box, proxy, tmp_path):
    asked = (*JOURNEY, "--phase", "headers", "--url", proxy.base_url, "--report", str(tmp_path), "--json")
    done = contract(*asked, **box.environ())
    assert done.returncode == 0
    written = [done.stdout, done.stderr, *(file.read_text("utf-8") for file in tmp_path.iterdir())]
    signatures = {each.headers["X-Sign"] for each in proxy.arrived if "X-Sign" in each.headers}
    assert len(signatures) > 100
    for text in written:
        assert not [secret for secret in (box.environ()["HALOPAY_APP_KEY"], box.app_id, *signatures) if secret in text]


# Live targets, for which a recording proxy stands.


def live(box: Sandbox, proxy: Proxy, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    return halopay("contract", "--live", "--url", proxy.base_url, *arguments, stdin=stdin, **box.environ())


@pytest.mark.parametrize("answer", [b"", b"n\n", b"no\n", b"\n"])
def test_without_a_yes_nothing_is_sent(box, proxy, answer):
    done = live(box, proxy, stdin=answer)
    assert done.returncode == 2
    assert not proxy.arrived
    assert "Nothing was sent" in done.stderr


def test_what_will_be_sent_is_said_before_how_often_and_how_fast(box, proxy):
    said = live(box, proxy, "--rate", "0.5", "--currency-id", "75").stderr
    assert "currency.app_token_list" in said
    assert "at most  24" in said
    assert "At most 27 calls, 0.5 a second, so 54 seconds or more" in said
    assert "no payout" in said
    assert f"app {box.app_id[:4]}…" in said
    assert box.app_id not in said
    assert not proxy.arrived


def test_with_a_yes_only_reading_operations_arrive_and_nothing_written_holds_a_secret(tmp_path):
    key, drift = "planted-AppKey-0xC0FFEE", ["order.exchange_rates:added", "envelope:added", "*:code-added"]
    files = ("--report", str(tmp_path), "--overlay", str(tmp_path / "found.yaml"), "--baseline", os.devnull)
    with Sandbox(seed=3, app_key=key, drift=drift) as box, Proxy(box.base_url) as proxy:
        done = live(box, proxy, "--rate", "5", "--currency-id", "75", *files, stdin=b"y\n")
    assert done.returncode == 3, done.stderr
    assert {EFFECTS[path] for path in proxy.paths} == {"read"}
    assert len(proxy.arrived) == 27
    assert proxy.arrived[-1].at - proxy.arrived[0].at > 26 / 5 - 0.5
    assert "it moves money" in done.stdout
    assert "risk_level" in (tmp_path / "found.yaml").read_text("utf-8")
    secrets = {each.headers["X-Sign"] for each in proxy.arrived} | proxy.signatures | {key, box.app_id}
    assert len(secrets) > 40
    for text in (done.stdout, done.stderr, *(file.read_text("utf-8") for file in tmp_path.iterdir())):
        assert not [secret for secret in secrets if secret in text]


@pytest.mark.parametrize(
    "options",
    [
        ("--create",),
        ("--create", "--max-amount", "5"),
        ("--create", "--fiat", "USD"),
        ("--max-amount", "5"),
        ("--create", "--max-amount", "much", "--fiat", "USD"),
        ("--create", "--max-amount", "5", "--fiat", "XXX"),
        ("--rate", "100"),
        ("--rate", "0"),
        ("--drift", "order.create:added"),
        ("--phase", "fuzz"),
        ("--phase", "journey"),
        ("--operation", "payout.create"),
        ("--webhook-port", "8000"),
    ],
)
def test_options_that_make_no_sense_for_a_live_target_send_nothing(box, proxy, options):
    assert live(box, proxy, "--yes", *options).returncode == 2
    assert not proxy.arrived


def test_an_address_in_the_environment_is_not_tested_unless_it_is_named(box, proxy):
    environ = {**box.environ(), "HALOPAY_BASE_URL": proxy.base_url}
    assert contract(*JOURNEY, **environ).returncode == 0
    done = contract(*JOURNEY, "--yes", "--url", "", **environ)
    assert done.returncode == 2
    assert "--url is empty" in done.stderr
    assert not proxy.arrived


def test_an_address_of_another_machine_is_live_and_asks(box):
    done = contract("--url", "https://api.pay.halochat.io", **{**box.environ(), "HALOPAY_SANDBOX_TOKEN": "t"})
    assert done.returncode == 2
    assert "https://api.pay.halochat.io counts as live" in done.stderr
    assert "Nothing was sent" in done.stderr


def test_something_on_this_machine_that_is_no_sandbox_counts_as_live(box):
    class NoSandbox(Proxy):
        def hand_on(self, arrived):
            self.arrived.append(arrived)
            return 404, [], b"not found"

    with NoSandbox(box.base_url) as proxy:
        done = contract("--url", proxy.base_url, **box.environ())
        assert [each.path for each in proxy.arrived] == ["/_sandbox/clock"]
        assert not [name for each in proxy.arrived for name in each.headers if name.lower().startswith("x-")]
    assert done.returncode == 2
    assert "counts as live" in done.stderr


def test_nobody_at_home_is_an_error_and_no_finding(box):
    done = contract("--url", "http://127.0.0.1:9", **box.environ())
    assert done.returncode == 1
    assert "nothing answers at http://127.0.0.1:9" in done.stderr


def test_a_target_needs_credentials(box):
    done = contract("--url", box.base_url)
    assert done.returncode == 2
    assert "HALOPAY_APP_ID and HALOPAY_APP_KEY are not set" in done.stderr


@pytest.mark.parametrize("option", ["--live", "--create", "--trade-no=1", "--currency-id=75", "--inbox=x"])
def test_what_is_for_a_target_needs_one(option):
    done = contract(option)
    assert done.returncode == 2
    assert "say which with --url" in done.stderr


def test_the_command_that_makes_a_run_again_has_no_password():
    given = ["contract", "--url", "http://127.0.0.1:1", "--report", "out", "--yes", "--json", "--overlay=o.yaml"]
    for inbox in (
        ["--inbox", "postgresql://me:pass-W0rd@h/db"],
        ["--inbox=postgresql://me:pass-W0rd@h/db?sslmode=require"],
    ):
        again = rerun([*given, *inbox, "--currency-id", "75"])
        assert again.startswith("halopay contract --url http://127.0.0.1:1 --inbox 'postgresql://me:***@h/db")
        assert again.endswith("--currency-id 75")
        assert "pass-W0rd" not in again


# A sandbox that runs elsewhere on this machine.


def test_a_sandbox_elsewhere_is_tested_as_far_as_it_can_be_played(box):
    without = contract(*JOURNEY, "--url", box.base_url, **box.environ())
    assert without.returncode == 0, without.stdout
    assert "HALOPAY_SANDBOX_TOKEN lets this command do it" in without.stdout
    played = contract(*JOURNEY, "--url", box.base_url, HALOPAY_SANDBOX_TOKEN=box.control_token, **box.environ())
    assert played.returncode == 0, played.stdout
    assert "✓ webhook.payout" in played.stdout


def test_the_same_sandbox_can_be_tested_twice(box):
    for _ in range(2):
        done = contract("--phase", "bodies", "--url", box.base_url, **box.environ())
        assert done.returncode == 0, done.stdout


def test_a_sandbox_whose_time_stands_still_raises_no_alarm():
    with Sandbox(start="2026-03-17T12:20:00Z") as box:
        environ = {**box.environ(), "HALOPAY_SANDBOX_TOKEN": box.control_token}
        done = contract(*JOURNEY, "--phase", "headers", "--url", box.base_url, **environ)
    assert done.returncode == 0, done.stdout
    assert "the sandbox's clock is not the machine's" in done.stdout


def test_ctrl_c_leaves_a_valid_report(box, proxy, tmp_path):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")} | box.environ()
    command = [HALOPAY, "contract", "--live", "--url", proxy.base_url, "--yes", "--report", str(tmp_path), "--json"]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        while len(proxy.arrived) < 2 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    report = json.loads(said)
    assert report["interrupted"] is True
    assert report["exchanges"] == len(proxy.arrived)
    assert json.loads(Path(tmp_path, "report.json").read_text("utf-8")) == report


def test_the_help_names_every_option_and_command():
    done = contract("--help")
    assert done.returncode == 0
    for word in (*PHASES, "--max-amount", "--trade-no", "--overlay", "traffic", "apply", "Exit codes"):
        assert word in done.stdout
    assert contract("run", "--help").returncode == 0
