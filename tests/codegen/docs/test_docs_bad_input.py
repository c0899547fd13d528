"""What is no page of documentation: it could not be read, because …; never drift, never a crash."""

from __future__ import annotations

import re

import pytest

from codegen.docs.page import Page
from codegen.docs.reading import form
from tests.codegen.docs.looking import looked, pages

GOOD = {page.key: page.content for page in pages("html")}
NATIVE = GOOD["native"]
BAD = {
    "a login page": "<html><title>Sign in</title><main><h1>Log in</h1><form><input type=password></form></main>",
    "a login page of another kind": "<html><body><div id=root><h1>Sign in to continue</h1><p>Password</p></div></body>",
    "a 404 with status 200": "<title>Page Not Found</title><main><h1>Page Not Found</h1>Sorry.</main>",
    "an empty page": "",
    "blanks": " \n\n ",
    "a page made by scripts": "<!doctype html><html><body><div id=__docusaurus></div><script src=/a.js></script>",
    "another layout": "<html><body><div class=x><span>Create order</span><div>out_trade_no</div></div></body></html>",
    "tables that are none": re.sub(r"<(/?)(?:table|thead|tbody|tr|th|td)[^>]*>", r"<\1div>", NATIVE),
    "5 MB of text": f"<html><body><main>{'<p>' + 'x' * 1000 + '</p>'}</main></body></html>" * 5000,
    "5 MB of a table": f"<html><main><table>{'<tr><td>a</td><td>b</td></tr>' * 170_000}</table></main></html>",
    "100,000 levels": f"<html><body><main>{'<div>' * 100_000}x",
    "endless spans": "<main><h1>x</h1><table><tr><th>Field<th>Type<tr><td colspan=9999999 rowspan=9999999>a</table>",
    "merged cells": NATIVE.replace("<td><code>fiat_name</code></td>", '<td rowspan="2"><code>fiat_name</code></td>', 1),
    "no text": "\x00\x01\x02PNG" * 1000,
    "JSON": '{"error": "forbidden"}',
    "a browser check": "<!DOCTYPE html><title>Just a moment...</title><body><h1>Checking your browser</h1></body>",
    "a marketing page": "<html><main><h1>HaloPay</h1><p>The best gateway.</p><p>Try it now.</p></main></html>",
    "hostile HTML": "<main><h1>x</h1><svg/onload=alert(1)><!--" + "<table>" * 2000 + "\ud7ff" * 100,
    "Markdown without end": "# x\n" + "> " * 5000 + "x\n" + "[" * 5000 + "| a | b |\n",
}


OTHERS = ("webhook", "common-rules", "error-code")
CASES = [(name, "native") for name in BAD] + [
    (name, OTHERS[at % 3]) for at, name in enumerate(BAD) if name not in ("merged cells", "tables that are none")
]


@pytest.mark.parametrize(("name", "key"), CASES)
def test_it_could_not_be_read_and_nothing_is_gone(name, key):
    others = [page for page in pages("html") if page.key != key]
    found = looked([Page(key=key, locale="en", url="", form=form(BAD[name]), content=BAD[name]), *others])
    assert [str(drift) for drift in found.drifts] == []
    assert {each.page for each in found.unread} == {key}
    assert all(each.because for each in found.unread)


@pytest.mark.parametrize(
    "trouble", ["it moved to https://docs.pay.halochat.io/new", "the answer is HTTP 404 (it vanished)"]
)
def test_a_page_that_moved_or_vanished_is_never_read_as_everything_removed(trouble):
    others = [page for page in pages("html") if page.key != "native"]
    found = looked([Page(key="native", locale="en", url="", trouble=trouble), *others])
    assert found.drifts == ()
    assert [str(each) for each in found.unread] == [f"native: could not read, because {trouble}"]


def test_a_translation_that_cannot_be_read_says_nothing():
    bad = [Page(key=page.key, locale="ko", url="", form="html", content=BAD["a login page"]) for page in pages("html")]
    found = looked([*pages("html"), *bad])
    assert found.drifts == ()
    assert {each.locale for each in found.unread} == {"ko"}


def test_the_rest_of_a_page_is_compared_though_one_table_cannot_be_read():
    content = BAD["merged cells"].replace("<td>Integer</td><td>Decimals", "<td>String</td><td>Decimals", 1)
    content = content.replace("<td>integer</td><td>Decimals", "<td>String</td><td>Decimals", 1)
    others = [page for page in pages("html") if page.key != "native"]
    found = looked([Page(key="native", locale="en", url="", form="html", content=content), *others])
    assert [drift.place for drift in found.drifts] == ["order.create/response.decimal"]
    assert [each.page for each in found.unread] == ["native"]
