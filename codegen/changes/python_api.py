"""Two specs → what changed in the Python that is generated from each; the code is compared, not guessed at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from codegen.changes.change import Change, in_python
from codegen.changes.python_names import Class, Function, Name, Parameter, names
from codegen.document import Document
from codegen.render import render


def changes(old: Document, new: Document) -> list[Change]:
    """List what changed in the public names of the generated modules.

    Raises: SpecError, from what cannot be generated.
    """
    return list(compare(names(render(old)), names(render(new))))


def compare(old: Mapping[str, Name], new: Mapping[str, Name]) -> Iterator[Change]:
    """Compare public names by where they are, as in `models.OrderCreated`."""
    gone = [place for place in old if place not in new]
    fresh = [place for place in new if place not in old]
    for place in gone:
        twin = next((other for other in fresh if _is_twin(old[place], new[other])), None)
        if twin is None:
            yield in_python("name-removed", place)
        else:
            fresh.remove(twin)
            yield in_python("name-renamed", place, now=twin)
    for place in fresh:
        yield in_python("name-added", place)
    for place, before in old.items():
        if place in new:
            yield from _same_place(place, before, new[place])


def _is_twin(one: Name, other: Name) -> bool:
    return isinstance(one, Class) and isinstance(other, Class) and bool(one.fields) and one.fields == other.fields


def _same_place(place: str, old: Name, new: Name) -> Iterator[Change]:
    found: list[Change] = []
    if isinstance(old, Class) and isinstance(new, Class):
        found.extend(_class(place, old, new))
    elif isinstance(old, Function) and isinstance(new, Function):
        found.extend(_function(place, old, new))
    elif type(old) is not type(new):
        found.append(in_python("became-other", place, was=old.sort, now=new.sort))
    elif old.annotation != new.annotation:
        found.append(in_python("became-other", place, was=old.annotation, now=new.annotation))
    if not found and old.told != new.told:
        found.append(in_python("reworded", place))
    yield from found


def _class(place: str, old: Class, new: Class) -> Iterator[Change]:
    if old.bases != new.bases:
        yield in_python("bases-changed", place, was=", ".join(old.bases), now=", ".join(new.bases))
    for name, was in old.fields.items():
        if name not in new.fields:
            yield in_python("field-removed", f"{place}.{name}")
            continue
        now = new.fields[name]
        if was.types != now.types:
            kind = "field-narrowed" if now.types < was.types else "field-retyped"
            yield in_python(kind, f"{place}.{name}", was=was.annotation, now=now.annotation)
        if was.required != now.required:
            yield in_python("field-became-required" if now.required else "field-became-optional", f"{place}.{name}")
    for name, field in new.fields.items():
        if name not in old.fields:
            yield in_python("required-field-added" if field.required else "field-added", f"{place}.{name}")
    for name, value in old.members.items():
        if name not in new.members:
            yield in_python("member-removed", f"{place}.{name}")
        elif value != new.members[name]:
            yield in_python("value-changed", f"{place}.{name}", was=value, now=new.members[name])
    for name in new.members:
        if name not in old.members:
            yield in_python("member-added", f"{place}.{name}")
    yield from compare(
        {f"{place}.{name}": method for name, method in old.methods.items()},
        {f"{place}.{name}": method for name, method in new.methods.items()},
    )


def _function(place: str, old: Function, new: Function) -> Iterator[Change]:
    for name, was in old.parameters.items():
        if name not in new.parameters:
            yield in_python("parameter-removed", f"{place}({name})")
        else:
            yield from _parameter(f"{place}({name})", was, new.parameters[name])
    for name, parameter in new.parameters.items():
        if name not in old.parameters:
            kind = "required-parameter-added" if parameter.required else "parameter-added"
            yield in_python(kind, f"{place}({name})")
    if old.result.types != new.result.types:
        kind = "result-narrowed" if new.result.types < old.result.types else "result-changed"
        yield in_python(kind, place, was=old.result.annotation, now=new.result.annotation)


def _parameter(place: str, was: Parameter, now: Parameter) -> Iterator[Change]:
    if was.required != now.required:
        yield in_python("parameter-became-required" if now.required else "parameter-became-optional", place)
    given, taken = was.types - {"None"}, now.types - {"None"}  # an optional one may be None; that is told above
    if given != taken:
        kind = "parameter-widened" if given < taken else "parameter-retyped"
        yield in_python(kind, place, was=was.annotation, now=now.annotation)
