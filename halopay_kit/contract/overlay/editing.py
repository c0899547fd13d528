"""Edits of a YAML text that change what they must and nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import attrs

from halopay_kit.contract.overlay import merging, writing
from halopay_kit.contract.overlay.jsonpath import write
from halopay_kit.contract.overlay.nodes import Mapping, Node, Path, Scalar, Sequence, child, data
from halopay_kit.errors import OverlayRefused

# The order of keys in the spec's schemas: a new one goes before the first that comes later.
_NAMES_IN_ORDER = (
    "$ref name in type anyOf items format minLength minimum pattern required description summary enum schema"
    " x-provenance x-source x-values properties allOf"
)
_ORDER = {name: rank for rank, name in enumerate(_NAMES_IN_ORDER.split())}
_BETWEEN = re.compile(r"[\s,]*")


@attrs.frozen
class Edit:
    """Another text for what stands from `start` to `end`."""

    start: int
    end: int
    text: str


def applied(text: str, edits: list[Edit]) -> str:
    """Return a text with all edits in it; none reaches into another."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            raise OverlayRefused("two edits at one place; do it in two actions")
        pieces += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*pieces, text[at:]])


class Editor:
    """Finds the edits of one action in a text that was read."""

    def __init__(self, text: str, root: Node, after: str | None = None) -> None:
        self._text = text
        self._root = root
        self._after = after
        self._break = "\r\n" if "\r\n" in text else "\n"

    def update(self, path: Path, update: Any) -> list[Edit]:
        """Return the edits that merge a value into what stands at a path."""
        node = self._at(path)
        if isinstance(node, Sequence) and not isinstance(update, list):
            update = [update]
        return list(self._merge(node, update, path))

    def remove(self, path: Path) -> list[Edit]:
        """Return the edits that take away what stands at a path."""
        if not path:
            raise OverlayRefused("$: the whole spec cannot be removed")
        parent, step = self._at(path[:-1]), path[-1]
        if isinstance(parent, Mapping) and isinstance(step, str):
            entries = [(key.start, max(key.end, value.end)) for key, value in parent.items.values()]
            at = list(parent.items).index(step)
        elif isinstance(parent, Sequence) and isinstance(step, int):
            entries = [(item.start, item.end) for item in parent.items]
            at = step
        else:
            self._refuse(path, "nothing stands there")
        if parent.is_flow:
            return [self._without(path, entries, at)]
        if len(entries) == 1:
            return [self._emptied(path, parent)]
        return [self._without_lines(path, entries[at])]

    def _at(self, path: Path) -> Node:
        node = self._root
        for step in path:
            node = child(node, step)
        return node

    def _merge(self, node: Node, update: Any, path: Path) -> Iterator[Edit]:
        if isinstance(node, Mapping) and isinstance(update, dict):
            for name, value in update.items():
                if name in node.items:
                    yield from self._merge(node.items[name][1], value, (*path, name))
            fresh = {name: value for name, value in update.items() if name not in node.items}
            if fresh:
                yield from self._add(node, fresh, path)
        elif isinstance(node, Sequence) and isinstance(update, list):
            fresh_items = merging.missing([data(item) for item in node.items], update)
            if fresh_items:
                yield self._append(node, fresh_items, path)
        elif isinstance(node, Mapping) or isinstance(update, dict):
            self._refuse(path, "an object cannot take the place of another thing, nor the reverse")
        elif not merging.same(data(node), update):
            yield self._replace(node, update, path)

    def _replace(self, node: Node, value: Any, path: Path) -> Edit:
        if isinstance(node, Sequence) and not node.is_flow:
            self._refuse(path, "a list over several lines")
        style = node.style if isinstance(node, Scalar) else ""
        if style in ("|", ">"):
            style = ""
        new = writing.scalar(value, style) if not isinstance(value, dict | list) else writing.flow(value)
        if node.start == node.end:
            new = f" {new}"
        return Edit(node.start, node.end, new)

    # --- new entries

    def _add(self, node: Mapping, fresh: dict[str, Any], path: Path) -> Iterator[Edit]:
        """Place each new entry behind the one that it follows; `None` stands for the beginning."""
        names = list(node.items)
        ranked = not (path and path[-1] in writing.NAMES)
        behind: dict[str | None, dict[str, Any]] = {}
        for name, value in fresh.items():
            behind.setdefault(self._place(names, name, ranked=ranked), {})[name] = value
        for place, entries in behind.items():
            if node.is_flow:
                yield self._add_in_line(node, place, entries)
            else:
                yield self._add_lines(node, place, entries, path)

    def _place(self, names: list[str], name: str, *, ranked: bool) -> str | None:
        if self._after in names and not ranked:
            return self._after
        rank = _ORDER.get(name) if ranked else None
        if rank is not None:
            for index, other in enumerate(names):
                if _ORDER.get(other, -1) > rank:
                    return names[index - 1] if index else None
        return names[-1] if names else None

    def _add_in_line(self, node: Mapping, place: str | None, entries: dict[str, Any]) -> Edit:
        new = ", ".join(f"{writing.key(name)}: {writing.flow(value)}" for name, value in entries.items())
        if place is not None:
            end = node.items[place][1].end or node.items[place][0].end
            return Edit(end, end, f", {new}")
        if node.items:
            start = next(iter(node.items.values()))[0].start
            return Edit(start, start, f"{new}, ")
        return Edit(node.start, node.end, f"{{{new}}}")

    def _add_lines(self, node: Mapping, place: str | None, entries: dict[str, Any], path: Path) -> Edit:
        first = next(iter(node.items.values()))[0]
        line = self._line_start(first.start)
        indent = first.start - line
        stem = self._text[line : first.start]
        as_block = any(isinstance(value, Mapping) and not value.is_flow for _, value in node.items.values())
        lines = [
            line for name, value in entries.items() for line in writing.entry(name, value, indent, as_block=as_block)
        ]
        new = self._break.join(lines)
        if place is None and stem.strip(" ") == "":
            return Edit(line, line, new + self._break)
        place = place or next(iter(node.items))
        end = self._line_end(max(node.items[place][1].end, node.items[place][0].end))
        if stem.strip(" -") != "":
            self._refuse(path, "a block that does not begin on a line of its own")
        return Edit(end, end, self._break + new)

    def _append(self, node: Sequence, items: list[Any], path: Path) -> Edit:
        new = [writing.flow(item) for item in items]
        if node.is_flow:
            if not node.items:
                return Edit(node.start, node.end, f"[{', '.join(new)}]")
            return Edit(node.items[-1].end, node.items[-1].end, "".join(f", {item}" for item in new))
        last = node.items[-1]
        line = self._line_start(last.start)
        stem = self._text[line : last.start]
        if not re.fullmatch(r" *- +", stem):
            self._refuse(path, "a list whose last item does not begin on a line of its own")
        end = self._line_end(last.end)
        return Edit(end, end, "".join(f"{self._break}{stem}{item}" for item in new))

    # --- entries that go

    def _without(self, path: Path, entries: list[tuple[int, int]], at: int) -> Edit:
        """Cut an entry out of brackets, with one comma."""
        start, end = entries[at]
        if at + 1 < len(entries):
            between, edit = (end, entries[at + 1][0]), Edit(start, entries[at + 1][0], "")
        elif at:
            between, edit = (entries[at - 1][1], start), Edit(entries[at - 1][1], end, "")
        else:
            return Edit(start, end, "")
        if not _BETWEEN.fullmatch(self._text[slice(*between)]):
            self._refuse(path, "a comment stands beside it, which would go too")
        return edit

    def _without_lines(self, path: Path, entry: tuple[int, int]) -> Edit:
        start, end = entry
        line, last = self._line_start(start), self._line_end(end)
        if self._text[line:start].strip(" ") not in ("", "-") or self._text[end:last].strip() != "":
            self._refuse(path, "it shares a line with something else, as a comment")
        if self._text[line:start].strip(" ") == "-" and isinstance(path[-1], str):
            self._refuse(path, "it is the first of an item")
        return Edit(line, min(last + len(self._break), len(self._text)), "")

    def _emptied(self, path: Path, parent: Mapping | Sequence) -> Edit:
        """Put brackets in the place of a block whose only entry goes."""
        above = self._at(path[:-2]) if len(path) > 1 else None
        if not isinstance(above, Mapping) or not isinstance(path[-2], str):
            self._refuse(path, "nothing would be left around it")
        key = above.items[path[-2]][0]
        line = self._line_start(parent.start)
        if self._text[key.end : line].strip() != ":":
            self._refuse(path, "a comment stands beside it, which would go too")
        return Edit(key.end, parent.end, ": {}" if isinstance(parent, Mapping) else ": []")

    def _line_start(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        found = self._text.find("\n", index)
        if found < 0:
            return len(self._text)
        return found - 1 if self._text[found - 1 : found] == "\r" and found - 1 >= index else found

    def _refuse(self, path: Path, problem: str) -> NoReturn:
        raise OverlayRefused(f"{write(path)}: {problem}; edit the spec by hand")
