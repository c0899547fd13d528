"""The guided path from a changed page to a tested client, whole and step by step, as the README has it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.codegen.docs.looking import SPEC, pages, saved
from tests.codegen.docs.seeds import all_of, by_name
from tests.conftest import ROOT

BIN = Path(sys.executable).parent
NAMES = by_name()
NEWS = all_of(NAMES["a field more in a webhook"].change, NAMES["a code more"].change)
TEST = """\
from halopay_api.models import PaymentEvent


def test_the_field_is_there():
    assert PaymentEvent.__annotations__["block_height"]
"""


@pytest.fixture
def tree(tmp_path) -> Path:
    """Hold a copy of what the path reads and writes, under git, with one test."""
    folder = tmp_path / "kit"
    for name in ("codegen", "spec", "generated"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(SPEC, folder / "spec/halopay.yaml")
    (folder / "tests").mkdir()
    (folder / "tests/test_it.py").write_text(TEST)
    saved(folder / "saved", pages("html", NEWS))
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    return folder


def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    paths = f"{folder}{os.pathsep}{folder / 'generated'}"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # `make test` runs this
    environ = {**ours, "PYTHONPATH": paths, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def make(folder: Path, more: str) -> subprocess.CompletedProcess[str]:
    return run(folder, f"make update PAGES=saved VENV={BIN.parent} -o {BIN.parent}/.dev {more}")


def changed(folder: Path) -> set[str]:
    return set(run(folder, "git diff --name-only").stdout.split())


def readme() -> list[str]:
    section = (ROOT / "README.md").read_text("utf-8").split("## When the documentation changes\n")[1].split("\n## ")[0]
    assert len(section.splitlines()) <= 24
    _, steps = re.findall(r"^```shell\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [line.partition("  #")[0].strip() for line in steps.splitlines()]


def test_update_ends_with_a_client_that_passes_its_tests(tree):
    done = make(tree, "YES=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [int(number) for number in re.findall(r"^\[(\d)/7\]", done.stderr, re.MULTILINE)] == [1, 2, 3, 4, 5, 6, 7]
    assert "1 passed" in done.stdout
    assert {"spec/halopay.yaml", "CHANGELOG.md", "generated/halopay_api/models.py"} <= changed(tree)
    assert "block_height" in (tree / "CHANGELOG.md").read_text("utf-8").split("### Changed")[0]
    assert run(tree, "python -m codegen check").returncode == 0


def test_update_changes_nothing_until_somebody_says_yes(tree):
    done = make(tree, "")
    assert done.returncode == 2  # make's own code for a recipe that did not end with 0
    assert "+        block_height: {type: integer" in done.stdout
    assert "Nothing was changed. Read found.yaml" in done.stderr
    assert changed(tree) == set()


def test_a_spec_that_cannot_be_generated_is_put_back(tree):
    (tree / "codegen/templates/models.py.jinja").write_text("{{ nothing }}")
    done = make(tree, "YES=1")
    assert done.returncode == 2
    assert "The spec is as it was." in done.stderr
    assert "spec/halopay.yaml" not in changed(tree)


def test_update_has_nothing_to_do_where_nothing_changed(tree):
    saved(tree / "saved", pages("html"))
    done = make(tree, "YES=1")
    assert (done.returncode, done.stdout.startswith("No drift")) == (0, True)
    assert changed(tree) - {f"saved/{page.key}.html" for page in pages("html")} == set()


def test_each_step_of_the_readme_runs_alone(tree):
    *steps, last = readme()
    assert last == "make check test"
    codes = {}
    for step in steps:
        done = run(tree, step)
        assert done.returncode in (0, 3), (step, done.stderr)
        codes[step] = done.returncode
    assert list(codes.values()) == [3, 0, 0, 0, 0, 0, 0]
    assert yaml.safe_load((tree / "spec/halopay.yaml").read_text())["components"]["schemas"]["PaymentEvent"][
        "properties"
    ]["block_height"]
    assert run(tree, steps[0]).returncode == 0
    assert run(tree, "python -m pytest -q").returncode == 0
