"""What is signed, as the page's prose and its samples of code say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

_WORD = r"[`'\"“”]?[A-Za-z][\w-]*[`'\"“”]?"
_SUM = re.compile(rf"{_WORD}(?:\s*[+＋]\s*{_WORD}(?:\s[Kk]ey\b)?)+")
_PART = re.compile(r"[A-Za-z][\w-]*")
_NAMES: Mapping[str, frozenset[str]] = {
    "body": frozenset(
        "body jsonbody rawbody requestbody reqbody bodystr bodystring jsonstr jsonstring json payload data params content "
        "bodybytes jsonbytes jsondata bodyjson postdata".split()
    ),
    "timestamp": frozenset("timestamp ts xtimestamp time timestampstr timestampstring reqtime tstamp".split()),
    "appKey": frozenset("appkey secret secretkey appsecret apikey key".split()),
    "appId": frozenset("appid xappid".split()),
}
_ALGORITHM = re.compile(r"hmac[\s_-]*(?:with[\s_-]*)?sha[\s_-]*(1|224|256|384|512)", re.IGNORECASE)
_GO = re.compile(r"hmac\.New\(\s*sha(\d+)\.New\s*,\s*\[\]byte\(\s*([\w.]+)\s*\)\s*\)")
_JAVA = re.compile(r"SecretKeySpec\(\s*([\w.]+?)(?:\.getBytes\([^)]*\))?\s*,\s*\"?(\w+)\"?")
_FED = re.compile(r"\.(?:Write|update|doFinal)\(\s*((?:[^()]|\((?:[^()]|\([^()]*\))*\))+)\)")
_ASSIGNED = r"\b{name}\s*(?::=|=)\s*([^;\n{{}}]+)"
_FORMATTED = re.compile(r"(?:Sprintf|format)\(\s*\"(?:%[sdv])+\"\s*,\s*([^)]*)\)")
_CALLS = frozenset(
    "byte string getBytes StandardCharsets UTF_8 toString String valueOf strconv Itoa FormatInt fmt Sprint bytes append "
    "utf8 encode trim Trim".split()
)


@attrs.frozen
class Recipe:
    """What is signed, with what, in the words of the spec."""

    content: tuple[str, ...]
    key: str
    algorithm: str
    text: str


def prose(text: str) -> Recipe | None:
    """Read a sentence such as: the signing string is body + timestamp + appKey."""
    for found in _SUM.finditer(text):
        parts = tuple(_called(part) for part in re.split(r"\s*[+＋]\s*", found[0]))
        if len(parts) > 1 and "timestamp" in parts:
            return Recipe(parts, "", _algorithm(text), found[0])
    return None


def code(text: str) -> Recipe | None:
    """Read a sample that computes an HMAC; None if it is none, or writes it in a way that is not known."""
    go, java = _GO.search(text), _JAVA.search(text)
    if go is None and java is None:
        return None
    key = go[2] if go else java[1] if java else ""
    algorithm = f"HMAC-SHA-{go[1]}" if go else _algorithm(java[2] if java else "")
    start = (go or java).start() if go or java else 0  # type: ignore[union-attr]
    content = tuple(part for fed in _FED.finditer(text, start) for part in _resolved(fed[1], text, key))
    if not content:
        return None
    return Recipe(content, _called(key), algorithm, text.strip())


def _resolved(expression: str, text: str, key: str, depth: int = 0) -> Iterator[str]:
    """Yield what an expression is put together from, variables followed to where they were put together."""
    formatted = _FORMATTED.search(expression)
    if formatted:
        expression = formatted[1].replace(",", "+")
    for part in expression.split("+"):
        names = [name for name in _PART.findall(re.sub(r'"[^"]*"', "", part)) if name not in _CALLS]
        if not names:
            continue
        name = names[0]
        assigned = re.search(_ASSIGNED.format(name=re.escape(name)), text)
        if assigned and depth < 4 and ("+" in assigned[1] or _FORMATTED.search(assigned[1])):
            yield from _resolved(assigned[1], text, key, depth + 1)
        else:
            yield _called(name)


def _called(name: str) -> str:
    folded = re.sub(r"[^a-z0-9]", "", name.casefold())
    return next((word for word, names in _NAMES.items() if folded in names), name.strip("`'\"“” "))


def _algorithm(text: str) -> str:
    found = _ALGORITHM.search(text)
    return f"HMAC-SHA-{found[1]}" if found else ""
