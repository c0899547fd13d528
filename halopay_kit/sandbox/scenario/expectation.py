"""What a scenario expects beside what there is: the first difference, named by its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

PRESENT = "present"
_REFERENCE = re.compile(r"\$([a-z][a-z0-9_]*)(?:\.([a-z_]+))?(?:([+-])([0-9hmsd.]+))?")

Look = Callable[[str, str | None, str | None, str | None], object]


def difference(expected: object, found: object, where: str) -> str | None:
    """Return where they differ and how, or None.

    Of an object only the fields that are expected are compared; null stands for a field that must not be there,
    `present` for one with any value. Of a list everything counts.
    """
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return f"{where}: expected an object, found {found!r}"
        parts = ((expected[name], found.get(name), f"{where}.{name}") for name in expected)
    elif isinstance(expected, Sequence) and not isinstance(expected, str):
        if not isinstance(found, Sequence) or isinstance(found, str):
            return f"{where}: expected a list, found {found!r}"
        if len(expected) != len(found):
            return f"{where}: expected {len(expected)}, found {len(found)}: {list(found)!r}"
        parts = (
            (one, other, f"{where}[{place}]") for place, (one, other) in enumerate(zip(expected, found, strict=True))
        )
    elif expected == PRESENT:
        return f"{where}: expected a value, found none" if found is None else None
    elif type(expected) is not type(found) or expected != found:
        return f"{where}: expected {expected!r}, found {found!r}"
    else:
        return None
    return next((problem for part in parts if (problem := difference(*part))), None)


def filled(value: object, look: Look) -> object:
    """Return the value with every reference, as `$order.pay_address` or `$now+10m`, replaced by what `look` gives."""
    if isinstance(value, Mapping):
        return {name: filled(inner, look) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [filled(inner, look) for inner in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    found = _REFERENCE.fullmatch(value)
    return look(value, None, None, None) if found is None else look(found[1], found[2], found[3], found[4])


def names(value: object) -> list[str]:
    """Return the names that references in the value have; what only begins like a reference is returned whole."""
    found: list[str] = []

    def look(name: str, *_: object) -> object:
        found.append(name)
        return None

    filled(value, look)
    return found
