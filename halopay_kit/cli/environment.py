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


def client(*, base_url: str | None = None, **options: Any) -> HaloPay:
    """Return a client for the credentials in the environment; `base_url` goes before HALOPAY_BASE_URL."""
    from halopay_kit.client import HaloPay

    return HaloPay.from_env(os.environ, base_url=base_url, **options)


def app_key() -> AppKey:
    """Return the AppKey of HALOPAY_APP_KEY."""
    from halopay_kit.signing import AppKey

    return AppKey(os.environ.get("HALOPAY_APP_KEY", ""))


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
