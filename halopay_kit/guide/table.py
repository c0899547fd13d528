"""The table `routes.toml`, read: questions, the routes that they lead to, and the words for each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from halopay_kit.guide.words import Lexicon, folded, split, stem


@attrs.frozen
class Phrase:
    """Stems that stand together; with `refused` a "no" has to stand before them. `written` is how the table has it."""

    stems: tuple[str, ...]
    refused: bool
    written: str


@attrs.frozen(kw_only=True)
class Signals:
    """What leads to a node of the tree: words that decide, faint ones, hints, words of other languages, literals."""

    words: tuple[Phrase, ...]
    faint: tuple[Phrase, ...] = ()
    hints: tuple[Phrase, ...] = ()
    elsewhere: tuple[str, ...] = ()
    literal: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Route:
    """A product, or a thing to know.

    Attributes:
        operations: names of `halopay_api.OPERATIONS`, in the order in which they are used.
        webhooks: names of the spec's webhooks that tell what became of it.
        questions: what is to be clarified before it is built.
        mind: what goes wrong otherwise.
        read: where to read on: commands, and pages of HaloPay's.
        snippet: Python that runs, with credentials in the environment.
        extra: what the snippet needs besides the core.
    """

    id: str
    product: str
    scenario: str
    operations: tuple[str, ...]
    webhooks: tuple[str, ...]
    questions: tuple[str, ...]
    mind: tuple[str, ...]
    read: tuple[str, ...]
    snippet: str
    extra: str | None
    signals: Signals


@attrs.frozen
class Choice:
    """One answer to a question, and the question or route that it leads to."""

    says: str
    leads: str


@attrs.frozen(kw_only=True)
class Question:
    """A fork of the tree; where it `excludes`, whoever takes one of its answers takes no other."""

    id: str
    ask: str
    excludes: bool
    choices: tuple[Choice, ...]
    signals: Signals


@attrs.frozen(kw_only=True)
class Table:
    """The whole tree; `start` is the first question."""

    start: str
    questions: Mapping[str, Question]
    routes: Mapping[str, Route]
    absent: tuple[tuple[Signals, str], ...]
    lexicon: Lexicon

    def path(self, node: str) -> tuple[str, ...]:
        """Return the questions above a node, the first first."""
        above = [question.id for question in self.questions.values() if node in {c.leads for c in question.choices}]
        return (*self.path(above[0]), above[0]) if above else ()

    def below(self, node: str) -> Iterator[Route]:
        """Yield the routes that a node leads to; a route leads to itself."""
        if node in self.routes:
            yield self.routes[node]
            return
        for choice in self.questions[node].choices:
            yield from self.below(choice.leads)


@cache
def table() -> Table:
    """Return what the package's own file says."""
    return read(tomllib.loads(files("halopay_kit.guide").joinpath("routes.toml").read_text("utf-8")))


def read(said: Mapping[str, Any]) -> Table:
    """Return the table of a file's values."""
    synonyms = {
        " ".join(map(stem, folded(word).split())): stem(folded(meant))
        for meant, words in said["synonyms"].items()
        for word in words
    }
    routes = [Route(**_plain(each), signals=_signals(each, synonyms)) for each in said["route"]]
    questions = [
        Question(
            id=each["id"],
            ask=each["ask"],
            excludes=each.get("excludes", False),
            choices=tuple(Choice(choice["says"], choice["leads"]) for choice in each["answers"]),
            signals=_signals(each, synonyms),
        )
        for each in said["question"]
    ]
    absent = tuple((_signals(each, synonyms), str(each["says"])) for each in said["absent"])
    every = [*(each.signals for each in routes), *(each.signals for each in questions), *(each for each, _ in absent)]
    known = {stem for signals in every for phrase in _phrases(signals) for stem in phrase.stems}
    lexicon = Lexicon(
        stop=frozenset(split(said["stop"]["words"])),
        negations=frozenset(split(said["negations"]["words"])),
        ends=frozenset(said["negations"]["ends"]),
        common=frozenset(split(said["common"]["words"])),
        synonyms=synonyms,
        known=frozenset(known),
    )
    return Table(
        start=said["start"],
        questions={question.id: question for question in questions},
        routes={route.id: route for route in routes},
        absent=absent,
        lexicon=lexicon,
    )


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a route that are text and lists of text."""
    return {
        **{name: said[name] for name in ("id", "product", "scenario")},
        **{name: tuple(said.get(name, ())) for name in ("operations", "webhooks", "questions", "mind", "read")},
        "snippet": said["snippet"].lstrip("\n"),
        "extra": said.get("extra"),
    }


def _signals(said: Mapping[str, Any], synonyms: Mapping[str, str]) -> Signals:
    def phrases(name: str) -> tuple[Phrase, ...]:
        return tuple(_phrase(text, synonyms) for text in said.get(name, ()))

    return Signals(
        words=phrases("words"),
        faint=phrases("faint"),
        hints=phrases("hints"),
        elsewhere=tuple(folded(text) for text in said.get("elsewhere", ())),
        literal=tuple(said.get("literal", ())),
    )


def _phrase(text: str, synonyms: Mapping[str, str]) -> Phrase:
    stems = [synonyms.get(found := stem(word), found) for word in folded(text).split()]
    refused = stems[0] == "no"
    return Phrase(tuple(stems[1:] if refused else stems), refused, text)


def _phrases(signals: Signals) -> Iterable[Phrase]:
    return (*signals.words, *signals.faint, *signals.hints)
