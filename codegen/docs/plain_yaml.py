"""Values → YAML that means the same to YAML 1.1 and 1.2, whatever a stranger wrote into them."""

from __future__ import annotations

import re
from typing import Any

import yaml

_SAFE = re.compile(r"[A-Za-z$/](?:[A-Za-z0-9_./$~-]|(?<! ) (?=[A-Za-z0-9]))*")
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
_WIDE = 1_000_000


class _Writer(yaml.SafeDumper):
    """Quote what could be something else than text, and write each value out."""

    def ignore_aliases(self, _: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's own
        super().increase_indent(flow, False)


def _text(writer: _Writer, value: str) -> yaml.Node:
    is_plain = _SAFE.fullmatch(value) is not None and value.lower() not in _WORDS
    return writer.represent_scalar("tag:yaml.org,2002:str", value, style=None if is_plain else '"')


_Writer.add_representer(str, _text)


def as_yaml(values: Any) -> str:
    """Write a document."""
    return yaml.dump(values, Dumper=_Writer, sort_keys=False, allow_unicode=False, width=_WIDE)
