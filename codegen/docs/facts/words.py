"""What headings and short lines announce, in the languages of the site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_WORDS: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
_LETTERS = r"[^\W\d_]"
_LONGEST_LABEL = 60


def _any_of(terms: Iterable[str]) -> re.Pattern[str]:
    """Compile words into one pattern; those in Latin letters must stand alone."""
    longest_first = sorted({str(term).casefold() for term in terms}, key=len, reverse=True)
    parts = [
        rf"(?<!{_LATIN}){re.escape(term)}(?!{_LATIN})" if re.search(_LATIN, term) else re.escape(term)
        for term in longest_first
    ]
    return re.compile("|".join(parts), re.IGNORECASE)


_LATIN = "[a-zà-öø-ÿ]"
_ROLES: Mapping[str, re.Pattern[str]] = {
    role: _any_of(term for terms in languages.values() for term in terms) for role, languages in _WORDS["roles"].items()
}
_WEBHOOKS: Mapping[str, re.Pattern[str]] = {name: _any_of(terms) for name, terms in _WORDS["webhooks"].items()}
_SILENT = _any_of(
    [
        *(term for languages in _WORDS["roles"].values() for terms in languages.values() for term in terms),
        *(term for terms in _WORDS["neutral"] for term in terms),
    ]
)
_WORD = re.compile(rf"{_LETTERS}+")


@lru_cache(maxsize=5000)
def roles(text: str) -> frozenset[str]:
    """Say what a text announces: `request`, `response`, `headers`, `example`, …"""
    return frozenset(role for role, pattern in _ROLES.items() if pattern.search(text))


def occurrences(role: str, text: str) -> Iterator[re.Match[str]]:
    """Find the words of one role."""
    return _ROLES[role].finditer(text)


@lru_cache(maxsize=5000)
def left_over(text: str) -> tuple[str, ...]:
    """Return the words of a text that announce nothing."""
    return tuple(word for word in _WORD.findall(_SILENT.sub(" ", text)) if len(word) > 1 or not word.isascii())


def is_bare(text: str) -> bool:
    """Say whether a heading only announces what stands below, as `Request parameters`, and is no subject of its own."""
    return bool(roles(text)) and not left_over(text)


def is_label(text: str) -> bool:
    """Say whether a line only announces what follows it, as `Request example:`."""
    return len(text) <= _LONGEST_LABEL and (is_bare(text) or (text.endswith((":", "：")) and bool(roles(text))))


def webhook(text: str) -> str | None:
    """Say which webhook a heading means, as the spec calls it."""
    return next((name for name, pattern in _WEBHOOKS.items() if pattern.search(text)), None)
