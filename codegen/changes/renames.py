"""Guess which of what is gone and what is new are the same thing under another name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")
_LIKELY = 0.6


def pairs(
    gone: Iterable[T], new: Iterable[T], *, name: Callable[[T], str], alike: Callable[[T, T], float]
) -> list[tuple[T, T, float]]:
    """Pair what is gone with what is new, the likeliest first, each once; with how likely it is, from 0 to 1.

    `alike` says how much speaks for two being the same beside their names, from 0 (cannot be) to 1.
    """

    def score(one: T, other: T) -> float:
        return _score(name(one), name(other), alike(one, other))

    return matched(gone, new, name=name, score=score, likely=_LIKELY)


def matched(
    gone: Iterable[T], new: Iterable[S], *, name: Callable[[T | S], str], score: Callable[[T, S], float], likely: float
) -> list[tuple[T, S, float]]:
    """Pair by a score of one's own, from 0 to 1; what is less than likely is no pair."""
    news = list(new)
    scored = [(score(one, other), one, other) for one in gone for other in news]
    scored.sort(key=lambda row: (-row[0], name(row[1]), name(row[2])))
    found: list[tuple[T, S, float]] = []
    for likelihood, one, other in scored:
        if likelihood < likely:
            break
        if not any(name(one) == name(before) or name(other) == name(after) for before, after, _ in found):
            found.append((one, other, likelihood))
    return found


def _score(one: str, other: str, alike: float) -> float:
    if not alike:
        return 0.0
    plain, other_plain = (text.lower().replace("_", "").replace("-", "") for text in (one, other))
    names = 1.0 if plain == other_plain else SequenceMatcher(None, plain, other_plain).ratio()
    if plain in other_plain or other_plain in plain:
        names = max(names, 0.75)
    return round(0.5 * names + 0.5 * alike, 2)
