"""A HaloPay that changed without telling: every kind at every place, seen from outside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
import jsonschema_rs
import pytest
import urllib3

from halopay_kit.errors import ConfigurationError
from halopay_kit.pytest_plugin.endpoint import WebhookEndpoint
from halopay_kit.sandbox import Sandbox, Unknowns
from halopay_kit.sandbox.drift.drift import Drift
from halopay_kit.signing import AppKey
from tests.sandbox.wire import KEY, PATHS, SPEC, START, TRON, Hand, Wire

CALLS: dict[str, dict[str, object]] = {
    "entrust.pre_create": {"out_trade_no": "E1", "symbol": "USD", "amount": "15"},
    "order.create": {
        "out_trade_no": "T1",
        "currency_id": 75,
        "fiat_name": "EUR",
        "fiat_amount": "1.25",
        "redirect_url": "https://shop.example",
    },
    "order.detail": {"out_trade_no": "T1"},
    "order.exchange_rates": {"currency_id": 75, "fiat_name": "EUR"},
    "currency.app_token_list": {},
    "currency.token_list": {},
    "payout.create": {"out_trade_no": "P1", "currency_id": 75, "amount": "25.5", "address": TRON},
    "payout.detail": {"out_trade_no": "P1"},
    "account.balance": {"currency_id": 75},
    "payment_qr_code.create": {"currency_id": 75, "out_trade_no": "Q1"},
}
MATRIX = list(Drift.matrix())
KINDS = list(dict.fromkeys(kind for kind, _ in MATRIX))
FIELD, ANSWER, EVENT = "field", "answer", "event"


def sort(place: str) -> str:
    if place in {"envelope", "header", "signature"}:
        return place
    if place in PATHS:
        return ANSWER
    return EVENT if place in {"webhook.payment", "webhook.payout", "webhook.payment_qr_code"} else FIELD


def places(kind: str, *sorts: str) -> list[str]:
    return [place for name, place in MATRIX if name == kind and sort(place) in sorts]


def owner(place: str) -> str:
    return place if sort(place) != FIELD else place.rpartition(".")[0]


@attrs.frozen
class Heard:
    """What came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Shop:
    """Calls a sandbox whose drift is exchanged between calls; everything is created twice, so nothing changes."""

    def __init__(self) -> None:
        self.box = Sandbox(seed=1, app_key=KEY, start=START, unknowns=Unknowns(reused_out_trade_no="same")).start()
        self.pool = urllib3.PoolManager(retries=False)
        for operation in ("entrust.pre_create", "order.create", "payout.create", "payment_qr_code.create"):
            self.call(operation)
        self.box.pay(out_trade_no="T1")
        self.box.settle(out_trade_no="P1")
        self.honest = {operation: self.call(operation) for operation in CALLS}
        self.refused = {operation: self.call(operation, timestamp=START - 500) for operation in CALLS}

    def call(self, operation: str, *drift: str, timestamp: int = START, path: str = "") -> Heard:
        body = json.dumps(CALLS[operation]).encode()
        self.box._gateway.drift = Drift(drift, app_key=lambda: KEY)
        headers = {
            "X-Appid": self.box.app_id,
            "X-Timestamp": str(timestamp),
            "X-Sign": signature(body + str(timestamp).encode()),
            "Content-Type": "application/json",
        }
        url = self.box.base_url + (path or PATHS[operation])
        answer = self.pool.request("POST", url, body=body, headers=headers)
        return Heard(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)

    def close(self) -> None:
        self.pool.clear()
        self.box.stop()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


def signature(content: bytes) -> str:
    return hmac.new(KEY.encode(), content, hashlib.sha256).hexdigest()


def is_number(old: str, new: object) -> bool:
    exact = old.replace(".", "", 1).isdigit()
    return type(new) in {int, float} and Decimal(str(new)) == (Decimal(old) if exact else len(old))


def camel(name: str) -> str:
    return name.title().replace("_", "")[:1].lower() + name.title().replace("_", "")[1:]


