"""`generate` and `check`: the same bytes everywhere, and nothing else in the directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import tree
from tests.conftest import ROOT

SPEC = ROOT / "spec/halopay.yaml"
OUT = ROOT / "generated/halopay_api"


def command(
    *arguments: str | Path, python: str | Path = sys.executable, **environment: str
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [python, "-m", "codegen", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path) -> Path:
    """Hold a copy of the generated package that may be spoilt."""
    return shutil.copytree(OUT, tmp_path / "halopay_api", ignore=shutil.ignore_patterns("__pycache__"))


def test_the_committed_package_is_what_the_spec_generates():
    done = command("check")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_any_hash_seed_gives_the_same_bytes(seed, tmp_path):
    done = command("generate", "--out", tmp_path / "halopay_api", PYTHONHASHSEED=seed)
    assert done.returncode == 0, done.stderr
    assert tree.compare(tmp_path / "halopay_api", contents(OUT)) == ()


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_any_supported_python_gives_the_same_bytes(version):
    python = interpreter(version)
    if python is None:
        venv = f".venv-{version}"
        pytest.skip(f"missing: make {venv}/.dev VENV={venv} PYTHON=python{version}")
    done = command("check", python=python)
    assert (done.returncode, done.stderr) == (0, "")


def interpreter(version: str) -> Path | None:
    """Find a Python of that version that has the generator's packages."""
    found = [ROOT / f".venv-{version}/bin/python"]
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        found.insert(0, Path(sys.executable))
    found += [Path(path) for path in [shutil.which(f"python{version}")] if path]
    for python in found:
        code = "import attrs, click, datamodel_code_generator, jinja2, ruff, yaml"
        if python.exists() and not subprocess.run([python, "-c", code], capture_output=True, check=False).returncode:
            return python
    return None


def contents(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): path.read_text("utf-8")
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("name", sorted(contents(OUT)))
def test_one_changed_character_in_any_file_is_found(name, copy):
    spoilt = copy / name
    text = spoilt.read_text("utf-8")
    spoilt.write_text(f"{text[:-1]} " if text else " ", "utf-8")
    found = tree.compare(copy, contents(OUT))
    assert [(one.path, one.kind) for one in found] == [(name, "different")]
    assert found[0].detail


def test_check_names_every_file_that_is_edited_missing_or_extra_and_the_remedy(copy):
    with (copy / "models.py").open("a") as file:
        file.write("# a note\n")
    (copy / "policy.py").unlink()
    (copy / "inner").mkdir()
    (copy / "inner/stray.txt").write_text("x")
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__/models.pyc").write_text("x")
    done = command("check", "--out", copy)
    assert done.returncode == 1
    for line in ["different: models.py", "    -# a note", "missing: policy.py", "extra: inner/stray.txt"]:
        assert line in done.stderr.splitlines()
    assert "make generate" in done.stderr
    assert "__pycache__" not in done.stderr


def test_line_endings_count(copy):
    (copy / "codec.py").write_bytes((copy / "codec.py").read_bytes().replace(b"\n", b"\r\n"))
    assert [one.path for one in tree.compare(copy, contents(OUT))] == ["codec.py"]


def test_a_link_in_place_of_a_file_is_a_difference(copy, tmp_path):
    (copy / "codec.py").rename(tmp_path / "codec.py")
    (copy / "codec.py").symlink_to(tmp_path / "codec.py")
    assert [(one.path, one.kind) for one in tree.compare(copy, contents(OUT))] == [("codec.py", "different")]


def test_a_directory_that_is_not_there_lacks_every_file(tmp_path):
    found = tree.compare(tmp_path / "nowhere", {"a": "", "b/c": ""})
    assert [(one.path, one.kind) for one in found] == [("a", "missing"), ("b/c", "missing")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# --- order.detail", "# --- order.details"),
        ("description: Tokens to be paid.", "description: Tokens that are to be paid."),
        ("tolerance-seconds: 120", "tolerance-seconds: 121"),
    ],
)
def test_a_changed_spec_is_found_even_where_only_a_comment_changed(old, new, tmp_path):
    text = SPEC.read_text("utf-8")
    assert old in text
    (tmp_path / "spec.yaml").write_text(text.replace(old, new, 1), "utf-8")
    done = command("check", "--spec", tmp_path / "spec.yaml")
    assert done.returncode == 1
    assert "different: models.py" in done.stderr


def test_generate_replaces_the_whole_directory(tmp_path):
    out = tmp_path / "halopay_api"
    out.mkdir()
    (out / "stray.py").write_text("")
    tree.replace(out, {"a.py": "a = 'ä'\n", "b/c.txt": ""})
    assert contents(out) == {"a.py": "a = 'ä'\n", "b/c.txt": ""}
    assert [path.name for path in tmp_path.iterdir()] == ["halopay_api"]


def test_a_spec_that_is_not_supported_is_told_by_its_pointer_and_nothing_is_written(tmp_path):
    text = SPEC.read_text("utf-8").replace(
        "type: string, format: decimal, description: Tokens to be paid.", "type: number", 1
    )
    (tmp_path / "spec.yaml").write_text(text, "utf-8")
    done = command("generate", "--spec", tmp_path / "spec.yaml", "--out", tmp_path / "halopay_api")
    assert done.returncode == 1
    assert "Unsupported: /components/schemas/OrderCreated/properties/amount/type: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "halopay_api").exists()


def test_help_shows_examples():
    for name in ("generate", "check"):
        shown = command(name, "--help").stdout
        assert f"\n    python -m codegen {name}\n" in shown or f"\n  python -m codegen {name}\n" in shown


def test_every_file_says_that_it_is_generated_and_from_which_spec():
    import hashlib

    digest = hashlib.sha256(SPEC.read_bytes()).hexdigest()
    for name, text in contents(OUT).items():
        if name not in ("py.typed", "contradictions.json"):  # the latter is the ledger's, and says so
            assert digest in "\n".join(text.splitlines()[:10]) or name == "openapi.json", name
            assert digest in text, name
            assert "python -m codegen generate" in text, name


def test_generated_code_imports_the_standard_library_attrs_cattrs_and_orjson_only():
    import ast

    allowed = set(sys.stdlib_module_names) | {"attrs", "cattrs", "orjson", "halopay_api"}
    banned = {"os", "time", "socket", "http", "urllib", "subprocess", "datetime", "random"}
    for name, text in contents(OUT).items():
        if name.endswith(".py"):
            for node in ast.walk(ast.parse(text)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for module in names:
                    assert module.split(".")[0] in allowed - banned, (name, module)
