"""The spec: what HaloPay's facts say, how it must be marked, and that tools of others can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.conftest import ROOT, guess, needs

FILE = ROOT / "spec/halopay.yaml"
SPEC: dict[str, Any] = yaml.load(FILE.read_text("utf-8"), Loader=yaml.CSafeLoader)
SCHEMAS = SPEC["components"]["schemas"]
OPERATIONS = {path: item["post"] for path, item in SPEC["paths"].items()}
WEBHOOKS = {name: item["post"] for name, item in SPEC["webhooks"].items()}
CONTRADICTIONS = yaml.load((ROOT / "spec/contradictions.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)

MARKS = {"documented", "observed", "example", "skill", "inferred"}
PATHS = {
    "/api/entrust/pre-create",
    "/api/order/create",
    "/api/order/detail",
    "/api/order/exchange-rates",
    "/api/currency/app-token-list",
    "/api/currency/token-list",
    "/api/payout/create",
    "/api/payout/detail",
    "/api/account/balance",
    "/api/payment-qr-code/create",
}
CODES = {
    0: "success",
    10002: "operation failed",
    10003: "parameter error",
    10004: "data not exist",
    10006: "auth error",
    10007: "sign time not within valid period",
    10008: "sign error",
    20003: "this currency is not supported temporarily",
    20009: "frequent operation",
}
FIATS = "USD USDT JPY CHF CAD NOK SEK HKD SGD KRW TWD CNY INR BRL MXN ZAR RUB TRY EUR GBP AUD VND THB"
# What HaloPay's tables (for EntrustPreCreated: its example) say; a star is "required".
TABLES = {
    "EntrustPreCreateRequest": "string: out_trade_no* symbol* amount* name image describe time_expire callback_url",
    "EntrustPreCreated": "string: url trade_no; integer: time_expire",
    "OrderCreateRequest": (
        "string: out_trade_no* fiat_name fiat_amount token_amount callback_url; integer: currency_id* time_out"
    ),
    "OrderCreated": (
        "string: trade_no chain token contract amount mode pay_address amount_collected entrust_url;"
        " integer: time_expire create_time decimal chain_id equity need_confirms already_confirms"
    ),
    "PaymentEvent": (
        "string: appid trade_no out_trade_no amount_collected amount token_amount chain type txid status;"
        " integer: chain_id currency_id time"
    ),
    "PayoutEvent": "string: appid chain contract; integer: chain_id",
}

REDOCLY = "@redocly/cli@2.77.0"
OPENAPI_TYPESCRIPT = "openapi-typescript@7.13.0"
QUIET = {
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "REDOCLY_TELEMETRY": "off",
    "npm_config_audit": "false",
    "npm_config_fetch_retries": "1",
    "npm_config_fund": "false",
    "npm_config_prefer_offline": "true",
    "npm_config_update_notifier": "false",
}
OFFLINE = re.compile(r"npm error code (ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH)")


def nodes(node: Any, at: str = "#") -> Iterator[tuple[str, Any]]:
    """Yield everything of the document with its JSON pointer."""
    yield at, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from nodes(child, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")


def parts(node: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a schema and every schema inside of it."""
    yield at, node
    for name, value in node.get("properties", {}).items():
        yield from parts(value, f"{at}/properties/{name}")
    for name in ("allOf", "anyOf", "oneOf", "prefixItems"):
        for index, value in enumerate(node.get(name, [])):
            yield from parts(value, f"{at}/{name}/{index}")
    for name in ("items", "additionalProperties", "not"):
        if isinstance(node.get(name), dict):
            yield from parts(node[name], f"{at}/{name}")


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema, wherever it stands."""
    for name, schema in SCHEMAS.items():
        yield from parts(schema, f"#/components/schemas/{name}")
    for at, node in nodes(SPEC):
        if isinstance(node, dict) and isinstance(node.get("schema"), dict):
            yield from parts(node["schema"], f"{at}/schema")


def marked() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield whatever has to say how well it is known."""
    for kind in ("headers", "parameters", "schemas"):
        for name, node in SPEC["components"][kind].items():
            yield f"#/components/{kind}/{name}", node
    for at, schema in schemas():
        if "enum" in schema:
            yield at, schema
        for name, node in schema.get("properties", {}).items():
            yield f"{at}/properties/{name}", node


def page(source: str) -> str:
    return source.partition("#")[0]


# --- the document


def test_it_is_valid_openapi():
    assert [error.message for error in OpenAPIV31SpecValidator(SPEC).iter_errors()] == []


def test_no_line_was_cut_by_a_comma():
    assert [at for at, node in nodes(SPEC) if node is None] == []


