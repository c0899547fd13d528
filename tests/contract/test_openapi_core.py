"""A second opinion: openapi-core finds the sandbox's calls, answers and webhooks to be what the spec says."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from halopay_api.operations import OPERATIONS
from halopay_kit.contract.exchange import Observed
from tests.conftest import ROOT
from tests.contract.session import Session

HOST = "https://api.pay.halochat.io"


@attrs.define
class Webhook:
    """A delivery, as openapi-core looks at it."""

    name: str
    body: bytes
    headers: dict[str, str]
    method: str = "post"
    content_type: str = "application/json"

    @property
    def parameters(self) -> RequestParameters:
        return RequestParameters(header=self.headers)


@pytest.fixture(scope="module")
def spec() -> OpenAPI:
    data: dict[str, Any] = yaml.load((ROOT / "spec/halopay.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return OpenAPI.from_dict(data)


@pytest.fixture(scope="module")
def day() -> Observed:
    session = Session()
    try:
        return session.day()
    finally:
        session.close()


def test_calls_and_answers(spec, day):
    seen = set()
    for each in day.exchanges:
        if each.expects is None or each.expects.outcome != "success":
            continue
        path, headers = OPERATIONS[each.operation].path, dict(each.request_headers)
        request = MockRequest(HOST, "post", path, headers=headers, data=each.request_body)
        spec.validate_request(request)
        spec.validate_response(request, MockResponse(each.answer_body, headers=dict(each.answer_headers)))
        seen.add(each.operation)
    assert seen == {*OPERATIONS}


def test_webhooks(spec, day):
    seen = set()
    for each in day.deliveries:
        name = kind(json.loads(each.body))
        spec.validate_webhook_request(Webhook(name, each.body, dict(each.headers)))
        seen.add(name)
    assert seen == {"payment", "payment-qr-code", "payout"}


def test_a_webhook_that_lacks_a_field_is_noticed(spec, day):
    delivery = day.deliveries[0]
    body = json.loads(delivery.body)
    del body["status"]
    with pytest.raises(OpenAPIError):
        spec.validate_webhook_request(Webhook("payment", json.dumps(body).encode(), dict(delivery.headers)))


def kind(body: dict[str, Any]) -> str:
    if body["type"] == "PAYOUT":
        return "payout"
    return "payment" if body.get("out_trade_no") else "payment-qr-code"
