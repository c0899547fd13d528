"""Bodies as JSON, as far as they can be read."""

from __future__ import annotations

from typing import Any, Final

from halopay_api import codec

UNREADABLE: Final = object()


def parsed(body: bytes | None) -> Any:
    """Return what a body says, `UNREADABLE` where it is no JSON or there is none."""
    if body is None:
        return UNREADABLE
    try:
        return codec.parse(body)
    except codec.DecodeError:
        return UNREADABLE


def fields_of(body: bytes | None) -> dict[str, Any]:
    """Return a body's fields; none where it is no object."""
    found = parsed(body)
    return found if isinstance(found, dict) else {}
