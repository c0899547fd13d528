"""What the judge found: one place, one kind, and where it was seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from halopay_kit.contract.kinds import KINDS, Grade


@attrs.frozen(kw_only=True)
class Finding:
    """One way in which the target differs from the spec, however often it was seen.

    Attributes:
        kind: a key of `KINDS`, as `field-added`.
        grade: broken where a promise was not kept, drift where the spec should learn, else a note.
        place: `order.create.amount`, `webhook.payment.status`, `order.create`, `envelope.code`, `header.x-sign`,
            `signature`; a new field too is named by its place, `order.create.risk_level`.
        pointer: JSON pointer into the spec to what the kind's remedy changes; None where there is nothing.
        says: a sentence without any value that could be somebody's data.
        seen: the same for machines: names, types, enum values, codes.
        evidence: exchanges (`x12`) and deliveries (`d3`), the first few, in order.
        count: how often it was seen.
        first_at: unix seconds of the first time.
    """

    kind: str
    grade: Grade
    place: str
    pointer: str | None = None
    says: str
    seen: Mapping[str, Any] = attrs.field(factory=dict)
    evidence: tuple[str, ...] = ()
    count: int = 1
    first_at: float | None = None

    def owner(self, names: Iterable[str]) -> str | None:
        """Return which of some operations, webhooks or other places it is at or inside of."""
        return next((name for name in names if f"{self.place}.".startswith(f"{name}.")), None)

    @property
    def id(self) -> str:
        """Return what stays the same from run to run: kind, place and what tells it apart there."""
        detail = {name: self.seen.get(name) for name in KINDS[self.kind].key}
        told = json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
        return f"{self.kind} {self.place}" + (f" {told}" if detail else "")
