"""Overlays from strangers: what they say is data, what they may not do is refused with the reason, nothing breaks."""

from __future__ import annotations

import json
import re
import time

import pytest

from halopay_kit.contract.overlay import Action, Overlay, apply, read
from halopay_kit.errors import OverlayRefused
from tests.contract.overlays import HEAD, TEXT, changed, data, overlay

CREATED = "$.components.schemas.OrderCreated"
PAYOUT = "$.paths['/api/payout/create'].post"

NOT_OVERLAYS = {
    "nothing": ("", "nothing stands here"),
    "only a comment": ("# a: b\n", "nothing stands here"),
    "a list": ("- 1\n", "not an OpenAPI Overlay"),
    "a text": ("hello", "not an OpenAPI Overlay"),
    "the spec itself": (TEXT, "not an OpenAPI Overlay"),
    "binary": ("\x00\x01\x02", "not readable"),
    "broken YAML": ("overlay: [1.1.0\nactions: {", "not readable as YAML: line"),
    "another version": ("overlay: 2.0.0\ninfo: {title: a, version: b}\nactions: []", "version '2.0.0'"),
    "a version that is a number": ("overlay: 1.1\ninfo: {title: a, version: b}\nactions: []", "version 1.1"),
    "no info": ("overlay: 1.1.0\nactions: []", "`info` has a title"),
    "another key": (HEAD + "  []\nservers: []", "'servers' is no part"),
    "no actions": ("overlay: 1.1.0\ninfo: {title: a, version: b}", "`actions` are a list"),
    "an action that is a text": (HEAD + "  - do it\n", "actions[0] is not an object"),
    "an action without a target": (HEAD + "  - update: {a: 1}\n", "actions[0] has no target"),
    "an action that says nothing": (HEAD + "  - target: $.info\n", "neither what to update nor to remove"),
    "a copy": (HEAD + "  - {target: $.info, copy: $.servers}\n", "'copy' is not supported"),
    "remove: yes": (HEAD + "  - {target: $.info, remove: yes}\n", "`remove` is true or false"),
    "an alias": (HEAD + "  - &a {target: $.info, update: {x-a: 1}}\n  - *a\n", "an alias or an anchor"),
    "a tag": (HEAD + "  - {target: !!python/name:os.system x, update: 1}\n", "a tag"),
    "a merge key": (HEAD + "  - {target: $.info, update: {<<: {a: 1}}}\n", "merges another mapping"),
    "a key twice": (HEAD + "  - {target: $.info, target: $.paths, update: 1}\n", "stands here twice"),
    "two documents": (HEAD + "  []\n---\na: 1\n", "several documents"),
    "a key that is a list": (HEAD + "  - {[a, b]: 1}\n", "no plain text"),
    "deep": ("a: " + "[" * 500 + "]" * 500, "nested too deeply"),
    "endlessly deep": ("[" * 300_000, "nested too deeply"),
    "a bomb of aliases": (
        "a: &a [x, x]\n" + "".join(f"{n}: &{n} [*{p}, *{p}]\n" for p, n in zip("abcdefg", "bcdefgh", strict=True)),
        "an alias or an anchor",
    ),
    "two megabytes": ("a: " + "x" * 2_000_001, "more than 2,000,000 characters"),
    "many values": ("[" + "1," * 200_000 + "1]", "more than 100,000 values"),
    "many actions": (HEAD + "  - {target: $.info, update: 1}\n" * 5_001, "at most 5,000"),
}


@pytest.mark.parametrize("what", NOT_OVERLAYS)
def test_what_is_no_overlay_is_refused(what):
    text, problem = NOT_OVERLAYS[what]
    begun = time.perf_counter()
    with pytest.raises(OverlayRefused, match=re.escape(problem)):
        read(text)
    assert time.perf_counter() - begun < 5


