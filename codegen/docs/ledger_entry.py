"""A contradiction that nobody knew → an entry that can be put into the ledger as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from codegen.docs.contradictions import Contradiction
from codegen.docs.plain_text import plain
from codegen.docs.plain_yaml import as_yaml

_NO_ID = re.compile(r"[^a-z0-9]+")


def entry(found: Contradiction) -> dict[str, Any]:
    """Return the entry; what a person has to decide says so."""
    says = [
        {"source": claim.fact.source.rstrip("#"), "claim": plain(_claim(claim.value, claim.fact.cell))}
        for claim in found.claims
    ]
    values: Mapping[str, list[str]] = {found.key: list(found.values)}
    return {
        "id": _NO_ID.sub("-", found.key.lower()).strip("-"),
        "subject": plain(found.says),
        "about": values,
        "says": says,
        "follow": "the spec as it stands",
        "because": "It was found by `python -m codegen drift`, and nobody has decided yet.",
        "no-probe": "Nobody has thought of one yet.",
    }


def as_text(found: Iterable[Contradiction], known: Iterable[str] = ()) -> str:
    """Write entries for the end of the ledger; `known` are the ids that it has."""
    taken, texts = set(known), []
    for each in found:
        values = entry(each)
        stem, number = values["id"], 2
        while values["id"] in taken:
            values["id"], number = f"{stem}-{number}", number + 1
        taken.add(values["id"])
        texts.append(as_yaml([values]))
    return "\n".join(texts)


def _claim(value: str, cell: str) -> str:
    return f"{value or 'not listed'}: {cell}" if cell else value or "not listed"
