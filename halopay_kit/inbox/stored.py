"""What the store hands out: events and deliveries as they were kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import islice
from json.encoder import encode_basestring_ascii
from typing import Any, Final, Literal, cast

import attrs

from halopay_api import codec
from halopay_api.codec import UnknownEvent, WebhookEvent
from halopay_kit.errors import ConfigurationError, MalformedEvent
from halopay_kit.inbox.transitions import Kind, Verdict

State = Literal["pending", "claimed", "done", "dead", "passed"]
Origin = Literal["webhook", "query"]

STORED = (
    "id",
    "subject_id",
    "kind",
    "app_id",
    "trade_no",
    "out_trade_no",
    "txid",
    "status",
    "amount_collected",
    "verdict",
    "origin",
    "received_at",
    "signed_at",
    "state",
    "attempts",
    "due_at",
    "finished_at",
    "error",
    "body",
)
"""The columns of `halopay_events` that a `Stored` is made of, in the order of its arguments."""

_SECRET: Final = ("auth", "cookie", "key", "password", "secret", "session", "sign", "token")  # in a header's name
_MOST_HEADERS: Final = 64
_LONGEST_HEADER: Final = 512


@attrs.frozen(slots=False)
class Stored:
    """An event as it was kept.

    Events of one `subject` (order, payout, payment to a QR code) have ids that rise as they came. `verdict` is what
    it was to the merchant, `state` how far the work on it is, `attempts` how often that began. Times are unix
    seconds. Texts are those of the body, made fit for a table: beyond 512 characters they are cut.
    """

    id: int
    subject: int
    kind: Kind
    app_id: str
    trade_no: str | None
    out_trade_no: str | None
    txid: str | None
    status: str | None
    amount_collected: str | None
    verdict: Verdict
    origin: Origin
    received_at: float
    signed_at: int
    state: State
    attempts: int
    due_at: float
    finished_at: float | None
    error: str | None
    body: bytes = attrs.field(repr=False)

    @cached_property
    def data(self) -> WebhookEvent:
        """Return what it says, typed; an `UnknownEvent` where a query's answer lacks what a webhook always has.

        Raises:
            MalformedEvent: an older kit took it in, and by this one's spec it is none.
        """
        try:
            fields = codec.parse(self.body)
            try:
                return codec.event(fields, body=self.body)
            except codec.DecodeError:
                if self.origin != "query":
                    raise
                return UnknownEvent(fields.get("type"), codec.parse_exact(self.body))
        except codec.DecodeError as error:
            raise MalformedEvent(f"event {self.id} is not what the spec says: {error}") from error


@attrs.frozen
class Delivery:
    """One verified delivery; `attempt` counts those of its event.

    Where there is no event, `event_id` is None and the delivery has an `id` of its own: the type is unknown, or the
    body is not what the spec says, for the reason in `problem`. `headers` are those that came, without secrets; `body`
    the signed bytes.
    """

    id: int | None
    event_id: int | None
    attempt: int
    app_id: str
    received_at: float
    signed_at: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = attrs.field(repr=False)
    problem: str | None = None


def kept_headers(headers: Iterable[tuple[str | bytes, str | bytes]]) -> str:
    """Write headers as JSON, without those that are, or might be, a secret, and no longer than evidence has to be.

    Raises:
        ConfigurationError: they are not names and values.
    """
    kept = []
    try:
        for name, value in islice(headers, _MOST_HEADERS):
            label = _label(name[:_LONGEST_HEADER])
            if label:
                text = value.decode("latin-1") if isinstance(value, bytes) else value
                kept.append(f"{label}{encode_basestring_ascii(text[:_LONGEST_HEADER])}]")
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigurationError("the headers of an arrival are not names and values") from error
    return f"[{','.join(kept)}]"


@lru_cache(maxsize=512)
def _label(name: str | bytes) -> str:
    """Return how a header begins in JSON; nothing if it is not kept."""
    text = name.decode("latin-1") if isinstance(name, bytes) else name
    lower = text.lower()
    return "" if any(part in lower for part in _SECRET) else f"[{encode_basestring_ascii(text)},"


def stored_of(row: Any) -> Stored:
    """Make a `Stored` of a row with the columns STORED."""
    return Stored(*row)


def delivery_of(row: Any) -> Delivery:
    """Make a `Delivery` of its fields, with the headers as JSON."""
    id_, event_id, attempt, app_id, received_at, signed_at, headers, body, *problem = row
    pairs = cast("list[tuple[str, str]]", [tuple(pair) for pair in json.loads(headers)])
    return Delivery(id_, event_id, attempt, app_id, received_at, signed_at, tuple(pairs), body, *problem)
