"""AppKeys that are looked for in bytes, in whatever form they may have been written there."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

SHORTEST = 8  # characters; what is shorter is part of many a word
_MASK = "***"


class Needles:
    """Says where AppKeys stand in bytes, and never which they are: as they are, in base64, JSON, a URL or UTF-16."""

    def __init__(self, keys: Iterable[str]) -> None:
        known = {key for key in keys if key}
        forms = {form for key in known if len(key) >= SHORTEST for form in _forms(key)}
        self.short = any(len(key) < SHORTEST for key in known)
        self.longest = max(map(len, forms), default=0)
        self.lines: Callable[[bytes], list[int]] = _finder(forms)
        """Return the numbers of the lines that hold one, counted from 1."""
        self.hide: Callable[[str], str] = _hider(forms)
        """Return a text without any of them: a path may hold one."""

    def __bool__(self) -> bool:
        return self.longest > 0

    def __repr__(self) -> str:
        return "Needles(***)"


def _forms(key: str) -> set[bytes]:
    raw = key.encode("utf-8", "surrogateescape")
    coded = base64.b64encode(raw)[: len(raw) // 3 * 4]  # a line's end behind the key changes what comes after that
    escaped = json.dumps(key)[1:-1]
    return {
        raw,
        coded,
        coded.replace(b"+", b"-").replace(b"/", b"_"),
        escaped.encode(),
        escaped.replace("/", "\\/").encode(),
        quote(raw, safe="").encode(),
        key.encode("utf-16-le", "surrogatepass"),
    }


def _finder(forms: set[bytes]) -> Callable[[bytes], list[int]]:
    """Keep the keys where no attribute leads to them."""
    found = re.compile(b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))) if forms else None

    def lines(data: bytes) -> list[int]:
        if found is None or not any(form in data for form in forms):
            return []
        return sorted({data.count(b"\n", 0, match.start()) + 1 for match in found.finditer(data)})

    return lines


def _hider(forms: set[bytes]) -> Callable[[str], str]:
    texts = sorted((form.decode("latin-1") for form in forms if b"\0" not in form), key=len, reverse=True)

    def hide(text: str) -> str:
        for each in texts:
            text = text.replace(each, _MASK)
        return text

    return hide
