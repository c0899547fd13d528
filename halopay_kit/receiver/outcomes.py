"""How a request can end: one table for the status, the one word that is said, and what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from halopay_api.policy import ACKNOWLEDGEMENT

_PLAIN = (b"content-type", b"text/plain; charset=utf-8")
_RETRY = (b"retry-after", b"5")
_CLOSE = (b"connection", b"close")


@attrs.frozen(kw_only=True, eq=False)
class Outcome:
    """What a request is answered with. `name` is what metrics and the inbox count it under, `body` all that is said."""

    name: str
    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    rejected: bool
    """Whether the inbox counts it as an unverified request."""


def _refused(name: str, status: int, *more: tuple[bytes, bytes], rejected: bool = True) -> Outcome:
    return _outcome(name, status, f"{name}\n".encode(), *more, rejected=rejected)


def _outcome(name: str, status: int, body: bytes, *more: tuple[bytes, bytes], rejected: bool) -> Outcome:
    headers = (_PLAIN, (b"content-length", str(len(body)).encode()), *more)
    return Outcome(name=name, status=status, body=body, headers=headers, rejected=rejected)


SUCCESS: Final = _outcome("success", 200, ACKNOWLEDGEMENT.encode(), rejected=False)
"""It is in the inbox, durably; the only answer that says so."""
UNSIGNED: Final = _refused("unsigned", 401)
"""A header that the signature needs is missing, doubled or malformed."""
MISMATCH: Final = _refused("mismatch", 401)
"""Another signature than that of these bytes."""
STALE: Final = _refused("stale", 401)
"""Signed too long ago, or in the future."""
OTHER_APP: Final = _refused("other-app", 401)
"""For an app that is not served here, or header and body name two."""
MALFORMED: Final = _refused("malformed", 400)
"""No JSON object, or a head that makes no sense; nobody has looked who signed it."""
OFF_SPEC: Final = _refused("off-spec", 400)
"""Signed by HaloPay, and not what the spec says; its bytes are kept, and HaloPay sends it again."""
TOO_LARGE: Final = _refused("too-large", 413)
TOO_SLOW: Final = _refused("too-slow", 408, _CLOSE)
NOT_POST: Final = _refused("not-post", 405, (b"allow", b"POST"), rejected=False)
ELSEWHERE: Final = _refused("elsewhere", 404, rejected=False)
UNAVAILABLE: Final = _refused("unavailable", 503, _RETRY, rejected=False)
"""The store did not take it, or not in time; HaloPay sends it again."""
BUSY: Final = _refused("busy", 503, _RETRY, rejected=False)
"""Too many wait for the store already."""
STOPPING: Final = _refused("stopping", 503, _RETRY, _CLOSE, rejected=False)
GONE: Final = _refused("gone", 400, _CLOSE, rejected=False)
"""The sender hung up before the request was whole; nobody reads the answer."""

OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        outcome.name: outcome
        for outcome in (
            SUCCESS,
            UNSIGNED,
            MISMATCH,
            STALE,
            OTHER_APP,
            MALFORMED,
            OFF_SPEC,
            TOO_LARGE,
            TOO_SLOW,
            NOT_POST,
            ELSEWHERE,
            UNAVAILABLE,
            BUSY,
            STOPPING,
            GONE,
        )
    }
)
