"""A page's parts → HTML as Docusaurus writes it, Markdown, or text as it is left when a page is flattened."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.codegen.docs.parts import Bullets, Grid, Part, Prose, Sample, Title

ANCHOR = "\u200b"
_SHELL = (Path(__file__).parent / "shell.html").read_text("utf-8")
_TOKENS = re.compile(r'"[^"\n]*"|[{}()\[\],:;]|[^\S\n]+|[^\s{}()\[\],:;"]+|"')
_CODE = re.compile(r"`([^`]*)`")


def as_html(parts: Sequence[Part], locale: str = "en", address: str = "/") -> str:
    """Wrap a page as Docusaurus 3 does."""
    title = html.escape(next((part.text for part in parts if isinstance(part, Title)), ""))
    content = "".join(_html(part) for part in parts)
    values = {"locale": locale, "title": title, "address": html.escape(address), "content": content}
    return re.sub(r"\{(locale|title|address|content)\}", lambda found: values[found[1]], _SHELL)


def _html(part: Part) -> str:
    match part:
        case Title(1, text, emoji):
            return f"<header><h1>{html.escape(f'{emoji} {text}'.strip())}</h1></header>\n"
        case Title(level, text, emoji):
            shown = html.escape(f"{emoji} {text}".strip())
            anchor = html.escape(re.sub(r"[^\w]+", "-", f"{emoji} {text}".lower() if emoji else text.lower()))
            link = (
                f'<a href="#{anchor}" class="hash-link" aria-label="Direct link to {shown}" '
                f'title="Direct link to {shown}" translate="no">{ANCHOR}</a>'
            )
            return f'<h{level} class="anchor anchorTargetStickyNavbar_Vzrq" id="{anchor}">{shown}{link}</h{level}>\n'
        case Prose(text):
            return f"<p>{_marked(text)}</p>\n"
        case Bullets(items):
            return "<ul>\n" + "".join(f'<li class="">{_marked(item)}</li>\n' for item in items) + "</ul>\n"
        case Grid(head, rows):
            top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
            below = "".join("<tr>" + "".join(f"<td>{_marked(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            return f"<table><thead><tr>{top}</tr></thead><tbody>{below}</tbody></table>\n"
        case Sample(language, text):
            return _sample(language, text)


def _marked(text: str) -> str:
    """Escape a text; what stands between backticks becomes code."""
    return _CODE.sub(r"<code>\1</code>", html.escape(text))


def _sample(language: str, text: str) -> str:
    """Write code as Prism does: a line is a div, a token is a span."""
    lines = "".join(
        '<div class="token-line" style="color:#393A34">'
        + "".join(
            f'<span class="token plain">{html.escape(token, quote=False)}</span>' for token in _TOKENS.findall(line)
        )
        + "<br></div>"
        for line in text.split("\n")
    )
    return (
        f'<div class="language-{language} codeBlockContainer_Ckt0 theme-code-block"><div class="codeBlockContent_QJqH">'
        f'<pre tabindex="0" class="prism-code language-{language} codeBlock_bY9V thin-scrollbar">'
        f'<code class="codeBlockLines_e6Vv">{lines}</code></pre></div></div>\n'
    )


def as_markdown(parts: Sequence[Part], locale: str = "en", address: str = "/") -> str:  # noqa: ARG001  # one shape of all forms
    """Write a page as its authors do."""
    title = next((part.text for part in parts if isinstance(part, Title)), "")
    return f"---\ntitle: {title}\nslug: {address}\n---\n\n" + "\n\n".join(map(_markdown, parts)) + "\n"


def _markdown(part: Part) -> str:
    match part:
        case Title(level, text, emoji):
            return f"{'#' * level} {f'{emoji} {text}'.strip()}"
        case Prose(text):
            return text
        case Bullets(items):
            return "\n".join(f"- {item}" for item in items)
        case Grid(head, rows):
            rule = tuple("---" for _ in head)
            return "\n".join("| " + " | ".join(_barred(cell) for cell in row) + " |" for row in (head, rule, *rows))
        case Sample(language, text):
            return f"```{language}\n{text}\n```"


def _barred(cell: str) -> str:
    return cell.replace("|", "\\|").replace("*", "\\*") if cell != "---" else cell


def _flattened(between: str) -> Callable[[Sequence[Part], str, str], str]:
    """Make a form of text: what stands between the cells of a row."""

    def as_text(parts: Sequence[Part], locale: str = "en", address: str = "/") -> str:  # noqa: ARG001  # likewise
        return "\n\n".join(_text(part, between) for part in parts) + "\n"

    return as_text


def _text(part: Part, between: str) -> str:
    match part:
        case Title(_, text, emoji):
            return f"{emoji} {text}".strip() + ANCHOR
        case Prose(text):
            return text.replace("`", "")
        case Bullets(items):
            return "\n".join(item.replace("`", "") for item in items)
        case Grid(head, rows):
            lines = (
                between.join(cell.replace("`", "") for cell in row if cell or between == "\t") for row in (head, *rows)
            )
            return "\n".join(lines)
        case Sample(_, text):
            return text


FORMS: Mapping[str, Callable[[Sequence[Part], str, str], str]] = {
    "html": as_html,
    "markdown": as_markdown,
    "text": _flattened(" "),
    "text-tabs": _flattened("\t"),
    "text-glued": _flattened(""),
}
ENDINGS = {"html": ".html", "markdown": ".md"}
