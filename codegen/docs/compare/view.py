"""From where pages are compared with the spec: in which language, and what is known of them already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from codegen.docs import wording
from codegen.docs.expected import DOCUMENTED, Spec
from codegen.docs.facts.fact import Fact
from codegen.docs.ledger import Ledger
from codegen.errors import step

_FEW = 4
Settled = frozenset[tuple[str, str, str]]
"""What contradicts something else, by what it is about, its value, and the page."""


@attrs.frozen(kw_only=True)
class View:
    """What every comparison needs.

    Attributes:
        prose: whether words count, or only structure and what looks like code.
        contradicted: what is told as a contradiction, and not once more as drift.
        facts: all facts in this language.
        ledger: what is known to be contradicted, though the other side may not be at hand.
        remembered: hashes of wordings that were accepted, by what they describe.
        own_words: pages that describe things in words of their own; only what was accepted tells what is news there.
        changes: hashes of entries of the change record that were accepted, None where none was looked at.
    """

    spec: Spec
    locale: str
    prose: bool
    facts: Sequence[Fact]
    contradicted: Settled = frozenset()
    ledger: Ledger = attrs.field(factory=Ledger)
    remembered: Mapping[str, str] = attrs.field(factory=dict)
    own_words: frozenset[str] = frozenset()
    changes: frozenset[str] | None = None

    def settled(self, key: str, value: str, fact: Fact) -> bool:
        """Say whether a page's word is one side of a contradiction that is told elsewhere."""
        return (key, value, fact.page) in self.contradicted or self.ledger.lists(key, value)

    def is_news(self, fact: Fact, described: str, *known: str) -> bool:
        """Say whether a description says something else than the spec, or than what was accepted."""
        if not self.prose:
            return False
        accepted = self.remembered.get(wording_key(fact))
        if accepted is not None:
            return accepted != wording.digest(described)
        return fact.page not in self.own_words and not any(wording.same(described, one) for one in known)

    def elsewhere(self, value: str, fact: Fact) -> bool:
        """Say whether another place lists a value that this one does not."""
        return any(
            value in other.says.get("values", ()) or (other.kind == "fiat" and other.name == value)
            for other in self.facts
            if (other.page, other.source) != (fact.page, fact.source)
        )

    def properties(self, subject: str) -> str:
        """Return where the fields of a body stand in the spec."""
        return step(self.spec.bodies.get(subject, "/components/schemas/Envelope"), "properties")


def in_own_words(facts: Sequence[Fact], spec: Spec) -> frozenset[str]:
    """Return the pages most of whose descriptions are not the spec's: as long as we have described things ourselves."""
    alike: dict[str, list[bool]] = {}
    for fact in facts:
        field = spec.field(fact)
        described = fact.says.get("description", "")
        if field is not None and described and field.provenance == DOCUMENTED:
            alike.setdefault(fact.page, []).append(wording.same(described, field.description))
    return frozenset(page for page, told in alike.items() if len(told) >= _FEW and sum(told) * 2 < len(told))


def wording_key(fact: Fact) -> str:
    """Name what a description describes."""
    return f"{fact.kind} {fact.page} {fact.subject} {fact.name}"
