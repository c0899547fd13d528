"""What was seen: calls with their answers, webhooks as they were delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import attrs

from halopay_api.policy import WEBHOOK_ROUTES

Headers = tuple[tuple[str, str], ...]
Outcome = Literal["success", "refusal", "either"]
_NOTHING: Mapping[str, str] = {}


def webhook_named(name: str) -> str:
    """Return how a webhook of the spec is called here: `webhook.payment_qr_code` for `payment-qr-code`."""
    return f"webhook.{name.replace('-', '_')}"


WEBHOOKS: Final = tuple(webhook_named(route.webhook) for route in reversed(WEBHOOK_ROUTES))
"""Every webhook, the one of orders first."""


def header_of(headers: Headers, name: str) -> str | None:
    """Return a header's value, the first of that name; `name` is in lower case, those of a message may not be."""
    return next((value for known, value in headers if known.lower() == name), None)


@attrs.frozen(kw_only=True)
class Expectation:
    """What a call was meant to provoke.

    Attributes:
        outcome: what the answer has to be; `either` leaves it to the target.
        codes: codes that a refusal may have; every code of the spec where it is empty.
        why: what the call is for, as in `unknown id`.
        probe: the entry of the ledger of contradictions that it probes.
    """

    outcome: Outcome
    codes: frozenset[int] = frozenset()
    why: str = ""
    probe: str | None = None


@attrs.frozen(kw_only=True)
class Exchange:
    """One call and its answer, as bytes.

    Attributes:
        number: order of happening, from 1; evidence refers to it.
        operation: as in `order.create`; None for a path that the spec does not have.
        at: unix seconds when it was sent, by the clock that the target goes by.
        status: None where there is no answer, and then `error` says why.
        raw: False where whoever recorded it wrote the bytes anew, so that no signature can be judged.
        expects: what the call was meant to provoke; None: to be judged by what it looks like.
    """

    number: int
    operation: str | None
    method: str = "POST"
    url: str
    at: float | None
    request_headers: Headers = attrs.field(default=(), repr=False)
    request_body: bytes | None = attrs.field(default=None, repr=False)
    status: int | None
    answer_headers: Headers = attrs.field(default=(), repr=False)
    answer_body: bytes | None = attrs.field(default=None, repr=False)
    answered_at: float | None = None
    raw: bool = True
    error: str | None = None
    expects: Expectation | None = None

    @property
    def ref(self) -> str:
        """Return what findings call it."""
        return f"x{self.number}"


@attrs.frozen(kw_only=True)
class Delivery:
    """One attempt of a webhook.

    Attributes:
        number: order of arrival, from 1; evidence refers to it.
        webhook: as in `webhook.payment`; None: not told yet.
        at: unix seconds when it came, by the clock that its timestamp goes by.
        target_time: the target's own time then, where its clock runs apart from that one: a sandbox's that was moved.
        answered: what the receiver answered, where that is known: `Success`, `503`.
        delivery: what attempts of one delivery share, where that is known.
    """

    number: int
    webhook: str | None
    at: float | None
    headers: Headers = attrs.field(default=(), repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    raw: bool = True
    answered: str | None = None
    delivery: str | None = None
    target_time: float | None = None

    @property
    def ref(self) -> str:
        """Return what findings call it."""
        return f"d{self.number}"

    @property
    def sent_at(self) -> float | None:
        """Return when it came by the target's own clock."""
        return self.at if self.target_time is None else self.target_time


@attrs.frozen(kw_only=True)
class Observed:
    """Everything that a run or a file gave.

    Attributes:
        app_id: the app that was asked as; None for traffic, which tells it by itself.
        target: what was looked at: `sandbox`, a base URL, `traffic: a.har`.
        live: the target counts as live, and was handled so.
        calls_planned: how many calls the run meant to send; None for traffic.
        interrupted: somebody stopped the run; what it saw until then is here.
        unreached: operations and webhooks that were not looked at, with the reason.
        unreadable: what of a file could not be read, a sentence each.
    """

    exchanges: tuple[Exchange, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    app_id: str | None = None
    target: str
    started: float
    ended: float
    live: bool = False
    calls_planned: int | None = None
    interrupted: bool = False
    unreached: Mapping[str, str] = _NOTHING
    unreadable: tuple[str, ...] = ()

    @property
    def seen(self) -> tuple[Exchange | Delivery, ...]:
        """Return exchanges and deliveries."""
        return (*self.exchanges, *self.deliveries)
