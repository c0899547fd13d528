"""What the receiver counts: plain numbers, cheap to add to, read as Prometheus metrics when somebody asks."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from halopay_kit.errors import ConfigurationError
from halopay_kit.receiver.outcomes import OUTCOMES, Outcome

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from halopay_kit.inbox import Taken

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "halopay_receiver_"
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Histogram:
    """How often a value was at most so large."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """Return each bound and how many values were not above it."""
        total, buckets = 0, []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        return buckets


class Metrics:
    """What one receiver has done; `register` it with a registry of prometheus_client, or ask for its `text`.

    Attributes:
        requests: how many ended in which outcome, by its name.
        deliveries: verified attempts that were stored.
        events: events that were new, by the verdict of the inbox.
    """

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self.deliveries = 0
        self.events: Counter[str] = Counter()
        self.connections_cut: Counter[str] = Counter()
        self._request_seconds = Histogram(_SECONDS)
        self._commit_seconds = Histogram(_SECONDS)
        self._batch_sizes = Histogram(_SIZES)
        self._lock = threading.Lock()

    def answered(self, outcome: Outcome, seconds: float) -> None:
        """Count a request."""
        with self._lock:
            self.requests[outcome.name] += 1
            self._request_seconds.add(seconds)

    def committed(self, taken: Sequence[Taken], seconds: float) -> None:
        """Count a batch that is durable."""
        with self._lock:
            self.deliveries += len(taken)
            for each in taken:
                if each.new:
                    self.events[each.verdict] += 1
            self._batch_sizes.add(len(taken))
            self._commit_seconds.add(seconds)

    def cut(self, reason: str) -> None:
        """Count a connection that the server closed on a sender."""
        with self._lock:
            self.connections_cut[reason] += 1

    def collect(self) -> Iterable[Metric]:
        """Return everything in the terms of prometheus_client, which calls this."""
        with self._lock:
            return list(self._collected())

    def text(self) -> bytes:
        """Return everything as Prometheus reads it, of content type `CONTENT_TYPE`.

        Raises:
            ConfigurationError: prometheus_client is not installed.
        """
        try:
            from prometheus_client import CollectorRegistry
            from prometheus_client.exposition import generate_latest
        except ImportError as error:
            raise ConfigurationError(
                "metrics need prometheus-client", advice="pip install 'halopay-kit[receive]'"
            ) from error
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def _collected(self) -> Iterator[Metric]:
        from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily

        for name, told, label, counts in (
            ("requests", "Requests by how they ended.", "outcome", self.requests),
            ("events", "New events by the inbox's verdict.", "verdict", self.events),
            ("connections_cut", "Connections closed on their senders.", "reason", self.connections_cut),
        ):
            family = CounterMetricFamily(_PREFIX + name, told, labels=[label])
            for value, count in sorted(counts.items()):
                family.add_metric([value], count)
            yield family
        yield CounterMetricFamily(_PREFIX + "deliveries", "Verified attempts that were stored.", self.deliveries)
        for name, told, histogram in (
            ("request_seconds", "From a request's head to its outcome.", self._request_seconds),
            ("commit_seconds", "One transaction of the store.", self._commit_seconds),
            ("batch_size", "Deliveries that shared a transaction.", self._batch_sizes),
        ):
            yield HistogramMetricFamily(_PREFIX + name, told, buckets=histogram.buckets(), sum_value=histogram.sum)
