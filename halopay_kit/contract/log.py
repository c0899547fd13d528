"""What a run has seen so far: exchanges and deliveries in their order."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import attrs

from halopay_api.policy import RESULT_CODES
from halopay_kit.contract.exchange import Delivery, Exchange, Observed
from halopay_kit.contract.parsed import fields_of


class Log:
    """Numbers what happens and keeps it; any thread may add to it."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.deliveries: list[Delivery] = []
        self.unreached: dict[str, str] = {}
        self._bodies: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def add_exchange(self, exchange: Exchange) -> Exchange:
        """Keep an exchange under the next number."""
        with self._lock:
            kept = attrs.evolve(exchange, number=len(self.exchanges) + 1)
            self.exchanges.append(kept)
            return kept

    def add_delivery(self, delivery: Delivery) -> Delivery:
        """Keep an attempt under the next number; attempts with one body are those of one delivery."""
        with self._lock:
            body = delivery.body or b""
            which = self._bodies.setdefault(body, len(self._bodies) + 1)
            kept = attrs.evolve(delivery, number=len(self.deliveries) + 1, delivery=delivery.delivery or str(which))
            self.deliveries.append(kept)
            return kept

    def observed(self, **told: Any) -> Observed:
        """Return all of it; `told` are the other attributes of `Observed`."""
        with self._lock:
            return Observed(
                exchanges=tuple(self.exchanges),
                deliveries=tuple(self.deliveries),
                unreached=dict(self.unreached),
                **told,
            )


def envelope(exchange: Exchange) -> Mapping[str, Any]:
    """Return the answer's object as far as it can be read, verified or not; nothing where it cannot."""
    return fields_of(exchange.answer_body)


def code(exchange: Exchange) -> int | None:
    """Return the answer's code, where it is a number."""
    found = envelope(exchange).get("code")
    return found if type(found) is int else None


def done(exchange: Exchange) -> bool:
    """Say whether the call may have been done: an answer came that is no refusal by a code of the spec."""
    return exchange.status == 200 and (code(exchange) or 0) not in RESULT_CODES.keys() - {0}
