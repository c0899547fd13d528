"""Webhooks on their way: events, where they go, every attempt, and when the next one is due."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import attrs

from halopay_api.policy import ACKNOWLEDGEMENT, RETRY_AFTER
from halopay_kit.sandbox.business.book import Attempt, Delivery, Event

if TYPE_CHECKING:
    from halopay_kit.sandbox.gateway import Gateway
    from halopay_kit.sandbox.webhooks.sender import Letter, Reply, Sender

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_AN_HOUR = 3600
_HELD_BACK = 60
_NONE: Mapping[str, object] = {}


@attrs.define(eq=False)
class _Batch:
    posted: list[tuple[Delivery, int, Letter, bool]]
    sent: int
    replies: dict[int, Reply] = attrs.field(factory=dict)
    over: threading.Event = attrs.field(factory=threading.Event)
    given_up: bool = False


class Deliveries:
    """Iterates over deliveries. Whoever calls it holds the gateway's lock, and does not while it waits."""

    def __init__(self, gateway: Gateway) -> None:
        self.hastens = False
        self._gateway = gateway
        self._sender: Sender | None = None
        self._ready: list[Delivery] = []
        self._early: list[Delivery] = []
        self._held_back: dict[str, list[Delivery]] = {}
        self._batches: set[_Batch] = set()

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._gateway.book.deliveries[:])

    def __len__(self) -> int:
        return len(self._gateway.book.deliveries)

    def tell(self, webhook: str, fields: dict[str, object], callback_url: str | None) -> None:
        """Make an event of these fields, and a delivery where it is known where to; the next launch sends it."""
        gateway, now = self._gateway, self._gateway.clock.second()
        event = Event(
            number=len(gateway.book.events) + 1,
            webhook=webhook,
            trade_no=str(fields["trade_no"]),
            out_trade_no=None if (number := fields.get("out_trade_no")) is None else str(number),
            status=str(fields["status"]),
            time=now,
            body=_encode(gateway.drift.event(webhook, fields)).encode(),
        )
        gateway.book.events.append(event)
        url = callback_url or gateway.webhook_url
        faults = gateway.faults.on_webhook(webhook) if url else _NONE
        gateway.record.add(
            "event", webhook=webhook, trade_no=event.trade_no, status=event.status, body=event.body, faults=list(faults)
        )
        if url:
            self.deliver(event, url, faults)

    def deliver(self, event: Event, url: str, faults: Mapping[str, object] = _NONE) -> Delivery:
        """Have an event delivered, in the way that faults say."""
        now = self._gateway.clock.second()
        delivery = Delivery(
            number=len(self._gateway.book.deliveries) + 1, event=event, url=url, next_due=now, faults=faults
        )
        self._gateway.book.deliveries.append(delivery)
        if "lost" in faults:
            delivery.state, delivery.next_due = "lost", None
        elif "late" in faults or "reordered" in faults:
            late = faults.get("late", _HELD_BACK)
            delivery.next_due = now + int(late)  # type: ignore[call-overload]  # seconds
            self._gateway.agenda.add(delivery.next_due, "attempt", delivery.number)
            if "reordered" in faults:
                self._held_back.setdefault(event.trade_no, []).append(delivery)
        else:
            (self._early if self.hastens else self._ready).append(delivery)
            for waiting in self._held_back.pop(event.trade_no, ()):
                if waiting.next_due is not None and not waiting.attempts and not waiting.under_way:
                    waiting.next_due = now
                    self._ready.append(waiting)
        if "doubled" in faults:
            self.deliver(event, url, {kind: value for kind, value in faults.items() if kind != "doubled"})
        return delivery

    @contextmanager
    def hastening(self) -> Iterator[None]:
        """Have what is told meanwhile delivered before the answer to the call."""
        self.hastens = True
        try:
            yield
        finally:
            self.hastens = False

    def is_due(self, number: str | int) -> None:
        """Make ready what the agenda says is due, unless that is not so any more."""
        delivery = self._gateway.book.deliveries[int(number) - 1]
        waits = delivery.next_due is not None and not delivery.under_way
        if waits and delivery.next_due <= self._gateway.clock.now():  # type: ignore[operator]  # it is not None
            self._ready.append(delivery)

    def launch(self, *, together: bool = True) -> Callable[[], None]:
        """Send all that is ready, in one batch or each by itself; return how to wait for it."""
        ready, self._ready = self._ready, []
        groups = [ready] if together else [[delivery] for delivery in ready]
        batches = [self._post([(delivery, False) for delivery in group]) for group in groups if group]
        return lambda: _wait(batches)

    def replay(self, delivery: Delivery) -> Callable[[], None]:
        """Send a delivery once more, beside the schedule; return how to wait for it."""
        batch = self._post([(delivery, True)])
        return lambda: _wait([batch])

    def wait(self) -> None:
        """Wait until nothing is under way."""
        while True:
            with self._gateway.lock:
                batches = list(self._batches)
            if not batches:
                return
            _wait(batches)

    async def before_answer(self) -> None:
        """Deliver what is to arrive before the answer to the call that caused it."""
        if self._early:
            with self._gateway.lock:
                early, self._early = self._early, []
                batch = self._post([(delivery, False) for delivery in early]) if early else None
            if batch is not None:
                await asyncio.to_thread(batch.over.wait)

    def after_answer(self) -> None:
        """Deliver, in the background, what the call caused."""
        if self._ready:
            with self._gateway.lock:
                self.launch(together=False)
        if self._gateway.agenda.is_due():
            self._gateway.agenda.wake()

    def stop(self) -> None:
        """Send no more; what is under way is due again after a new start."""
        with self._gateway.lock:
            sender, self._sender = self._sender, None
            for batch in self._batches:
                batch.given_up = True
                for delivery, due, _, by_hand in batch.posted:
                    if not by_hand:
                        delivery.under_way = False
                        self._gateway.agenda.add(due, "attempt", delivery.number)
                batch.over.set()
            self._batches = set()
        if sender is not None:
            sender.stop()

    def _post(self, deliveries: list[tuple[Delivery, bool]]) -> _Batch:
        if self._sender is None:
            from halopay_kit.sandbox.webhooks.sender import Sender

            self._sender = Sender(
                allow_remote=self._gateway.allow_remote_webhooks, patience=self._gateway.webhook_patience
            )
        now = self._gateway.clock.second()
        posted = []
        for delivery, by_hand in deliveries:
            due = now if by_hand or delivery.next_due is None else delivery.next_due
            delivery.under_way = delivery.under_way or not by_hand
            posted.append((delivery, due, self._letter(delivery), by_hand))
        batch = _Batch(posted, now)
        self._batches.add(batch)
        self._sender.post([letter for _, _, letter, _ in posted], lambda index, reply: self._come(batch, index, reply))
        return batch

    def _letter(self, delivery: Delivery) -> Letter:
        from halopay_kit.sandbox.webhooks.sender import Letter

        gateway, body = self._gateway, delivery.event.body
        if delivery.attempts and not gateway.unknowns.retries_signed_afresh:
            headers = delivery.attempts[0].headers
        else:
            flaws = _NONE if delivery.attempts else delivery.faults
            now = gateway.clock.now() if gateway.webhooks_signed_at == "sandbox" else gateway.clock.machine()
            timestamp = f"{int(now) - (_AN_HOUR if 'stale' in flaws else 0):010d}"
            drifted = gateway.drift.signed_content(body, timestamp)
            content = body + timestamp.encode() if drifted is None else drifted
            digest = sha256(content).digest() if "wrong_signature" in flaws else gateway.app_key.digest(content)
            made = {
                "Content-Type": "application/json",
                "X-Appid": gateway.app_id,
                "X-Timestamp": timestamp,
                "X-Sign": digest.hex(),
                "X-EventType": delivery.event.status.title(),
            }
            if "no_signature" in flaws:
                del made["X-Sign"]
            headers = gateway.drift.event_headers(made)
        return Letter(delivery.event.trade_no, delivery.url, tuple(headers.items()), body)

    def _come(self, batch: _Batch, index: int, reply: Reply) -> None:
        batch.replies[index] = reply
        if len(batch.replies) < len(batch.posted):
            return
        try:
            with self._gateway.lock:
                if batch.given_up:
                    return
                self._batches.discard(batch)
                for place, (delivery, due, letter, by_hand) in enumerate(batch.posted):
                    self._note(delivery, due, batch.sent, letter, batch.replies[place], by_hand=by_hand)
        finally:  # whoever waits does so no longer, also where the state cannot be saved
            batch.over.set()

    def _note(self, delivery: Delivery, due: int, sent: int, letter: Letter, reply: Reply, *, by_hand: bool) -> None:
        attempt = Attempt(
            due=due,
            sent=sent,
            headers=dict(letter.headers),
            body=letter.body,
            status=reply.status,
            answer_headers=tuple(reply.headers),
            answer=reply.body,
            error=reply.error,
            verdict=verdict(reply),
            by_hand=by_hand,
        )
        delivery.attempts = [*delivery.attempts, attempt]
        delivery.under_way = delivery.under_way and by_hand
        made = delivery.scheduled
        if attempt.ok:
            delivery.state, delivery.next_due = "delivered", None
        elif not by_hand and delivery.state == "due":
            if made <= len(RETRY_AFTER):
                delivery.next_due = due + RETRY_AFTER[made - 1]
                self._gateway.agenda.add(delivery.next_due, "attempt", delivery.number)
            else:
                delivery.state, delivery.next_due = "given up", None
        self._gateway.record.add(
            "attempt",
            delivery=delivery.number,
            trade_no=delivery.event.trade_no,
            attempt=len(delivery.attempts),
            due=due,
            url=delivery.url,
            headers=attempt.headers,
            request=attempt.body,
            status=attempt.status,
            answer=attempt.answer,
            verdict=attempt.verdict,
        )


def verdict(reply: Reply) -> str:
    """Say "delivered", or in words why not: HTTP 2xx and the body `Success`, no quotes, nothing around it."""
    if reply.error is not None:
        return reply.error
    if reply.status is None or not 200 <= reply.status < 300:
        return f"status {reply.status}"
    return "delivered" if reply.body == ACKNOWLEDGEMENT.encode() else f"the body is not {ACKNOWLEDGEMENT}"


def _wait(batches: list[_Batch]) -> None:
    for batch in batches:
        batch.over.wait()
