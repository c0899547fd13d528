"""`halopay contract apply`, as a person or a script types it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from halopay_kit.contract.overlay import apply, read, replace
from halopay_kit.errors import OverlayRefused
from tests.contract.overlays import HEAD, TEXT

HALOPAY = str(Path(sys.executable).parent / "halopay")
GOOD = HEAD + "  - target: $.info\n    update: {title: Ours}\n"
MANUAL = GOOD + "x-halopay-manual:\n  - {place: signature, found: 'Signed otherwise.', advice: 'Look at signing.py.'}\n"


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")}
    command = [HALOPAY, "contract", "apply", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec/halopay.yaml").write_text(TEXT, "utf-8")
    (tmp_path / "found.yaml").write_text(GOOD, "utf-8")
    return tmp_path


def spec(folder: Path) -> str:
    return (folder / "spec/halopay.yaml").read_text("utf-8")


def test_corrections_are_written_and_shown(folder):
    done = run("found.yaml", cwd=folder)
    assert done.returncode == 0
    assert "-  title: HaloPay API\n+  title: Ours\n" in done.stdout
    assert "1 corrections are in spec/halopay.yaml" in done.stderr
    assert spec(folder) == TEXT.replace("title: HaloPay API", "title: Ours")


def test_a_dry_run_writes_nothing(folder):
    done = run("found.yaml", "--dry-run", cwd=folder)
    assert done.returncode == 0
    assert "+  title: Ours" in done.stdout
    assert spec(folder) == TEXT


def test_a_second_time_changes_nothing(folder):
    run("found.yaml", cwd=folder)
    once = spec(folder)
    done = run("found.yaml", cwd=folder)
    assert (done.returncode, done.stdout, spec(folder)) == (0, "", once)
    assert "Nothing to do" in done.stderr
    assert "Without effect" in done.stderr


def test_the_difference_is_a_patch_that_git_takes(folder):
    patch = run("found.yaml", "--dry-run", cwd=folder).stdout
    subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, text=True, check=True, timeout=30)
    assert "title: Ours" in spec(folder)


def test_another_spec_can_be_named(folder):
    other = folder / "other.yaml"
    other.write_text("openapi: 3.1.0\ninfo: {title: a} # mine\n", "utf-8")
    assert run("found.yaml", "--spec", "other.yaml", cwd=folder).returncode == 0
    assert other.read_text("utf-8") == "openapi: 3.1.0\ninfo: {title: Ours} # mine\n"
    assert spec(folder) == TEXT


def test_what_needs_a_person_is_told(folder):
    (folder / "found.yaml").write_text(MANUAL, "utf-8")
    done = run("found.yaml", cwd=folder)
    assert "Needs a person: signature: Signed otherwise. Look at signing.py." in done.stderr


def test_a_script_gets_json(folder):
    (folder / "found.yaml").write_text(MANUAL, "utf-8")
    told = json.loads(run("found.yaml", "--json", cwd=folder).stdout)
    assert (told["written"], told["changed"], told["without_effect"]) == (True, 1, [])
    assert told["manual"][0]["place"] == "signature"
    assert told["diff"].startswith("--- a/spec/halopay.yaml\n")


def test_an_overlay_in_json_is_taken(folder):
    made = {
        "overlay": "1.0.0",
        "info": {"title": "t", "version": "1"},
        "actions": [{"target": "$.info", "update": {"title": "Ours"}}],
    }
    (folder / "found.json").write_text(json.dumps(made), "utf-8")
    assert run("found.json", cwd=folder).returncode == 0
    assert "title: Ours" in spec(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"servers: []", "not an OpenAPI Overlay"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (
            (HEAD + "  - target: $.servers[0]\n    update: {url: 'https://evil.example'}\n").encode(),
            "servers decides on money",
        ),
        ((HEAD + "  - target: $.nothing\n    update: {a: 1}\n").encode(), "nowhere in the spec"),
        ((GOOD + "  - target: $.info\n    update: {title: {a: 1}}\n").encode(), "actions[1]"),
    ],
)
def test_what_is_refused_leaves_the_file_and_says_why(folder, content, said):
    (folder / "found.yaml").write_bytes(content)
    done = run("found.yaml", cwd=folder)
    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert spec(folder) == TEXT
    assert sorted(path.name for path in (folder / "spec").iterdir()) == ["halopay.yaml"]


@pytest.mark.parametrize(
    "arguments", [(), ("nothing.yaml",), ("found.yaml", "--spec", "nothing.yaml"), ("found.yaml", "--what")]
)
def test_what_is_typed_wrongly_is_usage(folder, arguments):
    assert run(*arguments, cwd=folder).returncode == 2


def test_an_escape_in_an_overlay_steers_no_terminal(folder):
    (folder / "found.yaml").write_text(HEAD + '  - target: $.info\n    update: {title: "\\e[2J\\a"}\n', "utf-8")
    done = run("found.yaml", cwd=folder)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert 'title: "\\u001b[2J\\u0007"' in spec(folder)


# --- the file


def test_a_link_stays_a_link_and_its_file_keeps_its_mode(folder):
    real = folder / "real.yaml"
    (folder / "spec/halopay.yaml").rename(real)
    (folder / "spec/halopay.yaml").symlink_to(real)
    real.chmod(0o640)
    assert run("found.yaml", cwd=folder).returncode == 0
    assert (folder / "spec/halopay.yaml").is_symlink()
    assert "title: Ours" in real.read_text("utf-8")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_what_somebody_else_wrote_in_between_is_not_overwritten(folder):
    file = folder / "spec/halopay.yaml"
    done = apply(TEXT, read(GOOD))
    file.write_text(TEXT + "# new\n", "utf-8")
    with pytest.raises(OverlayRefused, match="changed by somebody else"):
        replace(file, done.before.encode(), done.after)
    assert spec(folder).endswith("# new\n")


def test_a_folder_that_is_not_there_is_told(folder):
    with pytest.raises(OverlayRefused, match="cannot be written: No such file"):
        replace(folder / "nowhere/halopay.yaml", None, "x")


def test_a_write_that_fails_leaves_nothing_behind(folder, monkeypatch):
    file = folder / "spec/halopay.yaml"

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OverlayRefused, match="No space left"):
        replace(file, TEXT.encode(), "x")
    assert spec(folder) == TEXT
    assert [path.name for path in file.parent.iterdir()] == ["halopay.yaml"]