def test_every_schema_of_an_object_or_enum_sits_in_the_components():
    named = {f"#/components/schemas/{name}" for name in SCHEMAS}
    inline = [at for at, schema in schemas() if {"enum", "properties"} & set(schema) or schema.get("type") == "object"]
    # a part of an allOf is composed into the component that it stands in
    assert [at for at in inline if re.sub(r"/allOf/\d+$", "", at) not in named] == []


def test_every_schema_is_used():
    used = {node["$ref"] for _, node in nodes(SPEC) if isinstance(node, dict) and "$ref" in node}
    assert [name for name in SCHEMAS if f"#/components/schemas/{name}" not in used] == []


def test_no_number_has_a_fraction():
    kinds = {at: schema.get("type") for at, schema in schemas()}
    assert [at for at, kind in kinds.items() if kind == "number" or "number" in (kind or ())] == []


def test_every_amount_is_a_decimal_string():
    money = {"amount", "amount_collected", "balance", "fee", "fiat_amount", "rate", "token_amount"}
    found = [(at, schema) for at, schema in schemas() if at.rpartition("/")[2] in money]
    assert len(found) > len(money)
    assert [at for at, schema in found if (schema.get("type"), schema.get("format")) != ("string", "decimal")] == []


# --- operations and webhooks


def test_the_ten_operations_are_there():
    assert set(SPEC["paths"]) == PATHS


def test_the_three_webhooks_are_there():
    assert set(SPEC["webhooks"]) == {"payment", "payout", "payment-qr-code"}


def test_everything_is_a_post():
    assert {method for item in (SPEC["paths"] | SPEC["webhooks"]).values() for method in item} == {"post"}


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_operation_is_named_as_its_path_reads(path):
    assert OPERATIONS[path]["operationId"] == path.removeprefix("/api/").replace("-", "_").replace("/", ".")


@pytest.mark.parametrize("name", WEBHOOKS)
def test_a_webhook_is_named_as_its_key_reads(name):
    assert WEBHOOKS[name]["operationId"] == f"webhook.{name.replace('-', '_')}"


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_operation_says_what_a_call_does(path):
    assert OPERATIONS[path]["x-effect"] in SPEC["x-effects"]


def test_only_reading_may_be_sent_again():
    assert [name for name, effect in SPEC["x-effects"].items() if effect["retry"]] == ["read"]


def test_only_a_payout_moves_money():
    assert [path for path, each in OPERATIONS.items() if each["x-effect"] == "moves-money"] == ["/api/payout/create"]


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_operation_says_since_when_it_is_there(path):
    assert OPERATIONS[path]["x-since"] == {"date": "2026-03-17", "x-provenance": "skill"}


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_operation_names_its_path_before_that(path):
    legacy = OPERATIONS[path]["x-legacy-path"]
    assert (legacy["path"], legacy["x-provenance"]) == (path.replace("/api/", "/v1/", 1), "inferred")


@pytest.mark.parametrize("each", [*OPERATIONS.values(), *WEBHOOKS.values()], ids=lambda each: each["operationId"])
def test_an_operation_or_webhook_says_how_well_it_is_known(each):
    assert each["x-provenance"] in MARKS
    assert page(each["x-source"]) in SPEC["x-pages"]["paths"]


@guess("OrderDetail")
def test_two_operations_are_documented_and_eight_are_known_from_the_guide():
    documented = {path for path, each in OPERATIONS.items() if each["x-provenance"] == "documented"}
    assert documented == {"/api/entrust/pre-create", "/api/order/create"}
    assert {OPERATIONS[path]["x-provenance"] for path in PATHS - documented} == {"skill"}


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_answer_is_signed(path):
    assert {"X-Appid", "X-Timestamp", "X-Sign"} <= set(OPERATIONS[path]["responses"]["200"]["headers"])


@pytest.mark.parametrize("name", WEBHOOKS)
def test_a_webhook_is_signed_and_names_its_event(name):
    wanted = {"X-Appid", "X-Timestamp", "X-Sign", "X-EventType"}
    sent = [SPEC["components"]["parameters"][each["$ref"].split("/")[-1]] for each in WEBHOOKS[name]["parameters"]]
    assert {each["name"] for each in sent if each["required"] and each["in"] == "header"} == wanted


def test_a_request_is_signed():
    schemes = SPEC["components"]["securitySchemes"]
    assert [{schemes[name]["name"] for name in each} for each in SPEC["security"]] == [
        {"X-Appid", "X-Timestamp", "X-Sign"}
    ]


# --- marks


def test_every_field_header_parameter_and_enum_is_described():
    assert [at for at, node in marked() if not node.get("description", "").strip()] == []