# What becomes of a value.
VALUES: dict[str, Callable[[Any, Any], bool]] = {
    "retyped-number": is_number,
    "retyped-text": lambda old, new: new == str(old) and type(new) is str,
    "retyped-fraction": lambda old, new: new == old + 0.5,
    "retyped-boolean": lambda old, new: new is (old not in {"", 0}),
    "retyped-object": lambda old, new: new == {"value": old},
    "retyped-list": lambda old, new: new == [old],
    "null": lambda _, new: new is None,
    "emptied": lambda old, new: old and new == "",
    "new-value": lambda _, new: new == "SUSPENDED",
    "recased": lambda old, new: new != old and new.lower() == old.lower(),
    "comma": lambda old, new: "," in new and Decimal(new.replace(",", ".")) == Decimal(old),
    "exponent": lambda old, new: "E" in new and Decimal(new) == Decimal(old),
    "with-unit": lambda old, new: new == f"{old} USD",
    "milliseconds": lambda old, new: new == old * 1000,
    "date": lambda old, new: new.endswith("Z") and datetime.fromisoformat(new).timestamp() == old,
}

# Which field becomes which; None is gone.
NAMES: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    "renamed": lambda row, name: {**without(row, name), camel(name) if "_" in name else f"new_{name}": row[name]},
    "removed": lambda row, name: without(row, name),
    "nested": lambda row, name: {**without(row, name), "details": {name: row[name]}},
}

ROWS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "added": lambda row: {**row, "risk_level": "low"},
    "camel-case": lambda row: {camel(name): value for name, value in row.items()},
}

DATA: dict[str, Callable[[Any], Any]] = {
    "listed": lambda data: [data],
    "paged": lambda data: {"list": data, "total": len(data)},
    "wrapped": lambda data: {"result": data},
    "data-text": lambda data: json.dumps(data),
    "data-null": lambda _: None,
}

ENVELOPES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "success-code": lambda envelope: {**envelope, "code": 200},
    "code-text": lambda envelope: {**envelope, "code": "0"},
    "code-null": lambda envelope: {**envelope, "code": None},
    "code-renamed": lambda envelope: {**without(envelope, "code"), "status": 0},
    "code-removed": lambda envelope: without(envelope, "code"),
    "msg-null": lambda envelope: {**envelope, "msg": None},
    "msg-object": lambda envelope: {**envelope, "msg": {"en": "success"}},
    "msg-renamed": lambda envelope: {**without(envelope, "msg"), "message": "success"},
    "msg-removed": lambda envelope: without(envelope, "msg"),
    "data-renamed": lambda envelope: {**without(envelope, "data"), "result": envelope["data"]},
    "added": lambda envelope: {**envelope, "request_id": "r1"},
    "wrapped": lambda envelope: {"response": envelope},
    "unwrapped": lambda envelope: envelope["data"],
}

CONTENTS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "prose-reading": lambda body, timestamp: body + timestamp + KEY.encode(),
    "timestamp-first": lambda body, timestamp: timestamp + body,
    "dotted": lambda body, timestamp: body + b"." + timestamp,
    "body-only": lambda body, _: body,
    "sorted-keys": lambda body, timestamp: (
        json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + timestamp
    ),
}

SIGNS: dict[str, Callable[[str], str]] = {
    "another-key": lambda sign: hashlib.sha256(sign.encode()).hexdigest(),
    "uppercase": str.upper,
    "base64": lambda sign: base64.b64encode(bytes.fromhex(sign)).decode(),
    "shortened": lambda sign: sign[:32],
    "prefixed": lambda sign: f"sha256={sign}",
}

NEW_NAMES = {"x-sign": "x-signature", "x-timestamp": "x-time", "x-appid": "x-app-id", "x-eventtype": "x-event"}

HEADERS: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "x-appid-changed": lambda headers: {**headers, "x-appid": headers["x-appid"][::-1] + "0"},
    "x-eventtype-new-value": lambda headers: (
        {**headers, "x-eventtype": "Suspended"} if "x-eventtype" in headers else headers
    ),
    "content-type-changed": lambda headers: {**headers, "content-type": "text/plain"},
    "added": lambda headers: {**headers, "x-request-id": "r1"},
    **{f"{name}-removed": lambda headers, name=name: without(headers, name) for name in NEW_NAMES},
    **{
        f"{name}-renamed": lambda headers, name=name: {
            NEW_NAMES.get(k) if k == name else k: headers[k] for k in headers
        }
        for name in NEW_NAMES
    },
}

