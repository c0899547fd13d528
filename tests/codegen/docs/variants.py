"""Pages that document the guessed operations in full, and otherwise than they were guessed."""

from __future__ import annotations

import re

from tests.codegen.docs.parts import Grid, Sample, Title
from tests.codegen.docs.seeds import Pages

# Page, number of the operation or heading, field as guessed, field as documented.
RENAMED: tuple[tuple[str, str, str, str], ...] = (
    ("native", "2", "txid", "tx_hash"),
    ("native", "2", "amount_collected", "paid_amount"),
    ("native", "3", "rate", "exchange_rate"),
    ("native", "4", "balance", "available_balance"),
    ("native", "6", "address", "to_address"),
    ("native", "6", "google_code", "google_auth_code"),
    ("native", "7", "txid", "tx_hash"),
    ("native", "7", "fee", "service_fee"),
    ("native", "8", "balance", "available_balance"),
    ("native", "9", "pay_address", "qr_address"),
    ("webhook", "Payout", "txid", "tx_hash"),
)
RETYPED: tuple[tuple[str, str, str, str], ...] = (
    ("native", "2", "create_time", "string"),
    ("native", "5", "chain_id", "string"),
    ("native", "7", "decimal", "string"),
)


def otherwise(pages: Pages, renamed=RENAMED, retyped=()) -> None:
    """Rename and retype what was guessed, in tables and examples alike."""
    for page, heading, old, new in renamed:
        for place in _below(pages, page, heading):
            part = pages[page][place]
            if isinstance(part, Grid):
                pages[page][place] = _renamed(part, old, new)
            elif isinstance(part, Sample):
                pages[page][place] = Sample(part.language, part.text.replace(f'"{old}":', f'"{new}":'))
    for page, heading, name, kind in retyped:
        for place in _below(pages, page, heading):
            part = pages[page][place]
            if isinstance(part, Grid):
                pages[page][place] = _retyped(part, name, kind)
            elif isinstance(part, Sample):
                text = re.sub(rf'("{name}": )(-?\d+)', r'\1"\2"', part.text)
                pages[page][place] = Sample(part.language, text)


def _below(pages: Pages, page: str, heading: str) -> range:
    """Return the places below a heading of the second level."""
    titles = [place for place, part in enumerate(pages[page]) if isinstance(part, Title) and part.level <= 2]
    begin = next(
        place
        for place in titles
        if pages[page][place].text.startswith((f"{heading}.", heading))  # type: ignore[union-attr]
    )
    return range(begin, next((place for place in titles if place > begin), len(pages[page])))


def _bare(cell: str) -> str:
    return cell.strip("`").rpartition(".")[2]


def _renamed(grid: Grid, old: str, new: str) -> Grid:
    rows = [(row[0].replace(old, new), *row[1:]) if _bare(row[0]) == old else row for row in grid.rows]
    return Grid(grid.head, tuple(rows))


def _retyped(grid: Grid, name: str, kind: str) -> Grid:
    if "Type" not in grid.head:
        return grid
    at = grid.head.index("Type")
    rows = [(*row[:at], kind, *row[at + 1 :]) if _bare(row[0]) == name else row for row in grid.rows]
    return Grid(grid.head, tuple(rows))
