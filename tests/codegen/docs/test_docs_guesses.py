"""Pages that document the guessed operations in full: one overlay makes facts of the guesses, and all of it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from codegen import document
from codegen.__main__ import main as codegen
from codegen.docs import expected
from codegen.docs.overlay import propose
from halopay_kit.cli import halopay
from tests.codegen.docs.looking import SPEC, looked, pages, saved, spec
from tests.codegen.docs.seeds import all_of, edited, gone
from tests.codegen.docs.variants import RENAMED, RETYPED, otherwise

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


def renamed(made) -> None:
    otherwise(made, RENAMED, RETYPED)


@pytest.fixture(scope="module")
def complete(tmp_path_factory) -> Path:
    """Hold what came of pages that document the guesses as they were made."""
    folder = tmp_path_factory.mktemp("complete")
    update(folder, pages("html", complete=True))
    return folder


@pytest.fixture(scope="module")
def differing(tmp_path_factory) -> Path:
    """Hold what came of pages that document them under other names and types, and leave one out."""
    folder = tmp_path_factory.mktemp("differing")
    update(folder, pages("html", all_of(renamed, edited("native", "callback_url", gone, 1)), complete=True))
    return folder


def test_every_guess_becomes_documented(complete):
    known, guessed = marks(complete / "spec"), guesses()
    assert len(guessed) > 100
    assert {known[name] for name in guessed} == {"documented"}


@pytest.mark.parametrize("form", ["markdown", "text"])
@pytest.mark.parametrize("change", [None, renamed], ids=["as guessed", "otherwise"])
def test_every_form_of_the_pages_brings_the_same_corrections(form, change):
    html = corrections(pages("html", change, complete=True))
    assert len(html) > 100
    assert corrections(pages(form, change, complete=True)) == html


def corrections(found) -> set[str]:
    """Return what is to be corrected, without what the forms of a page make of a description."""
    look = looked(found)
    facts = [fact for said in look.read.values() for fact in said]
    made = propose(look.drifts, expected.read(spec()), facts, day=DAY, site="https://x.example")
    assert not made.manual
    return {action["target"] + ("" if "update" in action else " gone") for action in made.actions}


def test_only_lines_of_what_is_documented_change(complete):
    before = SPEC.read_text("utf-8").splitlines()
    after = (complete / "spec/halopay.yaml").read_text("utf-8").splitlines()
    assert [line for line in after if line.strip().startswith("#")] == [
        line for line in before if line.strip().startswith("#")
    ]
    kept = [line.split(",")[0] for line in before if "x-provenance" not in line and "x-source" not in line]
    left = iter(line.split(",")[0] for line in after)
    assert all(line in left for line in kept if not line.strip().startswith("x-kit-requires:"))


@pytest.mark.parametrize("folder", ["complete", "differing"])
def test_the_kit_and_its_sandbox_run_with_what_was_generated(folder, request):
    generated = request.getfixturevalue(folder) / "generated"
    code = "import halopay_api; print(halopay_api.__file__); from halopay_kit.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "demo" if folder == "complete" else "spec"],
        env={**os.environ, "PYTHONPATH": str(generated)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(generated))


def test_guesses_that_are_called_otherwise_are_renamed_and_not_doubled(differing):
    data = document.read(differing / "spec/halopay.yaml").data
    was = {
        (node["x-was"], name)
        for schema in data["components"]["schemas"].values()
        for name, node in schema.get("properties", {}).items()
        if "x-was" in node
    }
    assert was == {(old, new) for _, _, old, new in RENAMED}
    request = data["components"]["schemas"]["PayoutCreateRequest"]
    assert "to_address" in request["required"]
    assert "address" not in request.get("x-kit-requires", ())


def test_guesses_of_another_type_are_retyped(differing):
    schemas = document.read(differing / "spec/halopay.yaml").data["components"]["schemas"]
    assert schemas["OrderDetail"]["properties"]["create_time"]["type"] == "string"
    assert "format" not in schemas["Token"]["properties"]["chain_id"]


def test_a_guess_that_the_table_does_not_have_stays_and_nobody_insists_on_it(differing):
    schemas = document.read(differing / "spec/halopay.yaml").data["components"]["schemas"]
    field = schemas["PayoutCreateRequest"]["properties"]["callback_url"]
    assert field["x-provenance"] == "inferred"
    assert field["x-not-seen"].endswith(DAY)


def test_pages_that_document_nothing_new_leave_the_guesses_alone():
    assert looked(pages("html")).drifts == ()