TARGETS = {
    "nowhere": "$.components.schemas.Nothing",
    "no path": "components.schemas",
    "every path": "$.paths.*",
    "any depth": "$..amount",
    "a slice": "$.tags[0:2]",
    "a union": "$['info','paths']",
    "a filter": "$.tags[?@.name == 'order']",
    "a function": "$.tags[?length(@) > 1]",
    "beyond a list": "$.tags[99]",
    "a negative index": "$.tags[-1]",
    "below a text": "$.openapi.length",
    "a quote that never ends": "$['info",
    "a newline": "$['in\nfo']",
    "a long one": "$" + ".a" * 2_000,
    "words behind": "$.info; rm -rf",
}


@pytest.mark.parametrize("what", TARGETS)
def test_a_target_that_is_not_one_place_of_the_spec_is_refused(what):
    with pytest.raises(OverlayRefused):
        apply(TEXT, read(HEAD + f"  - target: {json.dumps(TARGETS[what])}\n    update: {{x-a: 1}}\n"))


FORBIDDEN = {
    "another server": ({"target": "$", "update": {"servers": [{"url": "https://evil.example"}]}}, "servers decides"),
    "another server inside": ({"target": "$.servers[0]", "update": {"url": "https://evil.example"}}, "servers decides"),
    "no server": ({"target": "$.servers", "remove": True}, "servers decides"),
    "an operation's own server": (
        {"target": PAYOUT, "update": {"servers": [{"url": "https://evil.example"}]}},
        "servers of /api/payout/create (post) decides",
    ),
    "a payout that only reads": (
        {"target": PAYOUT, "update": {"x-effect": "read"}},
        "x-effect of /api/payout/create (post) decides",
    ),
    "a payout that may be sent again": (
        {"target": "$.x-effects.moves-money", "update": {"retry": True}},
        "x-effects decides",
    ),
    "no signature asked for": ({"target": "$.security", "remove": True}, "security decides"),
    "another header for the signature": (
        {"target": "$.components.securitySchemes.Signature", "update": {"name": "X-Other"}},
        "components.securitySchemes decides",
    ),
    "more tolerance": ({"target": "$.x-signature", "update": {"tolerance-seconds": 999999}}, "x-signature decides"),
    "an operation gone": (
        {"target": "$.paths['/api/order/create']", "remove": True},
        "paths (/api/order/create) decides",
    ),
    "a new operation": (
        {"target": "$.paths", "update": {"/api/x": {"post": {"x-effect": "read"}}}},
        "paths (/api/x) decides",
    ),
    "another id": (
        {"target": "$.paths['/api/order/detail'].post", "update": {"operationId": "payout.create"}},
        "operationId of /api/order/detail (post) decides",
    ),
    "a reference to a file": (
        {"target": f"{CREATED}.properties", "update": {"a": {"$ref": "file:///etc/passwd"}}},
        "leads nowhere in this file",
    ),
    "a reference to the net": (
        {"target": f"{CREATED}.properties", "update": {"a": {"$ref": "https://evil.example/a.json"}}},
        "leads nowhere in this file",
    ),
    "a list gone that others refer to": ({"target": "$.components.schemas.Chain", "remove": True}, "leads nowhere"),
    "a required field gone": ({"target": f"{CREATED}.properties.amount", "remove": True}, "which is no property"),
    "a field gone that the kit insists on": (
        {"target": "$.components.schemas.OrderDetailRequest.properties.trade_no", "remove": True},
        "x-kit-requires-one-of names 'trade_no'",
    ),
    "a guess that is required": (
        {"target": f"{CREATED}.required", "update": "redirect_url"},
        "only inferred",
    ),
    "a mark of its own": (
        {"target": f"{CREATED}.properties.amount", "update": {"x-provenance": "sworn"}},
        "x-provenance is one",
    ),
    "a type of its own": (
        {"target": f"{CREATED}.properties.amount", "update": {"type": "money"}},
        "has the type 'money'",
    ),
    "a field that is a text": ({"target": f"{CREATED}.properties", "update": {"a": "string"}}, "is not a schema"),
    "a field without a type": (
        {"target": f"{CREATED}.properties", "update": {"a": {"description": "x"}}},
        "has no type",
    ),
    "fields that are a text": ({"target": CREATED, "update": {"properties": "none"}}, "cannot take the place"),
    "a text that becomes fields": ({"target": CREATED, "update": {"type": {"a": 1}}}, "cannot take the place"),
    "a name in control characters": (
        {"target": f"{CREATED}.properties", "update": {"a\nb": {"type": "string"}}},
        "not a name",
    ),
    "a name without end": (
        {"target": f"{CREATED}.properties", "update": {"a" * 5000: {"type": "string"}}},
        "not a name",
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_an_overlay_may_not_do_is_refused(what):
    action, problem = FORBIDDEN[what]
    with pytest.raises(OverlayRefused, match=re.escape(problem)) as refused:
        apply(TEXT, overlay(action))
    assert "Nothing was changed" in str(refused.value)


HOSTILE_TEXTS = (
    "x\n      required: []\n    Evil: {type: object}",
    'x", x-effect: read, y: "',
    "x'}\n  evil: {a: 'b",
    "} , evil: {type: string",
    "# not a comment",
    " # nor this",
    "*/ alert(1) /*",
    '"""\nimport os\nos.system("true")\n"""',
    "''' + __import__('os').system('true') + '''",
    "{{ 7 * 7 }} {% raw %}",
    "</script><script>alert(1)</script>",
    "\x1b[2J\x07 \x85 \u2028 \u2029 \ufeff \u202e",
    "&anchor *alias !tag |\n > % @ `",
    "a: b - c ? d",
    "\\n \\x00 \\",
    "\t\r\n",
    "null",
    "2026-11-23",
    "😀" * 50,
)


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_text_is_a_text_wherever_it_stands(text):
    after = changed(
        TEXT,
        {"target": f"{CREATED}.properties", "update": {"extra_field": {"type": "string", "description": text}}},
        {"target": "$.components.schemas.PaymentStatus", "update": {"description": text}},
    )
    expected = data(TEXT)
    expected["components"]["schemas"]["OrderCreated"]["properties"]["extra_field"] = {
        "type": "string",
        "description": text,
    }
    expected["components"]["schemas"]["PaymentStatus"]["description"] = text
    assert data(after) == expected
    assert len(after.splitlines()) == len(TEXT.splitlines()) + 1 if text.isprintable() else True
    assert after.count("\n") == TEXT.count("\n") + 1


def test_half_of_a_surrogate_pair_is_refused():
    made = Overlay(title="a", version="1", actions=(Action(target="$.info", update={"title": "\ud800"}),))
    with pytest.raises(OverlayRefused, match="surrogate"):
        apply(TEXT, made)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "nothing stands here"),
        ("a: 1\n", "no OpenAPI document"),
        ("[1]", "no OpenAPI document"),
        ("openapi: 3.1.0\nx: &a 1\ny: *a\n", "an alias or an anchor"),
        ("openapi: 3.1.0\nopenapi: 3.1.0\n", "stands here twice"),
        ("openapi: 3.1.0\nx-generated: {}\n", "generated"),
        ('{"openapi": "3.1.0"}', "generated, or JSON"),
    ],
)
def test_what_is_no_spec_is_refused(text, problem):
    with pytest.raises(OverlayRefused, match=re.escape(problem)):
        apply(text, overlay({"target": "$", "update": {"x-a": 1}}))


def test_an_overlay_that_takes_away_what_it_needs_is_refused():
    made = overlay(
        {"target": "$.tags[0]", "update": {"x-a": {"b": 1}}},
        {"target": "$.tags[0].x-a", "update": {"c": 1}},
        {"target": "$.info", "update": {"x-b": 1}},
        {"target": "$.info.x-b", "remove": True},
        {"target": "$.tags[0].x-a", "remove": True},
    )
    assert apply(TEXT, made).after == TEXT
    made = overlay(
        {"target": f"{CREATED}.properties.mode", "update": {"description": "x"}},
        {"target": f"{CREATED}.properties.mode", "remove": True},
        {"target": f"{CREATED}.required[?@ == 'mode']", "remove": True},
    )
    with pytest.raises(OverlayRefused, match="a second time it would fail"):
        apply(TEXT, made)
