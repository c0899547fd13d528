"""A chapter → its facts, block by block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from codegen.docs import columns
from codegen.docs.blocks import Block, Code, Paragraph, Section, Table
from codegen.docs.facts import bullets, durations, examples, fields, prose, samples, tables, words
from codegen.docs.facts.chapters import Chapter, Endpoint, endpoint
from codegen.docs.facts.fact import Fact, Trouble
from codegen.docs.facts.place import Place
from codegen.docs.facts.subjects import Known, Names, Subject
from codegen.docs.facts.tables import Grid, Illegible
from codegen.docs.page import Page

_DIRECTIONS = ("webhook", "response", "request")
_LONGEST_SAMPLE = 20_000
_LONGEST_TEXT = 4000
_LONGEST_FORMULA = 300
_ENOUGH = 0.5
_TOLD = 3
_NO_SLUG = re.compile(r"[^\w]+")


@attrs.define
class Reader:
    """Reads a chapter, and keeps what was announced last."""

    page: Page
    chapter: Chapter
    known: Known
    label: frozenset[str] = frozenset()
    tables: int = 0

    def read(self) -> Iterator[Fact | Trouble]:
        """Yield what it says."""
        for one in self.chapter.endpoints:
            yield self._path(one)
        for section in self.chapter.sections:
            self.label = frozenset()
            for block in bullets.as_tables(section.blocks):
                yield from self._block(block, section)
            yield from self._samples(section)
        yield from self._without_tables()

    def _path(self, one: Endpoint) -> Fact:
        subject = self.chapter.subject if one == self.chapter.endpoint else self.known.by_path(one.path)
        place = self._place(one.section, subject.id if subject else "")
        says = {"path": one.path, "method": one.method} if one.method else {"path": one.path}
        return place.fact("path", one.path, says, one.text)

    def _without_tables(self) -> Iterator[Trouble]:
        """Tell of fields that are named in running text where a table of them should be."""
        subject = self.chapter.subject
        if self.tables or subject is None:
            return
        blocks = [block for section in self.chapter.sections for block in section.blocks]
        text = " ".join(block.text for block in blocks if isinstance(block, Paragraph))
        for direction, names in subject.fields.items():
            told = [name for name in names if "_" in name and re.search(rf"\b{re.escape(name)}\b", text)]
            if len(told) >= _TOLD:
                yield self._trouble(
                    self.chapter.sections[0], f"{subject.id}/{direction}", "its fields stand in no table"
                )

    def _trouble(self, section: Section, subject: str, because: str) -> Trouble:
        self.tables += 1
        return Trouble(
            page=self.page.key, locale=self.page.locale, section=_shown(section), subject=subject, because=because
        )

    def _block(self, block: Block, section: Section) -> Iterator[Fact | Trouble]:
        match block:
            case Paragraph(whole):
                text = whole[:_LONGEST_TEXT]
                if words.is_label(text) and endpoint(text, section) is None:
                    self.label = words.roles(text)
                above = words.roles(" / ".join((self.page.key.replace("-", " "), *section.path)))
                yield from prose.facts(text, self._place(section, self._whose(section) or "status"), above)
            case Table():
                yield from self._table(block, section)
            case Code(text):
                yield from self._code(text, section)

    def _webhooks(self) -> frozenset[str]:
        here = any(one.page == self.page.key for one in self.known.webhooks) and not self.known.on(self.page.key)
        return frozenset({"webhook"}) if here else frozenset()

    def _table(self, table: Table, section: Section) -> Iterator[Fact | Trouble]:
        try:
            grid = tables.read(table, self.known.headers)
            yield from self._grid(grid, section)
        except Illegible as illegible:
            if any(columns.roles(table.head)) or self.chapter.subject or self.chapter.endpoint:
                subject, _ = self._fields(_names(table), section)
                yield self._trouble(section, subject, str(illegible))

    def _grid(self, grid: Grid, section: Section) -> Iterator[Fact]:
        match grid.sort:
            case "headers":
                yield from fields.headers(grid, self._headers(section))
            case "fields":
                names = frozenset(line.cells.get("name", "").strip("*` ") for line in grid.lines)
                subject, direction = self._fields(names, section)
                if not subject:
                    return
                self.tables += 1
                place = attrs.evolve(self._place(section, subject), direction=direction)
                yield from fields.fields(grid, place, self.known, self._expected(subject, direction))
            case "codes" | "statuses":
                subject = "codes" if grid.sort == "codes" else self._whose(section) or "status"
                yield from fields.codes(
                    grid, self._place(section, subject).named("codes" if subject == "codes" else "status")
                )
            case "fiats":
                yield from fields.fiats(grid, self._place(section, "fiats").named("fiats"))
            case "other":
                self._refuse_unknown(grid, section)
                lasts = [durations.durations(cell) for line in grid.lines for cell in line.row[-1:]]
                if len(lasts) > 2 and all(len(one) == 1 for one in lasts):
                    seconds = [one[0].seconds for one in lasts]
                    quoted = "; ".join(line.quoted for line in grid.lines)
                    yield (
                        self._place(section, "webhook")
                        .named("retries")
                        .fact("schedule", "retries", {"seconds": seconds}, quoted)
                    )

    def _refuse_unknown(self, grid: Grid, section: Section) -> None:
        """Refuse a table that names fields that the spec has, in columns that nobody knows."""
        names = frozenset(line.row[0].strip("*` ").removeprefix("data.") for line in grid.lines)
        subject, direction = self._fields(names, section)
        if _share(names, self._expected(subject, direction)) >= _ENOUGH:
            raise Illegible("a table of fields has columns that nobody knows")

    def _code(self, text: str, section: Section) -> Iterator[Fact]:
        found = examples.read(text)
        if found is not None:
            subject, direction = self._fields(frozenset(found.fields), section, wrapped=bool(found.envelope))
            if not subject and found.envelope:
                subject = "envelope"
            if subject:
                place = attrs.evolve(self._place(section, subject), direction=direction)
                yield place.fact("example", direction or "example", found.says, text)
        elif len(text) <= _LONGEST_FORMULA and not any(True for _ in samples.codes(text)):
            recipe = samples.prose(text)
            if recipe is not None:
                said = {"content": list(recipe.content)}
                yield self._place(section, "signature").fact("signature", "prose", said, text)

    def _samples(self, section: Section) -> Iterator[Fact]:
        text = "\n".join(block.text for block in section.blocks if isinstance(block, Code))
        for recipe in samples.codes(text[:_LONGEST_SAMPLE]):
            said = {"content": list(recipe.content), "key": recipe.key, "algorithm": recipe.algorithm}
            place = self._place(section, "signature").named("code-samples")
            yield place.fact(
                "signature", f"sample/{recipe.language}", {key: one for key, one in said.items() if one}, recipe.text
            )

    def _whose(self, section: Section) -> str:
        """Return the id of the operation or webhook that a section is about; empty for none."""
        if self.chapter.subject is not None and "webhook" not in self._above(section):
            return self.chapter.subject.id
        webhook = self._webhook(section, frozenset())
        return webhook.id if webhook else ""

    def _titles(self, section: Section) -> tuple[str, ...]:
        """Return the headings from the chapter's own on, the nearest first."""
        depth = len(self.chapter.sections[0].path)
        own = section.path[depth:] if len(section.path) > depth else (section.title,)
        return (*reversed(own), *(() if section is self.chapter.sections[0] else (self.chapter.title,)))

    def _above(self, section: Section) -> frozenset[str]:
        """Return what the headings above and the last label announce."""
        return words.roles(" / ".join(self._titles(section))) | self.label

    def _webhook(self, section: Section, names: Names) -> Subject | None:
        """Tell which webhook is meant: by the headings, by the operation that it belongs to, by the fields."""
        own = self.chapter.subject
        if own is not None:
            named = [one for one in self.known.webhooks if (one.page, one.section) == (own.page, own.section)]
            return named[0] if named else _nearest(names, self.known.webhooks)
        for title in self._titles(section):
            called = words.webhook(title)
            found = self.known.webhook(called) if called else None
            if found is not None and (self._webhooks() or "webhook" in words.roles(title)):
                return found
        here = [one for one in self.known.webhooks if one.page == self.page.key]
        return _nearest(names, here) if self._webhooks() else None

    def _fields(self, names: Names, section: Section, *, wrapped: bool = False) -> tuple[str, str]:
        """Tell what a table or an example is about, and its direction; empty if it documents no body."""
        direction = self._direction(names, section, wrapped=wrapped)
        subject = self.chapter.subject
        if subject is None or direction == "webhook":
            webhook = self._webhook(section, names)
            if webhook is not None:
                return webhook.id, "webhook"
        elif subject is not None:
            return f"{subject.id}/{direction}", direction
        if subject is not None or self.chapter.endpoint or self._webhooks() or (names and self._documents()):
            return f"?{self._source(section)}/{direction}", direction
        return "", direction

    def _direction(self, names: Names, section: Section, *, wrapped: bool) -> str:
        """Tell by the nearest heading that says, by the label above, by the names, by the order."""
        if wrapped or any(name.startswith("data.") for name in names):
            return "response"
        for roles in (*map(words.roles, self._titles(section)), self.label):
            said = roles & frozenset(_DIRECTIONS)
            if "webhook" in said or len(said) == 1:
                return "webhook" if "webhook" in said else next(iter(said))
        return self._likely(names)

    def _documents(self) -> bool:
        """Say whether the page is one that documents bodies: a numbered chapter of it then does, too."""
        return bool(self.known.on(self.page.key)) and bool(self.chapter.number)

    def _likely(self, names: Names) -> str:
        """Tell a direction by the names that the spec has; else the first table is of the request."""
        if self.chapter.subject is not None:
            inner = frozenset(name.removeprefix("data.") for name in names)
            shares = {way: _share(inner, known) for way, known in self.chapter.subject.fields.items()}
            if len(set(shares.values())) > 1:
                return max(shares, key=lambda way: shares[way])
        if names >= frozenset({"code", "msg"}):
            return "response"
        return "response" if self.tables else "request"

    def _expected(self, subject: str, direction: str) -> Names:
        for one in (*self.known.operations, *self.known.webhooks):
            if subject in (one.id, f"{one.id}/{direction}"):
                return one.fields.get(direction, frozenset())
        return frozenset()

    def _headers(self, section: Section) -> Place:
        above = self._above(section)
        way = "response" if "response" in above else "request"
        if self._webhooks() or "webhook" in above:
            way = "webhook"
        place = self._place(section, f"headers/{way}")
        here = f"{self._source(section)}/" if self.chapter.subject else f"{self.page.key}#"
        return attrs.evolve(
            place, source=f"{here}{'response-headers' if way == 'response' else 'headers'}", direction=way
        )

    def _place(self, section: Section, subject: str) -> Place:
        """Return the place of something; without a subject it is nobody's."""
        source = self._source(section)
        direction = subject.partition("/")[2]
        named = next((one for one in self.known.webhooks if one.id == subject and one.page == self.page.key), None)
        if named is not None:
            source = f"{named.page}#{named.section}" + ("/webhook" if self.known.on(named.page) else "")
        elif direction in _DIRECTIONS and not subject.startswith("headers"):
            source = f"{source}/{direction}"
        return Place(
            page=self.page.key,
            locale=self.page.locale,
            section=_shown(section),
            source=source,
            subject=subject or f"?{source}",
        )

    def _source(self, section: Section) -> str:
        """Say where this is as x-source does: by number, as the spec calls it, or by the heading."""
        subject = self.chapter.subject
        if self.chapter.number:
            name = self.chapter.number
        elif subject is not None and subject.page == self.page.key:
            name = subject.section
        else:
            name = _NO_SLUG.sub("-", section.title.casefold()).strip("-")
        return f"{self.page.key}#{name}"


def _nearest(names: Names, webhooks: Iterable[Subject]) -> Subject | None:
    """Return the webhook whose fields these are, for the better part."""
    scores = [(_share(names, one.fields["webhook"]), one) for one in webhooks]
    best = max(scores, key=lambda score: score[0], default=None)
    return best[1] if best is not None and best[0] >= _ENOUGH else None


def _share(names: Names, known: Names) -> float:
    return len(names & known) / len(names | known) if names | known else 0.0


def _names(table: Table) -> Names:
    return frozenset(row[0].strip("*` ") for row in table.rows if row)


def _shown(section: Section) -> str:
    return " › ".join(section.path)
