"""`halopay contract traffic`: what a user sees, and what the exit code says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.contract import captures
from tests.contract.captures import KEY_TEXT, Session, changed, har, har_entry

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def recorded() -> Session:
    return captures.record()


@pytest.fixture
def session(recorded: Session) -> Session:
    return changed(recorded)


@pytest.fixture
def capture(session: Session, tmp_path: Path) -> Callable[..., str]:
    def made(name: str = "session.har", text: str | None = None) -> str:
        (tmp_path / name).write_text(json.dumps(har(session)) if text is None else text)
        return name

    return made


@pytest.fixture
def halopay_command(tmp_path: Path) -> Run:
    def run(*arguments: str, key: str | None = KEY_TEXT) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")}
        environ |= {} if key is None else {"HALOPAY_APP_KEY": key}
        return subprocess.run(
            [Path(sys.executable).with_name("halopay"), "contract", "traffic", *arguments],
            capture_output=True, text=True, env=environ, cwd=tmp_path, check=False, timeout=60,
        )  # fmt: skip

    return run


def test_an_honest_capture_keeps_the_spec(halopay_command, capture):
    done = halopay_command(capture())
    assert (done.returncode, done.stderr) == (0, "")
    assert "session.har: HAR, 13 entries: 10 exchanges, 3 webhooks" in done.stdout
    assert done.stdout.endswith("✓ The spec is kept.\n")
    assert "\x1b" not in done.stdout


def test_drift_alone_exits_with_3_and_a_wrong_signature_with_1(halopay_command, capture, session):
    session.last("/exchange-rates").says(lambda data: data.update(surprise="x"))
    done = halopay_command(capture())
    assert done.returncode == 3
    assert "~ drift  field-added  order.exchange_rates.surprise" in done.stdout
    flipped = session.last("/token-list")
    flipped.answer = flipped.answer.replace(b"Tron", b"Uron", 1)
    done = halopay_command(capture())
    assert done.returncode == 1
    assert done.stdout.index("signature-wrong") < done.stdout.index("field-added")


def test_drift_that_the_baseline_accepts_is_no_news(halopay_command, capture, session, tmp_path):
    session.last("/exchange-rates").says(lambda data: data.update(surprise="x"))
    told = json.loads(halopay_command(capture(), "--json").stdout)
    entry = {"id": told["findings"][0]["id"], "reason": "known", "date": "2026-01-01", "expires": "2999-01-01"}
    (tmp_path / "known.yaml").write_text(yaml.safe_dump([entry]))
    done = halopay_command("session.har", "--baseline", "known.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 finding is accepted" in done.stdout


def test_without_a_key_signatures_are_not_judged_and_it_says_so(halopay_command, capture, session):
    flipped = session.last("/token-list")
    flipped.answer = flipped.answer.replace(b"Tron", b"Uron", 1)
    done = halopay_command(capture(), key=None)
    assert done.returncode in (0, 3)
    assert "signatures are not judged" in done.stderr
    assert "signature-wrong" not in done.stdout


def test_the_json_is_one_document(halopay_command, capture):
    done = halopay_command(capture(), "--json")
    told = json.loads(done.stdout)
    assert (told["verdict"], told["exit_code"], done.returncode) == ("kept", 0, 0)
    assert told["files"] == [
        {"file": "session.har", "format": "HAR", "read": 13, "exchanges": 10, "deliveries": 3, "passed": {},
         "refused": 0, "rewritten": 0}
    ]  # fmt: skip


def test_the_reports_are_written_without_secrets(halopay_command, capture, session, tmp_path):
    done = halopay_command(capture(), "--report", "found", "--overlay", "found.yaml")
    assert done.returncode == 0, done.stderr
    files = [*(tmp_path / "found").iterdir(), tmp_path / "found.yaml"]
    assert {file.name for file in files} == {"report.json", "report.html", "junit.xml", "traffic.har", "found.yaml"}
    secrets = {KEY_TEXT, captures.CODE, dict(session[0].headers)["X-Appid"], *session.signs}
    for text in [done.stdout, done.stderr, *(file.read_text() for file in files)]:
        assert not any(secret in text for secret in secrets)


def test_an_entry_that_cannot_be_read_is_told_with_its_place_and_is_no_success(halopay_command, capture, session):
    text = json.dumps({"log": {"entries": [har_entry(session[0]), 5, *map(har_entry, session[1:])]}})
    done = halopay_command(capture("one.har", text))
    assert done.returncode == 2
    assert "14 entries: 10 exchanges, 3 webhooks, 1 refused" in done.stdout
    assert "one.har, entry 2: the entry is a number, not an object" in done.stdout
    assert "could not be read" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("empty", "", "empty: it is empty"),
        ("words.har", "hello", "no format that is known here"),
        ("other.har", json.dumps({"log": {"entries": []}}), "none of 0 entries are HaloPay's"),
        ("bomb.yaml", "interactions: " + "[" * 50_000, "nested too deeply"),
    ],
)
def test_a_file_that_gives_nothing_is_a_usage_error_with_its_name(name, text, says, halopay_command, capture):
    done = halopay_command(capture(name, text))
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_a_usage_error(halopay_command):
    done = halopay_command("nothing.har")
    assert done.returncode == 2
    assert "nothing.har" in done.stderr


def test_several_files_of_several_formats_are_checked_together(halopay_command, capture, session):
    calls = Session(seen for seen in session if seen.url != captures.SHOP)
    hooks = Session(seen for seen in session if seen.url == captures.SHOP)
    files = [capture("a.yaml", yaml.safe_dump(captures.vcrpy(calls))), capture("b.jsonl", captures.lines(hooks))]
    done = halopay_command(*files)
    assert done.returncode == 0, done.stdout
    assert "a.yaml: VCR cassette, YAML, 10 entries: 10 exchanges, 0 webhooks" in done.stdout
    assert "b.jsonl: JSON lines, 3 entries: 0 exchanges, 3 webhooks" in done.stdout


def test_a_directory_that_cannot_be_written_is_an_error(halopay_command, capture, tmp_path):
    (tmp_path / "taken").write_text("")
    done = halopay_command(capture(), "--report", "taken")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_help_has_examples(halopay_command):
    done = halopay_command("--help")
    assert done.returncode == 0
    assert "halopay contract traffic session.har" in done.stdout
