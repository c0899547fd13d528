"""The code in README and docs runs, and every command is documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.stem != "commands")]
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)


def blocks(language: str) -> list:
    found = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    return [pytest.param(code, id=code.strip().splitlines()[-1][:50]) for code in found]


def run(command: list[str], box, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, **box.environ(), "PATH": path}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", blocks("python"))
def test_a_python_block_runs(code, box, tmp_path):
    if "def test_" not in code:
        assert run([sys.executable, "-c", code], box, tmp_path)
        return
    script = tmp_path / "test_of_a_user.py"
    script.write_text(code)
    assert "1 passed" in run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(script)], box, tmp_path)


@pytest.mark.parametrize("code", blocks("bash"))
def test_every_line_of_a_shell_block_runs(code, box, tmp_path):
    for line in code.strip().splitlines():
        assert run(["bash", "-c", line], box, tmp_path)


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 250


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page):
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / link).exists(), link


def test_the_commands_are_documented_as_they_are():
    done = subprocess.run([sys.executable, ROOT / "docs/commands.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
