"""One thing that a page says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

Kind = Literal[
    "path",
    "field",
    "header",
    "code",
    "status",
    "schedule",
    "window",
    "signature",
    "example",
    "change",
    "fiat",
    "acknowledgement",
]

LONGEST_CELL = 200


def _quoted(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


@attrs.frozen(kw_only=True)
class Fact:
    """One thing that a page says, and where; `says` holds only what the page says, README of this package lists it."""

    kind: Kind
    page: str
    locale: str
    section: str
    """The headings above it, as they stand on the page."""
    source: str
    """How x-source of the spec would name the place, as `native#1/request`."""
    cell: str = attrs.field(converter=_quoted)
    """What it was read from: a row of a table, a line of prose, the beginning of a sample."""
    subject: str
    """What it is about: `order.create/request`, `webhook.payment`, `headers/webhook`, `codes`; with a `?` before it
    where no operation or webhook of the spec is meant.
    """
    name: str
    says: Mapping[str, Any]

    @property
    def known(self) -> bool:
        """Say whether it is about something that the spec has."""
        return not self.subject.startswith("?")


@attrs.frozen(kw_only=True)
class Trouble:
    """A part of a page that documents something and cannot be read: no fact stands for it, and nothing is gone."""

    page: str
    locale: str
    section: str
    subject: str
    """As a fact's; empty where it is not clear what is documented."""
    because: str
