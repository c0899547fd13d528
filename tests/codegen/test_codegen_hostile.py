"""A hostile spec is refused, or it is harmless: none of its text becomes code."""

from __future__ import annotations

import ast
import json
import keyword

import pytest

from codegen import naming
from codegen.errors import SpecError
from codegen.naming import Code
from codegen.render import _only_code
from tests.codegen.mini import KNOWN, MINI, changed, files, run, write

PLANT = "open('planted','w').close()"
TEXTS = {
    "code in triple quotes": f'"""\n{PLANT}\n"""',
    "code in other triple quotes": f"'''\n{PLANT}\n'''",
    "a quote at the end": 'it says "so"',
    "a quote at both ends": f'"+{PLANT}+"',
    "four quotes": f'""""{PLANT}""""',
    "a backslash at the end": "it ends in \\",
    "a backslash and quotes": f'\\"""{PLANT}#',
    "escapes": "\\n \\x41 \\N{DIGIT ONE} \\u0041",
    "newlines": f"one\n\n{PLANT}\r\n{PLANT}\x0b{PLANT}\x85{PLANT}\u2028{PLANT}",
    "a template": "{{ 1 + 1 }} {% raw %} {# #} {% endraw %} {{ ''.__class__ }}",
    "a format": "{0} {} %s %(x)s ${x}",
    "a coding line": "# -*- coding: rot13 -*-",
    "markup": "<script>alert(1)</script> & &amp;",
    "other scripts": "支付 платёж دفع ödeme 😀",
    "marks of direction": "abc\u202edef\u2066ghi\u200f\u061c",
    "nothing to see": "a\u200bb\u00adc\ufeff",
    "controls": "a\x01\x7f\x9fb",
    "a long word": "x" * 500,
    "a long text with quotes at its breaks": '" ' * 200,
    "nothing": "",
}
NAMES = (
    *(
        [
            "class",
            "self",
            "timeout",
            "extra",
            "match",
            "type",
            "id",
            "str",
            "attrs",
            "x-y",
            "a.b",
            "9",
            "A",
            "camelCase",
            "__class__",
            "__init__",
            "a'b",
            "a\\b",
            "{{a}}",
        ]
    ),
    "a b",
    'a"""b',
    "a\nb",
    f"__import__('os').system('{PLANT}')",
)


def everywhere(text: str) -> dict:
    """Put a text wherever the spec takes free text."""
    spec = changed({})
    for schema in spec["components"]["schemas"].values():
        schema |= {"description": text, "title": text, "x-source": text}
        for field in schema.get("properties", {}).values():
            field |= {"description": text, "title": text, "x-source": text}
            if "$ref" not in field:
                field |= {"default": text, "example": text, "examples": [text], "$comment": text}
        for value in schema.get("x-values", {}).values():
            value |= {"meaning": text, "advice": text}
    for path in spec["paths"].values():
        path["post"] |= {"summary": text, "description": text, "x-source": text, "x-since": {"date": text}}
    spec["tags"][0]["description"] = text
    spec["info"] |= {"title": text, "description": text, "summary": text}
    spec["x-effects"] = {"creates": {"retry": False, "description": text}, f"V{text}": {"retry": True}}
    spec["x-webhook-delivery"]["acknowledgement"]["body"] = text
    spec["x-webhook-delivery"]["routes"][0] |= {"type": text, "without": text}
    return spec


