"""`halopay payout`, as a person or a script types it."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from halopay_kit import Sandbox
from tests.test_cli import ADDRESS, HALOPAY, halopay

OTHER = "TG9J5kJEVFJeCdzchd4z4RWsNkbzhedGSF"
ONE = ("--out-trade-no", "P-1", "--currency-id", "75", "--amount", "4.2", "--address", ADDRESS)


def environ(box: Sandbox, tmp_path: Path) -> dict[str, str]:
    return {**box.environ(), "HALOPAY_JOURNAL": str(tmp_path / "pay.sqlite")}


def sheet(tmp_path: Path, count: int, name: str = "payouts.csv") -> str:
    rows = [f"B{number:04},75,1.5,{ADDRESS if number % 2 else OTHER}" for number in range(count)]
    (tmp_path / name).write_text("\n".join(["out_trade_no,currency_id,amount,address", *rows]) + "\n")
    return str(tmp_path / name)


def made(box: Sandbox) -> list[str]:
    rows = box._control.state()["payouts"]
    return [row["out_trade_no"] for row in rows]  # type: ignore[attr-defined]


def test_a_payout_is_made_once_however_often_it_is_said(box, tmp_path):
    given = environ(box, tmp_path)
    first = halopay("payout", "create", *ONE, "--json", **given)
    again = halopay("payout", "create", *ONE, **given)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    told = json.loads(first.stdout)
    assert (told["state"], told["outcome"], told["amount"]) == ("done", "done", "4.2")
    assert made(box) == ["P-1"]
    shown = halopay("payout", "status", "P-1", **given)
    assert "accepted" in shown.stdout
    assert box.environ()["HALOPAY_APP_KEY"] not in first.stdout + again.stdout + shown.stdout


def test_exit_codes_tell_what_became_of_it(box, tmp_path):
    given = environ(box, tmp_path)
    box.faults.add("payout.create", frequent=1)
    assert halopay("payout", "create", *ONE, **given).returncode == 1
    box.faults.add("payout.create", cut_before=1)
    assert halopay("payout", "create", *ONE, **given).returncode == 3
    assert halopay("payout", "status", "P-1", "--offline", **given).returncode == 3
    assert halopay("payout", "resume", **given).returncode == 3
    assert halopay("payout", "create", *ONE[:-1], "nowhere", **given).returncode == 2
    assert halopay("payout", "create", *ONE[:4], **given).returncode == 2
    assert halopay("payout", "status", "P-9", **given).returncode == 1
    assert halopay("payout", "list", "--journal", str(tmp_path / "none.sqlite"), **given).returncode == 2


def test_a_review_needs_a_name_and_a_reason_and_ends_it(box, tmp_path):
    given = environ(box, tmp_path)
    box.faults.add("payout.create", cut_before=1)
    brief = ("--settle-window", "0", "--settle-queries", "1")
    assert (
        halopay("payout", "create", *ONE, *brief, **given).returncode == 1
    )  # not known to HaloPay, and that was enough
    assert halopay("payout", "create", *ONE, *brief, **given).returncode == 3  # not sent again without a human
    assert made(box) == []
    assert "needs review" in halopay("payout", "resume", **given).stderr
    assert halopay("payout", "review", "P-1", **given).returncode == 3
    assert halopay("payout", "review", "P-1", "--not-done", **given).returncode == 2
    reviewed = halopay(
        "payout", "review", "P-1", "--not-done", "--by", "alice", "--why", "ticket 812", "--json", **given
    )
    assert (reviewed.returncode, json.loads(reviewed.stdout)["state"]) == (0, "not-done")
    assert halopay("payout", "create", *ONE, **given).returncode == 0
    assert made(box) == ["P-1"]


def test_a_file_is_paid_and_the_second_run_says_what_it_skipped(box, tmp_path):
    given, file = environ(box, tmp_path), sheet(tmp_path, 12)
    result = tmp_path / "result.csv"
    first = halopay("payout", "run", file, "--yes", "--result", str(result), **given)
    assert first.returncode == 0, first.stderr
    assert "18 USDT on Tron (75) in 12 payouts" in first.stderr
    with result.open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["did"] for row in rows] == ["paid"] * 12
    again = halopay("payout", "run", file, "--yes", "--json", **given)
    told = json.loads(again.stdout)
    assert (again.returncode, told["did"]) == (0, {"skipped": 12})
    assert len(made(box)) == 12


def test_without_a_yes_nothing_is_sent(box, tmp_path):
    done = halopay("payout", "run", sheet(tmp_path, 2), **environ(box, tmp_path))
    assert done.returncode == 1
    assert "Nothing was sent" in done.stderr
    asked = halopay("payout", "run", sheet(tmp_path, 2), stdin=b"y\n", **environ(box, tmp_path))
    assert asked.returncode == 0, asked.stderr


def test_a_dry_run_sends_nothing(box, tmp_path):
    done = halopay("payout", "run", sheet(tmp_path, 3), "--dry-run", "--json", **environ(box, tmp_path))
    assert (done.returncode, json.loads(done.stdout)["totals"]) == (0, {"75": "4.5"})
    assert made(box) == []
    assert not (tmp_path / "pay.sqlite").exists()


@pytest.mark.parametrize("as_json", [False, True])
def test_a_bad_file_is_refused_as_a_whole(box, tmp_path, as_json):
    file = Path(sheet(tmp_path, 3))
    file.write_text(file.read_text().replace("B0002,75,1.5", "B0002,75,1.5E+3").replace("B0001,75", "B0001,70"))
    done = halopay("payout", "run", str(file), "--yes", *(["--json"] if as_json else []), **environ(box, tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "line 4, column 3 (amount)" in done.stderr
    assert "line 3, column 2 (currency_id)" in done.stderr
    assert made(box) == []
    if as_json:
        assert len(json.loads(done.stderr)["problems"]) == 2


def test_ctrl_c_in_the_middle_of_a_thousand_pays_nobody_twice(box, tmp_path):
    given, file = environ(box, tmp_path), sheet(tmp_path, 1000)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")} | given
    process = subprocess.Popen(
        [HALOPAY, "payout", "run", file, "--yes"], env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 30
    while len(made(box)) < 100 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    before = len(made(box))
    assert 100 <= before < 1000
    assert b"The same command goes on from here." in said
    clean_up = subprocess.run(
        [HALOPAY, "payout", "run", file, "--yes"], env=clean, capture_output=True, timeout=120, check=False
    )
    assert clean_up.returncode == 0, clean_up.stderr
    assert f"{before} done before: not sent".encode() in clean_up.stderr
    assert b"Skipped: B0000" in clean_up.stderr
    assert sorted(made(box)) == [f"B{number:04}" for number in range(1000)]
    assert halopay("payout", "audit", **given).returncode == 0


def test_several_in_a_row_that_come_to_nothing_stop_the_run(box, tmp_path):
    box.faults.add("payout.create", cut_before=True)
    done = halopay("payout", "run", sheet(tmp_path, 60), "--yes", "--json", **environ(box, tmp_path))
    told = json.loads(done.stdout)
    assert done.returncode == 3
    assert "5 in a row were unknown" in told["stopped"]
    assert told["did"]["left"] >= 45


def test_the_audit_names_the_row_that_was_edited(box, tmp_path):
    given = environ(box, tmp_path)
    halopay("payout", "create", *ONE, **given)
    whole = halopay("payout", "audit", "--json", **given)
    anchor = json.loads(whole.stdout)["anchor"]
    assert (whole.returncode, halopay("payout", "audit", "--anchor", anchor, **given).returncode) == (0, 0)
    with sqlite3.connect(given["HALOPAY_JOURNAL"]) as connection:
        connection.execute("UPDATE halopay_payout_history SET reason = 'x' WHERE seq = 2")
    broken = halopay("payout", "audit", **given)
    assert broken.returncode == 1
    assert "row 2 of halopay_payout_history: it was edited" in broken.stdout


def test_the_journal_is_listed_and_written_to_files(box, tmp_path):
    import pyarrow.parquet

    given = environ(box, tmp_path)
    halopay("payout", "create", *ONE, **given)
    assert "P-1" in halopay("payout", "list", "--state", "done", **given).stdout
    assert json.loads(halopay("payout", "list", "--state", "unknown", "--json", **given).stdout) == []
    for name in ("a.parquet", "a.csv", "a.jsonl"):
        assert halopay("payout", "list", "--export", str(tmp_path / name), **given).returncode == 0
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert str(table.schema.field("amount").type) == "decimal128(38, 18)"
    assert table.to_pylist()[0]["amount_text"] == "4.2"
    assert json.loads((tmp_path / "a.jsonl").read_text())["state"] == "done"


def test_a_code_comes_from_a_command_and_is_shown_nowhere(box, tmp_path):
    given = environ(box, tmp_path)
    command = f"{sys.executable} -c 'print(913507)'"
    done = halopay("payout", "create", *ONE, "--google-code-command", command, **given)
    assert done.returncode == 0, done.stderr
    sent = [bytes(row.what["request"]) for row in box.record if row.kind == "call"]
    assert any(b'"google_code":"913507"' in each for each in sent)
    assert "913507" not in done.stdout + done.stderr
    assert b"913507" not in (tmp_path / "pay.sqlite").read_bytes()
    failing = halopay("payout", "create", *ONE[:1], "P-2", *ONE[2:], "--google-code-command", "false", **given)
    assert failing.returncode == 1


def test_a_policy_of_options_refuses_before_anything_is_sent(box, tmp_path):
    given, file = environ(box, tmp_path), sheet(tmp_path, 3)
    (tmp_path / "allow").write_text(f"# ours\n{ADDRESS}\n")
    for options in (("--cap", "1"), ("--daily-cap", "75=4"), ("--allow", str(tmp_path / "allow"))):
        done = halopay("payout", "run", file, "--yes", *options, **given)
        assert done.returncode == 2
        assert "the policy forbids it" in done.stderr
    assert made(box) == []


def test_every_command_explains_itself():
    for name in ("create", "run", "status", "resume", "review", "list", "audit"):
        told = halopay("payout", name, "--help")
        assert told.returncode == 0
        assert f"halopay payout {name} " in told.stdout
