"""What the generator does not support is refused, and the refusal says where it stands."""

from __future__ import annotations

import pytest

from codegen import document, render
from codegen.errors import SpecError
from tests.codegen.mini import GUESSED, KNOWN, MINI, REMOVED, changed, dump

SCHEMAS = "/components/schemas"
THING = f"{SCHEMAS}/Item/properties"
ASK = f"{SCHEMAS}/ThingCreateRequest/properties"
CREATE = "/paths/~1api~1thing~1create"
STRING = {"type": "string", **KNOWN}

# what is put there, where, and where the refusal points when elsewhere
REFUSED = {
    "a reference to another file": (f"{THING}/part/$ref", "other.yaml#/Part", None),
    "a reference to another host": (f"{THING}/part/$ref", "https://example.com/spec.yaml#/Part", None),
    "a reference that leads nowhere": (f"{THING}/part/$ref", "#/components/schemas/Nothing", None),
    "a reference into the middle of a schema": (
        f"{THING}/part/$ref",
        "#/components/schemas/Part/properties/size",
        None,
    ),
    "a reference to something else": (f"{THING}/part/$ref", "#/components/headers/Part", None),
    "a type beside a reference": (f"{THING}/part/type", "object", None),
    "oneOf": (f"{THING}/amount/oneOf", [STRING], None),
    "anyOf": (f"{THING}/amount/anyOf", [STRING], None),
    "not": (f"{THING}/amount/not", STRING, None),
    "if": (f"{THING}/amount/if", STRING, None),
    "const": (f"{THING}/amount/const", "1", None),
    "nullable": (f"{THING}/amount/nullable", True, None),
    "patternProperties": (f"{SCHEMAS}/Part/patternProperties", {"^a": STRING}, None),
    "additionalProperties with a schema": (f"{SCHEMAS}/Part/additionalProperties", STRING, None),
    "additionalProperties that are forbidden": (f"{SCHEMAS}/Part/additionalProperties", False, None),
    "prefixItems": (f"{THING}/parts/prefixItems", [STRING], None),
    "discriminator": (f"{SCHEMAS}/Part/discriminator", {"propertyName": "x"}, None),
    "an unknown word": (f"{SCHEMAS}/Part/nonsense", 1, None),
    "an unknown word at the top": ("/nonsense", 1, None),
    "jsonSchemaDialect": ("/jsonSchemaDialect", "https://example.com", None),
    "another version of OpenAPI": ("/openapi", "3.0.3", None),
    "no paths": ("/paths", REMOVED, None),
    "GET": (f"{CREATE}/get", {}, None),
    "PUT": (f"{CREATE}/put", {}, None),
    "parameters of a path": (f"{CREATE}/parameters", [], None),
    "parameters of an operation": (f"{CREATE}/post/parameters", [{"name": "q", "in": "query"}], None),
    "a parameter in a path": ("/paths/~1api~1{id}", MINI["paths"]["/api/thing/create"], None),
    "a cookie parameter of a webhook": (
        "/webhooks/thing/post/parameters",
        [{"name": "q", "in": "cookie"}],
        "/webhooks/thing/post/parameters/0/in",
    ),
    "callbacks": (f"{CREATE}/post/callbacks", {}, None),
    "another content type": (f"{CREATE}/post/requestBody/content/text~1plain", {"schema": STRING}, None),
    "a second status": (f"{CREATE}/post/responses/400", {}, None),
    "a default response": (f"{CREATE}/post/responses/default", {}, None),
    "no request": (
        f"{CREATE}/post/requestBody",
        REMOVED,
        f"{CREATE}/post/requestBody/content/application~1json/schema",
    ),
    "no answer": (f"{CREATE}/post/responses", {}, f"{CREATE}/post/responses/200/content/application~1json/schema"),
    "an answer without an envelope": (f"{SCHEMAS}/ThingCreateAnswer/allOf", REMOVED, f"{SCHEMAS}/ThingCreateAnswer"),
    "an answer with more than data": (
        f"{SCHEMAS}/ThingCreateAnswer/allOf/1/properties/more",
        STRING,
        f"{SCHEMAS}/ThingCreateAnswer",
    ),
    "an answer whose data is required": (f"{SCHEMAS}/ThingCreateAnswer/allOf/1/required", ["data"], None),
    "an envelope without a code": (f"{SCHEMAS}/Envelope/properties/code", REMOVED, f"{SCHEMAS}/Envelope/required/0"),
    "an operation without an id": (f"{CREATE}/post/operationId", REMOVED, None),
    "an id that is code": (f"{CREATE}/post/operationId", "thing.create(); print", None),
    "an id without a group": (f"{CREATE}/post/operationId", "create", None),
    "two operations of one id": (f"{CREATE}/post/operationId", "thing.list_all", "/paths/~1api~1thing~1list-all"),
    "an unknown effect": (f"{CREATE}/post/x-effect", "breaks", None),
    "a path with a quote": ("/paths/~1api~1'~1x", MINI["paths"]["/api/thing/create"], None),
    "a path with a newline": ("/paths/~1api~1\n", MINI["paths"]["/api/thing/create"], None),
    "a number": (f"{THING}/amount", {"type": "number", **KNOWN}, f"{THING}/amount/type"),
    "a number to be sent": (f"{ASK}/amount", {"type": "number", **KNOWN}, f"{ASK}/amount/type"),
    "a number to be sent that is exact": (
        f"{ASK}/amount",
        {"type": "number", "format": "decimal", **KNOWN},
        f"{ASK}/amount",
    ),
    "a number among other types": (f"{THING}/count/type", ["number", "integer"], None),
    "null to be sent": (f"{ASK}/out_trade_no/type", ["string", "null"], None),
    "nothing but null": (f"{THING}/amount/type", "null", None),
    "a list or a string": (f"{THING}/amount/type", ["array", "string"], None),
    "a type twice": (f"{THING}/amount/type", ["string", "string"], None),
    "anyOf of two types": (
        f"{THING}/part",
        {"anyOf": [{"type": "string"}, {"type": "null"}], **KNOWN},
        f"{THING}/part/anyOf",
    ),
    "anyOf that leads elsewhere": (
        f"{THING}/part",
        {"anyOf": [{"$ref": "#/components/headers/AppId"}, {"type": "null"}], **KNOWN},
        f"{THING}/part/anyOf/0/$ref",
    ),
    "a type beside anyOf": (
        f"{THING}/part",
        {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}], "type": "object", **KNOWN},
        f"{THING}/part/type",
    ),
    "a field without a type": (f"{THING}/amount", {**KNOWN}, f"{THING}/amount/type"),
    "an unknown format": (f"{THING}/amount/format", "colour", None),
    "a secret in an answer": (f"{THING}/trade_no/format", "password", None),
    "an object to be sent": (f"{ASK}/part", {"$ref": "#/components/schemas/Part", **KNOWN}, f"{SCHEMAS}/Part"),
    "a list to be sent": (f"{ASK}/many", {"type": "array", "items": STRING, **KNOWN}, None),
    "money to be sent without a limit": (f"{ASK}/amount/pattern", REMOVED, None),
    "money to be sent in another form": (f"{ASK}/amount/pattern", "^[0-9.]+$", None),
    "a pattern without anchors": (f"{ASK}/code/pattern", "[0-9]", None),
    "a pattern that is none": (f"{ASK}/code/pattern", "^[$", None),
    "a pattern for an integer": (f"{ASK}/count/pattern", "^1$", None),
    "a minimum for a string": (f"{ASK}/out_trade_no/minimum", 1, None),
    "a maximum": (f"{ASK}/count/maximum", 1, None),
    "a minimum that is a fraction": (f"{ASK}/count/minimum", 0.5, None),
    "properties of a string": (f"{THING}/amount/properties", {}, None),
    "a list without items": (f"{THING}/parts/items", REMOVED, None),
    "an object without a name": (f"{THING}/part", {"type": "object", "properties": {"a": STRING}, **KNOWN}, None),
    "an enum without a name": (f"{THING}/colour", {"type": "string", "enum": ["a"], **KNOWN}, None),
    "an object without properties": (f"{SCHEMAS}/Part/properties", {}, None),
    "an object made of others": (f"{SCHEMAS}/Part/allOf", [{"$ref": "#/components/schemas/ThingEvent"}], None),
    "a schema that contains itself": (
        f"{SCHEMAS}/Part/properties/part",
        {"$ref": "#/components/schemas/Part", **KNOWN},
        f"{SCHEMAS}/Part/properties/part/$ref",
    ),
    "a required field that there is not": (f"{SCHEMAS}/Item/required/0", "nothing", None),
    "a required field that is inferred": (f"{SCHEMAS}/Item/required/1", "guess", None),
    "x-kit-requires of a field that there is not": (
        f"{SCHEMAS}/ThingCreateRequest/x-kit-requires",
        ["nothing"],
        None,
    ),
    "a field without provenance": (f"{THING}/amount/x-provenance", REMOVED, None),
    "a field of unknown provenance": (f"{THING}/amount/x-provenance", "rumour", None),
    "two fields that are one in Python": (f"{THING}/tradeNo", STRING, None),
    "two parameters that are one in Python": (f"{ASK}/out-trade-no", STRING, None),
    "a field without a Python name": (f"{THING}/支付", STRING, None),
    "a schema whose name Python needs": (
        f"{THING}/colour",
        {"$ref": "#/components/schemas/Decimal", **KNOWN},
        f"{SCHEMAS}/Decimal",
    ),
    "two schemas that are one in Python": (
        f"{THING}/colour",
        {"$ref": "#/components/schemas/part", **KNOWN},
        f"{SCHEMAS}/Part",
    ),
    "a group that is named as a schema": (f"{CREATE}/post/operationId", "part.create", "/paths (part.*)"),
    "an enum of two types": (f"{SCHEMAS}/Colour/enum/1", 5, None),
    "an enum of fractions": (f"{SCHEMAS}/ResultCode/enum", [0.5], None),
    "an empty enum": (f"{SCHEMAS}/Colour/enum", [], None),
    "an enum with a value twice": (f"{SCHEMAS}/Colour/enum", ["RED", "RED"], f"{SCHEMAS}/Colour/enum"),
    "two values that are one in Python": (f"{SCHEMAS}/Colour/enum/1", "red", None),
    "a value without a Python name": (f"{SCHEMAS}/Colour/enum/1", "支付", None),
    "x-values of a value that there is not": (f"{SCHEMAS}/Colour/x-values/GREEN", {}, None),
    "a member name that is code": (f"{SCHEMAS}/Colour/x-values/RED/name", "A = __import__('os')", None),
    "a member name in lower case": (f"{SCHEMAS}/Colour/x-values/RED/name", "mro", None),
    "a result code without an outcome": (f"{SCHEMAS}/ResultCode/x-values/7/outcome", "perhaps", None),
    "a description that is no text": (f"{THING}/amount/description", 5, None),
    "a route to nowhere": ("/x-webhook-delivery/routes/0/webhook", "nothing", None),
    "a route with an unknown word": ("/x-webhook-delivery/routes/0/with", "x", None),
    "a webhook without a route": ("/x-webhook-delivery/routes", [], "/webhooks/thing"),
    "no tolerance": ("/x-signature/tolerance-seconds", REMOVED, None),
    "no schedule": ("/x-webhook-delivery/retry-after-seconds", "soon", None),
    "no effects": ("/x-effects", REMOVED, f"{CREATE}/post/x-effect"),
}
MORE = {
    f"{SCHEMAS}/Decimal": MINI["components"]["schemas"]["Colour"],
    f"{SCHEMAS}/part": MINI["components"]["schemas"]["Colour"],
}


