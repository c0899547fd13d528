"""Genuine webhooks for the inbox: signed and verified, as a receiver hands them over."""

from __future__ import annotations

import json
from pathlib import Path

from halopay_kit import AppKey, signing, webhooks
from halopay_kit.inbox import Arrival

KEY = AppKey("testAppKey")
NOW = 1773750000
_EXAMPLES = Path(__file__).parents[2] / "spec/examples"
PAYMENT, PAYOUT, QR = (
    json.loads((_EXAMPLES / f"webhook.{name}.json").read_text("utf-8"))["body"]
    for name in ("payment", "payout", "payment_qr_code")
)


def event(body, *, app_id=None):
    """Return the verified event of a body: bytes, or fields of which None is left out."""
    if not isinstance(body, bytes):
        body = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
    app_id = app_id or json.loads(body).get("appid", "ad4cyr8dpfs9j2u1")
    headers = {"X-Appid": app_id, "X-Timestamp": str(NOW), "X-Sign": signing.sign(body, NOW, KEY)}
    return webhooks.verify(body, headers, app_key=KEY, now=NOW)


def arrival(of=PAYMENT, *, at=NOW, headers=(), origin="webhook", app_id=None, **changed):
    body = of if isinstance(of, bytes) else of | changed
    return Arrival(event=event(body, app_id=app_id), received_at=at, headers=tuple(headers), origin=origin)


def payment(number, status="PAID", amount="5", **options):
    told = {"trade_no": f"T{number}", "out_trade_no": f"O{number}", "status": status, "amount_collected": amount}
    return arrival(PAYMENT, **(told | options))


def payout(number, status="PAID", **options):
    return arrival(PAYOUT, **({"trade_no": f"P{number}", "out_trade_no": f"PO{number}", "status": status} | options))
