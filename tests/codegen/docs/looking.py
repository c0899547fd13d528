"""Look at pages of the test site, as the command does."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path

from codegen import document
from codegen.docs import ledger
from codegen.docs.ledger import Ledger
from codegen.docs.look import Look, look
from codegen.docs.memory import Memory
from codegen.docs.page import Form, Page
from tests.codegen.docs import site, wire
from tests.codegen.docs.forms import FORMS
from tests.codegen.docs.parts import Part

SPEC = wire.SPEC
READ_AS: dict[str, Form] = {"html": "html", "markdown": "markdown"}
FLAT: Form = "text"


@functools.cache
def spec() -> document.Document:
    return document.read(SPEC)


@functools.cache
def known() -> Ledger:
    return ledger.read(SPEC.with_name("contradictions.yaml"))


@functools.cache
def _parts(locale: str, complete: bool) -> dict[str, tuple[Part, ...]]:
    return {key: tuple(parts) for key, parts in site.parts(wire.spec(), locale, complete).items()}


def pages(
    form: str, change: Callable[[dict[str, list[Part]]], None] | None = None, locale: str = "en", complete: bool = False
) -> list[Page]:
    """Return the pages of the site in a form, changed."""
    made = {key: list(parts) for key, parts in _parts(locale, complete).items()}
    if change is not None:
        change(made)
    return [
        Page(
            key=key,
            locale=locale,
            url="",
            form=READ_AS.get(form, FLAT),
            content=FORMS[form](parts, locale, f"/{key}"),
        )
        for key, parts in made.items()
    ]


def looked(found: Iterable[Page], memory: Memory | None = None, of: document.Document | None = None) -> Look:
    """Look at pages."""
    return look(found, of or spec(), ledger=known(), memory=memory)


def saved(folder: Path, found: Iterable[Page]) -> Path:
    """Write pages as `--pages` reads them."""
    endings = {"html": ".html", "markdown": ".md", "text": ".txt"}
    for page in found:
        place = folder if page.locale == "en" else folder / page.locale
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{page.key}{endings[page.form]}").write_text(page.content, "utf-8")
    return folder
