"""Which event is which, and what it is about: from the signed body alone.

HaloPay sends no id of an event or a delivery, so both are derived:

- The *subject* is app, kind and number. The number is `trade_no` for orders and payouts (else `out_trade_no`, else
  `txid`); see `adoption` for the same order told of with and without its `trade_no`. It is `txid` for payments to a QR
  code, of which many go to one address (else `trade_no`); beside it the address or, without one, the `trade_no`
  counts, for one transaction may pay several addresses. Without any number each body is a subject of its own.
- Two arrivals are one *event* if subject, status, amount_collected and every byte of the body agree. The same said in
  other bytes is another event: it is kept, and `transitions` finds that it is no news.
- Only body and timestamp are signed. So an app that only X-Appid names tells nothing apart: whoever sends a captured
  request again under another name sends a duplicate.

Limits. Two transfers of one transaction to the same address are one subject; if their amounts are equal too, the second
passes for a repeat. So do payments to a QR code without a `txid` that have one `trade_no`; one that is told of first
without and then with its `txid` is two. If HaloPay sent two truly different events in the very same bytes, or about two
apps in bodies that name none, they would be one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple, overload

from halopay_api.codec import UnknownEvent, WebhookEvent
from halopay_api.models import PaymentEvent, PaymentQrCodeEvent, PayoutEvent
from halopay_api.policy import WEBHOOK_ROUTES
from halopay_kit.inbox.transitions import Kind, plain
from halopay_kit.webhooks import Event

_KINDS: Final[dict[type[object], Kind]] = {
    PaymentEvent: "payment",
    PaymentQrCodeEvent: "payment-qr-code",
    PayoutEvent: "payout",
}
_DIGITS = 64  # of an amount, before the point or behind it; the codec takes 60
_HUGE = 10**_DIGITS
_DECIMAL = re.compile(rf"-?[0-9]{{1,{_DIGITS}}}(?:\.[0-9]{{1,{_DIGITS}}})?", re.ASCII).fullmatch
_LONGEST = 512  # characters of a text column, so that every row fits into PostgreSQL's indexes
_NOT_STORED = {0: "\u2400"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


class Facts(NamedTuple):
    """What an event says, as the tables keep it; `subject` and `key` are what it is told apart by."""

    kind: Kind
    app_id: str
    trade_no: str | None
    out_trade_no: str | None
    txid: str | None
    status: str | None
    amount: Decimal | None
    amount_collected: str | None
    subject: bytes
    key: bytes


def facts(event: Event) -> Facts | None:
    """Return what a verified event says; None if it is of a type that the spec does not know."""
    data = event.data
    kind = _KINDS.get(type(data)) or _kind_of_rest(data)
    if kind is None:
        return None
    body = sha256(event.body)
    trade_no, out_trade_no, txid = _text(data, "trade_no"), _text(data, "out_trade_no"), _text(data, "txid")
    status, amount = _text(data, "status"), _amount(data)
    told = None if amount is None else plain(amount)
    beside = ""
    if kind == "payment-qr-code":
        by, number = ("txid", txid) if txid else ("trade_no", trade_no)
        if txid:
            beside = _text(data, "pay_address") or trade_no or ""
    else:
        by, number = ("trade_no", trade_no) if trade_no else ("out_trade_no", out_trade_no)
        if not number:
            by, number = "txid", txid
    if not number:
        by, number = "body", body.hexdigest()
    subject = subject_key(number, _text(data, "appid") or "", kind, by, beside)
    said = f"{status}:{told}".encode("utf-8", "surrogatepass")
    return Facts(
        kind,
        column(event.app_id),
        column(trade_no) or None,
        column(out_trade_no) or None,
        column(txid) or None,
        column(status),
        amount,
        told,
        subject,
        sha256(subject + said + body.digest()).digest(),
    )


def subject_key(number: str, app_id: str, *beside: str) -> bytes:
    """Return a key that sorts as the number does: HaloPay's begin with the time, so that an index grows at its end.

    No two lists of texts read alike: each goes behind its length.
    """
    who = f"{len(number)}:{number}{_framed(app_id, *beside)}"
    begin = number if number.isascii() else number.encode("ascii", "replace").decode()
    return begin[:32].encode() + sha256(who.encode("utf-8", "surrogatepass")).digest()


@lru_cache(maxsize=256)
def _framed(*texts: str) -> str:
    return "".join([f"{len(text)}:{text}" for text in texts])


@overload
def column(text: str) -> str: ...
@overload
def column(text: str | None) -> str | None: ...
def column(text: str | None) -> str | None:
    """Return a text as the tables keep it.

    NUL and halves of surrogate pairs, which PostgreSQL refuses, are replaced; of one beyond 512 characters its
    beginning and its hash are left. The event's `body` has it all.
    """
    if text is None or (text.isascii() and len(text) <= _LONGEST and "\0" not in text):
        return text
    text = text.translate(_NOT_STORED)
    if len(text) > _LONGEST:
        return f"{text[: _LONGEST - 65]}…{sha256(text.encode()).hexdigest()}"
    return text


def _kind_of_rest(data: WebhookEvent) -> Kind | None:
    """Return the kind of what is no model: the answer of a query that lacks what a webhook always has."""
    if not isinstance(data, UnknownEvent):
        return None
    for route in WEBHOOK_ROUTES:
        if data.kind == route.kind and (route.without is None or data.fields.get(route.without) is None):
            return _KINDS[route.model]
    return None


def _field(data: WebhookEvent, name: str) -> object:
    """Return a field that is none of a model's; an inferred one that came in another shape stands in `extra`."""
    return (data.fields if isinstance(data, UnknownEvent) else data.extra).get(name)


def _text(data: WebhookEvent, name: str) -> str | None:
    value = getattr(data, name, None)
    if type(value) is str:
        return value
    if value is None:
        value = _field(data, name)
    if isinstance(value, str):  # perhaps of an open enum
        return str.__str__(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _HUGE else None


def _amount(data: WebhookEvent) -> Decimal | None:
    value = getattr(data, "amount_collected", None)
    if value is None:
        value = _field(data, "amount_collected")
    if isinstance(value, str) and isinstance(data, UnknownEvent) and _DECIMAL(value):
        return Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _HUGE:
        return Decimal(value)
    return value if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _DIGITS else None
