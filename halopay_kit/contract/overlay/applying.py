"""Apply an overlay to the text of a spec."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import attrs

from halopay_kit.contract.overlay import jsonpath, merging, nodes, soundness
from halopay_kit.contract.overlay.document import Action, Overlay
from halopay_kit.contract.overlay.editing import Editor, applied
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
    done = _once(text, overlay)
    if done.after != text:
        try:
            again = _once(done.after, overlay).after
        except OverlayRefused as error:
            raise OverlayRefused(f"applied a second time it would fail: {error.problem}") from error
        if again != done.after:
            raise OverlayRefused("applied a second time it would change the spec again")
    return done


def _once(text: str, overlay: Overlay) -> Applied:
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    root = _read(body)
    first = values = nodes.data(root)
    if not isinstance(first, dict) or "openapi" not in first:
        raise OverlayRefused("what the overlay is to be applied to is no OpenAPI document")
    if "x-generated" in first or body.lstrip().startswith("{"):
        raise OverlayRefused("this spec is generated, or JSON", advice="Apply the overlay to spec/halopay.yaml.")
    changed, without_effect = 0, []
    for number, action in enumerate(overlay.actions):
        try:
            new_body, root, values, has_changed = _one(body, root, values, action)
        except OverlayRefused as error:
            raise OverlayRefused(f"actions[{number}]: {error.problem}") from error
        if has_changed:
            body, changed = new_body, changed + 1
        else:
            without_effect.append(action.target)
    soundness.check(first, values)
    return Applied(before=text, after=mark + body, changed=changed, without_effect=tuple(without_effect))


def _one(body: str, root: nodes.Node, values: object, action: Action) -> tuple[str, nodes.Node, object, bool]:
    """Apply one action, and make sure that the new text says what it should and nothing else."""
    places = jsonpath.select(values, action.steps)
    if not places and not action.remove:
        raise OverlayRefused(f"the target {action.target} is nowhere in the spec")
    wanted, edits = values, []
    editor = Editor(body, root, action.after)
    for path in reversed(places):
        if action.remove:
            if path and isinstance(action.steps[-1], int):
                raise OverlayRefused(
                    f"{action.target}: an item is named by its value, as [?@ == 'amount'], not by its number"
                )
            edits += editor.remove(path)
            wanted = merging.removed(wanted, path)
        else:
            edits += editor.update(path, action.update)
            wanted = merging.replaced(wanted, path, merging.merged(_at(values, path), action.update, path))
    if not edits:
        return body, root, values, False
    body = applied(body, edits)
    try:
        root = _read(body)
    except OverlayRefused as error:
        raise OverlayRefused(
            f"{action.target}: the text would break: {error.problem}; edit the spec by hand"
        ) from error
    found = nodes.data(root)
    if not merging.same(found, wanted):
        raise OverlayRefused(f"{action.target}: the text cannot be edited safely there; edit the spec by hand")
    return body, root, found, True


def _at(values: object, path: nodes.Path) -> object:
    for step in path:
        values = values[step]  # type: ignore[index]
    return values


def _read(body: str) -> nodes.Node:
    try:
        return nodes.read(body)
    except OverlayRefused as error:
        raise OverlayRefused(f"the spec: {error.problem}") from error


def _diff(before: str, after: str, name: str) -> Iterator[str]:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
