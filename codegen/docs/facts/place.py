"""Where on a page something stands, and what it is about: what every fact of one table shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from codegen.docs.facts.fact import Fact, Kind


@attrs.frozen(kw_only=True)
class Place:
    """A place on a page."""

    page: str
    locale: str
    section: str
    source: str
    subject: str
    direction: str = ""

    def fact(self, kind: Kind, name: str, says: Mapping[str, Any], cell: str) -> Fact:
        """Make a fact that stands here."""
        return Fact(
            kind=kind,
            page=self.page,
            locale=self.locale,
            section=self.section,
            source=self.source,
            cell=cell,
            subject=self.subject,
            name=name,
            says=says,
        )

    def about(self, subject: str, source: str = "", direction: str = "") -> Place:
        """Return the same place, about something else."""
        return attrs.evolve(self, subject=subject, source=source or self.source, direction=direction or self.direction)

    def named(self, name: str) -> Place:
        """Return the same place, called as x-source has it unless it belongs to an operation or a webhook."""
        here = self.subject.startswith("webhook.") or self.subject.partition("/")[1]
        return self if here else attrs.evolve(self, source=f"{self.page}#{name}")

    def envelope(self) -> Place:
        """Return the same place, about what is around an answer."""
        return self.about("envelope")
