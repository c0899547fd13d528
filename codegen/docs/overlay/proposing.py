"""Drifts → a proposal, each kind by its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from codegen.docs.drift import Drift
from codegen.docs.expected import Spec
from codegen.docs.facts.fact import Fact
from codegen.docs.overlay import fields, lists, raising
from codegen.docs.overlay.desk import Desk
from codegen.docs.plain_yaml import as_yaml

_VERSION = "1.1.0"
_HEAD = """\
# Corrections of the spec, proposed from HaloPay's documentation. Read them, delete what you do not believe, then:
#   halopay contract apply THIS-FILE
"""
_BY_HAND = "No overlay does this: decide, and edit the spec by hand."
_GUARDED = "It decides on what is signed and how long that holds: no overlay may change it, edit spec and code by hand."
_OWN_WORDS = "The spec describes it in our words: see whether they still hold. `drift --accept` remembers the new ones."

Remedy = Callable[[Desk, Drift], object]


@attrs.frozen
class Proposal:
    """Corrections, and what is left for a person."""

    title: str
    day: str
    site: str
    actions: tuple[Mapping[str, Any], ...]
    manual: tuple[Mapping[str, Any], ...]

    def as_text(self) -> str:
        """Write it as YAML."""
        said = f"{len(self.actions)} corrections from the pages of {self.site}, read on {self.day}."
        values: dict[str, Any] = {
            "overlay": _VERSION,
            "info": {"title": self.title, "version": self.day, "description": said},
            "x-halopay-target": self.site,
            "actions": [dict(action) for action in self.actions],
        }
        if self.manual:
            values["x-halopay-manual"] = [dict(remark) for remark in self.manual]
        return _HEAD + as_yaml(values)


def propose(drifts: Iterable[Drift], spec: Spec, facts: Sequence[Fact], *, day: str, site: str) -> Proposal:
    """Return the corrections that make the spec say what the pages say.

    Args:
        drifts: the news.
        spec: what is to be corrected.
        facts: all that the pages say in English: what is known from elsewhere and stands there, too, is documented.
        day: when the pages were read, as 2026-05-22.
        site: where they are.
    """
    desk = Desk.of(spec.document.data, day)
    found = list(drifts)
    moved: dict[tuple[str, str], str] = {}
    for drift in found:
        if drift.kind in _RENAMES and drift.locale == "en":
            moved[drift.subject, str(drift.now)] = fields.rename(desk, drift)
    for drift in found:
        if drift.locale != "en" or drift.kind in _RENAMES:
            continue
        pointer = moved.get((drift.subject, drift.name), drift.pointer)
        _remedy(desk, attrs.evolve(drift, pointer=pointer))
    raising.owners(desk, spec, found, facts)
    raising.values(desk, spec, facts)
    return Proposal(
        "What HaloPay's documentation says beyond the spec", day, site, tuple(desk.actions), tuple(desk.manual)
    )


def _remedy(desk: Desk, drift: Drift) -> None:
    remedy = _REMEDIES.get(drift.kind)
    if remedy is None:
        desk.remark(drift, _ADVICE.get(drift.kind, _BY_HAND))
    else:
        remedy(desk, drift)


_RENAMES = frozenset({"field-renamed", "guess-renamed"})
_REMEDIES: Mapping[str, Remedy] = {
    "field-added": fields.add,
    "required-field-added": fields.add,
    "field-removed": fields.miss,
    "field-retyped": fields.retype,
    "became-required": fields.require,
    "became-optional": fields.require,
    "value-added": fields.add_value,
    "values-listed": fields.list_values,
    "guess-documented": fields.document,
    "guess-shown": fields.document,
    "guess-retyped": fields.retype,
    "guess-refuted": fields.miss,
    "code-added": lists.add_code,
    "code-reworded": lists.reword,
    "status-added": lists.add_status,
    "status-reworded": lists.reword,
    "schedule-changed": lists.reschedule,
    "acknowledgement-changed": lists.acknowledge,
}
_ADVICE: Mapping[str, str] = {
    "description-changed": _OWN_WORDS,
    "header-reworded": _OWN_WORDS,
    "value-removed": "It stays listed, as senders may use it; take it off the enum by hand when you are sure.",
    "code-removed": "It stays listed; take it off the enum by hand when you are sure.",
    "path-added": "Describe it under `paths` by hand, with its x-effect, which decides what may be sent again.",
    "path-moved": "Rename its key under `paths` by hand, and put the old path into x-legacy-path.",
    "method-changed": "The kit sends everything with POST: change the code by hand.",
    "operation-gone": "See where it went; it stays in the spec until you delete it.",
    "table-gone": "See where it went; the fields stay in the spec until you delete them.",
    "header-added": "Headers are read and written by code: describe it by hand, and change the code with it.",
    "required-header-added": "Headers are read and written by code: describe it by hand, and change the code with it.",
    "header-removed": "Headers are read and written by code: change both by hand.",
    "header-renamed": "Headers are read and written by code: change both by hand.",
    "header-retyped": "A header is text either way; see whether its pattern in the spec still holds.",
    "window-changed": _GUARDED,
    "signature-changed": _GUARDED,
    "example-disagrees": "One of them is wrong: put it into spec/contradictions.yaml, with what we follow.",
    "contradiction": "Put it into spec/contradictions.yaml, with what we follow; the report has the entry.",
    "change-announced": "See what it means for the spec, and raise info.version to its day.",
    "section-unknown": "See what it documents, and describe it by hand.",
}
