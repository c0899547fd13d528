"""`halopay demo`: the whole story, told by what really happens."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3
from click.testing import CliRunner

from halopay_kit.cli import halopay
from halopay_kit.cli.demo.stage import Stage
from halopay_kit.cli.demo.story import STEPS
from halopay_kit.sandbox import Sandbox

HALOPAY = str(Path(sys.executable).parent / "halopay")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Play the story once; return what each step told, the folder, and the sandbox's secret."""
    folder = tmp_path_factory.mktemp("demo")
    with Stage(folder) as stage:
        key: str = stage.box.environ()["HALOPAY_APP_KEY"]
        assert isinstance(stage.box, Sandbox)
        return [step(stage) for step in STEPS], folder, key, stage.box.state()


def test_each_step_says_what_happened_why_it_matters_and_where_to_read_on(told):
    for step in told[0]:
        assert all((step.what, step.seen, step.why))
        assert step.read.startswith("README, ")


def test_what_it_tells_is_what_happens(told):
    text = "\n".join(line for step in told[0] for line in step.seen)
    for line in (
        "TO-BE-PAID, 5 collected",
        "PAID, 15 collected",
        "3 deliveries, 2 events",
        "HTTP 401; 2 events, as before",
        "sent 1 time, HaloPay has 1 payout",
        "asked for 1, news 1: PAID",
        "shipped: T-1, T-2",
        "0 findings",
        "T-1: HaloPay collected 15, and the 1 entry has 14.",
        "comes out",
    ):
        assert line in text
    assert len(told[3]["payouts"]) == 1


def test_it_leaves_reports_to_open(told):
    summary = json.loads((told[1] / "reconciliation/summary.json").read_text())
    assert summary["by_class"] == {"amount-differs": 1, "webhook-never-arrived": 1}
    for page in ("reconciliation/report.html", "contract/report.html"):
        assert (told[1] / page).read_text("utf-8").startswith("<!doctype html>")


def test_no_byte_that_it_leaves_holds_the_app_key(told):
    files = [file for file in told[1].rglob("*") if file.is_file()]
    assert len(files) > 10
    assert [file for file in files if told[2].encode() in file.read_bytes()] == []


def test_a_folder_with_anything_in_it_is_not_touched(tmp_path):
    (tmp_path / "mine").write_text("mine")
    done = CliRunner().invoke(halopay, ["demo", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "is there already, and not empty" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_kept_it_runs_until_it_is_told_to_stop(tmp_path):
    command = [HALOPAY, "demo", "--keep"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as running:
        lines = []
        for line in running.stdout:
            lines.append(line)
            if line.startswith("checkout page"):
                break
        page = urllib3.request("GET", lines[-1].split()[-1], timeout=10)
        assert b"15" in page.data
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)
        assert running.returncode == 0
    text = "".join(lines)
    assert "\x1b" not in text
    assert "halopay-demo/reconciliation/report.html" in text
    assert (tmp_path / "halopay-demo/ledger.csv").exists()
