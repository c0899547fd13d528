"""What goes over the wire, signed here with `hmac` alone: the code under test vouches for nothing of it."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

from benchmarks.measure import ROOT

APP_ID = "ad4cyr8dpfs9j2u1"
APP_KEY = "benchmarkAppKey0123456789abcdef0"
STRIPE_KEY = "sk_test_benchmark"
STANDARD_KEY = "whsec_" + base64.b64encode(b"benchmark0123456789abcde").decode()
WEBHOOK_SIZE = 600
_OTHERS = {
    "Accept": "*/*",
    "Content-Type": "application/json",
    "Content-Length": "600",
    "Host": "shop.example",
}


def example(name: str) -> dict[str, Any]:
    """Return one of the spec's examples."""
    found: dict[str, Any] = json.loads((ROOT / "spec" / "examples" / f"{name}.json").read_bytes())
    return found


def compact(value: object) -> bytes:
    """Return JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def halopay_signature(body: bytes, timestamp: int) -> str:
    """Return HMAC-SHA-256 over body and timestamp, in hexadecimal."""
    return hmac.digest(APP_KEY.encode(), body + str(timestamp).encode(), "sha256").hex()


def halopay_headers(body: bytes, timestamp: int) -> dict[str, str]:
    """Return the three headers that every message of HaloPay's carries."""
    return {"X-Appid": APP_ID, "X-Timestamp": str(timestamp), "X-Sign": halopay_signature(body, timestamp)}


def halopay_webhook(now: int) -> tuple[bytes, dict[str, str]]:
    """Return a payment event: the documented example with a `redirect_url` that brings it to WEBHOOK_SIZE bytes."""
    fields = example("webhook.payment")["body"]
    fields["redirect_url"] = "https://shop.example/thanks?cart="
    fields["redirect_url"] += "c" * (WEBHOOK_SIZE - len(compact(fields)))
    body = compact(fields)
    return body, {**_OTHERS, "X-EventType": "Paid", **halopay_headers(body, now)}


def standard_webhook(now: int) -> tuple[bytes, dict[str, str]]:
    """Return the same event signed as Standard Webhooks has it; Svix reads these headers too."""
    body, _ = halopay_webhook(now)
    key = base64.b64decode(STANDARD_KEY.removeprefix("whsec_"))
    made = base64.b64encode(hmac.digest(key, b"msg_1.%d.%b" % (now, body), "sha256")).decode()
    signed = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": f"v1,{made}"}
    return body, {**_OTHERS, **signed}


def stripe_webhook(now: int) -> tuple[bytes, str]:
    """Return an event of Stripe's, as long as ours and with as many fields, and its Stripe-Signature header."""
    order = {"id": "pi_1", "object": "payment_intent", "amount": 5, "currency": "usd", "metadata": {}}
    fields: dict[str, Any] = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "created": now}
    fields |= {"livemode": False, "pending_webhooks": 1, "api_version": "2025-01-01", "data": {"object": order}}
    order["description"] = ""
    order["description"] = "d" * (WEBHOOK_SIZE - len(compact(fields)))
    body = compact(fields)
    made = hmac.digest(APP_KEY.encode(), b"%d.%b" % (now, body), "sha256").hex()
    return body, f"t={now},v1={made}"


def stripe_answer(size: int) -> bytes:
    """Return a customer as Stripe answers it, `size` bytes long."""
    fields = {"id": "cus_1", "object": "customer", "created": 1753513571, "livemode": False, "metadata": {}}
    fields |= {"balance": 0, "currency": "usd", "delinquent": False, "email": None, "name": "T-1001", "phone": None}
    fields["description"] = example("order.create")["answer"]["data"]["trade_no"]
    return compact(fields | {"invoice_prefix": "P" * (size - len(compact(fields | {"invoice_prefix": ""})))})
