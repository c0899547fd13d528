"""A page → its sections, whatever form it came in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from codegen.docs import flattened, markdown, markup
from codegen.docs.blocks import Block, Heading, Paragraph, Section, sections
from codegen.docs.page import Form, OtherThanDocumentation, Page, Unreadable

_READERS: Mapping[Form, Callable[[str], Iterator[Heading | Block]]] = {
    "html": markup.blocks,
    "markdown": markdown.blocks,
    "text": flattened.blocks,
}
_WHOLE = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_TAGS = re.compile(r"<(?:div|article|main|h[1-6]|table|p)\b[^<>]*>", re.IGNORECASE)
_MARKS = re.compile(r"\A---\n|^(?:```|\|?[ \t]{0,9}:?-{3,}:?[ \t]{0,9}\|)", re.MULTILINE)
_BEGINNING = 5000
_READ = 300_000
_LARGEST: Mapping[Form, int] = {"html": 3_000_000, "markdown": 300_000, "text": 300_000}
"""Characters; HaloPay's pages have some ten thousand."""
_MOST = 5000
"""Headings, paragraphs, tables and samples of code."""


def form(content: str) -> Form:
    """Tell what form a text has from the text itself."""
    if _WHOLE.search(content[:_BEGINNING]):
        return "html"
    if _MARKS.search(content[:_READ].replace("\r\n", "\n")):
        return "markdown"
    return "html" if _TAGS.search(content[:_BEGINNING]) else "text"


def read(page: Page) -> tuple[Section, ...]:
    """Read a page.

    Raises: Unreadable, with the reason; nothing else, whatever the page holds.
    """
    if page.trouble:
        raise Unreadable(page, page.trouble)
    try:
        parts = _parts(page)
    except OtherThanDocumentation as other:
        raise Unreadable(page, str(other)) from other
    except RecursionError as error:
        raise Unreadable(page, "it is nested too deeply") from error
    if not any(not isinstance(part, Heading) for part in parts):
        raise Unreadable(page, "it is empty")
    if all(isinstance(part, Heading | Paragraph) for part in parts):
        shown = " ".join(part.text for part in parts if isinstance(part, Heading | Paragraph))
        instead = markup.something_else(shown)
        if instead:
            raise Unreadable(page, instead)
    return sections(parts)


def _parts(page: Page) -> list[Heading | Block]:
    parts = (
        [] if len(page.content) > _LARGEST[page.form] else list(islice(_READERS[page.form](page.content), _MOST + 1))
    )
    if len(page.content) > _LARGEST[page.form] or len(parts) > _MOST:
        raise OtherThanDocumentation("it is too large")
    return parts
