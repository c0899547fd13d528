"""What a page says of a field → a schema, as the spec can say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from codegen import naming
from codegen.errors import SpecError

# What says a type, or depends on one.
OF_A_TYPE = ("$ref", "anyOf", "type", "items", "format", "pattern", "minLength", "minimum")
_SCALARS: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "integer or string": {"type": ["integer", "string"]},
}
_ANSWERS: Mapping[str, Mapping[str, Any]] = {
    **_SCALARS,
    "number": {"type": "number", "format": "decimal"},
    "object": {"type": "object"},
    "array": {"type": "array", "items": {"type": "object"}},
}
_LONG = re.compile(r"64|long|timestamp", re.IGNORECASE)


def schema(says: Mapping[str, Any], *, is_sent: bool) -> dict[str, Any] | None:
    """Return a schema; None for a type that the spec has no words for, as a list in a request."""
    kind = str(says.get("type", ""))
    found = (_SCALARS if is_sent else _ANSWERS).get(kind)
    if found is None:
        return None
    is_long = kind == "integer" and _LONG.search(str(says.get("written", "")))
    return {**found, "format": "int64"} if is_long else dict(found)


def is_free(properties: Mapping[str, Any], name: str, instead_of: str = "") -> bool:
    """Say whether a field can be called so: a name can be made of it in Python that is no other's."""
    try:
        made = naming.attribute(name, "")
        others = {naming.attribute(other, "") for other in properties if other != instead_of}
    except SpecError:
        return False
    return bool(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,60}", name)) and made not in others


def member(value: str) -> bool:
    """Say whether a value can be a member of an enum by a name of its own."""
    try:
        naming.constant(value, "")
    except SpecError:
        return False
    return True
