"""Credentials and files as the command is given them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
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


def app_keys() -> dict[str, list[AppKey]]:
    """Return the AppKeys of each app in HALOPAY_APP_ID, HALOPAY_APP_KEY and HALOPAY_APP_KEYS (`id=key,id=key`).

    Of several of one app, that of HALOPAY_APP_KEY is the first. HALOPAY_APP_KEY without an app is left out.

    Raises:
        ConfigurationError: one that cannot be right; no text and no frame of it holds a key.
    """
    from halopay_kit.errors import ConfigurationError

    named: dict[str, list[AppKey]] = {}
    if os.environ.get("HALOPAY_APP_ID") and os.environ.get("HALOPAY_APP_KEY"):
        named[os.environ["HALOPAY_APP_ID"]] = [app_key()]
    for place, (name, key) in enumerate(_pairs(), 1):
        if not name or key is None:
            del name  # it may be a key without an app
            raise ConfigurationError(f"HALOPAY_APP_KEYS is not id=key,id=key: see its part {place}")
        named.setdefault(name, []).append(key)
    return named


def _pairs() -> Iterator[tuple[str, AppKey | None]]:
    """Yield what HALOPAY_APP_KEYS names; no key where there is none."""
    from halopay_kit.signing import AppKey

    for pair in os.environ.get("HALOPAY_APP_KEYS", "").split(","):
        if not pair:
            continue
        try:
            name, _, key = pair.strip().partition("=")
            made = AppKey(key) if key else None
        finally:
            pair = key = ""  # or this frame would show it in a traceback
        yield name, made


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
