"""Pages that document the guessed operations in full: one overlay makes facts of the guesses, and all of it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from codegen import document
from codegen.__main__ import main as codegen
from halopay_kit.cli import halopay
from tests.codegen.docs.looking import SPEC, looked, pages, saved
from tests.codegen.docs.variants import RENAMED, RETYPED, otherwise

FORMS = ("html", "markdown", "text")
DAY = "2026-07-01"


def update(folder: Path, found) -> Path:
    """Go the way of a maintainer: drift, overlay, apply, generate; return the folder of the spec."""
    spec = folder / "spec"
    spec.mkdir()
    for name in ("halopay.yaml", "contradictions.yaml"):
        (spec / name).write_bytes(SPEC.with_name(name).read_bytes())
    site, overlay = saved(folder / "pages", found), folder / "found.yaml"
    where = ["--spec", str(spec / "halopay.yaml")]
    steps = (
        (codegen, ["drift", "--pages", str(site), "--overlay", str(overlay), "--on", DAY, *where], 3),
        (halopay, ["contract", "apply", str(overlay), *where], 0),
        (codegen, ["generate", *where, "--out", str(folder / "generated/halopay_api")], 0),
        (codegen, ["drift", "--pages", str(site), *where], 0),
    )
    for command, arguments, code in steps:
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == code, (arguments, done.output, done.exception)
    return spec


def marks(spec: Path) -> dict[str, str]:
    """Return how well each field of an operation or webhook is known."""
    data = document.read(spec / "halopay.yaml").data
    found = {}
    for name, schema in data["components"]["schemas"].items():
        for field, node in schema.get("properties", {}).items():
            found[f"{name}.{field}"] = node["x-provenance"]
    for item in (*data["paths"].values(), *data["webhooks"].values()):
        found[item["post"]["operationId"]] = item["post"]["x-provenance"]
    return found


def guesses() -> set[str]:
    """Return what was guessed, but for what the change record announced and no page has in a table."""
    data = document.read(SPEC).data
    elsewhere = {
        f"{name}.{field}"
        for name, schema in data["components"]["schemas"].items()
        for field, node in schema.get("properties", {}).items()
        if node["x-source"].startswith("change-record")
    }
    return {name for name, mark in marks(SPEC.parent).items() if mark in ("inferred", "skill", "example")} - elsewhere


@pytest.mark.parametrize("form", FORMS)
def test_every_guess_becomes_documented(form, tmp_path):
    known = marks(update(tmp_path, pages(form, complete=True)))
    assert len(guesses()) > 100
    assert {known[name] for name in guesses()} == {"documented"}


def test_only_lines_of_what_is_documented_change(tmp_path):
    spec = update(tmp_path, pages("html", complete=True))
    before, after = SPEC.read_text("utf-8").splitlines(), (spec / "halopay.yaml").read_text("utf-8").splitlines()
    assert [line for line in after if line.strip().startswith("#")] == [
        line for line in before if line.strip().startswith("#")
    ]
    kept = [line.split(",")[0] for line in before if "x-provenance" not in line and "x-source" not in line]
    left = iter(line.split(",")[0] for line in after)
    assert all(line in left for line in kept if not line.strip().startswith("x-kit-requires:"))


def test_the_kit_and_its_sandbox_run_with_what_was_generated(tmp_path):
    update(tmp_path, pages("markdown", complete=True))
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import halopay_api; print(halopay_api.__file__); from halopay_kit.cli import main; main()",
            "demo",
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "generated")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


@pytest.mark.parametrize("form", FORMS)
def test_guesses_that_are_called_otherwise_are_renamed_and_not_doubled(form, tmp_path):
    spec = update(tmp_path, pages(form, otherwise, complete=True))
    data = document.read(spec / "halopay.yaml").data
    overlay = yaml.safe_load((tmp_path / "found.yaml").read_text("utf-8"))
    assert "x-halopay-manual" not in overlay
    was = {
        (node["x-was"], name)
        for schema in data["components"]["schemas"].values()
        for name, node in schema.get("properties", {}).items()
        if "x-was" in node
    }
    assert was == {(old, new) for _, _, old, new in RENAMED}
    known, guessed = marks(spec), guesses()
    assert {mark for name, mark in known.items() if name in guessed} == {"documented"}


def test_what_names_a_renamed_field_names_it_anew(tmp_path):
    spec = update(tmp_path, pages("html", otherwise, complete=True))
    schemas = document.read(spec / "halopay.yaml").data["components"]["schemas"]
    request = schemas["PayoutCreateRequest"]
    assert "to_address" in request["required"]
    assert "address" not in request.get("x-kit-requires", ())


@pytest.mark.parametrize("form", FORMS)
def test_guesses_of_another_type_are_retyped(form, tmp_path):
    spec = update(tmp_path, pages(form, lambda made: otherwise(made, (), RETYPED), complete=True))
    schemas = document.read(spec / "halopay.yaml").data["components"]["schemas"]
    assert schemas["OrderDetail"]["properties"]["create_time"]["type"] == "string"
    assert "format" not in schemas["Token"]["properties"]["chain_id"]


def test_a_guess_that_the_table_does_not_have_stays_and_nobody_insists_on_it(tmp_path):
    from tests.codegen.docs.seeds import edited, gone

    spec = update(tmp_path, pages("html", edited("native", "google_code", gone), complete=True))
    field = document.read(spec / "halopay.yaml").data["components"]["schemas"]["PayoutCreateRequest"]["properties"][
        "google_code"
    ]
    assert field["x-provenance"] == "inferred"
    assert field["x-not-seen"].endswith(DAY)


def test_pages_that_document_nothing_new_leave_the_guesses_alone():
    assert looked(pages("html")).drifts == ()
