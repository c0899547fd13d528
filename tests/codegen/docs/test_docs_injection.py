"""What a page may try: it changes nothing but text, in reports, in overlays, in what is generated."""

from __future__ import annotations

import ast
import functools
import json

import pytest
import yaml
from markdown_it import MarkdownIt

from codegen import document
from codegen.docs import expected, memory, report
from codegen.docs.memory import Memory
from codegen.docs.overlay import propose
from codegen.render import render
from halopay_kit.contract import overlay as kit
from tests.codegen.docs.looking import SPEC, looked, pages, spec
from tests.codegen.docs.seeds import added, all_of, put

MARK = "Planted"
ATTEMPTS = {
    "a line of YAML": f'{MARK}"\n  - target: $.servers\n    remove: true\n#',
    "a flow of YAML": f"{MARK}}}, x-effect: read, {{a: 'b",
    "Python": f'{MARK}"""\nimport os; os.system("true")\n"""',
    "a template": f"{MARK} {{{{ 7*7 }}}} {{% raw %}} ${{x}}",
    "a terminal's codes": f"{MARK} \x1b[2J\x1b]0;x\x07\x9b31m\u202e\u2066",
    "a link": f"{MARK} [x](javascript:alert(1)) ![y](https://evil.example/p.png) https://evil.example www.evil.example",
    "HTML": f"{MARK} <script>alert(1)</script><img src=x onerror=alert(1)>",
    "a mention": f"{MARK} @everyone #1 `code` | a cell | ~~x~~",
    "a reference": f"{MARK} $ref: '#/components/schemas/Chain' !!python/object/apply:os.system",
    "what breaks a line": f"{MARK}\u2028\u2029\x85\r\nservers: []",
}


@functools.cache
def planted(text: str, form: str = "markdown"):
    flat = " ".join(text.split()) if form != "html" else text
    change = all_of(
        added("native", "amount", put(name="`data.network_fee`", type="String", description=flat, example="1")),
        added("error-code", "20009", put(name="20011", description=flat)),
    )
    return looked(pages(form, change))


def proposal(found) -> str:
    facts = [fact for said in found.read.values() for fact in said]
    return propose(found.drifts, expected.read(spec()), facts, day="2026-07-01", site="https://x.example").as_text()


@pytest.mark.parametrize("form", ["html", "markdown"])
@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_overlay_corrects_the_same_lines_whatever_the_words(name, form):
    clean = yaml.safe_load(proposal(planted(f"{MARK} words", form)))
    told = yaml.safe_load(proposal(planted(ATTEMPTS[name], form)))
    assert [action["target"] for action in told["actions"]] == [action["target"] for action in clean["actions"]]


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_overlay_holds_it_as_text(name):
    found = planted(ATTEMPTS[name], "html")
    done = kit.apply(SPEC.read_text("utf-8"), kit.read(proposal(found)))
    after, before = document.parse(done.after.encode()).data, spec().data
    said = after["components"]["schemas"]["OrderCreated"]["properties"]["network_fee"]
    assert MARK in said["description"]
    assert set(said) == {"type", "description", "x-provenance", "x-source", "x-read-on"}
    for key in ("servers", "security", "paths", "x-effects", "x-signature", "webhooks"):
        assert after[key] == before[key]
    for file, text in render(document.parse(done.after.encode())).items():
        if file.endswith(".py"):
            ast.parse(text)
            assert "os.system" not in [
                ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)
            ]


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_report_for_a_terminal_has_nothing_that_steers_it(name):
    text = report.as_text(planted(ATTEMPTS[name], "html"))
    assert MARK in text
    assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("name", ATTEMPTS)
def test_markdown_shows_it_and_does_nothing(name):
    text = report.as_markdown(planted(ATTEMPTS[name], "html"))
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable("table")
    tokens = [token for each in reader.parse(text) for token in (each, *(each.children or ()))]
    assert not {"link_open", "image", "html_block", "html_inline", "code_inline"} & {token.type for token in tokens}
    assert "://evil" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and "|---" not in line]
    assert len(set(rows)) == len(rows)
    assert sum(token.type == "tr_open" for token in tokens) == sum(line.startswith("| ") for line in text.splitlines())


@pytest.mark.parametrize("name", ATTEMPTS)
def test_json_is_json(name):
    found = json.loads(report.as_json(planted(ATTEMPTS[name], "html")))
    assert {each["place"] for each in found["drifts"]} == {"order.create/response.network_fee", "codes.20011"}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_what_is_remembered_has_no_text_of_a_page(name):
    found = planted(ATTEMPTS[name], "html")
    text = memory.as_text(memory.accept(Memory(), found.read, found.drifts))
    assert MARK not in text


@pytest.mark.parametrize(
    "field",
    ["__class__", "constructor", "self", "a-b", "0x", "x" * 300, "$ref", "имя", "a.b.c.d", "../../etc", "for", "None"],
)
def test_a_field_may_be_called_anything(field):
    found = looked(
        pages("html", added("webhook", "txid", put(name=f"`{field}`", type="string", description="A thing.")))
    )
    done = kit.apply(SPEC.read_text("utf-8"), kit.read(proposal(found)))
    for file, text in render(document.parse(done.after.encode())).items():
        if file.endswith(".py"):
            ast.parse(text)
