"""A table whose cells a reader view put one below the other → the table."""

from __future__ import annotations

from collections.abc import Sequence

from codegen.docs import columns, rows
from codegen.docs.blocks import MOST_ROWS, Row, Table, plain
from codegen.docs.columns import Role
from codegen.docs.facts import words

_APART = "its cells stand one below the other, and cannot be told apart"


def table(lines: Sequence[str], at: int) -> tuple[Table, int] | None:
    """Read a table that begins at a line; return it, and how many lines it took; None if none begins there."""
    if columns.roles((plain(lines[at]),)) != ("name",):
        return None
    shown = [(number, text) for number, line in enumerate(lines[at:], at) if (text := plain(line))]
    cells = [text for _, text in shown]
    head: list[str] = []
    roles: list[Role] = []
    for text in cells:
        (role,) = columns.roles((text,))
        if role is None or role in roles:
            break
        head.append(text)
        roles.append(role)
    if len(head) < 2 or roles[0] != "name" or not {"type", "required"} & set(roles):
        return None
    place, found = len(head), list[Row]()
    while _begins(roles, cells[place : place + 2]) and len(found) < MOST_ROWS:
        row, taken = _row(roles, cells[place:])
        found.append(row)
        place += taken
    if found:
        return Table(tuple(head), tuple(found)), shown[place - 1][0] + 1 - at
    is_lost = len(cells) > place and rows.begins(cells[place])
    return (Table(tuple(head), (), _APART), shown[place - 1][0] + 1 - at) if is_lost else None


def _begins(roles: Sequence[Role], cells: Sequence[str]) -> bool:
    """Say whether a row begins here: a name, and below it what the second column holds."""
    return len(cells) == 2 and rows.is_name(cells[0]) and _fits(roles[1], cells[1])


def _row(roles: Sequence[Role], cells: Sequence[str]) -> tuple[Row, int]:
    """Take the cells of a row; those that are empty left no line."""
    row, place = [cells[0]], 1
    for role in roles[1:]:
        left = cells[place : place + 2]
        is_there = bool(left) and not _begins(roles, left) and _fits(role, left[0])
        if is_there and words.is_bare(left[0]) and not _begins(roles, cells[place + 1 : place + 3]):
            is_there = False  # it announces what comes next
        row.append(left[0] if is_there else "")
        place += is_there
    return tuple(row), place


def _fits(role: Role, cell: str) -> bool:
    if role == "type":
        return columns.wire_type(cell) is not None
    return role != "required" or columns.is_required(cell) is not None or cell.casefold() in columns.EITHER
