"""What is optional and not installed is named, by the command and by an import."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

import pytest

from halopay_kit import extras
from tests.conftest import ROOT

CORE = {"attrs", "cattrs", "click", "urllib3"}
COMMANDS = {
    "sandbox": "sandbox",
    "demo": "all",
    "contract": "sandbox",
    "receive --inbox inbox.sqlite": "inbox",
    "inbox list --inbox inbox.sqlite": "inbox",
    "inbox work --inbox inbox.sqlite -- true": "inbox",
    "sweep --inbox inbox.sqlite": "inbox",
}
BLOCK = "import sys; sys.modules.update(dict.fromkeys({names!r})); "


def run(code: str, *arguments: str, cwd) -> subprocess.CompletedProcess[str]:
    """Run code where no package of an extra can be imported."""
    block = BLOCK.format(names=sorted(extras._EXTRAS))
    environ = {**os.environ, "HALOPAY_APP_ID": "ad4cyr8dpfs9j2u1", "HALOPAY_APP_KEY": "testAppKey"}
    return subprocess.run(
        [sys.executable, "-c", block + code, *arguments],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(("line", "extra"), COMMANDS.items())
def test_a_command_names_its_extra(line, extra, tmp_path):
    done = run("from halopay_kit.cli import main; main()", *line.split(), cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert f"pip install 'halopay-kit[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_cannot_be_loaded_names_its_extra(tmp_path):
    done = run("from halopay_kit.sweep import sweep", cwd=tmp_path)
    assert (
        "ConfigurationError: sqlalchemy is not installed. Install it: pip install 'halopay-kit[inbox]'." in done.stderr
    )


def test_a_name_that_is_not_there_is_an_attribute_error(tmp_path):
    assert "cannot import name 'nothing'" in run("from halopay_kit.sweep import nothing", cwd=tmp_path).stderr


def test_an_import_that_fails_for_another_reason_is_none_of_an_extra():
    assert extras.missing(ModuleNotFoundError("no", name="halopay_kit.nothing")) is None


def test_every_extra_that_is_named_is_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(extras._EXTRAS.values()) <= set(project["optional-dependencies"])


def test_the_core_is_small():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {need.partition(">")[0] for need in project["dependencies"]} == CORE
