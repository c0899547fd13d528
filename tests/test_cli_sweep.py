"""`halopay sweep`, as a person or a script types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from halopay_kit import HaloPay, Sandbox
from halopay_kit.inbox import Inbox
from tests.test_cli import HALOPAY, SECRET, halopay


def orders(halopay: HaloPay, count: int) -> list[str]:
    numbers = [f"T{number:02}" for number in range(count)]
    for number in numbers:
        halopay.order.create(out_trade_no=number, currency_id=75, token_amount="15")
    return numbers


def book(tmp_path: Path, numbers: list[str]) -> str:
    path = tmp_path / "ledger.csv"
    path.write_text("\n".join(["out_trade_no", *numbers]) + "\n")
    return str(path)


def environ(box: Sandbox, tmp_path: Path) -> dict[str, str]:
    return {**box.environ(), "HALOPAY_INBOX": str(tmp_path / "inbox.sqlite")}


def asked(box: Sandbox) -> int:
    return sum(row.what.get("operation") == "order.detail" for row in box.record)


def test_a_sweep_by_a_ledger_fills_an_inbox(box, halopay_client, tmp_path):
    box.pay(out_trade_no=orders(halopay_client, 3)[0])
    given = environ(box, tmp_path)
    done = halopay("sweep", "--ledger", book(tmp_path, ["T00", "T01", "T02", "T99"]), **given)
    assert done.returncode == 0, done.stderr
    assert "4 of 4" in done.stdout
    assert "payment T99: HaloPay refused: data not exist" in done.stderr
    box.pay(out_trade_no="T01")
    again = halopay("sweep", "--json", **given)
    told = json.loads(again.stdout)
    assert (again.returncode, told["answered"], told["news"], told["complete"]) == (0, 2, 1, True)
    assert told["missing"][0]["out_trade_no"] == "T99"
    assert box.environ()["HALOPAY_APP_KEY"] not in done.stdout + done.stderr + again.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [("out_trade_no;kind\nT00;\n", "line 1: column 1"), ("out_trade_no\nT00\nT00\n", "line 3: out_trade_no")],
)
def test_a_ledger_with_anything_wrong_sends_nothing_and_makes_nothing(box, tmp_path, content, says):
    (tmp_path / "bad.csv").write_text(content)
    done = halopay("sweep", "--ledger", str(tmp_path / "bad.csv"), **environ(box, tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert not (tmp_path / "inbox.sqlite").exists()
    assert not asked(box)


def test_queries_that_fail_are_told_with_exit_code_1(box, halopay_client, tmp_path):
    ledger = book(tmp_path, orders(halopay_client, 2))
    box.faults.add("order.detail", cut_before=3)
    done = halopay("sweep", "--ledger", ledger, "--concurrency", "1", **environ(box, tmp_path))
    assert done.returncode == 1
    assert "payment T00: the connection broke" in done.stderr
    assert "Traceback" not in done.stderr
    assert halopay("sweep", **environ(box, tmp_path)).returncode == 0


def test_a_wrong_key_is_explained_and_stops_it(box, halopay_client, tmp_path):
    ledger = book(tmp_path, orders(halopay_client, 30))
    done = halopay("sweep", "--ledger", ledger, **environ(box, tmp_path) | {"HALOPAY_APP_KEY": SECRET})
    assert done.returncode == 1
    assert "Stopped" in done.stderr
    assert "AppKey" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("inbox*"))
    assert len(box.record) < 40


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_and_the_same_command_goes_on_from_there(box, halopay_client, tmp_path, number):
    ledger = book(tmp_path, orders(halopay_client, 12))
    box.faults.add("order.detail", delay="0.1s")
    command = [HALOPAY, "sweep", "--ledger", ledger, "--concurrency", "2", "--json"]
    with subprocess.Popen(
        command, env=os.environ | environ(box, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 20
        while asked(box) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    first = json.loads(out)
    assert process.returncode == 130
    assert "Interrupted" in err
    assert 0 < first["answered"] < 12
    box.faults.clear()
    told = json.loads(halopay("sweep", "--ledger", ledger, "--json", **environ(box, tmp_path)).stdout)
    assert (told["resumed"], told["answered"]) == (True, 12 - first["answered"])
    assert asked(box) == 12
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        assert inbox.stats().events == 12


@pytest.mark.parametrize(
    ("arguments", "changed", "says"),
    [
        ([], {}, "there is no inbox"),
        ([], {"HALOPAY_INBOX": ""}, "--inbox"),
        (["--inbox", ":memory:"], {}, "memory"),
        (["--ledger", "none.csv"], {}, "cannot be read"),
        (["--concurrency", "0"], {}, "concurrency"),
        (["--rate", "0"], {}, "rate"),
        ([], {"HALOPAY_APP_KEY": ""}, "HALOPAY_APP_KEY"),
    ],
)
def test_what_cannot_be_right_is_a_usage_error(shared_box, tmp_path, arguments, changed, says):
    done = halopay("sweep", *arguments, **environ(shared_box, tmp_path) | changed)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def halopay_client(box):
    with HaloPay(box.app_id, box.app_key, box.base_url) as client:
        yield client


def test_its_help_has_examples():
    told = halopay("sweep", "--help").stdout
    assert "halopay sweep --inbox" in told
