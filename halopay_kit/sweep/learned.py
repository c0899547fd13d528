"""An answer to a query becomes an event, in the shape of the webhook that was lost.

What `order.detail` and `payout.detail` answer is our guess, so anything may be missing. What is not said is taken from
the request and from the event before; else it is plainly empty: no text, the id 0, 0 tokens of an order of which
nothing was paid. The event's `time` is when HaloPay answered. Where a documented amount is not known, it is left out
and the event is no webhook's any more: it is kept all the same, and its `data` is an `UnknownEvent`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from halopay_api import codec
from halopay_api.codec import WebhookEvent
from halopay_kit.answers import Answer
from halopay_kit.errors import MalformedAnswer
from halopay_kit.sweep.ledger import Kind
from halopay_kit.webhooks import Event

Fields = dict[str, Any]

_AMOUNT = re.compile(r"[0-9]{1,60}(?:\.[0-9]{1,60})?", re.ASCII).fullmatch
_ZERO = "0"
_PAID = "PAID"
_EMPTY: Mapping[str, object] = {"trade_no": "", "out_trade_no": "", "chain": "", "chain_id": 0, "currency_id": 0}


def event_of(answer: Answer[Any], kind: Kind, asked: Mapping[str, str], before: bytes | None) -> Event:
    """Return the event that a verified answer amounts to; `before` is the body of the last one about the same.

    Raises:
        MalformedAnswer: it does not say where the order or payout stands.
    """
    said = codec.unstructure(answer.data)
    earlier: Fields = {} if before is None else codec.parse_exact(before)
    if not _text(said.get("status")):
        raise MalformedAnswer(
            "the answer has no status, so nothing is learned from it", status=answer.status, body=answer.body
        )
    at = int(answer.headers["X-Timestamp"])
    app_id = answer.headers["X-Appid"]
    fields = _SHAPES[kind](_Said(said, asked, earlier), at) | {"appid": app_id}
    body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    return Event(
        data=_typed(fields, body),
        app_id=app_id,
        signed_at=at,
        body=body,
        event_type=None,
        event_type_agrees=None,
    )


@attrs.frozen
class _Said:
    """What the answer says, then what was asked for, then what an event said before."""

    answer: Fields
    asked: Mapping[str, str]
    before: Fields

    def text(self, name: str) -> str | None:
        sources = (self.answer, self.asked, self.before)
        return next((text for source in sources if (text := _text(source.get(name)))), None)

    def whole(self, name: str) -> int | None:
        sources = (self.answer, self.before)
        return next((whole for source in sources if (whole := _whole(source.get(name))) is not None), None)

    def amount(self, name: str) -> str | None:
        sources = (self.answer, self.before)
        return next((amount for source in sources if (amount := _amount(source.get(name))) is not None), None)


def _payment(said: _Said, at: int) -> Fields:
    status = _text(said.answer.get("status"))
    collected, amount = _amount(said.answer.get("amount_collected")), said.amount("amount")
    if collected is None and status != _PAID:  # of one that is paid neither the amount nor what was known before tells
        collected = _amount(said.before.get("amount_collected"))
    if amount is None and collected is not None and not Decimal(collected):
        amount = _ZERO
    return _present(
        {
            "appid": "",
            "trade_no": said.text("trade_no"),
            "out_trade_no": said.text("out_trade_no"),
            "amount_collected": collected,
            "amount": amount,
            "token_amount": _amount(said.before.get("token_amount")) or amount,
            "chain": said.text("chain"),
            "chain_id": said.whole("chain_id"),
            "type": "PAYMENT",
            "currency_id": said.whole("currency_id"),
            "txid": _text(said.answer.get("txid")),
            "status": status,
            "time": at,
            "redirect_url": said.text("redirect_url"),
        },
        _EMPTY,
    )


def _payout(said: _Said, at: int) -> Fields:
    ended = _whole(said.answer.get("time"))
    return _present(
        {
            "appid": "",
            "trade_no": said.text("trade_no"),
            "out_trade_no": said.text("out_trade_no"),
            "chain": said.text("chain"),
            "chain_id": said.whole("chain_id"),
            "contract": said.text("contract"),
            "currency_id": said.whole("currency_id"),
            "token": said.text("token"),
            "amount": said.amount("amount"),
            "address": said.text("address"),
            "fee": said.amount("fee"),
            "txid": _text(said.answer.get("txid")),
            "type": "PAYOUT",
            "status": _text(said.answer.get("status")),
            "time": at if ended is None else ended,
        },
        {"chain": "", "chain_id": 0, "contract": ""},
    )


_SHAPES = {"payment": _payment, "payout": _payout}


def _present(fields: Fields, empty: Mapping[str, object]) -> Fields:
    filled = {name: empty.get(name) if value is None else value for name, value in fields.items()}
    return {name: value for name, value in filled.items() if value is not None}


def _typed(fields: Fields, body: bytes) -> WebhookEvent:
    """Return the event's model; an amount that nobody knows is None in it, although its type says otherwise."""
    amounts = ("amount", "amount_collected", "token_amount") if fields["type"] == "PAYMENT" else ()
    missing = [name for name in amounts if name not in fields]
    data = codec.event(fields | dict.fromkeys(missing, _ZERO), body=None if missing else body)
    return attrs.evolve(data, **dict.fromkeys(missing)) if missing else data  # type: ignore[arg-type]


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return str(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None


def _amount(value: object) -> str | None:
    """Return an amount as the wire writes it, also if it came as a number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**60:
        return str(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 60:
        value = f"{value:f}"
    return value if isinstance(value, str) and _AMOUNT(value) else None
