"""What the test site calls things in each language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from tests.codegen.docs.parts import Prose, Title

_WORDS: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
_NUMBERS = {2: "two", 3: "three", 5: "five", 10: "ten"}
LOCALES = ("en", "fr", "ko", "ja", "zh-Hant")


@attrs.frozen
class Wording:
    """The words of one language."""

    locale: str

    def head(self, *names: str) -> tuple[str, ...]:
        """Return what columns are called."""
        return tuple(_WORDS["columns"][name][self.locale] for name in names)

    def required(self, needed: bool, style: int) -> str:
        """Write yes or no, in one of three ways."""
        cell: str = _WORDS["yes" if needed else "no"][self.locale][style]
        return cell

    def told(self, text: str) -> str:
        """Return a description; in other languages than English nobody has translated it."""
        said: str = text if self.locale == "en" else _WORDS["description"][self.locale]
        return said

    def heading(self, key: str) -> str:
        """Return the text of a heading."""
        text: str = _WORDS["headings"][key][self.locale]
        return text

    def title(self, level: int, key: str, emoji: str = "") -> Title:
        """Return a heading."""
        return Title(level, self.heading(key), emoji)

    def numbered(self, section: str, node: Mapping[str, Any]) -> Title:
        """Return the heading of an operation."""
        known = section in _WORDS["headings"]
        name = self.heading(section) if known else self.heading("other").format(name=node["operationId"])
        return Title(2, f"{section}. {name}" if section.isdigit() else name, "📘")

    def said(self, key: str, **values: object) -> str:
        """Return a sentence."""
        text: str = _WORDS["prose"][key][self.locale]
        return text.format(**values)

    def prose(self, key: str, **values: object) -> Prose:
        """Return a paragraph."""
        return Prose(self.said(key, **values))

    def valid(self, minutes: int, told: str) -> str:
        """Say in a cell how long a timestamp is valid; in English as the spec has it, with the minutes of now."""
        if self.locale == "en":
            return told.replace("two minutes", f"{_NUMBERS.get(minutes, minutes)} minutes")
        text: str = _WORDS["valid"][self.locale]
        return text.format(minutes=minutes)
