"""`halopay doctor`, as a person or a script types it."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager

import pytest

from halopay_kit.doctor import CHECKS
from tests.doctor.planted import KEY, Receiver
from tests.test_cli import halopay
from tests.test_extras import run


@contextmanager
def right(box, git, tmp_path):
    url = f"sqlite:///{tmp_path}/inbox.sqlite"
    with Receiver().serve(url) as webhook_url:
        yield ["doctor", "--repo", str(git.folder), "--inbox", url, "--webhook-url", webhook_url], box.environ()


def printed(done: subprocess.CompletedProcess[str]) -> str:
    assert KEY not in done.stdout + done.stderr
    return done.stdout


def test_a_right_integration_passes_and_the_exit_code_says_so(shop_box, git, tmp_path):
    with right(shop_box, git, tmp_path) as (command, environ):
        done = halopay(*command, **environ)
    assert done.returncode == 0, done.stdout
    assert printed(done).splitlines()[-1] == "17 passed, 0 failed, 1 skipped"
    assert done.stderr == ""
    assert all(about in done.stdout for about in CHECKS.values())


def test_what_failed_comes_with_its_remedy_and_an_exit_code(shop_box, git, tmp_path):
    git.commit("config.py", f"KEY = {KEY!r}\n")
    with right(shop_box, git, tmp_path) as (command, environ):
        done = halopay(*command, **environ)
        told = json.loads(printed(halopay(*command, "--json", **environ)))
    assert done.returncode == 1
    assert "config.py:1 (tracked by git)" in printed(done)
    assert "→ Take it out" in done.stdout
    assert (told["failed"], told["skipped"]) == (2, 1)
    assert [check["name"] for check in told["checks"]] == list(CHECKS)
    assert {check["verdict"] for check in told["checks"]} == {"passed", "failed", "skipped"}
    assert all(check["remedy"] for check in told["checks"] if check["verdict"] == "failed")


@pytest.mark.parametrize("answer", [b"", b"n\n"])
def test_a_receiver_on_another_machine_is_not_tried_without_a_yes(answer, shop_box, tmp_path):
    url = "https://shop.invalid/halopay"
    command = ["doctor", "--repo", str(tmp_path), "--webhook-url", url]
    done = halopay(*command, "--json", stdin=answer, **shop_box.environ())
    told = {check["name"]: check for check in json.loads(printed(done))["checks"]}
    assert "halopay-doctor-" in done.stderr
    assert {told[name]["verdict"] for name in told if name.startswith("webhook")} == {"skipped"}
    assert told["webhook-success"]["remedy"] == "Say --yes."
    done = halopay(*command, "--yes", "--json", **shop_box.environ())
    assert "the host name is not known" in printed(done)
    assert done.returncode == 1


def test_without_credentials_nothing_is_sent(tmp_path):
    done = halopay("doctor", "--repo", str(tmp_path), "--base-url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "HALOPAY_APP_ID is not set; HALOPAY_APP_KEY is not set" in done.stdout
    assert "so nothing was sent" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["--timeout", "0"], ["--timeout", "x"], ["--nonsense"], ["more"], ["--repo", "/nowhere"]]
)
def test_what_cannot_be_meant_is_a_usage_error(arguments):
    assert halopay("doctor", *arguments).returncode == 2


def test_without_extras_a_check_is_skipped_that_needs_one_and_the_rest_is_made(shop_box, git, tmp_path):
    (tmp_path / "accepted.yaml").write_text("[]")
    command = ["doctor", "--repo", str(git.folder), "--json", "--inbox", "inbox.sqlite", "--baseline", "accepted.yaml"]
    done = run("from halopay_kit.cli import main; main()", *command, "--base-url", shop_box.base_url, cwd=tmp_path)
    told = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert "pip install 'halopay-kit[inbox]'" in told["inbox"]["remedy"]
    assert "pip install 'halopay-kit[sandbox]'" in told["drift"]["remedy"]
    assert told["inbox"]["verdict"] == told["drift"]["verdict"] == "skipped"
    assert told["address"]["verdict"] == told["key-in-history"]["verdict"] == "passed"
    assert done.stderr == ""
