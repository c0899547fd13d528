"""What somebody types becomes stems: endings fall, synonyms are one, misspellings are mended, a "no" is remembered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import attrs

_TOKEN = re.compile(r"[^\W_]+|[.,;:!?\n]")
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")
_ENDINGS = ("ment", "ing", "est", "ed")
_DOUBLED = re.compile(r"([bdgkmnprt])\1$")
_MOST = 400  # words that are read
_GAP = 2  # other words that may stand between two of a phrase


@attrs.frozen
class Word:
    """A word that was read: its stem, how it was written, whether a "no" stands before it, and if it was misspelled."""

    stem: str
    written: str
    refused: bool
    mended: bool = False


@attrs.frozen(kw_only=True)
class Lexicon:
    """The words that are known.

    Attributes:
        stop: words that say nothing.
        negations: those that make what follows refused.
        ends: those that end that, besides punctuation.
        common: words that are no misspelling of a known one.
        synonyms: stem → the stem that it is read as; two words are joined by a space.
        known: every stem that something asks for.
    """

    stop: frozenset[str]
    negations: frozenset[str]
    ends: frozenset[str]
    common: frozenset[str]
    synonyms: Mapping[str, str]
    known: frozenset[str]

    def read(self, text: str) -> list[Word]:
        """Return the words of a text that may mean something, in their order."""
        tokens = list(_tokens(text))[:_MOST]
        words: list[Word] = []
        refused, place = False, 0
        while place < len(tokens):
            token, pair = tokens[place], " ".join(map(stem, tokens[place : place + 2]))
            place += 1
            if pair in self.synonyms:
                words.append(Word(self.synonyms[pair], " ".join(tokens[place - 1 : place + 1]), refused))
                place += 1
            elif token in self.negations:
                refused = True
            elif not token[0].isalnum() or token in self.ends:
                refused = False
            elif token not in self.stop:
                words.append(self._word(token, refused))
        return words

    def _word(self, token: str, refused: bool) -> Word:
        found, nearest = stem(token), None
        if found not in self.known and found not in self.synonyms and token not in self.common:
            nearest = self._nearest(token)
        return Word(nearest or self.synonyms.get(found, found), token, refused, mended=nearest is not None)

    def _nearest(self, token: str) -> str | None:
        """Return the one known stem that a misspelled word is nearest to."""
        found = stem(token)
        if len(token) < 5 or not token.isalpha():
            return None
        near: dict[int, set[str]] = {}
        letters = set(found)
        for known in (*self.known, *self.synonyms):
            if len(known) < 4 or " " in known or (known[0] != found[0] and len(token) < 7):
                continue
            allowed = 1 if min(len(known), len(found)) < 7 else 2
            if len(letters ^ set(known)) > 2 * allowed:  # a bound that costs less than the distance
                continue
            if abs(len(known) - len(found)) <= allowed and (far := distance(found, known)) <= allowed:
                near.setdefault(far, set()).add(self.synonyms.get(known, known))
        nearest = near[min(near)] if near else set()
        return nearest.pop() if len(nearest) == 1 else None


def folded(text: str) -> str:
    """Return a text in small letters, without accents, and with an apostrophe's two halves together."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    return unicodedata.normalize("NFC", "".join(each for each in plain if not "\u0300" <= each <= "\u036f"))


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Return a word without its ending; what is left need not be a word."""
    found = word
    if len(found) > 4 and found.endswith("ies"):
        found = f"{found[:-3]}y"
    elif len(found) > 4 and found.endswith(("ses", "xes", "zes", "ches", "shes")):
        found = found[:-2]
    elif len(found) > 3 and found.endswith("s") and found[-2] not in "siu":
        found = found[:-1]
    for ending in _ENDINGS:
        if found.endswith(ending) and len(found) >= len(ending) + 3:
            found = _DOUBLED.sub(r"\1", found.removesuffix(ending))
            break
    return found[:-1] if len(found) > 3 and found.endswith("e") else found


def find(phrase: Sequence[str], words: Sequence[Word]) -> tuple[int, ...] | None:
    """Return where the words of a phrase stand, in its order and close to each other; None where it is not said."""
    for place, word in enumerate(words):
        if word.stem != phrase[0]:
            continue
        found = [place]
        for wanted in phrase[1:]:
            close = range(found[-1] + 1, min(found[-1] + 2 + _GAP, len(words)))
            at = next((each for each in close if words[each].stem == wanted), None)
            if at is None:
                break
            found.append(at)
        if len(found) == len(phrase):
            return tuple(found)
    return None


def distance(one: str, other: str) -> int:
    """Return how many letters must be put, taken, changed, or swapped with a neighbour to get from one to other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, last, row = row, before, [at]
        for to, wanted in enumerate(other, 1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, last[to - 2] + 1)
            row.append(cost)
    return row[-1]


def split(texts: Iterable[str]) -> Iterator[str]:
    """Yield each word of several texts, as it is written, folded."""
    for text in texts:
        yield from folded(text).split()


def _tokens(text: str) -> Iterator[str]:
    return (match.group() for match in _TOKEN.finditer(folded(text)))
