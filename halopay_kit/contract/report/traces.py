"""Find known secrets in text, whichever way they are written there."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final
from urllib.parse import quote

from halopay_kit.contract.report import secret_names
from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import AppKey

Span = tuple[int, int]

_ESCAPE = re.compile(
    r"\\+u00([0-9A-Fa-f]{2})|\\+x([0-9A-Fa-f]{2})|%([0-9A-Fa-f]{2})|&#x0*([0-9A-Fa-f]{2});|&#0*([0-9]{2,3});"
    r"|&(amp|lt|gt|quot|apos);|\\+([\"\\/])"
)
_HEX = re.compile(r"[0-9A-Fa-f]{32,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{16,}")
_PART = re.compile(r"([^\s\"'<>,;:={}\[\]()&?/\\|]{6,128})")
_QUOTED = re.compile(r'"([^"\s]{6,128})"')
_LONGEST_KEY: Final = 128  # characters
_DEEPEST: Final = 3  # how often something may be encoded in something else
_SIGNATURE: Final = 64  # hexadecimal digits
_SHORTEST: Final = 6  # characters of a secret that is looked for within words


class Traces:
    """Known secrets, kept where no attribute and no repr shows them."""

    def __init__(self, secrets: tuple[str, ...] = (), app_keys: tuple[AppKey, ...] = ()) -> None:
        self._words: set[str] = set()
        self._pieces: set[str] = set()
        self._alone: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._find_secret = _finder({form for secret in secrets for form in _forms(secret)})
        self._is_key = _keys(app_keys)
        del secrets  # or this frame would show them in a traceback

    def __repr__(self) -> str:
        return "Traces()"

    def add(self, secrets: Iterable[str]) -> None:
        """Take secrets that are found within words too; they should be few."""
        new = {form for secret in secrets if secret not in self._pieces for form in _forms(secret)}
        if new:
            self._pieces |= new
            self._pattern = None

    def add_words(self, words: Iterable[str]) -> None:
        """Take secrets that are found as words; there may be many. Words of hexadecimal digits are found anywhere."""
        self._words.update(word.strip("=").lower() for word in words)

    def add_alone(self, secret: str) -> None:
        """Take a secret that is found with neither letter nor digit next to it."""
        data = secret.encode()
        new = {secret, data.hex(), base64.b64encode(data).decode().rstrip("=")} - self._alone
        if new:
            self._alone |= new
            self._pattern = None

    def spans(self, text: str, depth: int = 0) -> list[Span]:
        """Return where secrets are, whole words where they are encoded."""
        found = self._plain(text)
        if depth < _DEEPEST:
            found += self._escaped(text, depth)
            found += self._encoded(text, depth)
        return found

    def _plain(self, text: str) -> list[Span]:
        pattern = self._pattern = self._pattern or self._compiled()
        found = [*secret_names.spans(text), *self._find_secret(text)]
        if pattern.pattern:
            found += [match.span() for match in pattern.finditer(text)]
        if self._words:
            found += [
                match.span() for match in _TOKEN.finditer(text) if match.group().strip("=").lower() in self._words
            ]
            for match in _HEX.finditer(text):
                found += self._within(match.group().lower(), match.start())
        if self._is_key is not None:
            for part in (_PART, _QUOTED):
                found += [match.span(1) for match in part.finditer(text) if self._is_key(match[1])]
            if len(text) <= _LONGEST_KEY and self._is_key(text):
                found.append((0, len(text)))
        return found

    def _within(self, digits: str, start: int) -> list[Span]:
        """Look for signatures in a longer row of digits."""
        if digits in self._words:
            return [(start, start + len(digits))]
        return [
            (start + offset, start + offset + _SIGNATURE)
            for offset in range(len(digits) - _SIGNATURE + 1)
            if digits[offset : offset + _SIGNATURE] in self._words
        ]

    def _escaped(self, text: str, depth: int) -> list[Span]:
        if not ("\\" in text or "%" in text or "&" in text) or _ESCAPE.search(text) is None:
            return []
        plain = _ESCAPE.sub(lambda match: _unescaped(match), text)
        inner = self.spans(plain, depth + 1)
        if not inner:
            return []
        starts: list[int] = []
        last = 0
        for match in _ESCAPE.finditer(text):
            starts += [*range(last, match.start()), *([match.start()] * len(_unescaped(match)))]
            last = match.end()
        starts += range(last, len(text) + 1)
        ends = [*starts[1:], len(text)]
        return [(starts[start], ends[end - 1]) for start, end in inner]

    def _encoded(self, text: str, depth: int) -> list[Span]:
        found = []
        for match in _BASE64.finditer(text):
            word = match.group()
            for decoded in _decoded(word):
                if self.spans(decoded, depth + 1):
                    found.append(match.span())
                    break
        return found

    def _compiled(self) -> re.Pattern[str]:
        parts = [re.escape(piece) for piece in sorted(self._pieces, key=len, reverse=True)]
        parts += [rf"(?<![0-9A-Za-z]){re.escape(each)}(?![0-9A-Za-z])" for each in sorted(self._alone)]
        return re.compile("|".join(parts))


def _forms(secret: str) -> set[str]:
    """Return how a secret may stand within a longer text that is encoded as a whole."""
    if len(secret) < _SHORTEST:
        return {secret} if secret else set()
    data = secret.encode()
    forms = {secret, data.hex(), data.hex().upper(), quote(secret, safe=""), html.escape(secret)}
    for before in range(3):  # base64 looks different by where in a group of three the secret begins
        encoded = base64.b64encode(b"\x00" * before + data).decode().rstrip("=")
        first = (before * 8 + 5) // 6  # characters that also hold bits of what stands before
        last = (len(data) + before) * 8 // 6  # and of what stands behind
        core = encoded[first:last]
        if len(core) >= _SHORTEST:
            forms |= {core, core.replace("+", "-").replace("/", "_")}
    return forms


def _decoded(word: str) -> list[str]:
    """Return what a word says in base64 or hexadecimal, where that is text."""
    found = []
    usual = word.replace("-", "+").replace("_", "/")
    with suppress(binascii.Error, ValueError):
        found.append(base64.b64decode(usual[: len(usual) - (len(usual) % 4 == 1)] + "=" * (-len(usual) % 4)))
    if len(word) % 2 == 0 and _HEX.fullmatch(word):
        found.append(bytes.fromhex(word))
    return [data.decode("ascii") for data in found if data.isascii() and len(data) >= _SHORTEST]


def _unescaped(match: re.Match[str]) -> str:
    json_, short, percent, hexadecimal, decimal, entity, quoted = match.groups()
    digits = json_ or short or percent or hexadecimal
    if digits:
        return chr(int(digits, 16))
    if decimal:
        return chr(int(decimal))
    return html.unescape(f"&{entity};") if entity else quoted


def _finder(forms: set[str]) -> Callable[[str], list[Span]]:
    """Return what finds any of the forms; it alone knows them."""
    if not forms:
        return lambda _text: []
    pattern = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))
    del forms
    return lambda text: [match.span() for match in pattern.finditer(text)]


def _keys(app_keys: tuple[AppKey, ...]) -> Callable[[str], bool] | None:
    """Return what tells whether a word is one of the keys, which do not tell themselves."""
    if not app_keys:
        return None
    known: dict[str, bool] = {}

    def is_key(word: str) -> bool:
        if word not in known:
            try:
                known[word] = AppKey(word) in app_keys
            except ConfigurationError:
                known[word] = False
        return known[word]

    return is_key
