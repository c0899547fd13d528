"""What running text says: the schedule of retries, how long a timestamp is valid, what is signed, how to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codegen.docs.facts import durations, enumerations, samples, words
from codegen.docs.facts.fact import Fact
from codegen.docs.facts.place import Place

_SCHEDULE = 5
_FEWEST_FIATS = 5
_QUOTED = re.compile(r"[\"“”'‘’「『`]([A-Za-z][A-Za-z_-]{1,20})[\"“”'‘’」』`]")
_SPOKEN = re.compile(
    r"\b(?:body|string|text|content|with|return|returns|reply|respond|texte|chaîne|corps)\s+"
    r"(?:(?:the|a|an|le|la|plain|string|body|text|texte|chaîne|corps|word)\s+)*([A-Z][A-Za-z]{1,20}|ok|success)\b"
)
_AMONG_OTHERS = re.compile(r"(?<![A-Za-z_-])([A-Z][a-z]{1,19}|SUCCESS|OK|success|ok)(?![A-Za-z_-])")
_LOUD = frozenset({"SUCCESS", "OK"})
_QUIET = frozenset({"success", "ok"})
_NO_BODY = frozenset({"HaloPay", "Webhook", "Http", "The"})
_COUNT = re.compile(r"(?<![\d.])([1-9]\d{0,2})(?![\d.])[^\d.,;。，；]{0,15}$")
_FIAT = re.compile(r"[A-Z]{3,4}")


def facts(text: str, place: Place, announced: frozenset[str]) -> Iterator[Fact]:
    """Read a paragraph; `announced` is what the headings above it announce."""
    roles = words.roles(text)
    yield from _times(text, place, roles, announced)
    yield from _signing(text, place, roles)
    if "webhook" in announced and "answering" in roles and (body := _body(text)):
        yield place.about("webhook").fact("acknowledgement", "body", {"body": body}, text)
    yield from _lists(text, place, roles, announced)


def _times(text: str, place: Place, roles: frozenset[str], announced: frozenset[str]) -> Iterator[Fact]:
    after, quoted = durations.schedule(text)
    if len(after) >= (3 if "retries" in roles | announced else _SCHEDULE):
        yield place.about("webhook").named("retries").fact("schedule", "retries", {"seconds": list(after)}, quoted)
    elif "timestamp" in roles and len(lasts := durations.durations(text)) == 1:
        yield place.about("headers").fact("window", "X-Timestamp", {"seconds": lasts[0].seconds}, text)


def _signing(text: str, place: Place, roles: frozenset[str]) -> Iterator[Fact]:
    recipe = samples.prose(text)
    if recipe is not None:
        said = {"content": list(recipe.content)}
        if recipe.algorithm:
            said["algorithm"] = recipe.algorithm  # type: ignore[assignment]
        yield place.about("signature").fact("signature", "prose", said, text)
    for protection in ("encrypted", "signed"):
        if protection in roles:
            yield place.about("protection").fact("signature", protection, {"protection": protection}, text)


def _body(text: str) -> str:
    for pattern in (_QUOTED, _SPOKEN, *(() if text.isascii() else (_AMONG_OTHERS,))):
        for found in pattern.finditer(text):
            word: str = found[1]
            if word in _LOUD | _QUIET or (word[:1].isupper() and word[1:].islower() and word not in _NO_BODY):
                return word
    return ""


def _lists(text: str, place: Place, roles: frozenset[str], announced: frozenset[str]) -> Iterator[Fact]:
    found = enumerations.find(text)
    said = {"more": True} if found is not None and found.more else {}
    if "fiats" in roles | announced:
        if found is not None and len(found.values) > 4 and all(_FIAT.fullmatch(value) for value in found.values):
            for value in found.values:
                yield place.about("fiats").named("fiats").fact("fiat", value, said, found.quoted)
        elif (count := _counted(text)) is not None:
            yield place.about("fiats").named("fiats").fact("fiat", "count", {"count": count}, text)
    elif "status" in roles | announced and found is not None and all(value.isupper() for value in found.values):
        for value in found.values:
            yield place.fact("status", value, said, found.quoted)


def _counted(text: str) -> int | None:
    """Return how many fiats a text says that there are."""
    for found in words.occurrences("fiats", text):
        count = _COUNT.search(text[: found.start()])
        if count is not None and int(count[1]) >= _FEWEST_FIATS:
            return int(count[1])
    return None