def test_every_field_header_parameter_and_enum_says_how_well_it_is_known():
    assert [at for at, node in marked() if node.get("x-provenance") not in MARKS] == []


def test_every_field_header_parameter_and_enum_names_its_source():
    assert [at for at, node in marked() if not re.fullmatch(r"[a-z-]+#\S+", node.get("x-source", ""))] == []


def test_every_header_of_a_request_says_how_well_it_is_known():
    schemes = SPEC["components"]["securitySchemes"]
    assert [name for name, node in schemes.items() if not {"x-provenance", "x-source"} <= set(node)] == []


def test_every_mark_is_one_of_five():
    marks = {at: node["x-provenance"] for at, node in nodes(SPEC) if isinstance(node, dict) and "x-provenance" in node}
    assert {at: mark for at, mark in marks.items() if mark not in MARKS} == {}


def test_every_source_is_on_a_known_page():
    sources = {at: node["x-source"] for at, node in nodes(SPEC) if isinstance(node, dict) and "x-source" in node}
    assert {at: source for at, source in sources.items() if page(source) not in SPEC["x-pages"]["paths"]} == {}


def test_whatever_is_required_is_a_field():
    for at, schema in schemas():
        assert set(schema.get("required", [])) <= set(schema.get("properties", {})), at


def test_no_guess_is_required():
    for at, schema in schemas():
        fields = schema.get("properties", {}).items()
        guesses = {name for name, node in fields if node["x-provenance"] == "inferred"}
        assert guesses.isdisjoint(schema.get("required", [])), at


def test_what_the_kit_insists_on_is_a_field_that_the_spec_does_not_require():
    for at, schema in schemas():
        wanted = {*schema.get("x-kit-requires", []), *schema.get("x-kit-requires-one-of", [])}
        assert wanted <= set(schema.get("properties", {})) - set(schema.get("required", [])), at


def test_a_table_of_values_has_a_line_for_each_value_of_its_enum():
    tables = [(schema["x-values"], list(map(str, schema["enum"]))) for _, schema in schemas() if "x-values" in schema]
    assert tables
    for table, values in tables:
        only_observed = all(line.get("x-provenance") == "observed" for line in table.values())
        assert list(table) == [value for value in values if value in table or not only_observed]


# --- facts


@guess("OrderDetail")
@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_documentation_stands_in_the_spec(name):
    for line in TABLES[name].split("; "):
        kind, _, fields = line.partition(": ")
        for field in fields.split():
            found = SCHEMAS[name]["properties"][field.rstrip("*")]
            found = (SCHEMAS[found["$ref"].rpartition("/")[2]] if "$ref" in found else {}) | found
            assert kind == found["type"] or kind in found["type"], field
            assert found["x-provenance"] == ("example" if name == "EntrustPreCreated" else "documented"), field


@pytest.mark.parametrize("name", [name for name in TABLES if name.endswith("Request")])
def test_a_request_requires_what_the_documentation_requires(name):
    assert set(SCHEMAS[name]["required"]) == set(re.findall(r"(\w+)\*", TABLES[name]))


def test_the_base_address_is_the_one_that_halopay_gives():
    assert [server["url"] for server in SPEC["servers"]] == ["https://api.pay.halochat.io"]


def test_the_codes_are_those_of_the_guide():
    table = SCHEMAS["ResultCode"]
    assert table["enum"] == list(CODES)
    assert {int(code): line["meaning"] for code, line in table["x-values"].items()} == CODES


def test_a_code_says_what_became_of_the_call():
    outcomes = {int(code): line["outcome"] for code, line in SCHEMAS["ResultCode"]["x-values"].items()}
    assert outcomes == dict.fromkeys(CODES, "not-done") | {0: "done", 10002: "unknown"}


def test_a_payment_has_three_statuses():
    assert SCHEMAS["PaymentStatus"]["enum"] == ["TO-BE-PAID", "PAID", "TIME-OUT"]


def test_a_payout_may_fail():
    assert "FAIL" in SCHEMAS["PayoutStatus"]["enum"]


def test_there_are_23_fiats():
    assert " ".join(SCHEMAS["FiatName"]["enum"]) == FIATS
    assert len(SCHEMAS["FiatName"]["enum"]) == 23


def test_there_are_four_chains():
    assert SCHEMAS["Chain"]["enum"] == ["Tron", "ETH", "BSC", "WKC"]


def test_a_webhook_is_tried_again_fifteen_times():
    assert len(SPEC["x-webhook-delivery"]["retry-after-seconds"]) == 15


def test_the_retries_span_24_hours_3_minutes_and_50_seconds():
    wanted = timedelta(hours=24, minutes=3, seconds=50)
    assert timedelta(seconds=sum(SPEC["x-webhook-delivery"]["retry-after-seconds"])) == wanted


