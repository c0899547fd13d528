"""HTML as Docusaurus writes it → blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree, html

from codegen.docs.blocks import MOST_ROWS, Block, Code, Heading, Paragraph, Row, Table, plain, spread, title
from codegen.docs.page import OtherThanDocumentation

_DEEPEST = 200
_CONTENT = (
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' theme-doc-markdown ')]",
    "//article",
    "//main",
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SILENT = frozenset(
    {"script", "style", "template", "noscript", "svg", "button", "nav", "form", "iframe", "object", "select"}
)
_TEXT = frozenset({"p", "li", "dt", "dd", "summary", "figcaption", "blockquote"})
_LANGUAGE = re.compile(r"language-([A-Za-z0-9+#-]+)")
_SIGN_IN = re.compile(r"\b(log ?in|sign ?in|password|登录|登入|ログイン|로그인|connexion)\b", re.IGNORECASE)
_NOT_FOUND = re.compile(r"page not found|\b404\b|not found|introuvable|見つかりません|找不到|찾을 수 없", re.IGNORECASE)
_SHORT = 2000


def blocks(content: str) -> Iterator[Heading | Block]:
    """Read a page's content; navigation, scripts and forms are left out.

    Raises: OtherThanDocumentation.
    """
    try:
        parser = html.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
        root = html.document_fromstring(content.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise OtherThanDocumentation("it is no HTML") from error
    found = next((nodes[0] for nodes in map(root.xpath, _CONTENT) if nodes), None)
    if found is None:
        raise OtherThanDocumentation(_what_else(root))
    parts = list(_walk(found, 0))
    if not any(not isinstance(part, Heading) for part in parts) or _is_not_found(root, parts):
        raise OtherThanDocumentation(_what_else(root))
    return iter(parts)


def _walk(node: html.HtmlElement, depth: int) -> Iterator[Heading | Block]:
    """Yield what a node is made of; text that stands in no paragraph of its own is one."""
    if depth > _DEEPEST:
        raise OtherThanDocumentation("it is nested too deeply")
    loose: list[str] = [node.text or ""]
    for child in node:
        tag = child.tag if isinstance(child.tag, str) else ""
        if _is_block(child, tag):
            yield from _paragraph(loose)
            loose = []
            yield from _block(child, tag, depth + 1)
        elif tag not in _SILENT and tag:
            loose.append(_text(child))
        loose.append(child.tail or "")
    yield from _paragraph(loose)


def _is_block(node: html.HtmlElement, tag: str) -> bool:
    if tag in _HEADINGS or tag in _TEXT or tag in ("table", "pre"):
        return True
    if tag in _SILENT or not tag:
        return False
    return tag in ("div", "section", "article", "header", "main", "ul", "ol", "dl", "details", "body", "figure") or any(
        isinstance(below.tag, str) and below.tag in ("table", "pre", "p") for below in node.iterdescendants()
    )


def _block(node: html.HtmlElement, tag: str, depth: int) -> Iterator[Heading | Block]:
    if tag in _HEADINGS:
        text = title(_text(node, without="hash-link"))
        if text:
            yield Heading(_HEADINGS[tag], text, node.get("id") or "")
    elif tag == "table":
        yield from _table(node)
    elif tag == "pre":
        yield Code(_code(node), _language(node))
    elif tag in _TEXT and not any(_is_block(below, _tag(below)) for below in node):
        yield from _paragraph([_text(node)])
    else:
        yield from _walk(node, depth)


def _tag(node: html.HtmlElement) -> str:
    return node.tag if isinstance(node.tag, str) else ""


def _paragraph(texts: list[str]) -> Iterator[Paragraph]:
    text = plain("".join(texts))
    if text:
        yield Paragraph(text)


def _table(node: html.HtmlElement) -> Iterator[Table]:
    found: list[list[tuple[str, int, int]]] = []
    for row in node.iter("tr"):
        if next(row.iterancestors("table"), None) is not node:
            continue
        if len(found) > MOST_ROWS:
            break
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        if cells:
            found.append([(plain(_text(cell)), _span(cell, "rowspan"), _span(cell, "colspan")) for cell in cells])
    if not found:
        return
    if len(found) > MOST_ROWS:
        yield Table(tuple(text for text, _, _ in found[0]), (), "it has too many rows")
    elif _is_merged(found):
        yield Table(tuple(text for text, _, _ in found[0]), _unspread(found[1:]), "it has merged cells")
    else:
        head, *rows = spread(found)
        yield Table(head, tuple(rows))


def _unspread(rows: Sequence[Sequence[tuple[str, int, int]]]) -> tuple[Row, ...]:
    return tuple(tuple(text for text, _, _ in row) for row in rows)


def _is_merged(rows: Sequence[Sequence[tuple[str, int, int]]]) -> bool:
    """Say whether cells are merged; a line of its own across the whole table only divides it."""
    head, *below = rows
    return any(down > 1 or across > 1 for _, down, across in head) or any(
        down > 1 or across > 1 for row in below for _, down, across in row if len(row) > 1 or across < len(head)
    )


def _span(cell: html.HtmlElement, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    return min(int(text[:4]), 100) if text.isascii() and text.isdigit() else 1


def _code(node: html.HtmlElement) -> str:
    lines: list[str] = []
    for part in node.iter():
        if part.tag == "br":
            lines.append("\n")
        elif isinstance(part.tag, str) and part.tag not in _SILENT:
            lines.append(part.text or "")
        if part is not node:
            lines.append(part.tail or "")
    return "".join(lines).replace("\u200b", "").strip("\n")


def _language(node: html.HtmlElement) -> str:
    for part in [node, *node.iterancestors(), *node.iter("code")]:
        found = _LANGUAGE.search(part.get("class") or "")
        if found:
            return found[1].lower()
    return ""


def _text(node: html.HtmlElement, without: str = "") -> str:
    parts: list[str] = [node.text or ""]
    for child in node:
        tag = _tag(child)
        silent = not tag or tag in _SILENT or (without and without in (child.get("class") or "").split())
        if tag == "br":
            parts.append("\n")
        elif not silent:
            parts.append(_text(child, without))
        parts.append(child.tail or "")
    return "".join(parts)


def something_else(shown: str) -> str:
    """Say what a page is that shows no more than this text and documents nothing; empty if nothing gives it away."""
    if not shown:
        return "it is empty"
    if _NOT_FOUND.search(shown[:2000]):
        return "it says that the page was not found"
    if len(shown) < _SHORT and _SIGN_IN.search(shown):
        return "it is a login page"
    return ""


def _is_not_found(root: html.HtmlElement, parts: list[Heading | Block]) -> bool:
    if any(isinstance(part, Table | Code) for part in parts):
        return False
    first = next((part.text for part in parts if isinstance(part, Heading)), "")
    return bool(_NOT_FOUND.search(f"{root.findtext('.//title') or ''} {first}"))


def _what_else(root: html.HtmlElement) -> str:
    if root.xpath("//input[@type='password']"):
        return "it is a login page"
    return something_else(plain(_text(root))) or "it has another layout"
