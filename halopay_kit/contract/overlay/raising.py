"""Guesses that were met on the wire are observations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from halopay_kit.contract.overlay.desk import Desk, located, reference_of
from halopay_kit.contract.overlay.nodes import Path

if TYPE_CHECKING:
    from halopay_kit.contract.judge.spec import Field, Shape

_GUESS = "inferred"


def raise_guesses(desk: Desk, met: Mapping[str, int]) -> None:
    """Raise what was met from `inferred` to `observed`: fields, values, and the objects around them."""
    from halopay_kit.contract.judge.spec import Spec

    spec = Spec.of(desk.document)
    fields = {
        field.place: field
        for owner in (*spec.operations.values(), *spec.webhooks.values())
        for field in _fields(owner.shape)
    }
    raised: dict[Path, dict[str, Any]] = {}
    for place, count in met.items():
        name, equals, value = place.partition("=")
        field = fields.get(name)
        if field is None or not count:
            continue
        if equals:
            _raise(desk, raised, (*located(desk.document, field.listed_at), "x-values"), value, source=False)
        else:
            path = located(desk.document, field.pointer)
            _raise(desk, raised, path[:-1], str(path[-1]))
            _raise(desk, raised, path[:-3], str(path[-3]))
    for owner in _owners(desk, met):
        _raise(desk, raised, owner[:-1], str(owner[-1]))
    for path, update in raised.items():
        desk.update(path, update, "Met as it was guessed.")


def _raise(desk: Desk, raised: dict[Path, dict[str, Any]], path: Path, name: str, *, source: bool = True) -> None:
    node = desk.at((*path, name))
    if isinstance(node, Mapping) and node.get("x-provenance") == _GUESS:
        marks = dict(desk.mark) if source else {"x-provenance": desk.mark["x-provenance"]}
        raised.setdefault(path, {})[name] = marks


def _fields(shape: Shape) -> Iterator[Field]:
    for field in shape.fields.values():
        yield field
        if field.shape is not None:
            yield from _fields(field.shape)


def _owners(desk: Desk, met: Mapping[str, int]) -> Iterable[Path]:
    """Return the webhooks that came, and the answers, with their data, of operations of which a field was met."""
    seen = {".".join(place.split(".")[:2]) for place, count in met.items() if count}
    for name, item in desk.document.get("webhooks", {}).items():
        if item["post"]["operationId"] in seen:
            yield ("webhooks", name, "post")
    for item in desk.document.get("paths", {}).values():
        post = item["post"]
        if post["operationId"] in seen:
            answer = reference_of(post["responses"]["200"]["content"]["application/json"]["schema"])
            yield answer
            yield (*answer, "allOf", 1, "properties", "data")
