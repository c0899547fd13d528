"""The front door, against the sandbox."""

from __future__ import annotations

import threading
import time
import traceback
from decimal import Decimal

import pytest

from halopay_api.models import OrderCreated, PaymentStatus
from halopay_api.operations import OPERATIONS
from halopay_kit import AppKey, HaloPay
from halopay_kit.errors import (
    AuthError,
    ConfigurationError,
    DataNotExist,
    HaloPayError,
    InvalidRequest,
    OutcomeUnknown,
    SignTimeInvalid,
    UnverifiedAnswer,
)
from tests.conftest import example

SECRET = "planted-AppKey-0xC0FFEE"
ADDRESS = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"


def test_all_ten_operations_answer(halopay, box):
    hosted = halopay.entrust.pre_create(out_trade_no="H", symbol="USD", amount=15, time_expire=int(time.time()) + 600)
    assert hosted.url.endswith(hosted.trade_no)
    order = halopay.order.create(out_trade_no="T", currency_id=73, fiat_name="USD", fiat_amount=Decimal("1.2"))
    assert isinstance(order, OrderCreated)
    assert order.time_expire - order.create_time == 1800
    box.pay(trade_no=order.trade_no)
    detail = halopay.order.detail(trade_no=order.trade_no)
    assert detail.status is PaymentStatus.PAID
    assert detail.amount_collected == order.amount
    assert halopay.order.exchange_rates(currency_id=75, fiat_name="EUR").rate > 0
    assert {token.currency_id for token in halopay.currency.app_token_list()} >= {73, 75}
    assert len(halopay.currency.token_list()) > len(halopay.currency.app_token_list())
    before = halopay.account.balance(currency_id=75).balance
    payout = halopay.payout.create(out_trade_no="P", currency_id=75, amount="4.200000", address=ADDRESS)
    assert payout.amount == Decimal("4.2")
    assert halopay.account.balance(currency_id=75).balance < before
    box.fail(out_trade_no="P")
    assert halopay.payout.detail(out_trade_no="P").status == "FAIL"
    assert halopay.account.balance(currency_id=75).balance == before
    assert halopay.payment_qr_code.create(currency_id=75).pay_address.startswith("T")


def test_a_call_by_name_gives_the_whole_answer(halopay):
    answer = halopay.call("order.create", example("order.create")["request"])
    assert answer.data.token == "TRX"
    assert answer.body.startswith(b"{")
    assert answer.headers["x-appid"] == halopay.app_id
    assert answer.status == 200
    assert answer.drift == ()
    with pytest.raises(InvalidRequest, match=r"order\.create"):
        halopay.call("order.list", {})


def test_a_wrong_key_is_10008_an_old_timestamp_10007_an_unknown_app_10006(box):
    with HaloPay(box.app_id, "wrong", box.base_url) as halopay, pytest.raises(UnverifiedAnswer) as caught:
        halopay.currency.token_list()
    assert caught.value.code == 10008
    late = HaloPay(box.app_id, box.app_key, box.base_url, clock=lambda: time.time() - 600)
    with late as halopay, pytest.raises(UnverifiedAnswer) as caught:
        halopay.currency.token_list()
    assert caught.value.code == 10007
    assert 595 < caught.value.clock_offset < 605
    with HaloPay("unknown-app-1234", box.app_key, box.base_url) as halopay, pytest.raises(UnverifiedAnswer) as caught:
        halopay.currency.token_list()
    assert caught.value.code == 10006
    assert not isinstance(caught.value, AuthError)


def test_what_does_not_exist_is_10004(halopay):
    with pytest.raises(DataNotExist) as caught:
        halopay.order.detail(out_trade_no="nowhere")
    assert caught.value.verified
    assert caught.value.out_trade_no == "nowhere"
    assert "nowhere" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fiat_amount", 1.5),
        ("fiat_amount", float("nan")),
        ("fiat_amount", "NaN"),
        ("fiat_amount", "1e3"),
        ("fiat_amount", "-1"),
        ("fiat_amount", Decimal("-0.1")),
        ("fiat_amount", Decimal("NaN")),
        ("fiat_amount", Decimal("Infinity")),
        ("fiat_amount", "1.1234567890123456789"),
        ("fiat_amount", Decimal("0.1234567890123456789")),
        ("fiat_amount", " 1"),
        ("fiat_amount", "1_000"),
        ("fiat_amount", "1,5"),
        ("fiat_amount", "\u0661"),
        ("fiat_amount", ""),
        ("fiat_amount", True),
        ("token_amount", 10**21),
        ("out_trade_no", ""),
        ("out_trade_no", 5),
        ("out_trade_no", "\ud800"),
        ("out_trade_no", None),
        ("currency_id", "75"),
        ("currency_id", 75.0),
        ("currency_id", True),
        ("currency_id", 0),
        ("currency_id", None),
        ("time_out", -1),
        ("time_out", 2**63),
        ("fiat", "USD"),
    ],
)
def test_a_field_that_is_not_right_is_named_before_a_byte_is_sent(shared_box, field, value):
    request = {"out_trade_no": "T", "currency_id": 75, "fiat_name": "USD", "fiat_amount": "1", field: value}
    halopay = HaloPay(shared_box.app_id, shared_box.app_key, "http://127.0.0.1:9", attempts=1)
    with halopay, pytest.raises(InvalidRequest, match=field) as caught:
        halopay.call("order.create", request)
    assert caught.value.field == field
    assert caught.value.operation == "order.create"


