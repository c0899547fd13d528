"""Pairs of specs, each compared in both directions: every change has its class, and nothing else is reported."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codegen import document
from codegen.changes import changes, report
from codegen.changes.change import PYTHON, WIRE, Change, level
from codegen.changes.python_api import compare
from codegen.changes.python_names import names
from tests.codegen.mini import GUESSED, KNOWN, MINI, REMOVED, changed, dump
from tests.conftest import ROOT

SCHEMAS = "/components/schemas"
REQUEST = f"{SCHEMAS}/ThingCreateRequest/properties"
ITEM = f"{SCHEMAS}/Item/properties"
EVENT = f"{SCHEMAS}/ThingEvent/properties"
NEW_FIELD = {"type": "string", "description": "New.", **KNOWN}
LONGER = r"^[0-9]{1,20}(\.[0-9]{1,8})?$"


def field(**schema: Any) -> dict[str, Any]:
    return {"description": "A field.", **schema, **KNOWN}


def both(side: str, change: dict[str, Any], forth: set[str], back: set[str]) -> Any:
    """Name a pair of specs; each expected change is `level kind place`."""
    return pytest.param(change, forth, back, id=f"{side} {' '.join(sorted(forth))[:60]}")


ANSWERS = ("thing.create.data", "thing.list_all.data[]")  # the item is in both


def answers(text: str) -> set[str]:
    return {f"wire {text.format(place)}" for place in ANSWERS}


PAIRS = [
    both(
        "request",
        {f"{REQUEST}/note": NEW_FIELD},
        {"wire minor field-added thing.create.note", "python minor parameter-added Thing.create(note)"},
        {"wire major field-removed thing.create.note", "python major parameter-removed Thing.create(note)"},
    ),
    both(
        "request",
        {f"{REQUEST}/note": NEW_FIELD, f"{SCHEMAS}/ThingCreateRequest/required": ["out_trade_no", "note"]},
        {
            "wire major required-field-added thing.create.note",
            "python major required-parameter-added Thing.create(note)",
        },
        {"wire major field-removed thing.create.note", "python major parameter-removed Thing.create(note)"},
    ),
    both(
        "request",
        {f"{SCHEMAS}/ThingCreateRequest/required": ["out_trade_no", "loud"]},
        {"wire major became-required thing.create.loud", "python major parameter-became-required Thing.create(loud)"},
        {"wire minor became-optional thing.create.loud", "python minor parameter-became-optional Thing.create(loud)"},
    ),
    both(
        "request",
        {f"{REQUEST}/loud": field(type="string")},
        {"wire major type-changed thing.create.loud", "python major parameter-retyped Thing.create(loud)"},
        {"wire major type-changed thing.create.loud", "python major parameter-retyped Thing.create(loud)"},
    ),
    both(
        "request",
        {f"{REQUEST}/when": field(type="integer")},
        {"wire major type-narrowed thing.create.when", "python major parameter-retyped Thing.create(when)"},
        {"wire minor type-widened thing.create.when", "python minor parameter-widened Thing.create(when)"},
    ),
    both(
        "request",
        {f"{REQUEST}/amount/pattern": LONGER},
        {"wire minor limit-loosened thing.create.amount"},
        {"wire major limit-tightened thing.create.amount"},
    ),
    both(
        "request",
        {f"{REQUEST}/count/minimum": 5},
        {"wire major limit-tightened thing.create.count"},
        {"wire minor limit-loosened thing.create.count"},
    ),
    both(
        "kit",
        {f"{SCHEMAS}/ThingCreateRequest/x-kit-requires": REMOVED},
        {"python minor parameter-became-optional Thing.create(count)"},
        {"python major parameter-became-required Thing.create(count)"},
    ),
    both(
        "answer",
        {f"{ITEM}/fee": NEW_FIELD},
        answers("minor field-added {}.fee") | {"python minor field-added Item.fee"},
        answers("major field-removed {}.fee") | {"python major field-removed Item.fee"},
    ),
    both(
        "answer",
        {f"{ITEM}/guess": REMOVED},
        answers("minor guess-removed {}.guess") | {"python major field-removed Item.guess"},
        answers("minor field-added {}.guess") | {"python minor field-added Item.guess"},
    ),
    both(
        "answer",
        {f"{SCHEMAS}/Item/required": ["trade_no"]},
        answers("major became-optional {}.amount")
        | {"python major field-retyped Item.amount", "python minor field-became-optional Item.amount"},
        answers("minor became-required {}.amount")
        | {"python minor field-narrowed Item.amount", "python major field-became-required Item.amount"},
    ),
    both(
        "answer",
        {f"{ITEM}/count": field(type="string")},
        answers("major type-changed {}.count") | {"python major field-retyped Item.count"},
        answers("major type-changed {}.count") | {"python major field-retyped Item.count"},
    ),
    both(
        "answer",
        {f"{ITEM}/done": REMOVED, f"{ITEM}/is_done": field(type="boolean")},
        answers("major field-renamed {}.done")
        | {"python major field-removed Item.done", "python minor field-added Item.is_done"},
        answers("major field-renamed {}.is_done")
        | {"python major field-removed Item.is_done", "python minor field-added Item.done"},
    ),
    both(
        "answer",
        {f"{ITEM}/done/description": "Otherwise."},
        answers("patch reworded {}.done") | {"python patch reworded Item"},
        answers("patch reworded {}.done") | {"python patch reworded Item"},
    ),
    both(
        "answer",
        {f"{ITEM}/guess/x-provenance": "documented"},
        answers("patch provenance-raised {}.guess") | {"python patch reworded Item"},
        answers("patch provenance-lowered {}.guess") | {"python patch reworded Item"},
    ),
    both(
        "webhook",
        {f"{EVENT}/note": NEW_FIELD},
        {"wire minor field-added webhook.thing.note", "python minor field-added ThingEvent.note"},
        {"wire major field-removed webhook.thing.note", "python major field-removed ThingEvent.note"},
    ),
    both(
        "webhook",
        {f"{SCHEMAS}/ThingEvent/required": REMOVED},
        {
            "wire major became-optional webhook.thing.trade_no",
            "python major field-retyped ThingEvent.trade_no",
            "python minor field-became-optional ThingEvent.trade_no",
        },
        {
            "wire minor became-required webhook.thing.trade_no",
            "python minor field-narrowed ThingEvent.trade_no",
            "python major field-became-required ThingEvent.trade_no",
        },
    ),
    both(
        "values",
        {f"{SCHEMAS}/Colour/enum": ["RED", "light-blue", "GREEN"]},
        {"wire minor value-added Colour", "python minor member-added Colour.GREEN"},
        {
            "wire minor value-removed Colour",
            "wire major value-removed Colour",
            "python major member-removed Colour.GREEN",
        },
    ),
    both(
        "codes",
        {f"{SCHEMAS}/ResultCode/enum": [0, 7, 8], f"{SCHEMAS}/ResultCode/x-values/8": {"outcome": "unknown"}},
        {"wire minor value-added ResultCode", "python minor member-added ResultCode.V_8"},
        {"wire minor value-removed ResultCode", "python major member-removed ResultCode.V_8"},
    ),
    both(
        "codes",
        {f"{SCHEMAS}/ResultCode/x-values/7/outcome": "unknown"},
        {"wire major outcome-changed ResultCode.7"},
        {"wire major outcome-changed ResultCode.7"},
    ),
    both(
        "operation",
        {"/paths/~1api~1thing~1create": REMOVED, "/paths/~1api~1v2~1thing~1create": MINI["paths"]["/api/thing/create"]},
        {"wire major path-moved thing.create", "python patch reworded Thing"},
        {"wire major path-moved thing.create", "python patch reworded Thing"},
    ),
    both(
        "operation",
        {
            "/x-effects/read": {"retry": True, "description": "Reads."},
            "/paths/~1api~1thing~1create/post/x-effect": "read",
        },
        {"wire major effect-changed thing.create"},
        {"wire major effect-changed thing.create"},
    ),
    both(
        "signature",
        {"/x-signature/tolerance-seconds": 60},
        {"wire major tolerance-lowered tolerance"},
        {"wire minor tolerance-raised tolerance"},
    ),
    both(
        "signature",
        {"/x-signature/digest": "base64"},
        {"wire major signature-changed signature"},
        {"wire major signature-changed signature"},
    ),
    both(
        "webhook",
        {"/x-webhook-delivery/retry-after-seconds": [5, 15, 30]},
        {"wire minor schedule-changed schedule"},
        {"wire minor schedule-changed schedule"},
    ),
    both(
        "webhook",
        {"/x-webhook-delivery/acknowledgement/body": "OK"},
        {"wire major acknowledgement-changed acknowledgement"},
        {"wire major acknowledgement-changed acknowledgement"},
    ),
    both(
        "header",
        {"/components/securitySchemes": {"Extra": {"type": "apiKey", "in": "header", "name": "X-Extra"}}},
        {"wire major header-added request headers.X-Extra"},
        {"wire major header-removed request headers.X-Extra"},
    ),
    both(
        "server",
        {"/servers": [{"url": "https://example.org"}]},
        {"wire major server-changed server"},
        {"wire major server-changed server"},
    ),
]


def told(found: tuple[Change, ...]) -> set[str]:
    short = re.compile(r"^(models|operations)\.")
    return {f"{change.surface} {change.level} {change.kind} {short.sub('', change.place)}" for change in found}


def read(spec: dict[str, Any]) -> document.Document:
    return document.parse(dump(spec))


@pytest.mark.parametrize(("change", "forth", "back"), PAIRS)
def test_a_change_has_its_class_in_both_directions(change: dict[str, Any], forth: set[str], back: set[str]) -> None:
    old, new = read(MINI), read(changed(change))
    assert told(changes(old, new)) == forth
    assert told(changes(new, old)) == back


def test_an_operation_that_comes_or_goes() -> None:
    less = copy.deepcopy(MINI)
    del less["paths"]["/api/thing/list-all"]
    forth, back = changes(read(less), read(MINI)), changes(read(MINI), read(less))
    assert {
        "wire minor operation-added thing.list_all",
        "python minor name-added Thing.list_all",
    } <= told(forth)
    assert level(forth) == "minor"
    assert {
        "wire major operation-removed thing.list_all",
        "python major name-removed Thing.list_all",
    } <= told(back)


def test_a_model_with_another_name_is_told_as_renamed() -> None:
    text = "class Item:\n    size: int\n"
    found = compare(names({"models.py": text}), names({"models.py": text.replace("Item", "Thing")}))
    assert [(change.kind, change.place, change.level) for change in found] == [("name-renamed", "models.Item", "major")]


def test_what_is_the_same_says_so() -> None:
    assert changes(read(MINI), read(MINI)) == ()
    assert report.as_text(()) == "Nothing changed."
    reordered = copy.deepcopy(MINI)
    reordered["paths"] = dict(reversed(reordered["paths"].items()))
    assert changes(read(MINI), read(reordered)) == ()


def test_every_kind_that_is_made_stands_in_a_table_and_every_row_is_made() -> None:
    made = {text.split()[2] for pair in PAIRS for texts in pair.values[1:] for text in texts}
    code = "".join(
        path.read_text("utf-8") for path in (ROOT / "codegen/changes").glob("*.py") if path.name != "change.py"
    )
    assert made <= WIRE.keys() | PYTHON.keys()
    assert {kind for kind in WIRE.keys() | PYTHON.keys() if f'"{kind}"' not in code} == set()


def test_a_guess_that_became_a_fact_under_another_name_breaks_no_reader() -> None:
    renamed = changed(
        {f"{ITEM}/guess": REMOVED, f"{ITEM}/the_guess": {"type": "string", "format": "decimal", **GUESSED}}
    )
    wire = [change for change in changes(read(MINI), read(renamed)) if change.surface == "wire"]
    assert {change.kind for change in wire} == {"guess-renamed"}
    assert level(wire) == "minor"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codegen", "changes", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_bytes(dump(MINI))
    new.write_bytes(dump(changed({f"{ITEM}/fee": NEW_FIELD})))
    return str(old), str(new)


def test_the_command_says_by_its_exit_code_whether_something_breaks(pair: tuple[str, str]) -> None:
    old, new = pair
    assert run(old, old).stdout == "Nothing changed.\n"
    forth, back = run(old, new), run(new, old, "--json")
    assert (forth.returncode, back.returncode) == (0, 3)
    assert "fee" in forth.stdout
    found = json.loads(back.stdout)
    assert found["wire"] == {"level": "major"}
    assert {change["kind"] for change in found["changes"]} == {"field-removed"}
    assert run(old, new, "--changelog").stdout.startswith("### HaloPay's wire (minor)")


def test_a_revision_of_git_is_read_from_its_history(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    spec.write_bytes(dump(MINI))
    for command in (["init", "-q"], ["add", "spec.yaml"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    spec.write_bytes(dump(changed({f"{ITEM}/fee": NEW_FIELD})))
    found = run("HEAD", "--spec", str(spec))
    assert (found.returncode, "fee" in found.stdout) == (0, True)


@pytest.mark.parametrize("name", ["no-such-revision", "--output=/tmp/x", ":", "HEAD:no/such/file"])
def test_what_is_neither_a_file_nor_a_revision_is_refused(name: str) -> None:
    found = run("--", name)
    assert found.returncode == 1
    assert "neither a file nor a git revision" in found.stderr


def test_words_of_a_spec_stay_words_in_the_changelog(pair: tuple[str, str], tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.yaml"
    hostile.write_bytes(dump(changed({f"{SCHEMAS}/Colour/enum": ["RED", "light-blue", "<script>[x](y)`"]})))
    text = run(pair[0], str(hostile), "--changelog").stdout
    assert "<script>" not in text.replace("\\<script\\>", "")