def generated(spec: dict) -> dict[str, str]:
    return render.render(document.parse(dump(spec)))


def test_the_small_spec_is_supported():
    assert "models.py" in generated(changed(MORE))


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_supported_is_refused_by_its_pointer(what):
    where, value, points = REFUSED[what]
    with pytest.raises(SpecError) as refusal:
        generated(changed({**MORE, where: value}))
    assert refusal.value.pointer == (points or where)
    assert str(refusal.value).startswith(f"Unsupported: {points or where}: ")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("/x-anything", {"oneOf": 1}),
        (f"{CREATE}/x-anything", 1),
        (f"{SCHEMAS}/Part/x-anything", [1.5]),
        (f"{SCHEMAS}/Part/additionalProperties", True),
        (f"{SCHEMAS}/Part/examples", [{"$ref": 5}]),
        (f"{THING}/amount/default", {"oneOf": 1}),
        (f"{THING}/x-mark", {"type": "string", **GUESSED}),
        (f"{THING}/enum", {"type": "string", **GUESSED}),
    ],
)
def test_what_says_nothing_about_the_wire_may_stand(where, value):
    assert generated(changed({where: value}))


@pytest.mark.parametrize("name", ["x-part", "enum", "default", "example"])
def test_a_field_named_as_a_word_of_openapi_is_still_looked_at(name):
    with pytest.raises(SpecError) as refusal:
        generated(changed({f"{SCHEMAS}/Part/properties/{name}": {"$ref": f"#{SCHEMAS}/Item", **KNOWN}}))
    assert refusal.value.problem.startswith("a schema that contains itself")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"- 1", "expected a mapping"),
        (b"", "expected a mapping"),
        (b"{", "not readable as YAML"),
        (b"\xff\xfe\x00", "not readable as YAML"),
        (b"a: 1\na: 2", "twice"),
        (b"a: &x [1]\nb: *x", "alias"),
        (b"a: &x [*x]", "alias"),
        (b"a: !!python/object/apply:os.system ['touch planted']", "tag"),
        (b"a: !!binary aGk=", "tag"),
        (b"? [1]\n: 2", "not a scalar"),
        (b"a: 1e999", "tag"),
        (b"[" * 500 + b"]" * 500, "deep"),
    ],
)
def test_yaml_that_is_more_than_data_is_refused(text, problem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match=problem):
        document.parse(text)
    assert not list(tmp_path.iterdir())


def test_dates_and_words_of_yaml_1_1_stay_text():
    content = document._value(
        document._Loader(b"[2026-03-17, yes, no, on, 1_000, 0x10, 012, '0', =]").get_single_node(), "", set()
    )
    assert content == ["2026-03-17", "yes", "no", "on", "1_000", "0x10", "012", "0", "="]
