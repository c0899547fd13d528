"""Which AppKeys may have signed a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs

from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import AppKey

_APP_ID = re.compile(r"[\x21-\x7e]{1,64}")

AppKeys = AppKey | str | Sequence[AppKey | str]
"""The key of an app; several while it is being changed."""


@attrs.frozen
class Keys:
    """The keys of one app whose id need not be known (`anyones`), or of several by their ids."""

    app_ids: tuple[str, ...]
    _by_app: Mapping[bytes, tuple[AppKey, ...]]
    _anyones: tuple[AppKey, ...] | None

    @classmethod
    def of(cls, app_key: AppKeys | Mapping[str, AppKeys], app_id: str | None = None) -> Keys:
        """Read what the user hands over.

        Raises:
            ConfigurationError: a key or an id that cannot be right, none at all, or `app_id` beside a mapping.
        """
        try:
            if not isinstance(app_key, Mapping):
                keys = _several(app_key)
                return cls((), {}, keys) if app_id is None else cls((_id(app_id),), {app_id.encode(): keys}, None)
            if app_id is not None:
                raise ConfigurationError("`app_id` beside keys by app id", advice="Put it into the mapping.")
            if not app_key:
                raise ConfigurationError("no AppKey was given")
            by_app: dict[bytes, tuple[AppKey, ...]] = {}
            for name in app_key:
                by_app[_id(name).encode()] = _several(app_key[name])
            return cls(tuple(app_key), by_app, None)
        finally:
            del app_key  # or this frame would show it in a traceback

    def for_request(self, headers: Iterable[tuple[bytes, bytes]]) -> tuple[AppKey, ...] | None:
        """Return the keys for what X-Appid says, or None if that app is not served; a doubled one is refused later."""
        if self._anyones is not None:
            return self._anyones
        for name, value in headers:
            if name == b"x-appid" or name.lower() == b"x-appid":
                return self._by_app.get(value)
        return ()


def _id(app_id: object) -> str:
    if not isinstance(app_id, str) or not _APP_ID.fullmatch(app_id):
        raise ConfigurationError(
            "an AppId is missing or holds white space or unusual characters",
            advice="Copy it from the dashboard's appManage page.",
        )
    return app_id


def _several(app_key: object) -> tuple[AppKey, ...]:
    try:
        if isinstance(app_key, Sequence) and not isinstance(app_key, str | bytes):
            keys = tuple(map(AppKey, app_key))
        else:
            keys = (AppKey(app_key),)  # type: ignore[arg-type]  # what is no key is refused there
    finally:
        del app_key
    if not keys:
        raise ConfigurationError("no AppKey was given")
    return keys