def test_two_decimals_are_the_most_for_a_hosted_order(halopay):
    with pytest.raises(InvalidRequest, match="amount"):
        halopay.entrust.pre_create(out_trade_no="H", symbol="USD", amount="15.001")


def test_a_secret_field_is_in_no_message(halopay):
    with pytest.raises(InvalidRequest) as caught:
        halopay.payout.create(out_trade_no="P", currency_id=75, amount="1", address=ADDRESS, google_code=123456)
    assert "123456" not in str(caught.value)


@pytest.mark.parametrize("amount", [15, "15", "15.00", Decimal("15"), Decimal("1.5E+1")])
def test_money_is_a_decimal_an_int_or_a_decimal_string(halopay, amount):
    order = halopay.order.create(out_trade_no="T", currency_id=75, token_amount=amount)
    assert order.amount == 15


@pytest.mark.parametrize(
    ("app_id", "app_key", "options", "says"),
    [
        ("", "k", {}, "AppId"),
        (" app", "k", {}, "AppId"),
        (None, "k", {}, "AppId"),
        ("app", "", {}, "AppKey is empty"),
        ("app", None, {}, "AppKey is missing"),
        ("app", f"{SECRET}\n", {}, "white space"),
        ("app", "k", {"attempts": 0}, "attempts"),
        ("app", "k", {"attempts": True}, "attempts"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(app_id, app_key, options, says):
    with pytest.raises(ConfigurationError, match=says):
        HaloPay(app_id, app_key, **options)


def test_the_environment_gives_credentials(box):
    with HaloPay.from_env(box.environ(), timeout=3) as halopay:
        assert halopay.currency.token_list()
        assert halopay.base_url == box.base_url
    assert HaloPay.from_env({"HALOPAY_APP_ID": "a", "HALOPAY_APP_KEY": "k"}).base_url.startswith("https://api.pay.")
    with pytest.raises(ConfigurationError, match="HALOPAY_APP_ID and HALOPAY_APP_KEY are not set"):
        HaloPay.from_env({})


@pytest.mark.parametrize(
    "make",
    [
        lambda key: HaloPay("app", key + "\n"),
        lambda key: HaloPay("app with space", key),
        lambda key: HaloPay("app", key, "http://example.com"),
        lambda key: HaloPay.from_env({"HALOPAY_APP_KEY": key}),
        lambda key: HaloPay.from_env({"HALOPAY_APP_ID": "a", "HALOPAY_APP_KEY": key + " "}),
    ],
)
def test_no_traceback_of_a_refused_setting_shows_the_key(make):
    with pytest.raises(HaloPayError) as caught:
        make(SECRET)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert SECRET not in shown.split("halopay_kit", 1)[1]


def test_a_client_shows_no_key():
    halopay = HaloPay("app", SECRET)
    shown = repr(halopay) + repr(halopay._transport) + repr(vars(halopay))
    assert SECRET not in shown
    assert "app" in repr(halopay)


def test_many_threads_share_one_client(halopay):
    problems: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for number in range(20):
                name = f"T-{worker}-{number}"
                order = halopay.order.create(out_trade_no=name, currency_id=75, fiat_name="USD", fiat_amount="1")
                assert halopay.order.detail(trade_no=order.trade_no).out_trade_no == name
        except BaseException as error:  # noqa: BLE001  # a thread's assertion must reach the test
            problems.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_taken_out_trade_no_does_not_say_failed(halopay):
    request = example("order.create")["request"]
    halopay.order.create(**request)
    with pytest.raises(OutcomeUnknown) as caught:
        halopay.order.create(**request)
    assert caught.value.code == 10002


def test_every_operation_has_its_method(halopay):
    for name in OPERATIONS:
        group, method = name.split(".")
        assert callable(getattr(getattr(halopay, group), method))


def test_an_app_key_may_be_handed_over_ready_made(box):
    with HaloPay(box.app_id, AppKey(box.environ()["HALOPAY_APP_KEY"]), box.base_url) as halopay:
        assert halopay.currency.token_list()


@pytest.mark.parametrize("operation", [None, 5, [], "order.list", "\ud800"])
def test_an_operation_that_is_none_is_an_error_of_ours(halopay, operation):
    with pytest.raises(InvalidRequest):
        halopay.call(operation, {})


@pytest.mark.parametrize("fields", [None, [], "a", {1: 2}, {None: 1}, {b"x": 1}, {("a",): 1}, {"\ud800": 1}])
def test_fields_that_are_none_are_an_error_of_ours(halopay, fields):
    with pytest.raises(InvalidRequest):
        halopay.call("order.create", fields)


@pytest.mark.parametrize("option", ["clock", "hook", "sleep"])
def test_what_must_be_callable_is_asked_for(option):
    with pytest.raises(ConfigurationError, match="callable"):
        HaloPay("app", "k", **{option: 5})


def test_a_call_can_carry_a_time_of_its_own_and_is_refused_when_that_is_over(box):
    with HaloPay(box.app_id, box.app_key, box.base_url) as halopay:
        now = halopay.clock()
        assert halopay.call("currency.token_list", {}, signed_at=now - 60).data
        with pytest.raises(SignTimeInvalid):
            halopay.call("currency.token_list", {}, signed_at=now - 180)
        with pytest.raises(ConfigurationError, match="signed_at"):
            halopay.call("currency.token_list", {}, signed_at="now")
