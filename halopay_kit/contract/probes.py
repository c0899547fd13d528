"""Wrong calls, and calls at the edge of what is right: each with the codes that may answer it, and never with data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from halopay_api.operations import Field, Operation
from halopay_api.policy import TOLERANCE
from halopay_kit.contract.caller import RIGHT, Caller, Seal
from halopay_kit.contract.exchange import Expectation
from halopay_kit.contract.journey import ADDRESS, CURRENCY

Fields = dict[str, object]

PARAMETER, NOT_THERE, AUTH, TIME, SIGN = 10003, 10004, 10006, 10007, 10008
_FAILED, _CURRENCY = 10002, 20003
_WELL_OFF: Final = TOLERANCE + 310  # seconds; no round number of minutes by which somebody moved a sandbox's clock
_UNKNOWN_ID: Final = "no-such-number"
_UNKNOWN_CURRENCY: Final = 999_999_937
_BY_CURRENCY = ("order.create", "order.exchange_rates", "payout.create", "account.balance", "payment_qr_code.create")


@attrs.frozen
class Sealed:
    """A way to say who calls, and when, that is not right; `codes` may answer it."""

    why: str
    seal: Seal
    codes: tuple[int, ...]
    probe: str | None = None


SEALED: tuple[Sealed, ...] = (
    Sealed("bad AppId", Seal(app_id="nobodysAppId0000"), (AUTH,)),
    Sealed("no AppId", Seal(app_id=""), (AUTH, PARAMETER)),
    Sealed("stale timestamp", Seal(ahead=-_WELL_OFF), (TIME,)),
    Sealed("timestamp of the future", Seal(ahead=_WELL_OFF), (TIME,)),
    Sealed("timestamp in milliseconds", Seal(timestamp="1773750000000"), (TIME, PARAMETER)),
    Sealed("no timestamp", Seal(timestamp=""), (TIME, PARAMETER, SIGN)),
    Sealed("signed with another key", Seal(reading="wrong"), (SIGN,)),
    Sealed("not signed", Seal(reading="missing"), (SIGN, PARAMETER)),
    Sealed("signed as the prose says", Seal(reading="prose"), (SIGN,), probe="signature-content"),
    Sealed("another content type", Seal(content_type="text/plain"), (PARAMETER,)),
)

BODIES: tuple[tuple[str, bytes], ...] = (
    ("no body", b""),
    ("half a body", b'{"out_trade_no":"half'),
    ("a list", b"[]"),
    ("a string", b'"{}"'),
    ("null", b"null"),
    ("not UTF-8", b'{"out_trade_no":"\xff"}'),
    ("a key said twice", b'{"trade_no":"1","trade_no":"2"}'),
    ("a number that JSON does not have", b'{"currency_id":NaN}'),
)

# What stands in for a field of that kind and is wrong, whatever the field is about.
_WRONG: Mapping[str, tuple[object, ...]] = {
    "string": (5, True, ["text"], {"a": "b"}, None),
    "decimal": (5, 1.5, True, ["15"], None, "", "-1", "1e3", "1,5", "0x10", "NaN", " 1", "\u0661\u0665", "1" * 400),
    "integer": ("75", 7.5, True, [75], {"id": 75}, None),
    "integer|string": (True, 1.5, [0], {"at": 0}, None, "soon"),
    "boolean": ("true", 1, None),
}


@attrs.frozen
class Edge:
    """A right body with an unusual value; `codes` may answer it, and data too where `either` is true."""

    operation: str
    why: str
    change: Fields
    codes: tuple[int, ...] = (PARAMETER,)
    either: bool = False


EDGES: tuple[Edge, ...] = (
    Edge("order.detail", "unknown id", {"trade_no": _UNKNOWN_ID, "out_trade_no": None}, (NOT_THERE,)),
    Edge("order.detail", "unknown id of the merchant", {"out_trade_no": _UNKNOWN_ID}, (NOT_THERE,)),
    Edge("order.detail", "no id", {"out_trade_no": None}),
    Edge("payout.detail", "unknown id", {"trade_no": _UNKNOWN_ID, "out_trade_no": None}, (NOT_THERE,)),
    Edge("payout.detail", "unknown id of the merchant", {"out_trade_no": _UNKNOWN_ID}, (NOT_THERE,)),
    Edge("payout.detail", "no id", {"out_trade_no": None}),
    *(
        Edge(name, "unknown currency", {"currency_id": _UNKNOWN_CURRENCY}, (NOT_THERE, _CURRENCY, PARAMETER))
        for name in _BY_CURRENCY
    ),
    *(
        Edge(name, "forty digits", {"currency_id": 10**40}, (PARAMETER, NOT_THERE, _CURRENCY))
        for name in _BY_CURRENCY
    ),
    Edge("order.create", "zero", {"token_amount": "0"}),
    Edge("order.create", "less than the token's smallest unit", {"token_amount": "0.0000001"}),
    Edge("order.create", "smallest unit", {"token_amount": "0.000001"}, (_FAILED, PARAMETER), either=True),
    Edge("order.create", "twenty digits", {"token_amount": "9" * 20}, (_FAILED, PARAMETER), either=True),
    Edge("order.create", "no amount", {"token_amount": None}),
    Edge("order.create", "an amount without its fiat", {"token_amount": None, "fiat_amount": "1"}),
    Edge("order.create", "both amounts", {"fiat_name": "USD", "fiat_amount": "15"}, either=True),
    Edge("order.create", "expiry in the past", {"time_out": 1_000_000_000}),
    Edge("order.create", "a fiat that no list names", {"token_amount": None, "fiat_name": "XXX", "fiat_amount": "1"},
         (PARAMETER, _CURRENCY, NOT_THERE)),
    Edge("order.create", "letters of many scripts", {"out_trade_no": "Ünïcödé-订单-🧾-{}"}, either=True),
    Edge("order.create", "a long number", {"out_trade_no": "{}-" + "x" * 240}, either=True),
    Edge("entrust.pre_create", "zero", {"amount": "0"}),
    Edge("entrust.pre_create", "three decimals", {"amount": "1.234"}),
    Edge("entrust.pre_create", "expiry in the past", {"time_expire": 1_000_000_000}),
    Edge("entrust.pre_create", "a fiat that no list names", {"symbol": "XXX"}, (PARAMETER, _CURRENCY, NOT_THERE)),
    Edge("payout.create", "zero", {"amount": "0"}),
    Edge("payout.create", "more than the balance", {"amount": "9" * 15}, (_FAILED, PARAMETER)),
    Edge("payout.create", "no address of that chain", {"address": "0x" + "0" * 40}, (PARAMETER, _FAILED)),
    Edge("payout.create", "an address with a wrong checksum", {"address": ADDRESS[:-1] + "e"}, (PARAMETER, _FAILED)),
)  # fmt: skip


class Probes:
    """Sends the wrong calls of the tables to an operation, each that it makes sense for, once."""

    def __init__(self, caller: Caller, prefix: str) -> None:
        self._caller = caller
        self._prefix = prefix
        self._count = 0

    def headers(self, operation: Operation[Any]) -> None:
        """Send right bodies with headers that are wrong."""
        for row in SEALED:
            body = _encode(self._right(operation))
            self._send(operation, body, _refusal(row.why, row.codes, row.probe), row.seal)

    def bodies(self, operation: Operation[Any]) -> None:
        """Send bodies that are wrong, or at the edge of it, with right headers."""
        self._broken(operation)
        self._fields(operation)
        self._edges(operation)

    def _broken(self, operation: Operation[Any]) -> None:
        for why, body in BODIES:
            self._send(operation, body, _refusal(why, (PARAMETER,)))

    def _fields(self, operation: Operation[Any]) -> None:
        for field in operation.fields:
            if field.required:
                self._send(operation, self._body(operation, {field.name: None}), _refusal(f"without {field.name}"))
            for value in _wrong(field):
                why = f"{field.name} is {_described(value)}"
                self._send(operation, _encode({**self._right(operation), field.name: value}), _refusal(why))

    def _edges(self, operation: Operation[Any]) -> None:
        for edge in EDGES:
            if edge.operation == operation.name:
                expects = Expectation(
                    outcome="either" if edge.either else "refusal", codes=frozenset(edge.codes), why=edge.why
                )
                self._send(operation, self._body(operation, edge.change), expects)
        if operation.effect != "read" and any(field.name == "out_trade_no" for field in operation.fields):
            body = _encode(self._right(operation))
            codes = frozenset({_FAILED, PARAMETER})
            self._send(operation, body, Expectation(outcome="success", why="for the first time"))
            self._send(operation, body, Expectation(outcome="either", codes=codes, why="a number that is taken"))

    def _send(self, operation: Operation[Any], body: bytes, expects: Expectation, seal: Seal = RIGHT) -> None:
        self._caller.send(operation.name, body, seal, expects)

    def _body(self, operation: Operation[Any], change: Fields) -> bytes:
        """Return a right body with some fields changed, or left out where the change is None."""
        right = self._right(operation)
        own = str(right.get("out_trade_no", ""))
        for name, value in change.items():
            right[name] = value.replace("{}", own) if isinstance(value, str) else value
        return _encode({name: value for name, value in right.items() if value is not None})

    def _right(self, operation: Operation[Any]) -> Fields:
        """Return fields that would be right; a new number for each."""
        self._count += 1
        fields = dict(_RIGHT_FIELDS[operation.name])
        if "out_trade_no" in fields:
            fields["out_trade_no"] = f"{self._prefix}-p{self._count}"
        return fields


_RIGHT_FIELDS: Mapping[str, Fields] = {
    "entrust.pre_create": {"out_trade_no": "", "symbol": "USD", "amount": "1"},
    "order.create": {"out_trade_no": "", "currency_id": CURRENCY, "token_amount": "1"},
    "order.detail": {"out_trade_no": ""},
    "order.exchange_rates": {"currency_id": CURRENCY, "fiat_name": "USD"},
    "currency.app_token_list": {},
    "currency.token_list": {},
    "payout.create": {"out_trade_no": "", "currency_id": CURRENCY, "amount": "1", "address": ADDRESS},
    "payout.detail": {"out_trade_no": ""},
    "account.balance": {"currency_id": CURRENCY},
    "payment_qr_code.create": {"out_trade_no": "", "currency_id": CURRENCY},
}


def _refusal(why: str, codes: tuple[int, ...] = (PARAMETER,), probe: str | None = None) -> Expectation:
    return Expectation(outcome="refusal", codes=frozenset(codes), why=why, probe=probe)


def _wrong(field: Field) -> Iterator[object]:
    yield from _WRONG.get(field.kind, ())
    if field.min_length:
        yield ""
    if field.minimum is not None:
        yield field.minimum - 1
    if field.values and field.kind == "string":
        yield "nothing of the list"


def _described(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 24 else f"{text[:20]}…"


_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _encode(fields: Mapping[str, object]) -> bytes:
    return _compact(fields).encode()
