"""A page → its sections, whatever form it came in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from codegen.docs import flattened, markdown, markup
from codegen.docs.blocks import Block, Heading, Paragraph, Section, sections
from codegen.docs.page import Form, OtherThanDocumentation, Page, Unreadable

_READERS: Mapping[Form, Callable[[str], Iterator[Heading | Block]]] = {
    "html": markup.blocks,
    "markdown": markdown.blocks,
    "text": flattened.blocks,
}
_TAGS = re.compile(r"<(?:!doctype html|html|body|div|article|main|h1|table)\b", re.IGNORECASE)
_MARKS = re.compile(r"^(?:#{1,6} |\|.*\|\s*$|```|---$)", re.MULTILINE)


def form(content: str) -> Form:
    """Tell what form a text has from the text itself."""
    if _TAGS.search(content[:5000]):
        return "html"
    return "markdown" if len(_MARKS.findall(content)) > 1 else "text"


def read(page: Page) -> tuple[Section, ...]:
    """Read a page.

    Raises: Unreadable, with the reason; nothing else, whatever the page holds.
    """
    if page.trouble:
        raise Unreadable(page, page.trouble)
    try:
        parts = list(_READERS[page.form](page.content))
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
