"""What a page of the test site is made of, before it takes a form."""

from __future__ import annotations

import attrs


@attrs.frozen
class Title:
    level: int
    text: str
    emoji: str = ""


@attrs.frozen
class Prose:
    """A paragraph; what stands between backticks is code."""

    text: str


@attrs.frozen
class Bullets:
    items: tuple[str, ...]


@attrs.frozen
class Grid:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@attrs.frozen
class Sample:
    language: str
    text: str


Part = Title | Prose | Bullets | Grid | Sample