STAMPS: dict[str, Callable[[int], str]] = {
    "x-timestamp-milliseconds": lambda second: f"{second}000",
    "x-timestamp-date": lambda second: (
        datetime.fromisoformat("1970-01-01T00:00:00Z")
        .fromtimestamp(second, tz=datetime.fromisoformat("1970-01-01T00:00:00Z").tzinfo)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
    ),
}


def without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in row.items() if other != name}


def assert_field(kind: str, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert name in old, "the honest sandbox does not send it, so nobody can see the drift"
    if kind in NAMES:
        assert new == NAMES[kind](old, name) != old
    else:
        assert without(new, name) == without(old, name)
        assert VALUES[kind](old[name], new[name])
        assert json.dumps(new[name]) != json.dumps(old[name])


def is_signed(heard: Heard) -> bool:
    return heard.headers["x-sign"] == signature(heard.body + heard.headers["x-timestamp"].encode())


def is_of_the_spec(operation: str, envelope: object) -> bool:
    answer = SPEC["paths"][PATHS[operation]]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**answer, "components": SPEC["components"]}).is_valid(envelope)


def test_the_honest_sandbox_says_the_same_twice_and_sends_every_field_of_the_spec(shop):
    for operation, heard in shop.honest.items():
        assert shop.call(operation) == heard
        assert is_of_the_spec(operation, heard.json)
        data = heard.json["data"]
        fields = {place.rpartition(".")[2] for place in places("removed", FIELD) if owner(place) == operation}
        assert set(data[0] if isinstance(data, list) else data) == fields


def test_there_are_enough_kinds_and_each_has_a_sentence_and_a_place():
    assert len({(kind.name, kind.stage) for kind in Drift.kinds()}) == len(Drift.kinds()) >= 30
    assert {kind.name for kind in Drift.kinds()} == set(KINDS)
    assert all(kind.says.endswith(".") for kind in Drift.kinds())
    assert len(set(MATRIX)) == len(MATRIX)


@pytest.mark.parametrize("kind", [*VALUES, *NAMES])
def test_a_field_of_an_answer_drifts_alone(shop, kind):
    drifted = [place for place in places(kind, FIELD) if owner(place) in PATHS]
    assert drifted
    for place in drifted:
        operation, name = owner(place), place.rpartition(".")[2]
        old, heard = shop.honest[operation].json, shop.call(operation, f"{place}:{kind}")
        new = heard.json
        assert without(new, "data") == without(old, "data")
        assert is_signed(heard)
        pairs = (
            [(old["data"], new["data"])]
            if isinstance(old["data"], dict)
            else zip(old["data"], new["data"], strict=True)
        )
        for before, after in pairs:
            assert_field(kind, name, before, after)
        if kind.startswith("retyped") or kind == "null":
            assert not is_of_the_spec(operation, new)


@pytest.mark.parametrize("kind", ROWS)
def test_the_fields_of_an_answer_drift_together(shop, kind):
    for operation in places(kind, ANSWER):
        old, heard = shop.honest[operation].json, shop.call(operation, f"{operation}:{kind}")
        data = old["data"]
        new = [ROWS[kind](row) for row in data] if isinstance(data, list) else ROWS[kind](data)
        assert heard.json == {**old, "data": new} != old
        assert is_signed(heard)


@pytest.mark.parametrize("kind", [*DATA, "data-removed"])
def test_the_data_of_an_answer_drift(shop, kind):
    for operation in places(kind, ANSWER):
        old, heard = shop.honest[operation].json, shop.call(operation, f"{operation}:{kind}")
        expected = without(old, "data") if kind == "data-removed" else {**old, "data": DATA[kind](old["data"])}
        assert heard.json == expected != old
        assert is_signed(heard)
        assert not is_of_the_spec(operation, heard.json) or kind in {"data-removed", "wrapped"}


