"""The webhooks that an inbox took in, as deliveries to judge."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from halopay_kit.contract.exchange import Delivery, webhook_named
from halopay_kit.contract.parsed import fields_of
from halopay_kit.inbox import Delivery as Kept
from halopay_kit.inbox import Inbox

_PAGE = 1000
_UNKEPT = ("X-Sign", "masked")  # an inbox keeps no signature: it has verified it


def taken_in(url: str | os.PathLike[str], *, since: float, app_id: str | None = None) -> tuple[Delivery, ...]:
    """Return every delivery since a time, in order of arrival; their signatures were verified and cannot be again.

    With an `app_id` those of other apps are left out.

    Raises:
        ConfigurationError: the URL is not that of an inbox, or an extra is not installed.
        InboxUnavailable: the inbox cannot be read.
    """
    with Inbox(url, create=False) as inbox:
        kept = [_delivery(*each) for each in _kept(inbox, since) if app_id in {None, each[0].app_id}]
    return tuple(sorted(kept, key=lambda each: each.at or 0.0))


def latest_number(deliveries: Iterable[Delivery], webhook: str) -> str | None:
    """Return HaloPay's number of the last order or payout that a webhook told of: one that is there to be asked for."""
    found = None
    for delivery in deliveries:
        if delivery.webhook == webhook:
            number = fields_of(delivery.body).get("trade_no")
            found = number if isinstance(number, str) and number else found
    return found


def _kept(inbox: Inbox, since: float) -> Iterator[tuple[Kept, str | None, str]]:
    after: int | None = None
    while events := inbox.events(since=since, origin="webhook", after=after, limit=_PAGE):
        for event in events:
            webhook = webhook_named(event.kind)
            yield from ((each, webhook, f"event {event.id}") for each in inbox.deliveries(event.id))
        after = events[-1].id
    before: int | None = None
    while unknown := inbox.unknown(after=before, limit=_PAGE):
        yield from ((each, None, f"unknown {each.id}") for each in unknown if each.received_at >= since)
        if unknown[-1].received_at < since:
            return
        before = unknown[-1].id


def _delivery(kept: Kept, webhook: str | None, which: str) -> Delivery:
    return Delivery(
        number=0,
        webhook=webhook,
        at=kept.received_at,
        headers=(*kept.headers, _UNKEPT),
        body=kept.body,
        delivery=which,
    )
