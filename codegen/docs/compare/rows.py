"""Guess whether a row that is gone and one that is new are the same under another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from codegen.docs import wording
from codegen.docs.expected import Expected
from codegen.docs.facts.fact import Fact

LIKELY = 0.55


@attrs.frozen
class Rows:
    """Judges whether a field that is gone and one that is new are the same row under another name."""

    known: Mapping[str, Expected]
    told: Mapping[str, Fact]

    def score(self, field: Expected, fact: Fact) -> float:
        """From 0, cannot be, to 1: the row's place, its type, what it says, how alike the names are."""
        if field.name.rpartition(".")[0] != fact.name.rpartition(".")[0]:
            return 0.0
        said = wording.likeness(field.description, str(fact.says.get("description", "")))
        required = fact.says.get("required", field.required) == field.required
        same_place = self._between(list(self.known), field.name) == self._between(list(self.told), fact.name)
        names = wording.likeness(field.name.replace("_", ""), fact.name.replace("_", ""))
        if _contains(field.name, fact.name):
            names = max(names, 0.75)
        other_type = fact.says.get("type", field.type) != field.type
        score = 0.35 * names + 0.3 * said + 0.25 * same_place + 0.1 * required - 0.15 * other_type
        return float(round(max(score, 0), 2))

    def _between(self, names: Sequence[str], name: str) -> tuple[str, str]:
        """Return the neighbours that both the spec and the table have."""
        at = names.index(name)
        shared = self.known.keys() & self.told.keys()
        before = next((one for one in reversed(names[:at]) if one in shared), "")
        after = next((one for one in names[at + 1 :] if one in shared), "")
        return before, after


def _contains(one: str, other: str) -> bool:
    first, second = one.replace("_", "").casefold(), other.replace("_", "").casefold()
    return first in second or second in first
