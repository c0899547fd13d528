"""What is secret by the name that it stands under: in headers, JSON, forms, URLs and lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

MASK: Final = "***"

_NAMES: Final = (
    r"google[_-]?code|app[_-]?id|app[_-]?key|x-app-?id|x-sign(?:ature)?|sign(?:ature)?|authorization|cookie|set-cookie"
    r"|api[_-]?key|password|secret|access[_-]?token|refresh[_-]?token"
)
_FIELD = re.compile(rf"(?:{_NAMES})", re.IGNORECASE)
_HEADER = re.compile(
    r"sign|app-?_?id|app-?_?key|auth|cookie|secret|token|passw|api-?_?key|session|credential", re.IGNORECASE
)
# In JSON, also in JSON inside a string, where the quotes have backslashes before them. Nothing here may go back and
# forth in what a hostile target wrote: repetitions are possessive or bounded.
_IN_JSON = re.compile(
    rf"""["'](?:{_NAMES})\\*+["']\s*+:\s*+(?:\\*+"(?P<quoted>(?:[^"\\]++|\\[^"])*+)|(?P<bare>[^\s"',{{}}\[\]]+))""",
    re.IGNORECASE,
)
# After a colon prose may follow; a secret has a digit in it, or is long.
_IN_LINE = re.compile(
    rf"""(?<![\w"'\\-])(?:{_NAMES})[ \t]*(?:=|:[ \t]*(?=\S{{0,128}}[0-9]|\S{{16}}))[ \t]*(?P<bare>[^&\s"'<>,;}}]+)""",
    re.IGNORECASE,
)


def is_header(name: str) -> bool:
    """Say whether a header's value is secret."""
    return _HEADER.search(name) is not None


def is_field(name: str) -> bool:
    """Say whether the value under a name in JSON is secret."""
    return _FIELD.fullmatch(name) is not None


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where values stand under secret names."""
    for pattern in (_IN_JSON, _IN_LINE):
        for found in pattern.finditer(text):
            group = found.lastgroup
            if group is not None and found.start(group) < found.end(group) and found[group] != MASK:
                yield found.span(group)
