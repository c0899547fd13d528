"""Drifts → an overlay that `halopay contract apply` takes: afterwards the spec says what the pages say."""

from __future__ import annotations

import functools

import pytest

from codegen import document
from codegen.docs import expected
from codegen.docs.overlay import Proposal, propose
from codegen.render import render
from halopay_kit.contract import overlay as kit
from tests.codegen.docs.looking import SPEC, looked, pages, spec
from tests.codegen.docs.seeds import SEEDS, all_of, by_name, edited, put

DAY = "2026-07-01"
SITE = "https://docs.pay.halochat.io"
N = by_name()
# What no overlay may or can do; a person has to.
BY_HAND = frozenset(
    [
        "code-removed",
        "status-added",
        "path-added",
        "path-moved",
        "method-changed",
        "operation-gone",
        "table-gone",
        "header-added",
        "header-removed",
        "header-retyped",
        "header-became-optional",
        "window-changed",
        "signature-changed",
        "example-disagrees",
        "change-announced",
        "section-unknown",
        "contradiction",
        "description-changed",
    ]
)


def proposed(found, of: document.Document | None = None) -> Proposal:
    facts = [fact for (_, locale), said in found.read.items() if locale == "en" for fact in said]
    return propose(found.drifts, expected.read(of or spec()), facts, day=DAY, site=SITE)


@functools.cache
def text() -> str:
    return SPEC.read_text("utf-8")


def applied(proposal: Proposal) -> kit.Applied:
    return kit.apply(text(), kit.read(proposal.as_text()))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name.replace(" ", "-"))
def test_after_its_overlay_a_change_is_no_drift_unless_a_person_must_decide(seed):
    found = pages("html", seed.change)
    proposal = proposed(looked(found))
    done = applied(proposal)
    corrected = document.parse(done.after.encode())
    again = looked(found, of=corrected).drifts
    if seed.kind in BY_HAND:
        assert [drift.kind for drift in again] == [seed.kind]
        assert [remark["place"] for remark in proposal.manual] == [seed.place]
    else:
        assert {drift.kind for drift in again} <= {"example-disagrees"}  # an example that lags behind its table


def test_an_overlay_changes_nothing_the_second_time():
    changes = [seed.change for seed in SEEDS if seed.kind not in BY_HAND and seed.name != "a field less in a request"]
    proposal = proposed(looked(pages("html", all_of(*changes))))
    done = applied(proposal)
    again = kit.apply(done.after, kit.read(proposal.as_text()))
    assert again.after == done.after
    assert render(document.parse(done.after.encode()))


def test_comments_order_and_other_lines_stay():
    done = applied(proposed(looked(pages("html", N["another type in a webhook"].change))))
    changed = [line for line in done.diff("s").splitlines() if line.startswith("-") and not line.startswith("---")]
    about = [line for line in changed if "currency_id" in line]
    assert len(about) == 1
    assert all("currency_id" in line or "x-provenance" in line or "x-source" in line for line in changed)


def test_a_corrected_line_says_where_it_is_from_and_when():
    done = applied(proposed(looked(pages("html", N["a field more in a webhook"].change))))
    field = document.parse(done.after.encode()).data["components"]["schemas"]["PaymentEvent"]["properties"][
        "block_height"
    ]
    assert field == {
        "type": "integer",
        "description": "Block that has it.",
        "x-provenance": "documented",
        "x-source": "webhook#payment",
        "x-read-on": DAY,
    }


def test_a_new_field_that_must_be_sent_is_required():
    done = applied(proposed(looked(pages("html", N["a field more that must be sent"].change))))
    schema = document.parse(done.after.encode()).data["components"]["schemas"]["OrderCreateRequest"]
    assert "customer_id" in schema["required"]


def test_a_field_that_is_gone_stays_marked_and_is_required_no_more():
    done = applied(proposed(looked(pages("html", N["a field less in an answer"].change))))
    schema = document.parse(done.after.encode()).data["components"]["schemas"]["OrderCreated"]
    assert "equity" not in schema["required"]
    assert schema["properties"]["equity"]["x-not-seen"] == f"native#1/response {DAY}"


def test_a_renamed_field_keeps_its_place_its_former_name_and_its_lists():
    done = applied(proposed(looked(pages("html", N["another name in an answer"].change))))
    schema = document.parse(done.after.encode()).data["components"]["schemas"]["OrderCreated"]
    names = list(schema["properties"])
    assert names.index("payment_address") == names.index("mode") + 1
    assert schema["properties"]["payment_address"]["x-was"] == "pay_address"
    assert "payment_address" in schema["required"]
    assert "pay_address" not in schema["required"]


def test_links_follow_a_field_that_is_called_otherwise():
    done = applied(proposed(looked(pages("html", edited("native", "trade_no", put(name="`data.order_no`"))))))
    post = document.parse(done.after.encode()).data["paths"]["/api/order/create"]["post"]
    assert post["responses"]["200"]["links"]["detail"]["requestBody"] == {"trade_no": "$response.body#/data/order_no"}


def test_a_code_that_is_new_says_nothing_about_money():
    done = applied(proposed(looked(pages("html", N["a code more"].change))))
    row = document.parse(done.after.encode()).data["components"]["schemas"]["ResultCode"]["x-values"]["20011"]
    assert (row["outcome"], row["meaning"]) == ("unknown", "amount below the minimum")


def test_a_type_that_the_spec_has_no_words_for_is_left_to_a_person():
    proposal = proposed(looked(pages("html", edited("native", "fiat_amount", put(type="array")))))
    assert [remark["place"] for remark in proposal.manual] == ["order.create/request.fiat_amount"]
    assert not any("fiat_amount" in str(action) for action in proposal.actions)


def test_a_name_that_would_be_another_ones_in_python_is_left_to_a_person():
    proposal = proposed(looked(pages("html", edited("native", "equity", put(name="`data.chainId`")))))
    assert "order.create/response.equity" in {remark["place"] for remark in proposal.manual}
    applied(proposal)
