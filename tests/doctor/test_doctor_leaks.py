"""AppKeys are found wherever they lie, told by path and line, and shown nowhere."""

from __future__ import annotations

import base64
import os

import pytest

from halopay_kit.doctor import leaks
from halopay_kit.doctor.check import Check
from halopay_kit.doctor.needles import Needles
from tests.doctor.planted import KEY, Git

ODD = 'a+b/c"d\\e=f-12345'


def looked(folder, *keys: str) -> dict[str, Check]:
    checks = list(leaks.examine(folder, Needles(keys or (KEY,)), os.environ))
    for key in keys or (KEY,):
        assert len(key) < 8 or key not in repr(checks)
    return {check.name: check for check in checks}


def verdicts(checks: dict[str, Check]) -> tuple[str, str, str]:
    return checks["key-in-files"].verdict, checks["key-in-history"].verdict, checks["env-tracked"].verdict


def test_a_key_in_an_ignored_env_file_is_where_it_may_be(git):
    checks = looked(git.folder)
    assert verdicts(checks) == ("passed", "passed", "passed")
    assert "1 that git does not see holds it" in checks["key-in-files"].says


def test_a_key_that_was_committed_and_taken_out_again_is_told_by_commit_path_and_line(git):
    commit = git.commit("conf/shop.ini", f"[shop]\nname = x\nkey = {KEY}\n")
    git.commit("conf/shop.ini", "[shop]\nname = x\n")
    checks = looked(git.folder)
    assert verdicts(checks) == ("passed", "failed", "passed")
    assert checks["key-in-history"].says == f"conf/shop.ini:3 (commit {commit})"


def test_a_key_in_a_branch_that_was_deleted_is_found(git):
    git.run("checkout", "-q", "-b", "other")
    git.commit("key.txt", KEY)
    git.run("checkout", "-q", "main")
    git.run("branch", "-q", "-D", "other")
    assert verdicts(looked(git.folder)) == ("passed", "failed", "passed")


def test_a_key_that_only_lies_in_the_index_is_found(git):
    git.write("key.txt", KEY)
    git.run("add", "key.txt")
    git.write("key.txt", "nothing")
    checks = looked(git.folder)
    assert checks["key-in-files"].verdict == "passed"
    assert "staged" in checks["key-in-history"].says


def test_a_key_in_a_packed_history_and_in_a_message_is_found(git):
    git.commit("a.txt", "a", message=f"use {KEY}")
    git.run("gc", "-q", "--aggressive")
    assert "in its message" in looked(git.folder)["key-in-history"].says


def test_a_key_in_a_name_is_found_and_hidden(git):
    git.commit(f"{KEY}.txt", "a")
    checks = looked(git.folder)
    assert verdicts(checks) == ("failed", "failed", "passed")
    assert "***.txt" in checks["key-in-files"].says


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("shop.log", f"a\nkey {KEY}\n", "shop.log:2 (a log or a dump)"),
        ("logs/today", KEY, "logs/today:1 (a log or a dump)"),
        (".env.log", f"{KEY}\n", ".env.log:1 (a log or a dump)"),
        ("shop.log.1", f"{KEY}\n", "shop.log.1:1"),
        ("session.har", f"{KEY}\n", "session.har:1"),
        ("ci/step", f"HOME=/root\nHALOPAY_APP_KEY={KEY}\nPATH=/bin\n", "ci/step:2 (a dump of an environment)"),
        ("ci/proc", f"HOME=/root\0HALOPAY_APP_KEY={KEY}\0PATH=/bin\0", "ci/proc:1 (a dump of an environment)"),
        ("notes.txt", f"\n\n{KEY}", "notes.txt:3 (not ignored: the next commit may take it)"),
    ],
)
def test_a_key_in_a_log_a_dump_or_a_file_that_is_not_ignored_is_found(git, path, text, why):
    git.commit(".gitignore", ".env\n*.log*\nlogs\n*.har\nci\n")
    git.write(path, text)
    checks = looked(git.folder)
    assert verdicts(checks) == ("failed", "passed", "passed")
    assert why in checks["key-in-files"].says


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(f"{KEY}\n".encode()),
        base64.b64encode(KEY.encode()),
        KEY.encode("utf-16"),
        f"?key={KEY}&a".encode(),
    ],
)
def test_a_key_in_another_form_is_found(git, text):
    git.commit("k8s.yaml", text)
    assert verdicts(looked(git.folder)) == ("failed", "failed", "passed")