def test_a_refusal_has_a_code_that_was_never_heard_of(shop):
    for operation in places("code-added", ANSWER):
        old, heard = (
            shop.refused[operation].json,
            shop.call(operation, f"{operation}:code-added", timestamp=START - 500),
        )
        assert heard.json == {**old, "code": 20017}
        assert old["code"] == 10007
        assert is_signed(heard)
        assert shop.call(operation, f"{operation}:code-added") == shop.honest[operation]


@pytest.mark.parametrize("kind", ENVELOPES)
def test_the_envelope_drifts_around_every_answer(shop, kind):
    assert "envelope" in places(kind, "envelope")
    for operation, honest in shop.honest.items():
        heard = shop.call(operation, f"envelope:{kind}")
        assert heard.json == ENVELOPES[kind](honest.json) != honest.json
        assert is_signed(heard)
        assert not is_of_the_spec(operation, heard.json) or kind in {"added", "data-renamed"}


@pytest.mark.parametrize("kind", [*CONTENTS, *SIGNS])
def test_the_signature_of_an_answer_drifts(shop, kind):
    assert places(kind, "signature")
    for operation, honest in shop.honest.items():
        heard = shop.call(operation, f"signature:{kind}")
        assert heard.body == honest.body
        assert without(heard.headers, "x-sign") == without(honest.headers, "x-sign")
        if kind in CONTENTS:
            expected = signature(CONTENTS[kind](heard.body, str(START).encode()))
        else:
            expected = SIGNS[kind](honest.headers["x-sign"])
        assert heard.headers["x-sign"] == expected != honest.headers["x-sign"]


@pytest.mark.parametrize("kind", [kind for kind in HEADERS if "x-eventtype" not in kind])
def test_a_header_of_an_answer_drifts(shop, kind):
    assert places(kind, "header")
    for operation, honest in shop.honest.items():
        heard = shop.call(operation, f"header:{kind}")
        assert heard.body == honest.body
        assert heard.headers == HEADERS[kind](honest.headers) != honest.headers


@pytest.mark.parametrize("kind", STAMPS)
def test_the_timestamp_of_an_answer_drifts_and_is_signed_so(shop, kind):
    for operation, honest in shop.honest.items():
        heard = shop.call(operation, f"header:{kind}")
        assert heard.headers["x-timestamp"] == STAMPS[kind](START)
        assert heard.body == honest.body
        assert is_signed(heard)


def test_an_operation_moves_and_nothing_is_where_it_was(shop):
    for operation in places("moved", ANSWER):
        moved = PATHS[operation].replace("/api/", "/api/v2/")
        drift = f"{operation}:moved"
        assert shop.call(operation, drift).status == 404
        assert shop.call(operation, drift, path=moved) == shop.honest[operation]
        assert shop.call(operation, path=moved).status == 404


EVENTS = ("webhook.payment", "webhook.payout", "webhook.payment_qr_code")
APP_ID = "ad4cyr8dpfs9j2u1"


class Till:
    """Two sandboxes of one seed that do the same in step, one honest and one that drifts, and hear their webhooks."""

    def __init__(self) -> None:
        self.endpoints, self.boxes, self.wires = [], [], []
        self.number = 0
        for _ in range(2):
            endpoint = WebhookEndpoint(APP_ID, AppKey(KEY), lambda: START).__enter__()
            box = Sandbox(seed=1, app_id=APP_ID, app_key=KEY, start=START, webhook_url=endpoint.url).start()
            self.endpoints.append(endpoint)
            self.boxes.append(box)
            self.wires.append(Wire(box, Hand()))

    def hear(self, event: str, *drift: str) -> tuple[Heard, Heard]:
        """Return what the honest one and the drifting one sent of one event."""
        self.number += 1
        for wire in self.wires:
            cause(wire, event, str(self.number), () if wire is self.wires[0] else drift)
        return tuple(heard(endpoint) for endpoint in self.endpoints)

    def close(self) -> None:
        for wire in self.wires:
            wire.close()
        for thing in (*self.boxes, *self.endpoints):
            thing.__exit__(None, None, None)


