"""The command `python -m codegen drift`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

if TYPE_CHECKING:
    from codegen.docs.ledger import Ledger
    from codegen.docs.look import Look
    from codegen.docs.memory import Memory
    from codegen.docs.page import Page, Site
    from codegen.document import Document

SPEC = Path(__file__).parents[2] / "spec" / "halopay.yaml"
_DONE, _UNREAD, _DRIFT = 0, 1, 3
_LEDGER, _MEMORY = "contradictions.yaml", "documentation.json"
_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.option("--fetch", is_flag=True, help="Fetch the pages from the site, one at a time.")
@click.option("--pages", type=_FOLDER, help="Read saved pages: native.html, webhook.md, ko/native.txt, …")
@click.option("--locale", "locales", multiple=True, help="Only this language (en, fr, ko, …); may be given again.")
@click.option("--overlay", type=_FILE, help="Write the corrections as an OpenAPI Overlay.")
@click.option("--accept", is_flag=True, help="Remember what was seen, so that the next run shows only news.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown, for a pull request.")
@click.option("--site", "url", help="Another address of the site.")
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), help="Where fetched pages are kept.")
@click.option("--on", "day", metavar="DATE", help="The day that corrections carry. [default: today]")
@click.option("--spec", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=SPEC, help="The spec.")
def drift(
    fetch: bool,
    pages: Path | None,
    locales: tuple[str, ...],
    overlay: Path | None,
    accept: bool,
    form: str | None,
    url: str | None,
    cache: Path | None,
    day: str | None,
    spec: Path,
) -> None:
    """Say where HaloPay's documentation and the spec disagree.

    Beside the spec lie contradictions.yaml, the ledger of what the documentation says twice, differently, and
    documentation.json, what was accepted before. Exit codes: 0 no drift, 3 drift, 1 a page could not be read, 2 usage.

    \b
    Examples:
      python -m codegen drift --fetch
      python -m codegen drift --pages saved/ --overlay found.yaml
      python -m codegen drift --fetch --locale en --markdown
      python -m codegen drift --pages saved/ --accept
    """
    if fetch == (pages is not None):
        raise click.UsageError("Give either --fetch or --pages.")
    day = _day(day)
    from codegen import document
    from codegen.docs import ledger, memory, report
    from codegen.docs.look import look
    from codegen.docs.page import site as read_site
    from codegen.errors import SpecError

    try:
        read = document.read(spec)
        known, remembered = ledger.read(spec.parent / _LEDGER), memory.read(spec.parent / _MEMORY)
    except (SpecError, OSError, ledger.LedgerError, memory.MemoryUnreadable) as error:
        raise _failed(f"{spec}: {error}" if isinstance(error, SpecError) else str(error)) from error
    site = read_site(read)
    site = attrs.evolve(site, url=url.rstrip("/")) if url else site
    for locale in locales:
        if locale not in site.locales:
            raise click.UsageError(f"{locale} is no language of the site; it has {', '.join(site.locales)}.")
    try:
        source, absent = _source(pages, cache, site, locales)
        length = len(site.paths) * len(locales or site.locales) if fetch else len(list(source))
        with _progress("Reading", length) as seen:
            found = look(source, read, ledger=known, memory=remembered, seen=seen)
    except OSError as error:
        raise _failed(f"The pages cannot be read: {error}") from error
    found = _without_absent(found, [key for key in absent if remembered.knows(key, "en")])
    forms: dict[str | None, Callable[[Look], str]] = {"json": report.as_json, "markdown": report.as_markdown}
    click.echo(forms.get(form, report.as_text)(found))
    _note(found, absent)
    try:
        if overlay is not None:
            _propose(overlay, found, read, day, site)
        if accept:
            _accept(spec.parent, remembered, known, found)
    except OSError as error:
        raise _failed(f"Cannot be written: {error}") from error
    raise click.exceptions.Exit(_UNREAD if found.unread or not found.read else _DRIFT if found.drifts else _DONE)


def _day(day: str | None) -> str:
    if day is None:
        return datetime.now(UTC).date().isoformat()  # noqa: TID251 - a command says which day it is
    try:
        return datetime.strptime(day, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007 - a day, no time
    except ValueError as error:
        raise click.UsageError("--on is a day, as 2026-05-22.") from error


def _source(
    pages: Path | None, cache: Path | None, site: Site, locales: Sequence[str]
) -> tuple[Sequence[Page] | Iterator[Page], list[str]]:
    """Return the pages, and the keys of those that a folder does not have."""
    if pages is None:
        from codegen.docs.fetch import Fetcher

        kept = cache or Path.home() / ".cache" / "halopay-kit" / "documentation"
        return Fetcher(site=site, cache=kept, sleep=time.sleep).pages(locales or list(site.locales)), []
    from codegen.docs import folder

    found = folder.read(pages, site)
    for name in found.strange:
        click.echo(f"Not looked at, as it is no page that the spec knows: {name}", err=True)
    wanted = [page for page in found.pages if not locales or page.locale in locales]
    return wanted, list(found.absent) if not locales or "en" in locales else []


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[object], object]]:
    """Show a bar on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda _: bar.update(1)


def _without_absent(found: Look, absent: Sequence[str]) -> Look:
    """A page that was looked at before and is not there now could not be read: nothing of it is gone."""
    from codegen.docs.look import Unread

    unread = [
        Unread(page=key, locale="en", section="", because="it is not there, and was looked at before") for key in absent
    ]
    return attrs.evolve(found, unread=(*found.unread, *unread))


def _note(found: Look, absent: Sequence[str]) -> None:
    from codegen.docs.plain_text import plain

    for each in found.unread:
        click.secho(plain(str(each)), err=True, fg="yellow")
    others = [key for key in absent if not any(each.page == key for each in found.unread)]
    if others:
        click.echo(f"Not looked at, as they are not there: {', '.join(others)}", err=True)


def _propose(file: Path, found: Look, read: Document, day: str, site: Site) -> None:
    from codegen.docs import expected
    from codegen.docs.overlay import propose

    facts = [fact for (_, locale), said in found.read.items() if locale == "en" for fact in said]
    proposal = propose(found.drifts, expected.read(read), facts, day=day, site=site.url)
    file.write_text(proposal.as_text(), "utf-8")
    click.echo(f"{file}: {len(proposal.actions)} corrections, {len(proposal.manual)} for a person", err=True)


def _accept(folder: Path, remembered: Memory, known: Ledger, found: Look) -> None:
    """Remember what was seen, and enter what nobody knew into the ledger."""
    from codegen.docs import ledger_entry, memory

    file = folder / _MEMORY
    _replace(file, memory.as_text(memory.accept(remembered, found.read, (*found.drifts, *found.remembered))))
    click.echo(f"{file}: {len(found.read)} pages and {len(found.drifts)} drifts accepted", err=True)
    if found.fresh:
        file = folder / _LEDGER
        before = file.read_text("utf-8").rstrip("\n") + "\n\n" if file.exists() else ""
        _replace(file, before + ledger_entry.as_text(found.fresh, [entry.id for entry in known.entries]))
        click.echo(f"{file}: {len(found.fresh)} contradictions added; decide what we follow", err=True)


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, "utf-8")
    beside.replace(file)


def _failed(text: str) -> click.exceptions.Exit:
    click.echo(text, err=True)
    return click.exceptions.Exit(_UNREAD)
