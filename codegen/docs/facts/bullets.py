"""Lists of fields, as `trade_no (string, optional): id of the order`, → the tables that they could be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from codegen.docs import columns
from codegen.docs.blocks import Block, Paragraph, Row, Table

_NAME = r"[`*\"]*(?P<name>[A-Za-z_][\w-]*(?:\[\])?(?:\.[A-Za-z_][\w-]*(?:\[\])?)*)[`*\"]*"
_SAID = r"[\s:：.,，–—-]*(?P<said>.*)"
_FORMS = (
    re.compile(rf"{_NAME}\s*[:：–—-]?\s*[(（\[<](?P<told>[^()（）]{{1,60}})[)）\]>]{_SAID}"),
    re.compile(rf"{_NAME}\s*[:：–—-]\s*[`*]*(?P<told>[A-Za-z0-9\[\]<>]{{1,20}})[`*]*(?:[\s:：.,，–—-]+(?P<said>.*))?"),
)
_FEWEST = 2


def as_tables(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield blocks; items of a list that each name a field and its type become a table."""
    items: list[Paragraph] = []
    rows: list[Row] = []
    for block in (*blocks, None):
        row = _row(block.text) if isinstance(block, Paragraph) else None
        if row is not None and isinstance(block, Paragraph):
            rows.append(row)
            items.append(block)
            continue
        if len(rows) >= _FEWEST:
            yield Table(("Field", "Type", "Required", "Description"), tuple(rows))
        else:
            yield from items
        rows, items = [], []
        if block is not None:
            yield block


def _row(text: str) -> Row | None:
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is None:
            continue
        kind, *others = re.split(r"\s*[,，;；/|]\s*", found["told"].strip("`* "))
        if columns.wire_type(kind) is not None:
            required = next((word for word in others if columns.is_required(word) is not None), "")
            return found["name"], kind, required, (found["said"] or "").strip()
    return None