def cause(wire: Wire, event: str, number: str, drift: tuple[str, ...]) -> None:
    box, url = wire.box, "https://shop.example"
    if event == "webhook.payment":
        wire.data("order.create", out_trade_no=number, currency_id=75, token_amount="1.25", redirect_url=url)
    elif event == "webhook.payout":
        wire.data("payout.create", out_trade_no=number, currency_id=75, amount="1.25", address=TRON)
    else:
        address = wire.data("payment_qr_code.create", currency_id=75)["pay_address"]
    box._gateway.drift = Drift(drift, app_key=lambda: KEY)
    if event == "webhook.payment":
        box.pay(out_trade_no=number)
    elif event == "webhook.payout":
        box.settle(out_trade_no=number)
    else:
        box.pay(address=address, amount="1.25")
    box._gateway.drift = Drift()


def heard(endpoint: WebhookEndpoint) -> Heard:
    (delivery,) = endpoint.received
    endpoint.received.clear()
    headers = {name.lower(): value for name, value in delivery.headers}
    return Heard(0, {name: headers[name] for name in headers if name not in {"host", "content-length"}}, delivery.body)


@pytest.fixture(scope="module")
def till() -> Iterator[Till]:
    till = Till()
    yield till
    till.close()


@pytest.mark.parametrize("event", EVENTS)
def test_the_honest_webhook_is_of_the_spec_and_has_every_field_of_it(till, event):
    honest, same = till.hear(event)
    assert honest == same
    assert is_signed(honest)
    schema = next(
        item["post"]["requestBody"]["content"]["application/json"]["schema"]
        for item in SPEC["webhooks"].values()
        if item["post"]["operationId"] == event
    )
    assert jsonschema_rs.Draft202012Validator({**schema, "components": SPEC["components"]}).is_valid(honest.json)
    assert set(honest.json) == {place.rpartition(".")[2] for place in places("removed", FIELD) if owner(place) == event}


@pytest.mark.parametrize("kind", [*VALUES, *NAMES])
def test_a_field_of_a_webhook_drifts_alone(till, kind):
    drifted = [place for place in places(kind, FIELD) if owner(place) in EVENTS]
    assert drifted
    for place in drifted:
        honest, changed = till.hear(owner(place), f"{place}:{kind}")
        assert_field(kind, place.rpartition(".")[2], honest.json, changed.json)
        assert is_signed(changed)


@pytest.mark.parametrize("kind", ROWS)
def test_the_fields_of_a_webhook_drift_together(till, kind):
    for event in places(kind, EVENT):
        honest, changed = till.hear(event, f"{event}:{kind}")
        assert changed.json == ROWS[kind](honest.json) != honest.json
        assert is_signed(changed)


@pytest.mark.parametrize("kind", [*CONTENTS, *SIGNS, *HEADERS, *STAMPS])
@pytest.mark.parametrize("event", EVENTS)
def test_signature_and_headers_of_a_webhook_drift(till, event, kind):
    place = "signature" if {kind} & {*CONTENTS, *SIGNS} else "header"
    honest, changed = till.hear(event, f"{place}:{kind}")
    assert changed.body == honest.body
    expected = dict(honest.headers)
    if kind in CONTENTS:
        expected["x-sign"] = signature(CONTENTS[kind](honest.body, str(START).encode()))
    elif kind in SIGNS:
        expected["x-sign"] = SIGNS[kind](honest.headers["x-sign"])
    elif kind in STAMPS:
        expected["x-timestamp"] = STAMPS[kind](START)
        expected["x-sign"] = signature(honest.body + STAMPS[kind](START).encode())
    else:
        expected = HEADERS[kind](expected)
    assert changed.headers == expected != honest.headers


def test_every_entry_of_the_matrix_is_looked_at_here():
    seen = {*VALUES, *NAMES, *ROWS, *DATA, "data-removed", "code-added", "moved"}
    seen |= {*ENVELOPES, *CONTENTS, *SIGNS, *HEADERS, *STAMPS}
    assert seen == set(KINDS)


def test_a_star_stands_for_every_operation_and_every_webhook(shop):
    for operation, honest in shop.honest.items():
        assert shop.call(operation, "*:data-null").json == {**honest.json, "data": None}
    assert shop.call("account.balance", "*.chain:null").json["data"]["chain"] is None
    assert Drift(["webhook.*.time:removed"]).event("payout", {"time": 1, "fee": "1"}) == {"fee": "1"}