def test_the_acknowledgement_is_one_word():
    assert [SPEC["x-webhook-delivery"]["acknowledgement"]["body"]] == SCHEMAS["Acknowledgement"]["enum"] == ["Success"]


def test_a_route_leads_to_a_webhook_by_a_kind_of_event():
    routes = SPEC["x-webhook-delivery"]["routes"]
    assert {route["webhook"] for route in routes} == set(WEBHOOKS)
    assert {route["type"] for route in routes} == set(SCHEMAS["EventKind"]["enum"])


def test_body_then_timestamp_are_signed():
    signature = SPEC["x-signature"]
    assert (signature["algorithm"], signature["key"]) == ("HMAC-SHA-256", "AppKey")
    assert signature["content"] == ["body", "timestamp"]


def test_a_timestamp_is_valid_for_two_minutes():
    assert SPEC["x-signature"]["tolerance-seconds"] == 120


# --- contradictions


def test_there_are_nine_contradictions():
    assert len({each["id"] for each in CONTRADICTIONS}) == len(CONTRADICTIONS) == 9


@pytest.mark.parametrize("each", CONTRADICTIONS, ids=lambda each: each["id"])
def test_a_contradiction_has_a_probe_or_a_reason_why_there_is_none(each):
    assert len({"probe", "no-probe"} & set(each)) == 1
    assert (each.get("probe") or each.get("no-probe")).strip()


@pytest.mark.parametrize("each", CONTRADICTIONS, ids=lambda each: each["id"])
def test_a_contradiction_quotes_two_claims_from_known_pages(each):
    assert len({says["claim"] for says in each["says"]}) >= 2
    assert {page(says["source"]) for says in each["says"]} <= set(SPEC["x-pages"]["paths"])


@pytest.mark.parametrize("each", CONTRADICTIONS, ids=lambda each: each["id"])
def test_a_contradiction_says_what_we_follow_and_why(each):
    assert all(each[key].strip() for key in ("subject", "follow", "because"))


# --- vectors


def test_the_vectors_are_what_their_script_makes():
    for tool in ("java", "openssl"):
        needs(shutil.which(tool) is None, tool)
    run(sys.executable, ROOT / "spec/vectors/make_signing.py", "--check")


# --- tools of others


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", timeout=60, check=False)
    needs(OFFLINE.search(done.stderr) is not None, "npm's registry")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def npx(monkeypatch):
    needs(shutil.which("npx") is None, "npx")
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    return lambda *command, cwd: run("npx", "--yes", *command, cwd=cwd)


@pytest.fixture(scope="module")
def python_client(tmp_path_factory):
    """Return the package that openapi-python-client makes of the spec."""
    there = tmp_path_factory.mktemp("openapi-python-client")
    config = there / "config.yaml"
    config.write_text("post_hooks: []\n")
    package = there / "halopay_client"
    options = ["--meta", "none", "--fail-on-warning", "--config", config, "--output-path", package]
    run(sys.executable, "-m", "openapi_python_client", "generate", "--path", FILE, *options)
    return package


def test_redocly_finds_no_fault(npx, tmp_path):
    npx(REDOCLY, "lint", "--config", ROOT / "spec/redocly.yaml", FILE, cwd=tmp_path)


def test_openapi_typescript_knows_every_path(npx, tmp_path):
    npx(OPENAPI_TYPESCRIPT, FILE, "--output", tmp_path / "halopay.ts", cwd=tmp_path)
    made = (tmp_path / "halopay.ts").read_text("utf-8")
    assert [path for path in PATHS if f'"{path}": {{' not in made] == []


def test_what_openapi_python_client_makes_can_be_imported(python_client):
    every = (
        "import importlib, pkgutil, halopay_client as p\n"
        "for each in pkgutil.walk_packages(p.__path__, 'halopay_client.'): importlib.import_module(each.name)"
    )
    run(sys.executable, "-c", every, cwd=python_client.parent)


def test_openapi_python_client_knows_every_path(python_client):
    made = "".join(file.read_text("utf-8") for file in (python_client / "api").glob("*/*.py"))
    assert [path for path in PATHS if f'"url": "{path}"' not in made] == []


@pytest.mark.parametrize("answer", [name for name in SCHEMAS if name.endswith("Answer")])
def test_openapi_python_client_keeps_the_data_of_an_answer(python_client, answer):
    file = python_client / "models" / f"{re.sub('(?<!^)(?=[A-Z])', '_', answer).lower()}.py"
    assert re.search(r"^    data: ", file.read_text("utf-8"), re.MULTILINE)
