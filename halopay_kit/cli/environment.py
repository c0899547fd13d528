"""Credentials and files as the command is given them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from halopay_kit.client import HaloPay
    from halopay_kit.signing import AppKey

inbox_option = click.option(
    "--inbox",
    "url",
    metavar="URL",
    envvar="HALOPAY_INBOX",
    required=True,
    help="A file, sqlite:///… or postgresql://…; HALOPAY_INBOX when not given.",
)
"""Which inbox, as the argument `url`."""


def client(*, base_url: str | None = None, **options: Any) -> HaloPay:
    """Return a client for the credentials in the environment; `base_url` goes before HALOPAY_BASE_URL."""
    from halopay_kit.client import HaloPay

    return HaloPay.from_env(os.environ, base_url=base_url, **options)


def app_key() -> AppKey:
    """Return the AppKey of HALOPAY_APP_KEY."""
    from halopay_kit.signing import AppKey

    return AppKey(os.environ.get("HALOPAY_APP_KEY", ""))


def secret() -> str:
    """Return the text of HALOPAY_APP_KEY, for whoever has to keep it out of something."""
    return os.environ.get("HALOPAY_APP_KEY", "")


def app_keys() -> AppKey | dict[str, AppKey]:
    """Return the AppKey of each app in HALOPAY_APP_ID, HALOPAY_APP_KEY and HALOPAY_APP_KEYS (`id=key,id=key`).

    Where no app is named, return the one of HALOPAY_APP_KEY.
    """
    from halopay_kit.errors import ConfigurationError
    from halopay_kit.signing import AppKey

    named: dict[str, AppKey] = {}
    if os.environ.get("HALOPAY_APP_ID") and os.environ.get("HALOPAY_APP_KEY"):
        named[os.environ["HALOPAY_APP_ID"]] = app_key()
    for place, pair in enumerate(filter(None, os.environ.get("HALOPAY_APP_KEYS", "").split(",")), 1):
        name, _, key = pair.strip().partition("=")
        del pair
        if not name or not key:
            del key
            raise ConfigurationError(f"HALOPAY_APP_KEYS is not id=key,id=key: see its part {place}")
        try:
            named.setdefault(name, AppKey(key))
        finally:
            del key  # or this frame would show it in a traceback
    return named or app_key()


def bytes_of(argument: str) -> bytes:
    """Return the bytes that an argument means: standard input for -, a file for @PATH, else itself."""
    if argument == "-":
        return sys.stdin.buffer.read()
    if argument.startswith("@"):
        try:
            return Path(argument[1:]).read_bytes()
        except OSError as error:
            raise click.BadParameter(f"{argument[1:]} cannot be read: {error.strerror}") from error
    return os.fsencode(argument)