def test_a_key_with_characters_that_are_escaped_is_found_in_json_and_urls(git):
    git.commit("a.json", '{"key": "a+b\\/c\\"d\\\\e=f-12345"}')
    assert verdicts(looked(git.folder, ODD))[:2] == ("failed", "failed")
    git.commit("a.json", "https://x/?key=a%2Bb%2Fc%22d%5Ce%3Df-12345")
    assert verdicts(looked(git.folder, ODD))[0] == "failed"


@pytest.mark.parametrize("before", [4 * 1024 * 1024 - 5, 4 * 1024 * 1024, 9_000_000])
def test_a_key_far_inside_of_a_large_file_is_found_with_its_line(git, before):
    git.commit("large.sql", b"x" * (before - 3) + b"\n\n\n" + KEY.encode() + b"\n" * 10)
    checks = looked(git.folder)
    assert checks["key-in-files"].says == "large.sql:4 (tracked by git)"
    assert checks["key-in-history"].says.startswith("large.sql:4 (commit ")


@pytest.mark.parametrize("path", [".env", "deploy/.env.production", "shop.env"])
def test_an_env_file_that_git_tracks_is_told_whatever_it_holds(git, path):
    git.commit(path, "A=1\n")
    checks = looked(git.folder)
    assert checks["env-tracked"].verdict == "failed"
    assert path in checks["env-tracked"].says


def test_a_template_of_an_env_file_may_be_tracked(git):
    git.commit(".env.example", "HALOPAY_APP_KEY=\n")
    assert looked(git.folder)["env-tracked"].verdict == "passed"


def test_every_key_is_looked_for(git):
    git.commit("a.txt", "second-key-of-two")
    assert verdicts(looked(git.folder, KEY, "second-key-of-two"))[:2] == ("failed", "failed")


def test_a_key_that_is_too_short_is_not_looked_for(git):
    checks = looked(git.folder, "key")
    assert verdicts(checks) == ("skipped", "skipped", "passed")
    assert "8 characters" in checks["key-in-files"].says


def test_without_git_logs_are_looked_at_all_the_same(tmp_path):
    (tmp_path / "settings.py").write_text(KEY)
    assert verdicts(looked(tmp_path)) == ("passed", "skipped", "skipped")
    (tmp_path / "run.log").write_text(KEY)
    assert verdicts(looked(tmp_path)) == ("failed", "skipped", "skipped")


def test_a_folder_inside_of_a_repository_means_the_repository(git):
    git.commit("key.txt", KEY)
    (git.folder / "deep").mkdir()
    assert verdicts(looked(git.folder / "deep"))[0] == "failed"


def test_a_shallow_clone_is_not_passed(git, tmp_path):
    git.commit("a.txt", "a")
    git.run("clone", "-q", "--depth", "1", f"file://{git.folder}", str(tmp_path / "clone"))
    checks = looked(tmp_path / "clone")
    assert checks["key-in-history"].verdict == "skipped"
    assert "shallow" in checks["key-in-history"].says


def test_nothing_that_a_repository_configures_is_run(git, tmp_path):
    ran = tmp_path / "ran"
    script = git.write("evil.sh", f"#!/bin/sh\ntouch {ran}\n")
    script.chmod(0o755)
    for setting in ("core.fsmonitor", "core.pager", "diff.external", "core.editor"):
        git.run("config", setting, str(script))
    git.run("-c", "core.fsmonitor=false", "add", "evil.sh")
    git.run("-c", "core.fsmonitor=false", "commit", "-q", "-m", KEY)
    ran.unlink(missing_ok=True)
    assert verdicts(looked(git.folder)) == ("passed", "failed", "passed")
    assert not ran.exists()


def test_links_pipes_and_what_cannot_be_read_stop_nobody(git, tmp_path):
    (tmp_path / "elsewhere").write_text(KEY)
    (git.folder / "link.log").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(git.folder / "pipe.log")
    (git.folder / "loop").symlink_to(git.folder)
    assert verdicts(looked(git.folder)) == ("passed", "passed", "passed")


def test_an_empty_repository_and_no_folder_are_no_error(tmp_path):
    assert verdicts(looked(Git(tmp_path / "new").folder)) == ("passed", "passed", "passed")
    assert set(verdicts(looked(tmp_path / "nowhere"))) == {"skipped"}


def test_a_repository_of_another_git_dir_is_not_looked_at_instead(git, tmp_path, monkeypatch):
    other = Git(tmp_path / "other")
    other.commit("key.txt", KEY)
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    assert verdicts(looked(git.folder)) == ("passed", "passed", "passed")
