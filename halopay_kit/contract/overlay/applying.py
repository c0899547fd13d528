"""Apply an overlay to the text of a spec."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from halopay_kit.contract.overlay import jsonpath, merging, nodes, soundness
from halopay_kit.contract.overlay.document import Action, Overlay
from halopay_kit.contract.overlay.editing import Edit, Editor, applied
from halopay_kit.errors import OverlayRefused

_BOM = "\ufeff"


@attrs.frozen(kw_only=True)
class Applied:
    """What came of it.

    Attributes:
        before: the spec's text as it was.
        after: the same with the corrections in it.
        changed: how many actions changed something.
        without_effect: targets of actions that changed nothing: they are in the spec already, or select nothing.
    """

    before: str = attrs.field(repr=False)
    after: str = attrs.field(repr=False)
    changed: int
    without_effect: tuple[str, ...]

    def diff(self, name: str) -> str:
        """Return a unified diff, nothing where nothing changed."""
        return "".join(_diff(self.before, self.after, name))


def apply(text: str, overlay: Overlay) -> Applied:
    """Return a spec's text with an overlay in it: comments, order, quoting and lines stay, but for what it corrects.

    Raises: OverlayRefused where it cannot be done safely, and for an overlay that would change the spec each time anew.
    """
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    begun = _Read.of(body)
    if not isinstance(begun.values, dict) or "openapi" not in begun.values:
        raise OverlayRefused("what the overlay is to be applied to is no OpenAPI document")
    if "x-generated" in begun.values or body.lstrip().startswith("{"):
        raise OverlayRefused("this spec is generated, or JSON", advice="Apply the overlay to spec/halopay.yaml.")
    done, without_effect = _all(begun, overlay)
    soundness.check(begun.values, done.values)
    if done.body != body:
        try:
            again, _ = _all(done, overlay)
        except OverlayRefused as error:
            raise OverlayRefused(f"applied a second time it would fail: {error.problem}") from error
        if again.body != done.body:
            raise OverlayRefused("applied a second time it would change the spec again")
    changed = len(overlay.actions) - len(without_effect)
    return Applied(before=text, after=mark + done.body, changed=changed, without_effect=tuple(without_effect))


@attrs.frozen(eq=False)
class _Read:
    body: str
    root: nodes.Node
    values: Any

    @classmethod
    def of(cls, body: str) -> _Read:
        try:
            root = nodes.read(body)
        except OverlayRefused as error:
            raise OverlayRefused(f"the spec: {error.problem}") from error
        return cls(body, root, nodes.data(root))


def _all(read: _Read, overlay: Overlay) -> tuple[_Read, list[str]]:
    """Apply every action; return the targets of those that changed nothing too."""
    without_effect: list[str] = []
    numbers = range(len(overlay.actions))
    while numbers:
        run = _apart(read, overlay.actions[numbers.start :])
        read, idle = _together(read, overlay, numbers[: len(run)], run)
        without_effect += idle
        numbers = numbers[len(run) :]
    return read, without_effect


def _apart(read: _Read, actions: Sequence[Action]) -> list[list[nodes.Path]]:
    """Select where the first actions act, as far as none touches what another does; of the first one in any case."""
    found: list[list[nodes.Path]] = []
    touched: set[nodes.Path] = set()
    above: set[nodes.Path] = set()
    for action in actions:
        places = jsonpath.select(read.values, action.steps)
        starts = {path[:length] for path in places for length in range(len(path) + 1)}
        is_apart = places and not action.remove and touched.isdisjoint(starts) and above.isdisjoint(places)
        if found and not is_apart:
            break
        found.append(places)
        touched |= set(places)
        above |= starts
        if not is_apart:
            break
    return found


def _together(
    read: _Read, overlay: Overlay, numbers: range, run: Sequence[list[nodes.Path]]
) -> tuple[_Read, list[str]]:
    """Apply actions in one edit of the text; where that cannot be, one after the other."""
    actions = [overlay.actions[number] for number in numbers]
    try:
        return _edited(read, actions, run)
    except OverlayRefused as error:
        if len(actions) == 1:
            raise OverlayRefused(f"actions[{numbers.start}]: {error.problem}") from error
    idle: list[str] = []
    for number, places in zip(numbers, run, strict=True):
        read, one = _together(read, overlay, range(number, number + 1), [places])
        idle += one
    return read, idle


def _edited(read: _Read, actions: Sequence[Action], run: Sequence[list[nodes.Path]]) -> tuple[_Read, list[str]]:
    """Edit the text, and make sure that the new one says what it should and nothing else."""
    wanted, edits, idle = read.values, list[Edit](), []
    for action, places in zip(actions, run, strict=True):
        found, wanted = _edits(read, action, places, wanted)
        if not found:
            idle.append(action.target)
        edits += found
    if not edits:
        return read, idle
    targets = ", ".join(action.target for action in actions)
    try:
        after = _Read.of(applied(read.body, edits))
    except OverlayRefused as error:
        raise OverlayRefused(f"{targets}: the text would break, {error.problem}; edit the spec by hand") from error
    if not merging.same(after.values, wanted):
        raise OverlayRefused(f"{targets}: the text cannot be edited safely there; edit the spec by hand")
    return after, idle


def _edits(read: _Read, action: Action, places: Sequence[nodes.Path], wanted: Any) -> tuple[list[Edit], Any]:
    """Return the edits of one action, and the values that are wanted with it."""
    if not places and not action.remove:
        raise OverlayRefused(f"the target {action.target} is nowhere in the spec")
    edits: list[Edit] = []
    editor = Editor(read.body, read.root, action.after)
    for path in reversed(places):
        if action.remove:
            if path and isinstance(action.steps[-1], int):
                problem = "an item is named by its value, as [?@ == 'amount'], not by its number"
                raise OverlayRefused(f"{action.target}: {problem}")
            edits += editor.remove(path)
            wanted = merging.removed(wanted, path)
        else:
            edits += editor.update(path, action.update)
            wanted = merging.replaced(wanted, path, merging.merged(_at(wanted, path), action.update, path))
    return edits, wanted


def _at(values: Any, path: nodes.Path) -> Any:
    for step in path:
        values = values[step]
    return values


def _diff(before: str, after: str, name: str) -> Iterator[str]:
    for line in difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Split at line feeds only: what else ends a line in Python may stand inside of one."""
    return list(io.StringIO(text, newline="\n"))
