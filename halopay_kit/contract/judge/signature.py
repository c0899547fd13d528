"""Signatures: right, signed in another way that has a name, or not of these bytes under this key."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Sequence

from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.message import RIGHT, WRONG, Message
from halopay_kit.contract.masked import is_masked
from halopay_kit.contract.parsed import UNREADABLE, parsed
from halopay_kit.signing import AppKey

_HEX = re.compile(r"[0-9a-f]{64}")
_UPPER_HEX = re.compile(r"[0-9A-F]{64}")
_SHORT_HEX = re.compile(r"[0-9a-f]{16,63}")
_PREFIX = re.compile(r"[A-Za-z0-9-]{1,20}[=:]")
_DIGEST_SIZE = 32

Digest = Callable[[AppKey, bytes, bytes], bytes]


def _sorted_keys(body: bytes) -> bytes:
    return _written_anew(body, sort_keys=True)


def _rewritten(body: bytes) -> bytes:
    return _written_anew(body, sort_keys=False)


def _written_anew(body: bytes, *, sort_keys: bool) -> bytes:
    found = parsed(body)
    if found is UNREADABLE:
        return body
    return json.dumps(found, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False, default=str).encode()


# What may have been signed, of body and timestamp; the first line is what is documented (signature#code-samples).
CONTENTS: tuple[tuple[str, Digest], ...] = (
    (RIGHT, lambda key, body, time: key.digest(body + time)),
    ("prose", lambda key, body, time: key.digest_as_prose(body + time)),
    ("timestamp-first", lambda key, body, time: key.digest(time + body)),
    ("dotted", lambda key, body, time: key.digest(body + b"." + time)),
    ("timestamp-first, dotted", lambda key, body, time: key.digest(time + b"." + body)),
    ("on two lines", lambda key, body, time: key.digest(body + b"\n" + time)),
    ("body-only", lambda key, body, _: key.digest(body)),
    ("sorted-keys", lambda key, body, time: key.digest(_sorted_keys(body) + time)),
    ("written anew", lambda key, body, time: key.digest(_rewritten(body) + time)),
)


def _forms(signature: str) -> Iterator[tuple[str, bytes]]:
    """Yield how a digest may have been written, with the digest or its beginning."""
    if _HEX.fullmatch(signature):
        yield "", bytes.fromhex(signature)
    elif _UPPER_HEX.fullmatch(signature):
        yield "uppercase", bytes.fromhex(signature)
    elif _SHORT_HEX.fullmatch(signature):
        yield "shortened", bytes.fromhex(signature[: len(signature) // 2 * 2])
    elif len(found := _from_base64(signature)) == _DIGEST_SIZE:
        yield "base64", found
    if prefix := _PREFIX.match(signature):
        for form, digest in _forms(signature[prefix.end() :]):
            yield f"prefixed, {form}" if form else "prefixed", digest


def _from_base64(signature: str) -> bytes:
    """Decode either alphabet, padded or not; nothing where it is neither."""
    text = signature.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


class Signatures:
    """Verifies with any of several keys; the reading that fitted last is tried first."""

    def __init__(self, keys: Sequence[AppKey], docket: Docket) -> None:
        self._keys = keys
        self._docket = docket
        self._last = 0
        self.right = 0

    def look(self, message: Message) -> None:
        """Note on a message how it is signed; what that says of the target is told by `report`."""
        body, reason = message.body, self._hindered(message)
        if body is None or reason:
            if reason:
                self._docket.report("signature-unjudged", "signature", message.evidence, seen={"reason": reason})
            return
        signature, timestamp = message.headers.get("x-sign"), message.headers.get("x-timestamp")
        if signature is None or timestamp is None:
            return  # that they are missing is told as such
        message.verdict = self.reading(body, timestamp, signature)
        self.right += message.verdict == RIGHT

    def reading(self, body: bytes, timestamp: str, signature: str) -> str:
        """Return "right", "wrong", or the name of another reading that fits."""
        time = timestamp.encode("latin-1", "replace")
        if any(key.digest(body + time).hex() == signature for key in self._keys):
            return RIGHT
        forms = list(_forms(signature))
        order = [self._last, *(index for index in range(len(CONTENTS)) if index != self._last)]
        for index in order if forms else ():
            name, digest = CONTENTS[index]
            for key in self._keys:
                made = digest(key, body, time)
                for form, given in forms:
                    if made[: len(given)] == given:
                        self._last = index
                        return name if not form else form if name == RIGHT else f"{name}, {form}"
        return WRONG

    def report(self, messages: Sequence[Message]) -> None:
        """Tell of all messages that were looked at."""
        some = "some" if self.right else "none"
        for message in messages:
            if message.verdict in {"", RIGHT} or message.is_stale:
                continue
            kind, seen = "signature-reading", {"reading": message.verdict, "on": [message.side]}
            if message.verdict == WRONG:
                kind, seen = "signature-wrong", {"verified": some, "on": [message.side]}
            self._docket.report(kind, "signature", message.evidence, pointer="/x-signature", seen=seen)

    def vouches(self, message: Message) -> bool:
        """Say whether what a message says may be judged: not where others verify and it does not."""
        return message.verdict not in {"", WRONG} or not self.right or self._hindered(message) != ""

    def _hindered(self, message: Message) -> str:
        """Say why no signature can be judged, "" where it can."""
        if not self._keys:
            return "no AppKey was given"
        if not message.headers:
            return "the recording has no headers"
        if not message.raw:
            return "the recorder wrote the bytes anew"
        masked = any(is_masked(message.headers.get(name, "")) for name in ("x-sign", "x-timestamp"))
        return "the recorder masked them" if masked else ""
