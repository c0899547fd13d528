"""Each example of a framework takes a real webhook of a sandbox, over a real socket."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import urllib3
import uvicorn

from halopay_kit import HaloPay, Sandbox

EXAMPLES = Path(__file__).parent / "examples"
KEY, START = "shopAppKey", "2026-03-17T12:20:00Z"


def loaded(name: str):
    pytest.importorskip(name)
    spec = importlib.util.spec_from_file_location(f"{name}_app", EXAMPLES / f"{name}_app.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Django looks its URLs up there
    spec.loader.exec_module(module)
    return module


@contextmanager
def over_asgi(app) -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def over_wsgi(app) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.mark.parametrize(
    ("name", "attribute", "serving"),
    [
        ("fastapi", "app", over_asgi),
        ("starlette", "app", over_asgi),
        ("flask", "app", over_wsgi),
        ("django", "application", over_wsgi),
    ],
)
def test_an_example_takes_a_webhook_of_a_sandbox(name, attribute, serving, tmp_path, monkeypatch):
    with Sandbox(app_key=KEY, start=START, webhooks_signed_at="machine") as box:
        monkeypatch.setenv("HALOPAY_INBOX", str(tmp_path / "inbox.sqlite"))
        monkeypatch.setenv("HALOPAY_APP_ID", box.app_id)
        monkeypatch.setenv("HALOPAY_APP_KEY", KEY)
        example = loaded(name)
        with example.inbox, serving(getattr(example, attribute)) as port:
            shop = f"http://127.0.0.1:{port}"
            with HaloPay(box.app_id, KEY, box.base_url, clock=box.clock.now) as halopay:
                halopay.order.create(
                    out_trade_no="shop-1", currency_id=75, token_amount="5", callback_url=f"{shop}/halopay/webhooks"
                )
            box.pay(out_trade_no="shop-1")
            box.clock.advance("1s")
            (delivery,) = box.deliveries
            assert [attempt.answer for attempt in delivery.attempts] == [b"Success"]
            (event,) = example.inbox.events()
            assert (event.out_trade_no, event.status, event.app_id) == ("shop-1", "PAID", box.app_id)
            forged = urllib3.request("POST", f"{shop}/halopay/webhooks", body=b"{}", retries=False)
            assert (forged.status, forged.data) == (401, b"unsigned\n")
            assert urllib3.request("GET", f"{shop}/halopay/webhooks", retries=False).status == 405
            assert urllib3.request("GET", f"{shop}/", retries=False).json() == {"shop": "open"}
            example.webhooks.close()
