"""Raw bytes, headers and the time become a verified, typed event; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from halopay_api import codec
from halopay_api.codec import WebhookEvent
from halopay_api.policy import RETRY_AFTER, TOLERANCE
from halopay_kit import signing
from halopay_kit.errors import (
    AppIdMismatch,
    ConfigurationError,
    MalformedEvent,
    SignatureMismatch,
    SignatureMissing,
)
from halopay_kit.signing import AppKey

Headers = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]

_NAMES: dict[str | bytes, str] = {name: name for name in ("x-appid", "x-timestamp", "x-sign", "x-eventtype")}
_NAMES |= {name.encode(): name for name in _NAMES.values()}


@attrs.frozen(kw_only=True)
class Freshness:
    """How far the signing time may lie before (`past`) and after (`future`) now, in seconds."""

    past: float
    future: float


RETRY_WINDOW = Freshness(past=sum(RETRY_AFTER) + TOLERANCE, future=TOLERANCE)
"""The default: whether HaloPay signs a retry afresh is not known, so one signed when the first was is taken too."""

STRICT = Freshness(past=TOLERANCE, future=TOLERANCE)
"""The validity of a signature as documented: two minutes."""


@attrs.frozen(kw_only=True)
class Event:
    """A webhook that was verified.

    `data` is what it says, `signed_at` unix seconds, `body` the signed bytes. `app_id` is what X-Appid says and the
    body, where it names an app, confirms; what is authentic is that the AppKey signed the body. `event_type` is the
    X-EventType header, which is not signed and may be missing; `event_type_agrees` says whether it means the same as
    the body's status (None where either is missing).
    """

    data: WebhookEvent
    app_id: str
    signed_at: int
    body: bytes
    event_type: str | None
    event_type_agrees: bool | None

    @property
    def drift(self) -> tuple[str, ...]:
        """Say what the event holds beyond the spec."""
        return codec.drift(self.data)


def verify(
    body: bytes,
    headers: Headers,
    *,
    app_key: AppKey | str | Sequence[AppKey],
    now: datetime | float,
    app_id: str | None = None,
    freshness: Freshness = RETRY_WINDOW,
) -> Event:
    """Return the event that these raw bytes and headers carry.

    `app_key` may be several, while a key is being changed. With `app_id` an event of another app is refused. `now`
    is an aware datetime or unix seconds.

    Raises:
        SignatureMissing: a header is missing, doubled or malformed, or the body is no JSON object.
        SignatureMismatch: none of the keys made this signature.
        OutsideTolerance: signed too long ago, or in the future.
        AppIdMismatch: for another app than `app_id`, or header and body name different apps.
        MalformedEvent: genuine, and not what the spec says.
        ConfigurationError: a key or `now` that cannot be right.
    """
    try:
        keys = _keys_of(app_key)
    finally:
        del app_key  # or this frame would show it in a traceback
    if not isinstance(body, bytes):
        raise ConfigurationError(f"the body is a {type(body).__name__}", advice="Hand over the raw bytes as received.")
    claimed, timestamp, signature, event_type = _pick(headers)
    signed_at = _verify_with_any(body, timestamp, signature, keys)
    signing.check_age(signed_at, signing.unix(now), past=freshness.past, future=freshness.future)
    try:
        fields = codec.parse(body)
        if not isinstance(fields, dict):
            raise MalformedEvent("the body is not a JSON object")
        data = codec.event(fields, body=body)
    except codec.DecodeError as error:
        raise MalformedEvent(f"the event is not what the spec says: {error}") from error
    meant = fields.get("appid", claimed)
    if meant != claimed or (app_id is not None and claimed != app_id):
        raise AppIdMismatch("the event is for another app" if meant == claimed else "header and body name two apps")
    return Event(
        data=data,
        app_id=claimed,
        signed_at=signed_at,
        body=body,
        event_type=event_type,
        event_type_agrees=_agrees(event_type, fields.get("status")),
    )


def _keys_of(app_key: AppKey | str | Sequence[AppKey]) -> tuple[AppKey, ...]:
    if type(app_key) is AppKey:
        return (app_key,)
    try:
        keys = tuple(map(AppKey, app_key)) if isinstance(app_key, (list, tuple)) else (AppKey(app_key),)  # type: ignore[arg-type]  # refused there
    finally:
        del app_key
    if not keys:
        raise ConfigurationError("no AppKey was given")
    return keys


def _pick(headers: Headers) -> tuple[str, str, str, str | None]:
    pairs = headers.items() if type(headers) is dict or isinstance(headers, Mapping) else headers
    found: dict[str, str] = {}
    try:
        for name, value in pairs:
            known = _NAMES.get(name.lower())
            if known is None:
                continue
            if known in found:
                raise SignatureMissing(f"the {known} header is there twice")
            found[known] = value if isinstance(value, str) else value.decode("latin-1")
    except (AttributeError, TypeError, ValueError) as error:
        raise SignatureMissing("the headers are not names and values") from error
    try:
        return found["x-appid"], found["x-timestamp"], found["x-sign"], found.get("x-eventtype")
    except KeyError as missing:
        raise SignatureMissing(f"the {missing.args[0]} header is missing") from None


def _verify_with_any(body: bytes, timestamp: str, signature: str, keys: Sequence[AppKey]) -> int:
    for key in keys[1:]:
        try:
            return signing.verify(body, timestamp, signature, key)
        except SignatureMismatch:
            continue
    return signing.verify(body, timestamp, signature, keys[0])


def _agrees(event_type: str | None, status: object) -> bool | None:
    """Compare `Paid` with `PAID`, `Time-Out` with `TIME-OUT`: only letters count."""
    if event_type is None or not isinstance(status, str):
        return None
    return event_type.upper() == status or _letters(event_type) == _letters(status)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
