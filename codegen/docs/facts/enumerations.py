"""Lists of values that stand in prose or in a cell, as `TO-BE-PAID/PAID/TIME-OUT` or `USD / USDT / …`."""

from __future__ import annotations

import re

import attrs

_VALUE = r"[A-Z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*"
_BETWEEN = r"\s*(?:[/／|、，,;；]|\bor\b|\band\b|\bou\b|\bet\b|또는|または|或|和)\s*"
_MORE = r"…|\.\.\.|\betc\b\.?|等"
_LIST = re.compile(
    rf"(?<![\w-])(?P<first>{_VALUE})(?P<others>(?:{_BETWEEN}[\"'`“”]?{_VALUE}[\"'`“”]?)+)"
    rf"(?P<more>{_BETWEEN}(?:{_MORE})|\s*(?:{_MORE}))?(?![\w-])"
)
_HARD = re.compile(r"[/／|、]")
_OR = re.compile(r"\bor\b|\bou\b|또는|または|或")
_CUT = re.compile(_BETWEEN)
_TOLD = re.compile(r"(?<![\w-])([A-Z]{2,}(?:[-_][A-Z]+)*)\s*(?:[:：=]|[(（])\s*[^\W\d_]")
_EMPTY = re.compile(r"[\s:：=]*[(（\[【]\s*[)）\]】]")


@attrs.frozen
class Enumeration:
    """Values, whether the text says that there are more, and the text without them."""

    values: tuple[str, ...]
    more: bool
    text: str
    quoted: str


def find(text: str) -> Enumeration | None:
    """Find the longest list of values; prose that only joins two names is none."""
    best: Enumeration | None = None
    for found in _LIST.finditer(text):
        values = tuple(
            dict.fromkeys(part.strip("\"'`“” ") for part in _CUT.split(found["first"] + found["others"]) if part)
        )
        if not _are_values(values, found[0]) or (best is not None and len(values) <= len(best.values)):
            continue
        without = _EMPTY.sub("", text[: found.start()] + text[found.end() :])
        best = Enumeration(values, bool(found["more"]), _tidied(without), found[0])
    told = tuple(dict.fromkeys(_TOLD.findall(text)))
    if best is None and len(told) > 1:  # each with its meaning: the text is theirs
        return Enumeration(told, more=False, text=text, quoted=text)
    return best


def _are_values(values: tuple[str, ...], text: str) -> bool:
    """Tell values from words: capitals throughout, or names of one word with a slash between each two."""
    if len(values) < 2 or any(len(value) == 1 for value in values):
        return False
    loud = [value for value in values if value == value.upper()]
    if len(loud) == len(values):
        return bool(_HARD.search(text) or _OR.search(text)) or len(values) > 2
    return bool(loud) and not re.search(r"[,，;；]| or | and ", text) and len(values) > 2


def _tidied(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().strip(":：,，;；、").strip()
