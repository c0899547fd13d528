"""Somebody's words against the table: the products that they name, or the question that tells more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import attrs

from halopay_kit.guide.table import Phrase, Question, Route, Signals, Table, table
from halopay_kit.guide.words import Word, find, folded

Verdict = Literal["clear", "several", "vague", "unknown"]
"""One product is named; several, each for itself; a question has to be answered first; nothing was understood."""

_DECIDES, _FAINT, _HINT = 3, 2, 1
_LONGEST = 4_000  # characters that are read


@attrs.frozen(kw_only=True)
class Advice:
    """What somebody's words come to.

    Attributes:
        routes: the products that they name.
        questions: what is to be clarified before the rest can be named, or which of several is meant.
        candidates: ids of the routes that were not ruled out.
        heard: what was understood, as it was written.
        notes: what was asked for and is not there.
    """

    verdict: Verdict
    routes: tuple[Route, ...] = ()
    questions: tuple[Question, ...] = ()
    candidates: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@attrs.frozen
class _Match:
    """A signal that is there, for the node that it leads to: how much it counts, which words, if they are refused."""

    node: str
    weight: int
    words: frozenset[int]
    refused: bool
    heard: str


def ask(text: str) -> Advice:
    """Return what the words of a text come to."""
    tree = table()
    matches = _longest([*_matches(tree, text[:_LONGEST])])
    scores = {
        node: sum(each.weight for each in matches if each.node == node and not each.refused)
        for node in (*tree.routes, *tree.questions)
    }
    out = {each.node for each in matches if each.refused and scores.get(each.node, 0) < _DECIDES}
    named = _named(tree, {route: score for route, score in scores.items() if route in tree.routes and route not in out})
    forks = _open(tree, named, scores, out)
    advice = Advice(
        verdict="unknown",
        candidates=tuple(route for route in tree.routes if route not in out),
        heard=tuple(dict.fromkeys(each.heard for each in matches)),
        notes=tuple(
            says for number, (_, says) in enumerate(tree.absent) if any(m.node == f"!{number}" for m in matches)
        ),
    )
    if forks:
        settled = [route for route in named if not set(tree.path(route)) & set(forks)]
        return attrs.evolve(
            advice,
            verdict="vague",
            routes=tuple(tree.routes[route] for route in settled),
            questions=tuple(tree.questions[fork] for fork in forks),
        )
    if named:
        routes = tuple(tree.routes[route] for route in named)
        if len(named) == 1:
            return attrs.evolve(advice, verdict="clear", routes=routes)
        shared = [fork for fork in tree.path(named[0]) if all(fork in tree.path(route) for route in named)]
        return attrs.evolve(
            advice,
            verdict="several",
            routes=routes,
            questions=(tree.questions[shared[-1]],),
            candidates=tuple(route for route in tree.routes if route in named),
        )
    return attrs.evolve(advice, verdict="vague") if advice.notes else advice


def _named(tree: Table, scores: Mapping[str, int]) -> list[str]:
    """Return the routes that are decided for, the best first; faint words count where no other decides."""
    least = _DECIDES if any(score >= _DECIDES for score in scores.values()) else _FAINT
    named = [route for route, score in scores.items() if score >= least]
    for fork in tree.questions.values():
        if fork.excludes:
            rivals = [route.id for route in tree.below(fork.id) if route.id in named]
            best = max((scores[route] for route in rivals), default=0)
            beaten = {route for route in rivals if scores[route] * 2 <= best}
            named = [route for route in named if route not in beaten]
    return sorted(named, key=lambda route: -scores[route])


def _open(tree: Table, named: Sequence[str], scores: Mapping[str, int], out: set[str]) -> tuple[str, ...]:
    """Return the questions to answer: taken twice though its answers exclude each other, meant and not answered yet."""
    asked = set()
    for fork in tree.questions.values():
        taken = sum(route.id in named for route in tree.below(fork.id))
        if (fork.excludes and taken > 1) or (scores[fork.id] >= _DECIDES and not taken):
            asked.add(fork.id)
    if not named and not asked:
        pointed = [node for node, score in scores.items() if score] + sorted(out)
        nearest = {node if node in tree.questions else tree.path(node)[-1] for node in pointed}
        asked = nearest - {fork for node in nearest for fork in tree.path(node)}
    return tuple(fork for fork in tree.questions if fork in asked)


def _longest(matches: Sequence[_Match]) -> list[_Match]:
    """Leave out what is only a part of a longer phrase that was found, whatever that one leads to."""
    long = [each.words for each in matches if each.weight > _HINT]
    return [each for each in matches if not any(each.words < other for other in long)]


def _matches(tree: Table, text: str) -> Iterator[_Match]:
    words, plain = tree.lexicon.read(text), folded(text)
    signals = {node: each.signals for node, each in tree.routes.items()}
    signals |= {node: each.signals for node, each in tree.questions.items()}
    signals |= {f"!{number}": said for number, (said, _) in enumerate(tree.absent)}
    for node, said in signals.items():
        for weight, phrases in ((_DECIDES, said.words), (_FAINT, said.faint), (_HINT, said.hints)):
            for phrase in phrases:
                found = _match(node, weight, phrase, words)
                if found is not None:
                    yield found
        yield from _elsewhere(node, said, plain)


def _match(node: str, weight: int, phrase: Phrase, words: Sequence[Word]) -> _Match | None:
    places = find(phrase.stems, words)
    if places is None:
        return None
    found = [words[place] for place in places]
    no = all(word.refused for word in found)
    if (phrase.refused and not no) or (no and not phrase.refused and weight == _HINT):
        return None
    written = " ".join(word.written for word in found)
    heard = f"no {written}" if no else written
    if any(word.mended for word in found):
        heard = f"{heard} (read as {phrase.written})"
    return _Match(node, weight, frozenset(places), no and not phrase.refused, heard)


def _elsewhere(node: str, said: Signals, plain: str) -> Iterator[_Match]:
    """Yield what is found by its letters: words of other languages, and operations by their names or paths."""
    for foreign in said.elsewhere:
        if foreign in plain:
            yield _Match(node, _DECIDES, frozenset(), refused=False, heard=foreign)
    for name in said.literal:
        group, _, rest = name.partition(".")
        if re.search(rf"{group}[./]{rest}(?![\w-])".replace("_", "[-_]"), plain):
            yield _Match(node, 2 * _DECIDES, frozenset(), refused=False, heard=name)
