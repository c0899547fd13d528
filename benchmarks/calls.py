"""CPU of one order.create: sent, and by some signed, verified and parsed."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from benchmarks import openapi_client
from benchmarks.measure import Row, cpu_cases, interleave, ratios
from benchmarks.messages import APP_ID, APP_KEY, STRIPE_KEY, compact, example
from benchmarks.server import serving
from benchmarks.variants import Variant

SCALE = "us"
ROUNDS, QUICK_ROUNDS = 200, 30
CALLS = 20
WHAT = """\
calls: client CPU per order.create over one keep-alive connection to a local server in another process.
urllib3, http.client, requests and httpx send the documented body under headers of the same size and read the raw
bytes of the same answer: they neither sign nor verify nor parse. openapi-python-client writes and parses, unsigned.
stripe-python makes a customer, from an answer of the same size. halopay-kit checks the fields, signs, verifies
AppId, signature and freshness, and parses."""

REFERENCE = "urllib3 PoolManager.request"
ORJSON, STDLIB = "halopay-kit, orjson", "halopay-kit, standard library alone"
TARGETS = {ORJSON: 1.15, STDLIB: 1.45}

PATH = "/api/order/create"
REQUEST = example("order.create")["request"]
BODY = compact(REQUEST)
TRADE_NO = example("order.create")["answer"]["data"]["trade_no"]
HEADERS = {
    "X-Appid": APP_ID,
    "X-Timestamp": "1773471015",
    "X-Sign": "0" * 64,
    "content-type": "application/json",
    "accept-encoding": "identity",
    "user-agent": "halopay-kit",
}

Call = Callable[[], object]


def measure(rounds: int) -> list[Row]:
    """Start the server, measure every client against it, stop it."""
    with ExitStack() as stack:
        port = stack.enter_context(serving())
        peers: dict[str, Callable[[], Call]] = {
            REFERENCE: partial(_urllib3, port),
            "urllib3 HTTPConnectionPool.urlopen": partial(_urlopen, port),
            "http.client": partial(_http_client, port),
            "requests": partial(_requests, port),
            "httpx": partial(_httpx, port),
            "openapi-python-client": partial(_openapi_python_client, port, stack),
            "stripe-python": partial(_stripe, port),
            ORJSON: partial(_halopay_kit, port),
            STDLIB: partial(_halopay_kit, port),
        }
        around = {ORJSON: Variant(orjson=True).active, STDLIB: Variant(orjson=False).active}
        cases = cpu_cases({name: partial(_proven, name, set_up) for name, set_up in peers.items()}, CALLS, around)
        return ratios(cases, interleave(cases, rounds), REFERENCE, TARGETS)


def _proven(name: str, set_up: Callable[[], Call]) -> Call:
    call = set_up()
    if TRADE_NO not in str(call()):
        raise RuntimeError(f"{name} did not read the answer")
    return call


def _urllib3(port: int) -> Call:
    import urllib3

    pool, url = urllib3.PoolManager(), f"http://127.0.0.1:{port}{PATH}"
    return lambda: pool.request("POST", url, body=BODY, headers=HEADERS).data


def _urlopen(port: int) -> Call:
    import urllib3

    pool = urllib3.HTTPConnectionPool("127.0.0.1", port)
    return lambda: pool.urlopen("POST", PATH, BODY, HEADERS).data


def _http_client(port: int) -> Call:
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def call() -> bytes:
        connection.request("POST", PATH, BODY, HEADERS)
        return connection.getresponse().read()

    return call


def _requests(port: int) -> Call:
    import requests

    session, url = requests.Session(), f"http://127.0.0.1:{port}{PATH}"
    return lambda: session.post(url, data=BODY, headers=HEADERS).content


def _httpx(port: int) -> Call:
    import httpx

    client, url = httpx.Client(), f"http://127.0.0.1:{port}{PATH}"
    return lambda: client.post(url, content=BODY, headers=HEADERS).content


def _openapi_python_client(port: int, stack: ExitStack) -> Call:
    client_class, order_create, request = openapi_client.order_create(stack.enter_context(openapi_client.generated()))
    client = client_class(base_url=f"http://127.0.0.1:{port}", headers=HEADERS)
    return lambda: order_create.sync(client=client, body=request.from_dict(REQUEST))


def _stripe(port: int) -> Call:
    import stripe

    stripe.enable_telemetry = False  # or it writes an id into the home of whoever measures
    client = stripe.StripeClient(STRIPE_KEY, base_addresses={"api": f"http://127.0.0.1:{port}"})
    create = client.v1.customers.create
    return lambda: create({"name": "T-1001", "description": "USD", "balance": 0})


def _halopay_kit(port: int) -> Call:
    from halopay_kit import HaloPay

    create = HaloPay(APP_ID, APP_KEY, f"http://127.0.0.1:{port}").order.create
    return lambda: create(**REQUEST)
