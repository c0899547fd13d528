"""Durations in prose: the schedule of retries, and how long something is valid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

_UNITS: Mapping[int, str] = {
    1: r"s|secs?|seconds?|secondes?|秒鐘|秒钟|秒間|秒|초",
    60: r"m|mins?|minutes?|分鐘|分钟|分間|分|분",
    3600: r"h|hrs?|hours?|heures?|小時|小时|時間|시간",
}
_COUNTED = (
    "one two three four five six seven eight nine ten",
    "une deux trois quatre cinq six sept huit neuf dix",
    "一 二 三 四 五 六 七 八 九 十",
)
_NUMBERS: Mapping[str, int] = {word: size for words in _COUNTED for size, word in enumerate(words.split(), 1)} | {
    "兩": 2,
    "两": 2,
    "두": 2,
    "세": 3,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "sixty": 60,
    "trente": 30,
}
_ALL = "|".join(f"(?P<u{size}>{names})" for size, names in _UNITS.items())
_NUMBER = rf"\d{{1,6}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}"
_ONE = re.compile(rf"(?<![A-Za-z0-9_.])(?P<n>{_NUMBER})[\s-]?(?:{_ALL})(?![a-z])", re.IGNORECASE)
_GLUED = re.compile(rf"(?P<n>{_NUMBER})[\s-]?(?:{_ALL})(?![a-z])", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s、,，/／;；→>–—|·-]*(?:and|then|et|puis|和|및|と)?\s*", re.IGNORECASE)


@attrs.frozen
class Duration:
    """So many seconds, and where they stand in the text."""

    seconds: int
    start: int
    end: int
    composed: bool = False


def durations(text: str) -> tuple[Duration, ...]:
    """Find durations; `24h3m50s` is one."""
    found: list[Duration] = []
    unit = 0
    start = 0
    while (match := (_next(text, start, glued=bool(found) and found[-1].end == start))) is not None:
        size = next(size for size in _UNITS if match[f"u{size}"])
        count = int(match["n"]) if match["n"].isdigit() else _NUMBERS[match["n"].casefold()]
        if found and found[-1].end == match.start() and size < unit:
            found[-1] = Duration(found[-1].seconds + count * size, found[-1].start, match.end(), composed=True)
        else:
            found.append(Duration(count * size, match.start(), match.end()))
        unit, start = size, match.end()
    return tuple(found)


def _next(text: str, start: int, *, glued: bool) -> re.Match[str] | None:
    return (_GLUED.match(text, start) if glued else None) or _ONE.search(text, start)


def schedule(text: str) -> tuple[tuple[int, ...], str]:
    """Return the longest run of durations with nothing between them but punctuation, and how it is written."""
    best: list[Duration] = []
    for run in _runs(text):
        best = max(best, run, key=len)
    if best and best[-1].composed and not any(one.composed for one in best[:-1]):
        best = best[:-1]  # that is how long they take in all
    if len(best) < 3:
        return (), ""
    return tuple(one.seconds for one in best), text[best[0].start : best[-1].end]


def _runs(text: str) -> Iterator[list[Duration]]:
    run: list[Duration] = []
    for one in durations(text):
        if run and not _BETWEEN.fullmatch(text[run[-1].end : one.start]):
            yield run
            run = []
        run.append(one)
    yield run
