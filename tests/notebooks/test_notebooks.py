"""The notebooks: run end to end, and what they show is what is kept."""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient")

ROOT = Path(__file__).parent.parent.parent
_SPEC = spec_from_file_location("notebooks_run", ROOT / "notebooks/run.py")
assert _SPEC is not None
assert _SPEC.loader is not None
run = module_from_spec(_SPEC)
_SPEC.loader.exec_module(run)


def outputs(notebook: Any) -> list[Any]:
    return [cell.get("outputs") for cell in notebook["cells"]]


def test_there_are_at_most_six():
    assert 0 < len(run.names()) <= 6


@pytest.mark.filterwarnings("default")  # those of jupyter and zmq are not ours
@pytest.mark.parametrize("name", run.names())
def test_a_run_gives_the_text_and_the_pictures_that_are_kept(name):
    kept = run.read(name)
    assert outputs(run.run(name)) == outputs(kept)


@pytest.mark.parametrize("name", run.names())
def test_every_picture_is_a_picture_and_no_output_is_an_error(name):
    kept = [output for cell in outputs(run.read(name)) if cell for output in cell]
    assert all(output["output_type"] in ("stream", "display_data", "execute_result") for output in kept)
    pictures = [output["data"]["image/png"] for output in kept if "image/png" in output.get("data", {})]
    assert pictures
    assert all(base64.b64decode(each).startswith(b"\x89PNG") for each in pictures)


@pytest.mark.parametrize("name", run.names())
def test_what_is_kept_names_no_path_of_a_machine_and_no_time_of_a_run(name):
    notebook = run.read(name)
    text = json.dumps(notebook)
    assert "/tmp/" not in text.replace("mkdtemp", "")  # noqa: S108  # it is looked for
    assert str(ROOT) not in text
    assert all(cell["metadata"] == {} for cell in notebook["cells"])


@pytest.mark.parametrize("name", run.names())
def test_only_public_names_are_used(name):
    source = "\n".join("".join(cell["source"]) for cell in run.read(name)["cells"] if cell["cell_type"] == "code")
    for node in ast.walk(ast.parse(source)):
        used = node.attr if isinstance(node, ast.Attribute) else getattr(node, "module", "") or ""
        assert not used.startswith("_")
        assert "._" not in used


@pytest.mark.parametrize("name", run.names())
def test_one_cell_at_the_top_switches_to_own_data(name):
    first = next(cell for cell in run.read(name)["cells"] if cell["cell_type"] == "code")
    assert "".join(first["source"]).startswith(("OWN = None", "SANDBOX = True"))


def test_no_notebook_is_stale_and_one_with_another_cell_is(tmp_path, monkeypatch):
    check = [sys.executable, str(ROOT / "notebooks/run.py"), "--check"]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0
    name = run.names()[0]
    notebook = run.read(name)
    notebook["cells"][2]["source"].append("# another\n")
    monkeypatch.setattr(run, "HERE", tmp_path)
    run.write(name, notebook)
    assert run.stale() == [name]
