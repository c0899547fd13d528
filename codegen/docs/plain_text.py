"""Words of strangers, made harmless: on one line for a terminal, and as Markdown that shows them and does nothing."""

from __future__ import annotations

import unicodedata

_STEERING = frozenset("\\`*_{}[]()<>#+!|~@&$")
_MOST = 400


def plain(text: str) -> str:
    """Return a text on one line, without what could steer a terminal, or hide in it."""
    return " ".join("".join(character if _is_shown(character) else " " for character in text).split())


def escaped(text: str) -> str:
    """Return Markdown that shows a text: no link, no HTML, no mention of anybody, no end of a table's cell."""
    shown = plain(text)
    shown = shown if len(shown) <= _MOST else f"{shown[:_MOST]}…"
    shown = "".join(f"\\{character}" if character in _STEERING else character for character in shown)
    return shown.replace("://", ":\u200b//").replace("www.", "www\u200b.").replace("\\@", "\\@\u200b")


def _is_shown(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] not in "CZ"
