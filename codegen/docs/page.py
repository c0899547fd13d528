"""A documentation page as it was fetched or saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from codegen.document import Document

Form = Literal["html", "markdown", "text"]


@attrs.frozen(kw_only=True)
class Page:
    """One page in one language; `trouble` says why it has no content."""

    key: str
    """As in x-pages of the spec."""
    locale: str
    url: str
    form: Form = "html"
    content: str = ""
    trouble: str = ""

    @property
    def name(self) -> str:
        """How reports call it."""
        return self.key if self.locale == "en" else f"{self.key} ({self.locale})"


class OtherThanDocumentation(Exception):
    """Something that is no page of documentation; the text says what."""


class Unreadable(Exception):
    """A page that cannot be read, and why; it says nothing about what the page documents."""

    def __init__(self, page: Page, because: str) -> None:
        super().__init__(f"{page.name}: could not read, because {because}")
        self.page = page
        self.because = because


@attrs.frozen
class Site:
    """Where the spec says that the pages are."""

    url: str
    paths: Mapping[str, str]
    locales: Mapping[str, str]
    beside: frozenset[str] = frozenset()
    """What documents the wire, too, and is no page of the site."""

    def address(self, key: str, locale: str) -> str:
        """Return where a page is in a language."""
        return f"{self.url}{self.locales[locale]}{self.paths[key]}" if key in self.paths else ""


def site(document: Document) -> Site:
    """Read x-pages; what is no page of the site, as the integration guide, can only be saved."""
    found: Mapping[str, Any] = document.data.get("x-pages", {})
    paths = {key: path for key, path in found.get("paths", {}).items() if path.startswith("/")}
    beside = frozenset(found.get("paths", {})) - frozenset(paths)
    return Site(found.get("site", ""), paths, found.get("locales", {"en": ""}), beside)
