"""Whether the bytes that a file gives are those of the wire, so that a signature can be judged."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from halopay_kit import signing
from halopay_kit.contract.exchange import Headers, header_of
from halopay_kit.contract.masked import is_masked
from halopay_kit.contract.traffic.body import Content
from halopay_kit.errors import SignatureError
from halopay_kit.signing import AppKey


@attrs.frozen
class Side:
    """One signed body and its headers."""

    content: Content | None
    headers: Headers

    @property
    def is_masked(self) -> bool:
        """Say whether somebody took the signature out of it."""
        return is_masked(header_of(self.headers, "x-sign") or "")

    def verifies(self, keys: Sequence[AppKey]) -> bool:
        """Say whether the signature is right, which settles that these are the bytes."""
        timestamp, sign = header_of(self.headers, "x-timestamp"), header_of(self.headers, "x-sign")
        if self.content is None or timestamp is None or sign is None:
            return False
        for key in keys:
            try:
                signing.verify(self.content.data, timestamp, sign, key)
            except SignatureError:
                continue
            return True
        return False


class Rawness:
    """Judges the sides of one file: what is not said of one is told by the others.

    A recorder that writes bodies anew changes their bytes sooner or later. Where a file says no length of a body, it
    is believed to be as it was if another one of the file verifies and none has another length than it says.
    """

    def __init__(self, keys: Sequence[AppKey]) -> None:
        self._keys = keys
        self._verified = 0
        self._rewritten = 0

    def look(self, side: Side) -> bool | None:
        """Say whether these are the bytes of the wire; None: to be asked again at the end of the file."""
        if side.content is None or side.is_masked:
            return False
        if side.content.sureness == "bytes":
            return True
        if side.verifies(self._keys):
            self._verified += 1
            return True
        if side.content.sureness == "rewritten":
            self._rewritten += 1
            return False
        return True if side.content.sureness == "length" else None

    @property
    def believed(self) -> bool:
        """Say whether a body without a length is believed to be as it was."""
        return self._verified > 0 and self._rewritten == 0
