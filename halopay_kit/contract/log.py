"""What a run has seen so far: exchanges and deliveries in their order."""

from __future__ import annotations

import threading
from typing import Any

import attrs

from halopay_kit.contract.exchange import Delivery, Exchange, Observed


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

    def settle(self, exchange: Exchange) -> None:
        """Put an exchange in place of the one with its number, which had no answer yet."""
        with self._lock:
            self.exchanges[exchange.number - 1] = exchange

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
