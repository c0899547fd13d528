"""Typed operations: what a user sees and what the sender is handed."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any, get_type_hints

import pytest

import halopay_api
from halopay_api import operations
from halopay_api.models import OrderCreated, Token
from halopay_api.operations import OPERATIONS, Api, Operation
from tests.conftest import ROOT


class Recorder:
    def __init__(self) -> None:
        self.calls: list[tuple[Operation[Any], dict[str, object], float | None]] = []

    def __call__(self, operation: Operation[Any], values: dict[str, object], /, *, timeout: float | None = None) -> Any:
        self.calls.append((operation, values, timeout))
        return operation.name


def method(name: str, api: Api) -> Any:
    group, call = name.split(".")
    return getattr(getattr(api, group), call)


# Every method takes `timeout` besides.
SIGNATURES = {
    "entrust.pre_create": "out_trade_no: str, symbol: FiatName | str, amount: Money, name: str | None = None, "
    "image: str | None = None, describe: str | None = None, time_expire: int | str | None = None, "
    "callback_url: str | None = None, redirect_url: str | None = None -> EntrustPreCreated",
    "order.create": "out_trade_no: str, currency_id: int, fiat_name: FiatName | str | None = None, "
    "fiat_amount: Money | None = None, token_amount: Money | None = None, callback_url: str | None = None, "
    "time_out: int | None = None, redirect_url: str | None = None -> OrderCreated",
    "order.detail": "trade_no: str | None = None, out_trade_no: str | None = None -> OrderDetail",
    "order.exchange_rates": "currency_id: int | None = None, fiat_name: FiatName | str | None = None -> ExchangeRates",
    "currency.app_token_list": "-> list[AppToken]",
    "currency.token_list": "-> list[Token]",
    "payout.create": "out_trade_no: str, currency_id: int, amount: Money, address: str, "
    "google_code: str | None = None, callback_url: str | None = None -> PayoutCreated",
    "payout.detail": "trade_no: str | None = None, out_trade_no: str | None = None -> PayoutDetail",
    "account.balance": "currency_id: int -> AccountBalance",
    "payment_qr_code.create": "currency_id: int, out_trade_no: str | None = None -> PaymentQrCodeCreated",
}


def signature(call: Any) -> str:
    found = inspect.signature(call)
    *fields, timeout = found.parameters.values()
    assert str(timeout) == "timeout: 'float | None' = None"
    assert all(field.kind is field.KEYWORD_ONLY for field in fields)
    return f"{', '.join(map(str, fields))} -> {found.return_annotation}".replace("'", "").strip()


def test_every_operation_has_a_method_with_the_signature_of_its_table():
    api = Api(Recorder())
    assert {name: signature(method(name, api)) for name in OPERATIONS} == SIGNATURES


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_method_hands_the_sender_its_operation_and_the_names_of_the_wire(name):
    recorder = Recorder()
    call = method(name, Api(recorder))
    operation = OPERATIONS[name]
    values = {field.name: object() for field in operation.fields}
    given = {
        name: values[field.name]
        for name, field in zip(inspect.signature(call).parameters, operation.fields, strict=False)
    }
    assert call(**given, timeout=3) == name
    assert recorder.calls == [(operation, values, 3)]
    assert list(recorder.calls[0][1]) == [field.name for field in operation.fields]


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_method_says_what_each_field_is_and_how_sure_that_is(name):
    operation = OPERATIONS[name]
    told = inspect.getdoc(method(name, Api(Recorder())))
    assert told is not None
    assert told.startswith(operation.summary)
    flat = " ".join(told.split())
    for field in operation.fields:
        assert f"{field.description} [{field.provenance}]" in flat
    assert f"Source: {operation.source} [{operation.provenance}]" in told


def test_the_type_of_an_answer_is_the_model_of_the_operation():
    for name, operation in OPERATIONS.items():
        returned = get_type_hints(method(name, Api(Recorder())))["return"]
        assert returned == (list[operation.model] if operation.many else operation.model)
    assert operations.ORDER_CREATE.model is OrderCreated
    assert (operations.CURRENCY_TOKEN_LIST.model, operations.CURRENCY_TOKEN_LIST.many) == (Token, True)


def test_tables_cannot_be_changed():
    with pytest.raises(TypeError):
        OPERATIONS["x"] = operations.ORDER_CREATE
    with pytest.raises(AttributeError):
        operations.ORDER_CREATE.path = "/"
    with pytest.raises(AttributeError):
        Api(Recorder()).orders = 1


def test_the_secret_field_is_marked():
    assert [field.name for one in OPERATIONS.values() for field in one.fields if field.secret] == ["google_code"]


def test_importing_does_not_load_what_is_needed_only_later():
    code = (
        "import sys, halopay_api\n"
        "late = {'cattrs', 'orjson', 'halopay_api.shapes', 'urllib3', 'codegen', 'halopay_kit'} & set(sys.modules)\n"
        "assert not late, late"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "generated", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_all_public_names_are_there():
    for name in halopay_api.__all__:
        assert getattr(halopay_api, name)
