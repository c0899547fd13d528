"""The one source of chance: numbers, addresses, transactions and keys; the same seed draws the same ones."""

from __future__ import annotations

import random
import secrets
import string
from datetime import UTC, datetime

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.business.addresses import address

_LETTERS = string.ascii_lowercase + string.digits


class Chance:
    """Draws from a seed, or from the system's own randomness."""

    def __init__(self, seed: int | str | None = None) -> None:
        if not (seed is None or isinstance(seed, int | str)):
            raise ConfigurationError("a seed is a number or a text")
        self._seed = seed
        self._random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311  # repeatable on purpose
        self._faults = self._random if seed is None else random.Random(f"faults of {seed!r}")  # noqa: S311  # likewise
        self._time = (-1, "")

    def renew(self, times: int) -> None:
        """Draw nothing that was drawn before the sandbox was started so many times."""
        self._random.seed(f"{self._seed!r} again {times}")

    def app_id(self) -> str:
        """Return an AppId, 16 letters and digits as in HaloPay's examples."""
        return "".join(self._random.choices(_LETTERS, k=16))

    def app_key(self) -> str:
        """Return the text of an AppKey; it protects nothing but a sandbox."""
        return f"sandbox{self._random.getrandbits(200):050x}"

    def trade_no(self, second: int) -> str:
        """Return an id as HaloPay's: 14 digits of UTC, 18 hexadecimal digits."""
        if self._time[0] != second:
            self._time = (second, datetime.fromtimestamp(second, UTC).strftime("%Y%m%d%H%M%S"))
        return f"{self._time[1]}{self._random.getrandbits(72):018x}"

    def address(self, family: str) -> str:
        """Return an address on a chain of that family. Nobody has its key: what is sent there is lost."""
        return address(family, self._random.getrandbits(160).to_bytes(20, "big"))

    def txid(self) -> str:
        """Return the id of a transaction, 64 hexadecimal digits."""
        return f"{self._random.getrandbits(256):064x}"

    def fault(self) -> float:
        """Return a number from 0 to below 1, from a stream of its own: a fault leaves ids and addresses as they are."""
        return self._faults.random()


def control_token() -> str:
    """Return a token for control calls; it never comes from a seed."""
    return secrets.token_urlsafe(24)
