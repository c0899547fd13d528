"""What is signed, as the page's prose and its samples of code say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

_WORD = r"[`'\"“”]?[A-Za-z][\w-]*[`'\"“”]?"
_SUM = re.compile(rf"{_WORD}(?:\s*[+＋]\s*{_WORD}(?:\s[Kk]ey\b)?)+")
_PART = re.compile(r"[A-Za-z][\w-]*")
_CALLED: Mapping[str, str] = {
    "body": "body json payload data params content (?:json|raw|request|req|post)(?:body|data|str|string) "
    "body(?:str|string|bytes|json)",
    "timestamp": "x?timestamp(?:str|string)? ts time reqtime",
    "appKey": "appkey secret secretkey appsecret apikey key",
    "appId": "x?appid",
}
_NAMES = {word: re.compile(names.replace(" ", "|")) for word, names in _CALLED.items()}
_ALGORITHM = re.compile(r"hmac[\s_-]*(?:with[\s_-]*)?sha[\s_-]*(1|224|256|384|512)", re.IGNORECASE)
_GO = re.compile(r"hmac\.New\(\s*sha(\d+)\.New\s*,\s*\[\]byte\(\s*([\w.]+)\s*\)\s*\)")
_JAVA = re.compile(r"SecretKeySpec\(\s*([\w.]+?)(?:\.getBytes\([^)]*\))?\s*,\s*\"?(\w+)\"?")
_FED = re.compile(r"\.(?:Write|update|doFinal)\(\s*((?:[^()]|\((?:[^()]|\([^()]*\))*\))+)\)")
_ASSIGNED = r"\b{name}\s*(?::=|=)\s*([^;\n{{}}]+)"
_FORMATTED = re.compile(r"(?:Sprintf|format)\(\s*\"(?:%[sdv])+\"\s*,\s*([^)]*)\)")
_CALLS = re.compile(
    r"bytes?|string|getBytes|StandardCharsets|UTF_8|toString|String|valueOf|strconv|Itoa|FormatInt|fmt|Sprint|append|"
    r"utf8|encode|trim|Trim"
)


@attrs.frozen
class Recipe:
    """What is signed, with what, in the words of the spec."""

    content: tuple[str, ...]
    key: str
    algorithm: str
    text: str
    language: str = ""


def prose(text: str) -> Recipe | None:
    """Read a sentence such as: the signing string is body + timestamp + appKey."""
    for found in _SUM.finditer(text):
        parts = tuple(_called(part) for part in re.split(r"\s*[+＋]\s*", found[0]))
        if len(parts) > 1 and "timestamp" in parts:
            return Recipe(parts, "", _algorithm(text), found[0])
    return None


def codes(text: str) -> Iterator[Recipe]:
    """Read each sample that computes an HMAC; one that is written in a way that is not known is passed over."""
    keys = sorted([*_GO.finditer(text), *_JAVA.finditer(text)], key=lambda found: found.start())
    begins = 0
    for index, found in enumerate(keys):
        until = keys[index + 1].start() if index + 1 < len(keys) else len(text)
        fed = list(_FED.finditer(text, found.end(), until))
        if not fed:
            continue
        sample = text[begins : fed[-1].end()]
        is_go = found.re is _GO
        key = found[2] if is_go else found[1]
        content = tuple(part for one in fed for part in _resolved(one[1], sample, key))
        if content:
            algorithm = f"HMAC-SHA-{found[1]}" if is_go else _algorithm(found[2])
            yield Recipe(content, _called(key), algorithm, sample.strip(), "go" if is_go else "java")
        begins = fed[-1].end()


def _resolved(expression: str, text: str, key: str, depth: int = 0) -> Iterator[str]:
    """Yield what an expression is put together from, variables followed to where they were put together."""
    formatted = _FORMATTED.search(expression)
    if formatted:
        expression = formatted[1].replace(",", "+")
    for part in expression.split("+"):
        names = [name for name in _PART.findall(re.sub(r'"[^"]*"', "", part)) if not _CALLS.fullmatch(name)]
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
    return next((word for word, names in _NAMES.items() if names.fullmatch(folded)), name.strip("`'\"“” "))


def _algorithm(text: str) -> str:
    found = _ALGORITHM.search(text)
    return f"HMAC-SHA-{found[1]}" if found else ""
