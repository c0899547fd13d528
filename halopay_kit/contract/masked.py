"""What recorders put in place of a value that they keep to themselves."""

from __future__ import annotations

import re

_MASKED = re.compile(
    r"\*{2,}|masked|redacted|filtered|hidden|removed|scrubbed|sanitized|dummy|x{4,}|•{2,}|…"
    r"|\A(?:\W*secret\W*|[*x\[\]<>()_. -]+)\Z",
    re.IGNORECASE,
)


def is_masked(value: str) -> bool:
    """Say whether something else stands in place of a value."""
    return _MASKED.search(value) is not None
