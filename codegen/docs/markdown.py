"""Markdown → blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from codegen.docs import markup
from codegen.docs.blocks import MOST_ROWS, Block, Code, Heading, Paragraph, Table, plain, title

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_ANCHOR = re.compile(r"\s*\{#([\w-]+)\}\s*$")


def blocks(content: str) -> Iterator[Heading | Block]:
    """Read a page; what stands before it as settings is left out, HTML in it is read as HTML."""
    text = _FRONT.sub("", content.replace("\r\n", "\n"))
    tokens = MarkdownIt("commonmark", {"html": True, "maxNesting": 50}).enable(["table", "strikethrough"]).parse(text)
    for index, token in enumerate(tokens):
        match token.type:
            case "heading_open":
                yield from _heading(int(token.tag[1]), tokens[index + 1])
            case "inline" if tokens[index - 1].type == "paragraph_open":
                shown = plain(_shown(token))
                if shown:
                    yield Paragraph(shown)
            case "fence" | "code_block":
                yield Code(token.content.strip("\n"), (token.info.split() or [""])[0].lower())
            case "table_open":
                yield _table(tokens[index:])
            case "html_block" if "<table" in token.content.lower():
                yield from markup.blocks(f"<main>{token.content}</main>")


def _heading(level: int, token: Token) -> Iterator[Heading]:
    text = _shown(token)
    anchor = _ANCHOR.search(text)
    shown = title(_ANCHOR.sub("", text))
    if shown:
        yield Heading(level, shown, anchor[1] if anchor else "")


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[tuple[str, ...]] = []
    cells: list[str] = []
    for token in tokens:
        match token.type:
            case "tr_open":
                cells = []
            case "inline":
                cells.append(plain(_shown(token)))
            case "tr_close":
                rows.append(tuple(cells))
            case "table_close":
                break
    head, *below = rows
    return Table(head, tuple(below)) if len(below) <= MOST_ROWS else Table(head, (), "it has too many rows")


def _shown(token: Token) -> str:
    """Return what a reader sees of a line: no emphasis, no addresses of links."""
    parts = []
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline":
                parts.append(child.content)
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "html_inline" if child.content.lower().startswith("<br"):
                parts.append(" ")
    return "".join(parts)
