"""Pages, spec, ledger and memory → what is news: the whole way, without a clock, a network or a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from codegen.docs import contradictions, expected, languages, reading
from codegen.docs.compare import View, compare, in_own_words
from codegen.docs.contradictions import Contradiction
from codegen.docs.drift import Drift, drift
from codegen.docs.expected import Spec
from codegen.docs.facts import Fact, Trouble, facts, subjects
from codegen.docs.ledger import Ledger
from codegen.docs.memory import Memory
from codegen.docs.page import Page, Unreadable
from codegen.document import Document

FIRST = languages.FIRST
_SILENT = "nothing of what it documented is found on it: it may have another layout"


@attrs.frozen(kw_only=True)
class Unread:
    """A page, or a part of it, that could not be read: it says nothing, and nothing of it is gone."""

    page: str
    locale: str
    section: str
    because: str

    def __str__(self) -> str:
        name = self.page if self.locale == FIRST else f"{self.page} ({self.locale})"
        where = f" at “{self.section}”" if self.section else ""
        return f"{name}: could not read{where}, because {self.because}"


@attrs.frozen(kw_only=True)
class Look:
    """What a look at the pages brought.

    Attributes:
        drifts: the news.
        remembered: drifts that were accepted before and still stand.
        contradictions: those that the ledger knows.
        fresh: those that it does not; each is among the drifts, too.
        own_words: pages whose descriptions are HaloPay's own and were never accepted; they are not compared with ours.
        read: pages that were read, by page and language, with what they say.
    """

    drifts: tuple[Drift, ...]
    remembered: tuple[Drift, ...]
    contradictions: tuple[Contradiction, ...]
    fresh: tuple[Contradiction, ...]
    unread: tuple[Unread, ...]
    own_words: tuple[str, ...]
    read: Mapping[tuple[str, str], tuple[Fact, ...]] = attrs.field(repr=False)


def look(
    pages: Iterable[Page],
    document: Document,
    *,
    ledger: Ledger | None = None,
    memory: Memory | None = None,
    seen: Callable[[Page], object] = lambda _: None,
) -> Look:
    """Read pages and compare them; `seen` is told each page that is done with."""
    ledger, memory = ledger or Ledger(), memory or Memory()
    spec, known = expected.read(document), subjects.read(document)
    read: dict[tuple[str, str], tuple[Fact, ...]] = {}
    troubles: list[Trouble] = []
    unread: list[Unread] = []
    for page in pages:
        try:
            found = facts(page, reading.read(page), known)
        except Unreadable as error:
            unread.append(Unread(page=page.key, locale=page.locale, section="", because=error.because))
        else:
            troubles.extend(found.troubles)
            is_known = memory.knows(page.key, page.locale) and bool(memory.pages[f"{page.key}.{page.locale}"])
            if not found.troubles and (spec.is_silent(page.key, found.facts) or (is_known and not found.facts)):
                unread.append(Unread(page=page.key, locale=page.locale, section="", because=_SILENT))
            else:
                read[page.key, page.locale] = found.facts
            unread.extend(
                Unread(page=each.page, locale=each.locale, section=each.section, because=each.because)
                for each in found.troubles
            )
        seen(page)
    first = [fact for (page, locale), told in read.items() if locale == FIRST for fact in told]
    own_words = in_own_words(first, spec)
    drifts, told = _compared(read, spec, ledger, memory, troubles, own_words)
    said = {each.now for each in drifts if isinstance(each.now, str)}
    return Look(
        drifts=tuple(each for each in drifts if each.id not in memory.accepted),
        remembered=tuple(each for each in drifts if each.id in memory.accepted),
        contradictions=tuple(each for each in told if each.known),
        fresh=tuple(each for each in told if not each.known and each.says in said),
        unread=tuple(dict.fromkeys(unread)),
        own_words=tuple(sorted(page for page in own_words if not memory.knows(page, FIRST))),
        read=read,
    )


def _compared(
    read: Mapping[tuple[str, str], tuple[Fact, ...]],
    spec: Spec,
    ledger: Ledger,
    memory: Memory,
    troubles: Sequence[Trouble],
    own_words: frozenset[str],
) -> tuple[list[Drift], tuple[Contradiction, ...]]:
    """Compare the first language with the spec, the others with the first, or with the spec where it is not there."""
    locales = list(dict.fromkeys(locale for _, locale in read))
    drifts: list[Drift] = []
    told: tuple[Contradiction, ...] = ()
    differing: list[Drift] = []
    for locale in sorted(locales, key=lambda one: one != FIRST):
        alone = {page: facts for (page, one), facts in read.items() if one == locale}
        if locale != FIRST:
            for page in [page for page in alone if (page, FIRST) in read]:
                mine = [each for each in troubles if (each.page, each.locale) == (page, locale)]
                theirs = [each for each in troubles if (each.page, each.locale) == (page, FIRST)]
                differing += languages.compare(
                    read[page, FIRST], alone.pop(page), spec, ledger, locale, [*mine, *theirs]
                )
        said = [fact for facts in alone.values() for fact in facts]
        found = contradictions.find(said, spec, ledger)
        told += found
        view = View(
            spec=spec,
            locale=locale,
            prose=locale == FIRST,
            facts=said,
            ledger=ledger,
            changes=memory.changes,
            contradicted=frozenset((each.key, claim.value, claim.fact.page) for each in found for claim in each.claims),
            remembered=memory.wordings,
            own_words=own_words,
        )
        here = [each for each in troubles if each.locale == locale]
        drifts += compare(view, set(alone), here)
        drifts += [_as_drift(each, spec) for each in found if not each.known]
    return list(languages.merged(drifts, differing)), told


def _as_drift(found: Contradiction, spec: Spec) -> Drift:
    fact = found.claims[0].fact
    pointer = languages.pointer(spec, fact)
    others = [claim.value for claim in found.claims[1:]]
    return drift(found.kind, fact, pointer, was=others or None, now=found.says)
