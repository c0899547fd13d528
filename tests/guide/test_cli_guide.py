"""`halopay guide`, as a person or a script types it."""

from __future__ import annotations

import json

import pytest

from halopay_api.operations import OPERATIONS
from halopay_api.policy import EFFECTS
from tests.test_cli import halopay
from tests.test_extras import run


def test_a_product_is_named_with_operations_effects_code_and_questions():
    done = halopay("guide", "customers pay on our own page")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Native checkout: " in done.stdout
    for name in ("currency.app_token_list", "order.create", "order.detail"):
        row = next(line for line in done.stdout.splitlines() if line.startswith(name))
        assert OPERATIONS[name].effect in row
        assert EFFECTS[OPERATIONS[name].effect].description in done.stdout
    assert "halopay.order.create(" in done.stdout
    assert "To clarify" in done.stdout


def test_words_need_no_quotes_and_an_id_is_one_too():
    one = halopay("guide", "customers", "pay", "on", "our", "own", "page").stdout
    assert one == halopay("guide", "customers pay on our own page").stdout
    assert "Native checkout" in halopay("guide", "native").stdout


def test_vague_words_bring_a_question_with_what_each_answer_leads_to():
    done = halopay("guide", "accept payments")
    assert done.returncode == 0
    assert "Who shows the payer where to pay?" in done.stdout
    for route in ("hosted", "native", "static-qr"):
        assert f"halopay guide {route}" in done.stdout


def test_nonsense_is_said_to_be_and_the_whole_tree_is_shown():
    done = halopay("guide", "asdf qwerty")
    assert done.returncode == 1
    assert "None of these words is known" in done.stderr
    assert halopay("guide").stdout.strip() in done.stdout


def test_without_words_there_is_the_whole_tree():
    done = halopay("guide")
    assert done.returncode == 0
    assert all(name in done.stdout for name in OPERATIONS)
    assert json.loads(halopay("guide", "--json").stdout)["tree"]["answers"]


@pytest.mark.parametrize(
    ("words", "verdict", "products"),
    [("our own page", "clear", ["native"]), ("hosted page and payouts", "several", ["hosted", "payout"]),
     ("accept payments", "vague", []), ("qwerty", "unknown", [])],
)  # fmt: skip
def test_json_tells_the_verdict_and_the_products(words, verdict, products):
    told = json.loads(halopay("guide", words, "--json").stdout)
    assert told["verdict"] == verdict
    assert [each["id"] for each in told["products"]] == products
    assert bool(told["questions"]) == (verdict in ("several", "vague"))
    assert ("tree" in told) == (verdict == "unknown")
    for product in told["products"]:
        assert all(each["effect"] and each["means"] for each in product["operations"])


def test_a_snippet_alone_is_for_a_pipe():
    done = halopay("guide", "payout", "--snippet")
    compile(done.stdout, "snippet", "exec")
    assert "payout.create" in done.stdout
    assert halopay("guide", "accept payments", "--snippet").returncode == 2
    assert halopay("guide", "--snippet").returncode == 2
    assert halopay("guide", "qwerty", "--snippet").returncode == 1


def test_the_guide_needs_no_extra(tmp_path):
    done = run("from halopay_kit.cli import main; main()", "guide", "withdraw", cwd=tmp_path)
    assert done.returncode == 0
    assert "payout.create" in done.stdout


def test_what_steers_a_terminal_is_not_repeated():
    done = halopay("guide", "\x1b[31mhosted\x07 and own page\x1b")
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
