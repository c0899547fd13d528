"""Pages that say what the spec says: no drift, in any form and language; what they contradict is known."""

from __future__ import annotations

import time

import pytest

from codegen import document
from codegen.docs import reading
from codegen.docs.page import Page
from tests.codegen.docs import site, wire
from tests.codegen.docs.looking import known, looked, pages
from tests.codegen.docs.wording import LOCALES

FORMS = ("html", "markdown", "text", "text-tabs")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("locale", LOCALES)
def test_pages_that_say_what_the_spec_says_are_no_drift(form, locale):
    others = pages(form, locale=locale) if locale != "en" else []
    look = looked([*pages(form), *others])
    assert [str(drift) for drift in look.drifts] == []
    assert look.unread == ()


def test_pages_made_from_the_spec_as_it_is_now_are_no_drift():
    now = wire.ROOT / "spec/halopay.yaml"
    made = site.render(wire.spec(now), "html")
    found = [Page(key=key, locale="en", url="", form=reading.form(text), content=text) for key, text in made.items()]
    look = looked(found, of=document.read(now))
    assert ([str(drift) for drift in look.drifts], look.unread) == ([], ())


@pytest.mark.parametrize("locale", LOCALES[1:])
def test_a_translation_alone_is_held_against_the_spec(locale):
    look = looked(pages("html", locale=locale))
    assert [str(drift) for drift in look.drifts] == []


@pytest.mark.parametrize("form", FORMS)
def test_the_nine_known_contradictions_are_found_and_known(form):
    look = looked(pages(form))
    assert {each.known for each in look.contradictions} == {entry.id for entry in known().entries}
    assert look.fresh == ()


def test_all_pages_in_all_languages_are_read_and_compared_in_two_seconds():
    found = [page for locale in LOCALES for page in pages("html", locale=locale)]
    begun = time.process_time()
    look = looked(found)
    took = time.process_time() - begun
    print(f"{len(found)} pages, {sum(len(page.content) for page in found) / 1e6:.1f} MB: {took:.2f} s")
    assert look.drifts == ()
    assert took < 2
