"""The box itself: starting, stopping, seeds, control calls."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from decimal import Decimal

import pytest

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox import Sandbox, Unknowns
from halopay_kit.signing import AppKey
from tests.sandbox.wire import KEY, SPEC, TRON, Hand, Wire


def test_a_box_starts_fast_stops_fast_and_leaves_no_thread():
    with Sandbox():
        pass  # what is imported is imported
    before = set(threading.enumerate())
    started = time.perf_counter()
    box = Sandbox().start()
    assert time.perf_counter() - started < 0.3
    assert box.base_url.startswith("http://127.0.0.1:")
    assert set(threading.enumerate()) - before
    stopped = time.perf_counter()
    box.stop()
    assert time.perf_counter() - stopped < 1
    assert set(threading.enumerate()) == before
    box.stop()


def test_a_stop_closes_connections_that_are_kept_alive(box, wire):
    wire.data("currency.token_list")
    port = int(box.base_url.rpartition(":")[2])
    stopped = time.perf_counter()
    box.stop()
    assert time.perf_counter() - stopped < 1
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))


def test_a_box_that_was_stopped_keeps_its_state_and_starts_again(box, hand):
    wire = Wire(box, hand)
    wire.data("order.create", out_trade_no="T1", currency_id=75, token_amount="1")
    box.stop()
    with pytest.raises(ConfigurationError, match="not started"):
        _ = box.base_url
    box.start()
    assert wire.data("order.detail", out_trade_no="T1")["entrust_url"].startswith(box.base_url)
    with pytest.raises(ConfigurationError, match="already"):
        box.start()
    wire.close()


def test_boxes_live_side_by_side():
    with Sandbox() as one, Sandbox() as other:
        assert one.base_url != other.base_url
        assert one.app_id != other.app_id
        assert one.app_key != other.app_key


def test_a_taken_port_is_told(box):
    port = int(box.base_url.rpartition(":")[2])
    with pytest.raises(ConfigurationError, match=f"port {port} cannot be used"):
        Sandbox(port=port).start()


def test_only_loopback_is_listened_on(box):
    assert box._server._socket.getsockname()[0] == "127.0.0.1"


def test_a_child_reaches_the_box_by_its_environment(box):
    assert box.environ() == {
        "HALOPAY_APP_ID": box.app_id,
        "HALOPAY_APP_KEY": KEY,
        "HALOPAY_BASE_URL": box.base_url,
    }
    with Sandbox(app_key=AppKey(KEY), app_id="mine") as other, pytest.raises(ConfigurationError):
        other.environ()
    assert other.app_id == "mine"
    assert KEY not in repr(vars(other))


@pytest.mark.parametrize("name", ["starlette", "uvicorn", "jsonschema_rs"])
def test_without_the_extra_the_box_says_what_to_install(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigurationError, match=r"pip install 'halopay-kit\[sandbox\]'"):
        Sandbox()


def test_the_room_imports_nothing_of_the_extra_and_no_client():
    code = (
        "import sys, halopay_kit.sandbox as s; s.Sandbox();"
        "print([m for m in ('starlette', 'uvicorn', 'jsonschema_rs',"
        " 'halopay_kit.client', 'halopay_kit.transport', 'urllib3') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_serving_in_the_foreground_ends_with_a_signal(sign):
    code = (
        "from halopay_kit.sandbox import Sandbox\n"
        "import sys\n"
        "Sandbox().serve(lambda box: (sys.stdout.write(box.base_url + '\\n'), sys.stdout.flush()))\n"
        "sys.stdout.write('over')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("http://127.0.0.1:")
        child.send_signal(sign)
        assert child.stdout.read() == "over"
        assert child.wait(5) == 0


def test_serving_is_for_the_main_thread():
    problems = []

    def serve() -> None:
        try:
            Sandbox().serve()
        except ConfigurationError as error:
            problems.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    assert len(problems) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"reused_out_trade_no": "maybe"},
        {"service_fee_bearer": "payer"},
        {"service_fee_rate": 0.1},
        {"payout_fee_rate": Decimal(1)},
        {"service_fee_rate": Decimal("NaN")},
        {"retries_signed_afresh": "yes"},
        {"error_http_status": 99},
        {"need_confirms": -1},
    ],
)
def test_an_unknown_has_the_values_that_it_has(wrong):
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Unknowns(**wrong)


def recording(seed: int | str) -> tuple[object, ...]:
    hand = Hand()
    with Sandbox(seed=seed, app_key=KEY, clock=hand) as box:
        wire = Wire(box, hand)
        bodies = []
        for path, fields in (
            ("/api/order/create", {"out_trade_no": "T1", "currency_id": 75, "token_amount": "1"}),
            ("/api/order/create", {"out_trade_no": "T2", "currency_id": 68, "fiat_amount": "1", "fiat_name": "EUR"}),
            ("/api/entrust/pre-create", {"out_trade_no": "T3", "symbol": "EUR", "amount": "1"}),
            ("/api/payout/create", {"out_trade_no": "T1", "currency_id": 75, "amount": "1", "address": TRON}),
            ("/api/payment-qr-code/create", {"currency_id": 70}),
        ):
            answer = wire.send(path, json.dumps(fields).encode())
            bodies.append(answer.data.replace(box.base_url.encode(), b""))
        box.pay(out_trade_no="T1")
        box.settle(out_trade_no="T1")
        wire.close()
        return box.app_id, *bodies, json.dumps(box.state())


def test_the_same_seed_gives_the_same_world():
    assert recording(1) == recording(1)
    assert recording("one") == recording("one")
    assert recording(1) != recording(2)
    assert Sandbox(seed=1).app_key == Sandbox(seed=1).app_key
    assert Sandbox(seed=1).control_token != Sandbox(seed=1).control_token
    assert Sandbox().app_key != Sandbox().app_key


def test_methods_and_calls_from_many_threads_lose_nothing(box, hand):
    def work(name: str) -> None:
        wire = Wire(box, hand)
        for number in range(20):
            wire.data("order.create", out_trade_no=f"{name}{number}", currency_id=75, token_amount="1")
            box.pay(out_trade_no=f"{name}{number}")
        wire.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = box.state()
    assert [order["status"] for order in state["orders"]] == ["PAID"] * 80
    assert state["balances"]["75"] == "100079.976"


def test_every_operation_of_the_spec_is_served():
    from halopay_kit.sandbox.business.operations import OPERATIONS

    assert set(OPERATIONS) == {item["post"]["operationId"] for item in SPEC["paths"].values()}


@pytest.mark.parametrize("wrong", [{"clock": 5}, {"start": "soon"}, {"seed": [1]}, {"app_id": ""}, {"drift": ["x:y"]}])
def test_no_traceback_of_a_refused_setting_shows_the_key(wrong):
    with pytest.raises(ConfigurationError) as caught:
        Sandbox(app_key="planted-AppKey-0xC0FFEE", **wrong)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "planted" not in shown.split("halopay_kit", 1)[1]
