"""Sign and verify: bytes and time in, bytes out."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import datetime
from secrets import token_bytes
from typing import NoReturn, final

from halopay_api.policy import TOLERANCE
from halopay_kit.errors import (
    ConfigurationError,
    InvalidRequest,
    OutsideTolerance,
    SignatureMismatch,
    SignatureMissing,
)

_TIMESTAMP = re.compile(r"[0-9]{10}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")
_MASK = "AppKey('***')"

_SHORTEST = 8  # characters of a key that is looked for in texts; a shorter one is a test's, and part of every word
_RUNS = re.compile(r"[\x21-\x7e]{8,}")
_salt = token_bytes(32)
_known: dict[int, set[bytes]] = {}  # the length of each key that this process has met, to salted digests


@final
class AppKey:
    """The app's secret. It signs and verifies and cannot be read back, printed, formatted or pickled.

    Raises:
        ConfigurationError: the key is not a string, is empty, or holds white space or anything but ASCII.
    """

    __slots__ = ("digest", "digest_as_prose")

    digest: Callable[[bytes], bytes]
    """Return the HMAC-SHA-256 of the signed content, 32 bytes."""

    digest_as_prose: Callable[[bytes], bytes]
    """Return the HMAC-SHA-256 of the content with the key behind it, as HaloPay's prose has it (common-rules#headers).

    The kit follows the samples; this tells contract tests which of the two somebody else follows.
    """

    def __init__(self, key: str | AppKey) -> None:
        if isinstance(key, AppKey):
            object.__setattr__(self, "digest", key.digest)
            object.__setattr__(self, "digest_as_prose", key.digest_as_prose)
            return
        problem = _problem_of(key)
        if problem:
            del key  # not even this frame shows it in a traceback
            raise ConfigurationError(problem, advice="Copy it from the dashboard's appManage page.")
        if len(key) >= _SHORTEST:
            _known.setdefault(len(key), set()).add(_fingerprint(key))
        object.__setattr__(self, "digest", _digest_with(key.encode("ascii")))
        object.__setattr__(self, "digest_as_prose", _digest_with(key.encode("ascii"), key.encode("ascii")))

    def __repr__(self) -> str:
        return _MASK

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return _MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AppKey):
            return NotImplemented
        return hmac.compare_digest(self.digest(b""), other.digest(b""))

    def __hash__(self) -> int:
        return hash(self.digest(b""))

    def __copy__(self) -> AppKey:
        return self

    def __deepcopy__(self, _memo: object) -> AppKey:
        return self

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise ConfigurationError("an AppKey cannot be pickled", advice="Hand it to each process by other means.")

    def __setattr__(self, name: str, value: object) -> None:
        raise ConfigurationError("an AppKey cannot be changed")


def _digest_with(key: bytes, behind: bytes = b"") -> Callable[[bytes], bytes]:
    """Keep the key where no attribute leads to it."""

    def digest(content: bytes) -> bytes:
        return hmac.digest(key, content, "sha256")

    def digest_and_more(content: bytes) -> bytes:
        return hmac.digest(key, content + behind, "sha256")

    return digest_and_more if behind else digest


def hide(text: str) -> str:
    """Return a text without any AppKey that this process has met: for errors of others, which are kept or shown."""
    for run in set(_RUNS.findall(text)):
        for length, known in list(_known.items()):
            for start in range(len(run) - length + 1):
                if _fingerprint(run[start : start + length]) in known:
                    text = text.replace(run[start : start + length], "***")
    return text


def _fingerprint(key: str) -> bytes:
    return hmac.digest(_salt, key.encode("ascii"), "sha256")


def _problem_of(key: object) -> str | None:
    if not isinstance(key, str):
        return f"the AppKey is {'missing' if key is None else 'not a string'}"
    if not key:
        return "the AppKey is empty"
    if key != key.strip():
        return "the AppKey has white space around it"
    if _UNPRINTABLE.search(key):
        return "the AppKey holds a character that no AppKey has"
    return None


def signed_content(body: bytes, timestamp: str) -> bytes:
    """Return what is signed: the body followed by the timestamp's digits, nothing between (signature#code-samples).

    Nothing delimits the two, so only ten ASCII digits after a JSON object leave one way to read them.

    Raises:
        SignatureMissing: the timestamp is not ten ASCII digits, or the body does not look like a JSON object.
    """
    if not isinstance(timestamp, str) or not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureMissing("the timestamp is not ten digits", advice="X-Timestamp is unix seconds.")
    if not isinstance(body, bytes):
        raise SignatureMissing(f"the body is a {type(body).__name__}, not bytes", advice="Use the raw bytes.")
    if not (body[:1] == b"{" and body[-1:] == b"}"):
        trimmed = body.strip(b" \t\r\n")
        if not (trimmed[:1] == b"{" and trimmed[-1:] == b"}"):
            raise SignatureMissing("the body is not a JSON object", advice="Sign the raw bytes; {} at least.")
    return body + timestamp.encode("ascii")


def sign(body: bytes, timestamp: int | str, app_key: AppKey) -> str:
    """Return the signature, 64 lowercase hexadecimal digits; `timestamp` is unix seconds.

    Raises:
        InvalidRequest: the timestamp does not have ten digits, or the body does not look like a JSON object.
    """
    try:
        content = signed_content(body, f"{timestamp:d}" if _is_second(timestamp) else timestamp)  # type: ignore[arg-type]
    except SignatureMissing as error:
        raise InvalidRequest(error.problem) from error
    return app_key.digest(content).hex()


def _is_second(timestamp: object) -> bool:
    return type(timestamp) is int and 0 <= timestamp < 10**10


def verify(body: bytes, timestamp: str, signature: str, app_key: AppKey) -> int:
    """Return the timestamp as a number if the signature is right; its age is `check_age`'s business.

    Raises:
        SignatureMissing: timestamp or signature is malformed, or the body does not look like a JSON object.
        SignatureMismatch: the signature is another one.
    """
    expected = app_key.digest(signed_content(body, timestamp)).hex()
    if not isinstance(signature, str) or not signature.isascii() or not hmac.compare_digest(expected, signature):
        if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
            raise SignatureMissing("the signature is not 64 lowercase hexadecimal digits")
        raise SignatureMismatch("the signature does not belong to these bytes under this AppKey")
    return int(timestamp)


def check_age(timestamp: int, now: float, *, past: float = TOLERANCE, future: float = TOLERANCE) -> None:
    """Raise unless `timestamp` is at most `past` seconds before and `future` seconds after `now`.

    Raises:
        OutsideTolerance: with the offset between the two clocks.
    """
    offset = timestamp - now
    if not -past <= offset <= future:
        side = "before" if offset < 0 else "after"
        error = OutsideTolerance(f"the signature is right, but it was made {abs(offset):.0f} seconds {side} our time")
        error.clock_offset = offset
        raise error


def unix(now: datetime | float) -> float:
    """Return unix seconds of an aware datetime, or of unix seconds.

    Raises:
        ConfigurationError: a datetime without a time zone, or something else.
    """
    if isinstance(now, datetime):
        if now.tzinfo is None:
            raise ConfigurationError("`now` has no time zone", advice="Use datetime.now(timezone.utc).")
        return now.timestamp()
    if isinstance(now, bool) or not isinstance(now, (int, float)):
        raise ConfigurationError(f"`now` is a {type(now).__name__}", advice="Use an aware datetime or unix seconds.")
    try:
        return float(now)
    except OverflowError as error:
        raise ConfigurationError("`now` is beyond all time", advice="Give unix seconds.") from error