@pytest.mark.parametrize("what", TEXTS)
def test_text_of_the_spec_never_becomes_code(what, tmp_path):
    text = TEXTS[what]
    spec = everywhere(text)
    for name, content in files(spec).items():
        if name.endswith(".py"):
            ast.parse(content)
            assert all(line.isprintable() for line in content.split("\n")), name
    write(spec, tmp_path)
    told = run(
        tmp_path,
        "import json, halopay_api\n"
        "from halopay_api import codec, drift, operations, policy, shapes\n"
        "print(json.dumps([policy.ACKNOWLEDGEMENT, list(policy.EFFECTS)[-1], policy.WEBHOOK_ROUTES[0].kind,"
        " policy.RESULT_CODES[7].advice, operations.THING_CREATE.since]))",
    )
    flat = " ".join(text.split())
    assert json.loads(told) == [text, f"V{text}", text, flat, flat]
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize("name", NAMES)
def test_names_of_the_spec_become_safe_names(name, tmp_path):
    spec = changed({})
    spec["components"]["schemas"]["Item"]["properties"][name] = {"type": "string", **KNOWN}
    spec["components"]["schemas"]["ThingCreateRequest"]["properties"][name] = {"type": "string", **KNOWN}
    write(spec, tmp_path)
    told = run(
        tmp_path,
        "import json\nfrom halopay_api import codec, models, operations, Api\n"
        f"wire = json.loads({json.dumps(name)!r})\n"
        "model = codec.decode(models.Item, {'trade_no': 't', 'amount': '1', wire: 'here'})\n"
        "assert codec.unstructure(model)[wire] == 'here' and model.extra == {}\n"
        "from halopay_api.shapes import SHAPES\n"
        "made = SHAPES[models.Item][-1].attribute\n"
        "assert getattr(model, made) == 'here'\n"
        "sent = []\n"
        "def send(operation, values, /, *, timeout=None): sent.append(json.loads(codec.encode(operation, values)))\n"
        "Api(send).thing.create(out_trade_no='t', count=1, amount='1', **{made: 'here'})\n"
        "assert sent[0][wire] == 'here', sent\n"
        "print(made)",
    ).strip()
    assert made_is_safe(told)
    assert not (tmp_path / "planted").exists()


def made_is_safe(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name not in ("self", "timeout", "extra", "attrs")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("/paths/~1api~1thing~1create/post/operationId", f"thing.{PLANT}"),
        ("/paths/~1api~1thing~1create/post/operationId", "thing.create\n"),
        ("/paths/~1api~1');open('planted','w')", MINI["paths"]["/api/thing/create"]),
        ("/components/schemas/Colour/x-values/RED/name", f"RED = {PLANT}"),
        ("/components/schemas/Colour/x-values/RED/name", "RED\n"),
        ("/components/schemas/Colour/x-values/RED/name", "__members__"),
        ("/components/schemas/Item/properties/_", {"type": "string", **KNOWN}),
        ("/components/schemas/ThingCreateRequest/properties/();", {"type": "string", **KNOWN}),
    ],
)
def test_code_in_place_of_a_name_is_refused_by_its_pointer(where, value):
    with pytest.raises(SpecError) as refusal:
        files(changed({where: value}))
    assert refusal.value.pointer == where


def test_values_of_enums_with_quotes_and_newlines_keep_their_text(tmp_path):
    values = ["it's", 'so "they" say', "one\ntwo", "\\", '"""', "{{ 1 }}", f"A;{PLANT}", "d\u00e9j\u00e0"]
    told = {value: {"name": f"NAME_{index}"} for index, value in enumerate(values)}
    write(changed({"/components/schemas/Colour/enum": values, "/components/schemas/Colour/x-values": told}), tmp_path)
    shown = run(tmp_path, "import json\nfrom halopay_api import models\nprint(json.dumps(list(models.Colour)))")
    assert json.loads(shown) == values
    assert not (tmp_path / "planted").exists()


def test_a_template_prints_nothing_that_naming_did_not_make():
    with pytest.raises(TypeError, match="not Code"):
        _only_code("os")
    assert _only_code(Code("os")) == "os"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("trade_no", "trade_no"),
        ("tradeNo", "trade_no"),
        ("TradeNO", "trade_no"),
        ("HTTPStatus", "http_status"),
        ("chain-id", "chain_id"),
        ("type", "type_"),
        ("id", "id_"),
        ("class", "class_"),
        ("match", "match_"),
        ("Timeout", "timeout_"),
        ("_send", "send"),
        ("__init__", "init"),
        ("2fa", "n_2fa"),
        ("decimal", "decimal"),
    ],
)
def test_a_name_of_the_wire_becomes_a_name_of_python(name, made):
    assert naming.attribute(name, "/x") == made


@pytest.mark.parametrize("what", TEXTS)
@pytest.mark.parametrize("indent", [4, 8])
def test_a_docstring_says_what_the_text_says(what, indent):
    text = " ".join(TEXTS[what].split())
    code = naming.docstring(text, indent)
    assert " ".join(ast.literal_eval(code).split()) == text
