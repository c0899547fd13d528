"""Each kind of change, in each form of the pages: found, at the right field, and nothing else reported."""

from __future__ import annotations

import pytest

from codegen.docs.drift import KINDS
from tests.codegen.docs.looking import looked, pages
from tests.codegen.docs.seeds import SEEDS, Seed

FORMS = ("html", "markdown", "text")


def found(seed: Seed, form: str) -> list[tuple[str, str, str]]:
    look = looked(pages(form, seed.change))
    assert look.unread == ()
    return [(drift.kind, drift.place, drift.page) for drift in look.drifts]


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name.replace(" ", "-"))
def test_a_change_of_the_pages_is_the_one_drift_that_it_is(seed):
    results = {form: found(seed, form) for form in FORMS}
    marks = "  ".join(f"{form} {'✓' if len(results[form]) == 1 else '✗'}" for form in FORMS)
    print(f"{seed.kind:24} {seed.place:44} {marks}   {seed.name}")
    assert results == {form: [(seed.kind, seed.place, seed.page)] for form in FORMS}


def test_at_least_twenty_kinds_are_tried():
    tried = {seed.kind for seed in SEEDS}
    assert len(tried) >= 20
    assert tried <= KINDS.keys()
