"""The app of a sandbox: an AppId and an AppKey."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.business.chance import Chance
from halopay_kit.signing import AppKey

Text = TypeVar("Text", str | AppKey, str | AppKey | None)
_ID = re.compile(r"[\x21-\x7e]{1,64}")


class App:
    """What is not given is drawn; `told` returns the key as it was given, where no attribute shows it.

    Raises:
        ConfigurationError: the AppId or the AppKey cannot be one.
    """

    def __init__(self, chance: Chance, app_id: str | None, app_key: str | AppKey | None) -> None:
        drawn_id, drawn_key = chance.app_id(), chance.app_key()
        text = drawn_key if app_key is None else app_key
        try:
            self.key = AppKey(text)
            self.told = hidden(text)
        finally:
            del app_key, drawn_key, text  # or this frame would show it in a traceback
        self.id = drawn_id if app_id is None else app_id
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise ConfigurationError("the AppId is empty or holds white space or unusual characters")

    def environ(self) -> dict[str, str]:
        """Return what a child process needs to sign as the app.

        Raises:
            ConfigurationError: the key came as an AppKey.
        """
        text = self.told()
        if not isinstance(text, str):
            raise ConfigurationError("the AppKey was given as an AppKey, which does not tell its text")
        return {"HALOPAY_APP_ID": self.id, "HALOPAY_APP_KEY": text}


def hidden(text: Text) -> Callable[[], Text]:
    """Keep a key's text where neither an attribute nor a traceback shows it."""
    return lambda: text
