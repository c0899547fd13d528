"""Two specs → what changed on the wire and in the generated Python, and what version each deserves."""

from __future__ import annotations

from codegen.changes import python_api, wire
from codegen.changes.change import Change
from codegen.document import Document


def changes(old: Document, new: Document) -> tuple[Change, ...]:
    """List what changed from one spec to the other: the wire first, then the Python that is generated from it.

    Raises: SpecError, from what cannot be generated.
    """
    if old.data == new.data:
        return ()
    return (*wire.changes(old, new), *python_api.changes(old, new))
