"""A recorded body becomes the bytes of the wire, as surely as the file lets one say."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from typing import Final, Literal

import attrs

from halopay_kit.contract.exchange import Headers
from halopay_kit.errors import UnreadableTraffic

LONGEST_BODY: Final = 16 * 1024 * 1024  # bytes, decompressed
Sureness = Literal["bytes", "length", "unsaid", "rewritten"]

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]++={0,2}\s*+")
_GZIP = b"\x1f\x8b"
# zlib's `wbits` of each content coding that the standard library undoes.
_CODINGS: Final = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


@attrs.frozen(kw_only=True)
class Body:
    """A body as a file gives it.

    Attributes:
        text: the body's text, or its base64.
        data: the body's bytes, where the file has them.
        length: how many bytes the file says it had on the wire, without a content coding.
        rewritten: the file has the values, not the text.
    """

    text: str | None = None
    data: bytes | None = None
    is_base64: bool = False
    length: int | None = None
    rewritten: bool = False

    @classmethod
    def of_value(cls, value: object) -> Body:
        """Return the body of a parsed JSON value: what it says is known, its bytes are not."""
        return cls(text=json.dumps(value, ensure_ascii=False, separators=(",", ":")), rewritten=True)


@attrs.frozen
class Content:
    """The bytes of a body, and why they should be those of the wire.

    `bytes`: the file has bytes. `length`: it has text, as long as it says. `unsaid`: it has text and says no length.
    `rewritten`: the length is another one, or the text was made from values.
    """

    data: bytes
    sureness: Sureness


def content_of(body: Body | None, headers: Headers) -> Content | None:
    """Decode a body.

    Raises:
        UnreadableTraffic: it cannot be decoded, or is too long.
    """
    if body is None:
        return None
    told = {name.lower(): value for name, value in headers}
    coding = told.get("content-encoding", "identity").strip().lower() or "identity"
    data = body.data if body.data is not None else _bytes_of(body)
    if data is None:
        return _content_of_text(body, told, coding)
    return Content(_checked(_decompressed(data, coding)), "bytes")


def _bytes_of(body: Body) -> bytes | None:
    """Return the bytes of base64, None of plain text."""
    text = body.text or ""
    if not body.is_base64:
        # Schemathesis writes a request's bytes in base64 and does not say so.
        if text[:1] in ("{", "[", "") or body.rewritten or not _BASE64.fullmatch(text):
            return None
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error:
            return None
        fits = len(data) == body.length if body.length else data[:1] == b"{"
        return data if fits else None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableTraffic("a body is said to be base64 and is not") from error


def _content_of_text(body: Body, told: dict[str, str], coding: str) -> Content:
    try:
        data = _checked((body.text or "").encode())
    except UnicodeEncodeError as error:
        raise UnreadableTraffic("a body holds what is not UTF-8") from error
    if body.rewritten:
        return Content(data, "rewritten")
    lengths = [body.length] if body.length else []
    said = told.get("content-length", "")
    if said.isascii() and said.isdigit() and len(said) < 12:
        lengths.append(int(said))
    if coding != "identity":
        return Content(data, "unsaid")  # the lengths are those of the compressed body
    if not lengths:
        return Content(data, "unsaid")
    return Content(data, "length" if len(data) in lengths else "rewritten")


def _decompressed(data: bytes, coding: str) -> bytes:
    """Undo a content coding, where whoever recorded it has not done so."""
    if coding == "identity" or data.lstrip()[:1] in (b"{", b"["):
        return data
    if coding not in _CODINGS:
        raise UnreadableTraffic(f"a body is compressed with {coding[:20]!r}, which is not read here")
    if "gzip" in coding and data[:2] != _GZIP:
        return data
    for bits in _CODINGS[coding]:
        undo = zlib.decompressobj(bits)
        try:
            plain = undo.decompress(data, LONGEST_BODY + 1)
        except zlib.error:
            continue
        if not undo.eof and len(plain) <= LONGEST_BODY:
            raise UnreadableTraffic(f"a body's {coding} is cut off")
        return plain
    raise UnreadableTraffic(f"a body is said to be {coding} and is not")


def _checked(data: bytes) -> bytes:
    if len(data) > LONGEST_BODY:
        raise UnreadableTraffic(f"a body is longer than {LONGEST_BODY} bytes")
    return data
