"""Accepted drift: with a reason, until a day; a later run tells only news and what expired."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from halopay_kit.contract.baseline import Accepted, Baseline, accept
from halopay_kit.errors import ConfigurationError
from tests.contract.overlays import data, finding

HALOPAY = str(Path(sys.executable).parent / "halopay")
TODAY = datetime.date(2026, 11, 23)
RISK = finding("field-added", "order.create.risk_level", name="risk_level")
NULL = finding("null", "order.detail.txid", type="null")


def entry(identity: str = RISK.id, *, expires: str = "2027-02-21", reason: str = "It was announced.") -> Accepted:
    return Accepted(id=identity, reason=reason, date=TODAY, expires=datetime.date.fromisoformat(expires))


def test_news_and_what_is_accepted_are_told_apart():
    news, accepted = Baseline((entry(),)).sift(TODAY)([NULL, RISK])
    assert (list(news), list(accepted)) == ([NULL], [RISK])


def test_the_last_day_is_included_and_the_next_is_not():
    baseline = Baseline((entry(expires="2026-11-23"),))
    assert list(baseline.sift(TODAY)([RISK])[0]) == []
    tomorrow = TODAY + datetime.timedelta(days=1)
    assert list(baseline.sift(tomorrow)([RISK])[0]) == [RISK]
    assert baseline.expired([RISK], tomorrow) == [entry(expires="2026-11-23")]
    assert baseline.expired([NULL], tomorrow) == []


def test_what_is_there_no_more_is_told():
    assert Baseline((entry(),)).unseen([NULL]) == [entry()]


def test_the_beginning_of_an_id_means_all_that_begin_so_up_to_a_space():
    other = finding("field-added", "order.create", name="level")
    longer = finding("field-added", "order.create_again", name="level")
    news, accepted = Baseline((entry("field-added order.create"),)).sift(TODAY)([other, longer])
    assert (list(news), list(accepted)) == ([longer], [other])


def test_a_file_is_written_and_read(tmp_path):
    file = tmp_path / "accepted.yaml"
    assert accept(file, [entry(), entry(NULL.id, reason="A 'reason': with # everything\nin it")]) == 2
    assert [each.id for each in Baseline.read(file).entries] == [RISK.id, NULL.id]
    assert Baseline.read(file).entries[1].reason == "A 'reason': with # everything in it"
    assert [line["id"] for line in data(file.read_text("utf-8"))] == [RISK.id, NULL.id]


def test_what_is_accepted_again_is_renewed_and_comments_stay(tmp_path):
    file = tmp_path / "accepted.yaml"
    accept(file, [entry(), entry(NULL.id)])
    file.write_text(file.read_text("utf-8").replace("- id: field-added", "# see ticket 12\n- id: field-added"), "utf-8")
    assert accept(file, [entry(expires="2027-06-30", reason="Still so.")]) == 0
    text = file.read_text("utf-8")
    assert "# see ticket 12" in text
    assert text.startswith("# Drift of HaloPay")
    assert Baseline.read(file).entries == (entry(expires="2027-06-30", reason="Still so."), entry(NULL.id))


def test_a_file_of_comments_is_an_empty_one(tmp_path):
    file = tmp_path / "accepted.yaml"
    file.write_text("# ours\n\n", "utf-8")
    assert Baseline.read(file) == Baseline()
    accept(file, [entry()])
    assert file.read_text("utf-8").startswith("# ours\n\n- id: ")


GOOD = "- {id: a, reason: b, date: 2026-11-23, expires: 2027-01-01}\n"
WRONG = {
    "no list": "id: a\n",
    "an entry that is a text": "- a\n",
    "no reason": "- {id: a, date: 2026-11-23, expires: 2027-01-01}\n",
    "an empty reason": "- {id: a, reason: ' ', date: 2026-11-23, expires: 2027-01-01}\n",
    "no end": "- {id: a, reason: b, date: 2026-11-23}\n",
    "a day that is none": "- {id: a, reason: b, date: 2026-11-23, expires: 2027-02-30}\n",
    "a day in words": "- {id: a, reason: b, date: today, expires: never}\n",
    "one key more": "- {id: a, reason: b, date: 2026-11-23, expires: 2027-01-01, by: me}\n",
    "an id twice": GOOD + GOOD,
    "an alias": "- &a {id: a, reason: b, date: 2026-11-23, expires: 2027-01-01}\n- *a\n",
    "broken YAML": "- {id: [\n",
    "a number": "- {id: 1, reason: b, date: 2026-11-23, expires: 2027-01-01}\n",
}


def test_a_baseline_by_hand_is_read(tmp_path):
    file = tmp_path / "accepted.yaml"
    file.write_text(GOOD, "utf-8")
    assert Baseline.read(file).entries[0].expires == datetime.date(2027, 1, 1)


@pytest.mark.parametrize("what", WRONG)
def test_a_baseline_that_cannot_be_right_is_refused_and_left(tmp_path, what):
    file = tmp_path / "accepted.yaml"
    file.write_text(WRONG[what], "utf-8")
    with pytest.raises(ConfigurationError, match="baseline"):
        Baseline.read(file)
    with pytest.raises(ConfigurationError):
        accept(file, [entry()])
    assert file.read_text("utf-8") == WRONG[what]


# --- the command


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")}
    command = [HALOPAY, "contract", *arguments]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = [{"id": each.id, "grade": each.grade} for each in (RISK, NULL)]
    (tmp_path / "report.json").write_text(json.dumps({"findings": found}), "utf-8")
    return tmp_path


def test_a_finding_is_accepted_by_its_id_for_ninety_days(folder):
    done = run("accept", "report.json", RISK.id, "--reason", "announced", cwd=folder)
    assert done.returncode == 0, done.stderr
    (only,) = Baseline.read(folder / "accepted.yaml").entries
    assert (only.id, only.reason, (only.expires - only.date).days) == (RISK.id, "announced", 90)


def test_all_drift_is_accepted_and_nothing_that_is_broken(folder):
    assert NULL.grade == "broken"
    done = run("accept", "report.json", "--all", "--reason", "r", "--until", "2999-12-31", "--json", cwd=folder)
    assert [each["id"] for each in json.loads(done.stdout)["accepted"]] == [RISK.id]


@pytest.mark.parametrize(
    "arguments",
    [
        ("report.json", "--reason", "r"),
        ("report.json", "a", "--all", "--reason", "r"),
        ("report.json", RISK.id),
        ("report.json", RISK.id, "--reason", " "),
        ("report.json", "field-added nothing", "--reason", "r"),
        ("report.json", RISK.id, "--reason", "r", "--until", "2020-01-01"),
        ("report.json", RISK.id, "--reason", "r", "--until", "soon"),
        ("nothing.json", RISK.id, "--reason", "r"),
        ("accepted.txt", RISK.id, "--reason", "r"),
    ],
)
def test_what_cannot_be_accepted_is_usage(folder, arguments):
    (folder / "accepted.txt").write_text("[1]", "utf-8")
    done = run("accept", *arguments, cwd=folder)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "accepted.yaml").exists()


def test_a_later_run_tells_only_news_and_what_expired(tmp_path):
    drifts = ("--drift", "order.create:added", "--drift", "order.detail.status:new-value", "--phase", "journey")
    first = run(*drifts, "--report", "out", cwd=tmp_path)
    assert first.returncode == 3, first.stderr
    run("accept", "out/report.json", "field-added", "--reason", "announced", cwd=tmp_path)
    second = run(*drifts, "--baseline", "accepted.yaml", "--json", cwd=tmp_path)
    assert second.returncode == 3
    told = json.loads(second.stdout)
    assert [each["kind"] for each in told["findings"]] == ["value-unknown"]
    assert [each["kind"] for each in told["accepted"]] == ["field-added"]
    file = tmp_path / "accepted.yaml"
    entries = [each.as_values() | {"expires": "2020-01-01"} for each in Baseline.read(file).entries]
    file.write_text(json.dumps(entries), "utf-8")
    last = run(*drifts, "--baseline", "accepted.yaml", cwd=tmp_path)
    assert last.returncode == 3
    assert "Accepted until 2020-01-01, and still there: field-added order.create.risk_level" in last.stderr


def test_a_baseline_that_cannot_be_read_stops_a_run_before_it_begins(tmp_path):
    (tmp_path / "accepted.yaml").write_text("what", "utf-8")
    done = run("--baseline", "accepted.yaml", "--phase", "journey", cwd=tmp_path)
    assert done.returncode == 2
    assert "baseline accepted.yaml" in done.stderr
