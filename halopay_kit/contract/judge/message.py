"""An answer or a webhook as the judge takes it up: its headers under their names, its bytes, when it was signed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final, Literal

import attrs

from halopay_kit.contract.exchange import Delivery, Exchange, Headers
from halopay_kit.contract.judge.docket import Evidence
from halopay_kit.contract.parsed import parsed

Side = Literal["answers", "webhooks"]

RIGHT: Final = "right"
WRONG: Final = "wrong"
_NOT_READ = object()
_SECONDS = re.compile(r"[0-9]{10}")
_MILLISECONDS = re.compile(r"[0-9]{13}")


@attrs.define(eq=False)
class Message:
    """One answer or one attempt of a webhook.

    Attributes:
        headers: by their names in lower case; `X-Sign` and the like under the spec's names, whatever they are called.
        doubled: names that came twice.
        until: when the answer had come.
        ahead: seconds that the target's own time is ahead of the one that it signs by.
        request_at: what the call's own X-Timestamp says, where the call was meant to be right.
        signed_at: unix seconds of its X-Timestamp, in whatever form that came.
        verdict: "right", "wrong", the name of the reading in which it is signed, or "" where it cannot be judged.
        parsed: the body as JSON, `UNREADABLE` where it is none.
    """

    side: Side
    name: str
    at: float | None
    body: bytes | None
    raw: bool
    headers: dict[str, str]
    doubled: tuple[str, ...] = ()
    until: float | None = None
    ahead: float = 0.0
    request_at: int | None = None
    signed_at: int | None = None
    verdict: str = ""
    is_stale: bool = False
    _parsed: Any = _NOT_READ

    @classmethod
    def answer(cls, exchange: Exchange) -> Message:
        """Take up an answer."""
        headers, doubled = by_name(exchange.answer_headers)
        sent, _ = by_name(exchange.request_headers)
        is_right = exchange.expects is None or exchange.expects.outcome == "success"
        return cls(
            side="answers",
            name=exchange.ref,
            at=exchange.at,
            body=exchange.answer_body,
            raw=exchange.raw,
            headers=headers,
            doubled=doubled,
            until=exchange.answered_at,
            request_at=second_of(sent.get("x-timestamp", ""))[0] if is_right else None,
        )

    @classmethod
    def webhook(cls, delivery: Delivery) -> Message:
        """Take up an attempt."""
        headers, doubled = by_name(delivery.headers)
        return cls(
            side="webhooks",
            name=delivery.ref,
            at=delivery.at,
            body=delivery.body,
            raw=delivery.raw,
            headers=headers,
            doubled=doubled,
            ahead=0.0 if delivery.at is None else (delivery.sent_at or 0.0) - delivery.at,
        )

    @property
    def evidence(self) -> tuple[Evidence]:
        """Return what a finding refers to."""
        return ((self.name, self.at),)

    @property
    def parsed(self) -> Any:
        """Return the body as JSON."""
        if self._parsed is _NOT_READ:
            self._parsed = parsed(self.body)
        return self._parsed

    @property
    def is_signed(self) -> bool:
        """Say whether it has any of the headers that HaloPay sends."""
        return not self.headers.keys().isdisjoint(("x-sign", "x-timestamp", "x-appid"))


def by_name(headers: Headers) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return headers by their names in lower case, the first of each, and which of them came twice."""
    found: dict[str, str] = {}
    doubled: list[str] = []
    for name, value in headers:
        lower = name.lower()
        if lower in found:
            doubled.append(lower)
        else:
            found[lower] = value
    return found, tuple(doubled)


def second_of(text: str) -> tuple[int | None, str]:
    """Return the unix seconds that a timestamp means, and its form: seconds, milliseconds, date, or "" for none."""
    if _SECONDS.fullmatch(text):
        return int(text), "seconds"
    if _MILLISECONDS.fullmatch(text):
        return int(text) // 1000, "milliseconds"
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.timestamp()), "date"
    except (ValueError, OverflowError, OSError):
        return None, ""
