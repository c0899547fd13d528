"""Texts as cells of a CSV file that a spreadsheet takes for texts, and never for formulas.

Merchants' numbers are chosen by whoever pays or orders. A text that begins with one of `= + - @`, a tab or a line break
gets an apostrophe in front, and so does one that begins with an apostrophe: taking one away brings every text back.
"""

from __future__ import annotations

from typing import Final

_MARK: Final = "'"
_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", _MARK)


def cell_of(text: str) -> str:
    """Return the cell for a text."""
    return _MARK + text if text.startswith(_BEGINS) else text


def text_of(cell: str) -> str:
    """Return the text that a cell stands for; one that nobody marked is itself."""
    return cell[1:] if cell.startswith(_MARK) and cell[1:].startswith(_BEGINS) else cell