def test_several_drifts_apply_together(shop):
    asked = [
        "order.detail.amount:renamed",
        "envelope:data-renamed",
        "order.detail.amount:retyped",
        "signature:uppercase",
    ]
    asked += ["order.detail.chain:nested", "order.detail.token:nested", "header:x-sign-renamed", "*.amount:renamed"]
    heard = shop.call("order.detail", *asked)
    honest = shop.honest["order.detail"].json["data"]
    assert heard.json["result"]["new_amount"] == float(honest["amount"])
    assert heard.json["result"]["details"] == {"chain": honest["chain"], "token": honest["token"]}
    assert heard.headers["x-signature"] == signature(heard.body + str(START).encode()).upper()


def test_no_drifts_break_the_sandbox_together(shop, till):
    chance = random.Random(1)  # repeatable on purpose
    for _ in range(15):
        asked: list[str] = []
        for kind, place in (*chance.sample(MATRIX, 60), *chance.sample(MATRIX[-60:], 8)):
            try:
                Drift([*asked, f"{place}:{kind}"])
            except ConfigurationError:  # they exclude each other
                continue
            asked += [f"{place}:{kind}"] if kind != "moved" else []
        for operation in CALLS:
            assert shop.call(operation, *asked).status == 200
        for event in EVENTS:
            assert till.hear(event, *asked)[1].body


def test_retyped_is_the_other_of_number_and_text(shop):
    data = shop.call("order.detail", "order.detail.amount:retyped", "order.detail.chain_id:retyped").json["data"]
    assert type(data["amount"]) is float
    assert type(data["chain_id"]) is str


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("order.create.amount", "place:kind"),
        ("order.creat.amount:renamed", "no place 'order.creat.amount'.*order.create"),
        ("order.create.amout:renamed", "no place.*order.create.amount,"),
        ("webhook.refund:added", "no place.*webhook.payout"),
        ("*.nothing:removed", "no place"),
        ("order.create.amount:vanished", "'vanished' is no drift of order.create.amount. There are .*removed"),
        ("order.create.amount:milliseconds", "no drift of"),
        ("order.create:removed", "no drift of order.create. There are .*data-removed"),
        ("header:prose-reading", "no drift of header"),
        ("signature:", "'' is no drift"),
        (":renamed", "no place ''"),
        ("", "place:kind"),
    ],
)
def test_what_there_is_not_is_told_with_what_there_is(text, says):
    with pytest.raises(ConfigurationError, match=says):
        Sandbox(drift=[text])


@pytest.mark.parametrize("wrong", ["order.create:added", [7], [None]])
def test_drift_is_a_list_of_texts(wrong):
    with pytest.raises(ConfigurationError, match="list of texts"):
        Sandbox(drift=wrong)


@pytest.mark.parametrize(
    "two",
    [
        ["order.create.amount:null", "order.create.amount:comma"],
        ["*.chain:null", "order.create.chain:recased"],
        ["header:x-timestamp-date", "header:x-timestamp-milliseconds"],
        ["signature:dotted", "signature:body-only"],
    ],
)
def test_two_drifts_of_one_value_exclude_each_other(two):
    with pytest.raises(ConfigurationError, match="cannot both"):
        Sandbox(drift=two)


def test_the_prose_reading_needs_the_text_of_the_app_key():
    with pytest.raises(ConfigurationError, match="AppKey given as text"):
        Sandbox(app_key=AppKey(KEY), drift=["signature:prose-reading"])
    Sandbox(app_key=AppKey(KEY), drift=["signature:dotted"])
    with pytest.raises(ConfigurationError, match="AppKey given as text"):
        Drift(["signature:prose-reading"]).signed_content(b"{}", str(START))
    assert KEY not in repr(vars(Sandbox(app_key=KEY, drift=["signature:prose-reading"])._gateway.drift))


def test_a_sandbox_without_drift_is_as_documented():
    drift = Drift()
    assert list(drift) == []
    assert drift.signed_content(b"{}", "1773750000") is None
    assert drift.path("/api/order/create") == "/api/order/create"
