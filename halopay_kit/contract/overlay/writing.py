"""Values → YAML as the spec is written: blocks of keys, whose fields are mappings on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from halopay_kit.contract.overlay.nodes import plain
from halopay_kit.errors import OverlayRefused

# Needs no quotes in a block nor in brackets, and means text to YAML 1.1 and 1.2 alike.
_PLAIN = re.compile(
    r"[A-Za-z/($](?:[^\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff,\[\]{}:#\"'\u2028\u2029\\]|(?<! )#(?! )|:(?=[^\s,\[\]{}]))*"
)
_WORDS_OF_YAML_1_1 = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_PRINTABLE = re.compile(r"[\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
_BREAKS = re.compile("[\u2028\u2029]")
_LONGEST_KEY = 200

# Keys whose content goes by names, in an OpenAPI document: no order is known there.
NAMES = frozenset(
    {"properties", "schemas", "headers", "parameters", "responses", "x-values", "links", "paths", "webhooks"}
)
# Whose content is a block, an entry a line.
_BLOCKS = frozenset({"properties", "x-values"})


def scalar(value: Any, style: str = "") -> str:
    """Write a scalar; `style` is how the one that stood there was quoted, kept where that is possible."""
    if not isinstance(value, str):
        return json.dumps(value, allow_nan=False)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise OverlayRefused("half of a surrogate pair in a text")
    is_line = _PRINTABLE.fullmatch(value) is not None and _BREAKS.search(value) is None
    if style == "'" and is_line:
        return _single(value)
    if style != '"' and _is_plain(value):
        return value
    if style != '"' and is_line and ("'" not in value or '"' in value or "\\" in value):
        return _single(value)
    return _double(value)


def flow(value: Any) -> str:
    """Write a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key(name)}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def key(name: Any) -> str:
    """Write a key; one that looks like a number or a word of YAML's gets quotes."""
    if not isinstance(name, str) or len(name) > _LONGEST_KEY or not _PRINTABLE.fullmatch(name):
        raise OverlayRefused(f"not a name that the spec could have: {str(name)[:80]!r}")
    return scalar(name)


def entry(name: str, value: Any, indent: int, *, as_block: bool) -> list[str]:
    """Write one entry of a block as lines."""
    pad = " " * indent
    if not as_block or not isinstance(value, Mapping) or not value:
        return [f"{pad}{key(name)}: {flow(value)}"]
    lines = [f"{pad}{key(name)}:"]
    for inner, item in value.items():
        if inner in _BLOCKS and isinstance(item, Mapping) and item:
            lines += [f"{pad}  {key(inner)}:"]
            lines += [f"{pad}    {key(field)}: {flow(told)}" for field, told in item.items()]
        elif inner == "allOf" and isinstance(item, list) and item:
            lines += [f"{pad}  {key(inner)}:", *(f"{pad}    - {flow(part)}" for part in item)]
        else:
            lines += [f"{pad}  {key(inner)}: {flow(item)}"]
    return lines


def document(values: Mapping[str, Any]) -> str:
    """Write a document of its own: blocks down to what fits on a line."""
    return "\n".join(_lines(values, 0)) + "\n"


def _lines(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    pad = " " * indent
    for name, value in values.items():
        line = f"{pad}{key(name)}: {flow(value)}"
        if not isinstance(value, Mapping | list) or not value or (len(line) <= 120 and indent >= 4):
            yield line
        elif isinstance(value, Mapping):
            yield f"{pad}{key(name)}:"
            yield from _lines(value, indent + 2)
        else:
            yield f"{pad}{key(name)}:"
            for item in value:
                yield from _item(item, indent + 2)


def _item(item: Any, indent: int) -> Iterator[str]:
    pad = " " * indent
    if not isinstance(item, Mapping) or not item:
        yield f"{pad}- {flow(item)}"
        return
    lines = list(_lines(item, indent + 2))
    yield f"{pad}- {lines[0].lstrip()}"
    yield from lines[1:]


def _is_plain(text: str) -> bool:
    return (
        _PLAIN.fullmatch(text) is not None
        and not text.endswith((" ", ":"))
        and text.lower() not in _WORDS_OF_YAML_1_1
        and isinstance(plain(text), str)
    )


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", written)
