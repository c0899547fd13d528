"""When two texts say the same: what a page's form does to a text says nothing."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from codegen.docs.facts import enumerations

_SILENT = re.compile(r"[\s`*_'\"“”‘’「」『』\\]+")
_END = re.compile(r"[.。;；,，:：!！]+$")


def folded(text: str) -> str:
    """Return a text without what differs from form to form: blanks, emphasis, quotes, the last full stop, case."""
    return _END.sub("", _SILENT.sub("", unicodedata.normalize("NFKC", text))).casefold()


def without_values(text: str) -> str:
    """Return a description without the list of values in it, as facts have it."""
    found = enumerations.find(text)
    return text if found is None else found.text


def same(one: str, other: str) -> bool:
    """Compare two texts, each with or without the list of values that is in it."""
    return bool({folded(one), folded(without_values(one))} & {folded(other), folded(without_values(other))})


def likeness(one: str, other: str) -> float:
    """Say how much two texts have in common, from 0 to 1."""
    if not one or not other:
        return 0.0
    return SequenceMatcher(None, folded(one)[:300], folded(other)[:300]).ratio()


def digest(text: str) -> str:
    """Return what is remembered of a text instead of the text."""
    return hashlib.sha256(folded(without_values(text)).encode()).hexdigest()[:16]


def of(says: Mapping[str, Any]) -> str:
    """Return a hash of all that a fact says."""
    return digest(json.dumps(says, sort_keys=True, default=str))
