"""An OpenAPI Overlay: corrections of the spec that a person can read, change and apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from halopay_kit.contract.overlay import jsonpath, nodes, writing
from halopay_kit.errors import OverlayRefused

VERSION: Final = "1.1.0"
MANUAL: Final = "x-halopay-manual"
TARGET: Final = "x-halopay-target"
AFTER: Final = "x-halopay-after"
_MOST: Final = 5_000
_KEYS = frozenset({"overlay", "info", "extends", "actions"})
_ACTION = frozenset({"target", "description", "update", "remove"})
_HEAD = """\
# Corrections of the spec, proposed from what was seen. Read them, delete what you do not believe, then:
#   halopay contract apply THIS-FILE
"""


@attrs.frozen(kw_only=True)
class Action:
    """One correction: something merged into a place of the spec, or taken away from it.

    Attributes:
        after: the entry behind which new ones stand; a matter of looks.
    """

    target: str
    description: str = ""
    update: Any = None
    remove: bool = False
    after: str | None = None

    @property
    def steps(self) -> tuple[jsonpath.Step, ...]:
        """Return the target, read."""
        return jsonpath.parse(self.target)

    def as_values(self) -> dict[str, Any]:
        """Return it as it stands in the document."""
        found: dict[str, Any] = {"target": self.target}
        if self.description:
            found["description"] = self.description
        if self.after is not None:
            found[AFTER] = self.after
        return {**found, "remove": True} if self.remove else {**found, "update": self.update}


@attrs.frozen(kw_only=True)
class Remark:
    """What no overlay can do: a person has to.

    Attributes:
        place: as a finding names it.
        found: what was seen.
        advice: what to do about it.
        evidence: exchanges and deliveries that show it.
    """

    place: str
    found: str
    advice: str
    evidence: tuple[str, ...] = ()

    def as_values(self) -> dict[str, Any]:
        """Return it as it stands in the document."""
        found: dict[str, Any] = {"place": self.place, "found": self.found, "advice": self.advice}
        return {**found, "evidence": list(self.evidence)} if self.evidence else found


@attrs.frozen(kw_only=True)
class Overlay:
    """Corrections, and what is left for a person.

    Attributes:
        target: what was looked at when it was proposed: a base URL, `sandbox`, a file.
    """

    title: str
    version: str
    description: str = ""
    target: str | None = None
    actions: tuple[Action, ...] = ()
    manual: tuple[Remark, ...] = ()

    def text(self) -> str:
        """Write it as YAML."""
        info = {"title": self.title, "version": self.version}
        values: dict[str, Any] = {"overlay": VERSION, "info": info}
        if self.description:
            info["description"] = self.description
        if self.target is not None:
            values[TARGET] = self.target
        values["actions"] = [action.as_values() for action in self.actions]
        if self.manual:
            values[MANUAL] = [remark.as_values() for remark in self.manual]
        return _HEAD + writing.document(values)


def read(text: str) -> Overlay:
    """Read an overlay, in YAML or JSON.

    Raises: OverlayRefused.
    """
    values = nodes.data(nodes.read(text))
    if not isinstance(values, dict) or "overlay" not in values:
        raise OverlayRefused("not an OpenAPI Overlay: there is no `overlay` with its version")
    version, info, actions = values["overlay"], values.get("info"), values.get("actions")
    if not isinstance(version, str) or not version.startswith("1."):
        raise OverlayRefused(f"version {version!r} of OpenAPI Overlay; 1.x is understood")
    for name in values:
        if name not in _KEYS and not name.startswith("x-"):
            raise OverlayRefused(f"{name!r} is no part of an OpenAPI Overlay")
    if not isinstance(info, dict) or not all(isinstance(info.get(name), str) for name in ("title", "version")):
        raise OverlayRefused("an overlay's `info` has a title and a version, both text")
    if not isinstance(actions, list) or len(actions) > _MOST:
        raise OverlayRefused(f"an overlay's `actions` are a list, of at most {_MOST:,}")
    target, description = values.get(TARGET), info.get("description", "")
    manual = values.get(MANUAL, [])
    return Overlay(
        title=info["title"],
        version=info["version"],
        description=description if isinstance(description, str) else "",
        target=target if isinstance(target, str) else None,
        actions=tuple(_action(action, f"actions[{index}]") for index, action in enumerate(actions)),
        manual=tuple(map(_remark, manual)) if isinstance(manual, list) else (),
    )


def _action(values: Any, where: str) -> Action:
    if not isinstance(values, dict):
        raise OverlayRefused(f"{where} is not an object")
    for name in values:
        if name not in _ACTION and not name.startswith("x-"):
            raise OverlayRefused(f"{where}: {name!r} is not supported; update and remove are")
    target, remove, after = values.get("target"), values.get("remove", False), values.get(AFTER)
    description = values.get("description", "")
    if not isinstance(target, str):
        raise OverlayRefused(f"{where} has no target")
    if not isinstance(remove, bool) or not isinstance(description, str):
        raise OverlayRefused(f"{where}: `remove` is true or false, `description` is text")
    if not remove and "update" not in values:
        raise OverlayRefused(f"{where} says neither what to update nor to remove")
    jsonpath.parse(target)
    return Action(
        target=target,
        description=description,
        update=values.get("update"),
        remove=remove,
        after=after if isinstance(after, str) else None,
    )


def _remark(values: Any) -> Remark:
    told: Mapping[str, Any] = values if isinstance(values, dict) else {"advice": values}
    evidence = told.get("evidence", ())
    return Remark(
        place=str(told.get("place", "")),
        found=str(told.get("found", "")),
        advice=str(told.get("advice", "")),
        evidence=tuple(map(str, evidence)) if isinstance(evidence, list) else (),
    )
