"""Where corrections are made up: a spec that learns with each, so that the next one fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from halopay_kit.contract.overlay import jsonpath, merging
from halopay_kit.contract.overlay.document import Action, Remark
from halopay_kit.contract.overlay.nodes import Path
from halopay_kit.errors import OverlayRefused

SCHEMAS: Final = ("components", "schemas")
_DATA: Final = "$response.body#/data/"
_NAME = re.compile(r"[A-Za-z_$@][A-Za-z0-9_.-]{0,60}")


class Desk:
    """Collects actions and remarks.

    Attributes:
        document: the spec, with every action in it that was taken so far.
        mark: what a corrected line says of where it comes from.
        touched: properties whose type was corrected already.
    """

    def __init__(self, document: Mapping[str, Any], on: date) -> None:
        self.document: Any = document
        self.mark: Mapping[str, str] = {"x-provenance": "observed", "x-source": f"observed#{on.isoformat()}"}
        self.touched: set[Path] = set()
        self.actions: list[Action] = []
        self.remarks: list[Remark] = []

    def at(self, path: Path) -> Any:
        """Return what stands at a path, None where nothing does."""
        found = self.document
        for step in path:
            inside = isinstance(found, Mapping) and step in found
            if not inside and not (isinstance(found, list) and isinstance(step, int) and step < len(found)):
                return None
            found = found[step]
        return found

    def update(self, path: Path, value: Any, why: str, after: str | None = None) -> bool:
        """Merge a value into a place; say whether that changes anything."""
        target = self.at(path)
        if target is None:
            return False
        new = merging.merged(target, value, path)
        if merging.same(new, target):
            return False
        self.document = merging.replaced(self.document, path, new)
        self.actions.append(Action(target=jsonpath.write(path), description=why, update=value, after=after))
        return True

    def remove(self, path: Path, why: str) -> bool:
        """Take away what stands at a path; an item of a list is named by its value."""
        value = self.at(path)
        if value is None and path[-1] not in (self.at(path[:-1]) or ()):
            return False
        self.document = merging.removed(self.document, path)
        steps: tuple[jsonpath.Step, ...] = path
        if isinstance(path[-1], int):
            steps = (*path[:-1], jsonpath.Same(value))
        self.actions.append(Action(target=jsonpath.write(steps), description=why, remove=True))
        return True

    def drop(self, path: Path, value: str, why: str) -> bool:
        """Take a value out of a list, where it is in it."""
        found = self.at(path)
        return isinstance(found, list) and value in found and self.remove((*path, found.index(value)), why)

    def rename(self, path: Path, new: str, why: str) -> bool:
        """Give a property another name; what names it in the spec names it anew."""
        properties, old = path[:-1], str(path[-1])
        if self.at(path) is None or not self.is_new(properties, new, instead_of=old):
            return False
        definition = self.taken(path)
        self.update(properties, {new: definition}, why, after=old)
        self.remove(path, why)
        self.require(properties[:-1], old, new)
        self.relink(properties[:-1], renamed(old, new))
        return True

    def taken(self, path: Path) -> dict[str, Any]:
        """Return a property as it goes elsewhere; corrections of it go with it, and need no actions any more."""
        self.actions = [action for action in self.actions if action.steps[: len(path)] != path]
        definition = self.at(path)
        return {**definition, **self.mark, "x-was": definition.get("x-was", str(path[-1]))}

    def require(self, owner: Path, old: str, new: str | None) -> None:
        """Take a name off the list of what an object requires, and put another one there."""
        if self.drop((*owner, "required"), old, f"`{old}` is not there under this name.") and new is not None:
            self.update((*owner, "required"), [new], f"As `{old}` was.")

    def relink(self, owner: Path, change: Callable[[str], str]) -> None:
        """Let the links of the spec find what they take from an answer where it is now.

        `owner` is the schema of an answer or of its data; `change` is given what a link has below `data`.
        """
        for path, item in self.document.get("paths", {}).items():
            answer = ("paths", path, "post", "responses", "200")
            if owner not in self._schemas_of(answer):
                continue
            for name, link in ((self.at(answer) or {}).get("links") or {}).items():
                for parameter, told in link.get("requestBody", {}).items():
                    if isinstance(told, str) and told.startswith(_DATA):
                        new = f"{_DATA}{change(told.removeprefix(_DATA))}"
                        why = f"The answer of {item['post']['operationId']} has it there."
                        self.update((*answer, "links", name, "requestBody"), {parameter: new}, why)

    def _schemas_of(self, answer: Path) -> list[Path]:
        """Return where the schema of an answer stands, and that of its data, or of an item where they are a list."""
        found = [reference_of(self.at((*answer, "content", "application/json", "schema")))]
        data = self.at((*found[0], "allOf", 1, "properties", "data")) or {}
        data = data.get("items", data)
        return [*found, reference_of(data)] if "$ref" in data else found

    def is_new(self, properties: Path, name: str, instead_of: str | None = None) -> bool:
        """Say whether a property can be added: its name is one, and becomes no other's in Python."""
        taken = {python_name(other) for other in self.at(properties) or {} if other != instead_of}
        return _NAME.fullmatch(name) is not None and python_name(name) not in taken and python_name(name) != ""

    def component(self, name: str, schema: Mapping[str, Any], after: str | None, why: str) -> str:
        """Add a schema under a name that is free; return the reference to it."""
        made, number = name, 1
        while made in self.at(SCHEMAS):
            number += 1
            made = f"{name}{number}"
        self.update(SCHEMAS, {made: schema}, why, after=after)
        return f"#/components/schemas/{made}"

    def remark(self, place: str, found: str, advice: str, evidence: tuple[str, ...] = ()) -> None:
        """Leave something for a person; the same once."""
        remark = Remark(place=place, found=found, advice=advice, evidence=evidence)
        if remark not in self.remarks:
            self.remarks.append(remark)


def renamed(old: str, new: str) -> Callable[[str], str]:
    """Return what lets a link find a field elsewhere."""

    def change(below: str) -> str:
        index, slash, name = below.rpartition("/")
        return f"{index}{slash}{new}" if name == old else below

    return change


def reference_of(schema: Any) -> Path:
    """Return where a `$ref` leads."""
    if not isinstance(schema, Mapping) or not str(schema.get("$ref", "")).startswith("#/"):
        raise OverlayRefused("a schema without a name in the spec")
    return jsonpath.from_pointer(str(schema["$ref"])[1:])


def located(document: Any, pointer: str) -> Path:
    """Read a JSON pointer into a document: a number is an index where a list stands."""
    found, path = document, []
    for step in jsonpath.from_pointer(pointer):
        key: str | int = int(str(step)) if isinstance(found, list) and str(step).isdigit() else step
        try:
            found = found[key]
        except (KeyError, IndexError, TypeError) as error:
            raise OverlayRefused(f"nothing stands at {pointer} in the spec") from error
        path.append(key)
    return tuple(path)


def python_name(name: str) -> str:
    """Return what the generated code would call a field, nearly: two names that are one here are one there."""
    made = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") if name.isascii() else ""
    if made != made.lower():
        made = "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name))
    return made.lower()


def class_name(*parts: str) -> str:
    """Return the name of a schema that is made of these."""
    words = [word for part in parts for word in re.findall(r"[A-Za-z0-9]+", part)]
    return "".join(word[0].upper() + word[1:] for word in words)
