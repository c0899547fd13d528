"""Addresses by chain: Tron's base58 with its checksum, Ethereum's hexadecimal with that of EIP-55."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

from halopay_kit.errors import ConfigurationError

Family = Literal["tron", "evm"]

_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_BASE58 = re.compile("[1-9A-HJ-NP-Za-km-z]+")
_TRON_LENGTH, _TRON_PREFIX = 34, b"\x41"
_ENDS = 4  # characters at each end that people compare, and poisoned addresses imitate

# Chain names as HaloPay writes or may write them; only `Tron` was seen on the wire.
FAMILIES: Final[dict[str, Family]] = {
    **dict.fromkeys(("tron", "trx", "trc20"), "tron"),
    **dict.fromkeys(("eth", "ethereum", "erc20", "bsc", "bnb", "bnb smart chain", "bep20", "wkc", "wikicat"), "evm"),
}
_NAMES: Final[dict[Family, str]] = {"tron": "Tron", "evm": "Ethereum and chains like it"}


def family_of(chain: str | None, contracts: Iterable[str | None] = ()) -> Family | None:
    """Return what a chain's addresses look like, by its name, else by contracts of its tokens; None if unknown."""
    known = FAMILIES.get((chain or "").strip().casefold())
    if known:
        return known
    seen = {shape for contract in contracts if contract and (shape := shape_of(contract))}
    return seen.pop() if len(seen) == 1 else None


def shape_of(text: str) -> Family | None:
    """Return the family whose addresses look like this, right or not."""
    if text[:2].lower() == "0x":
        return "evm"
    return "tron" if text.startswith("T") and len(text) == _TRON_LENGTH and text.isalnum() else None


def problem(text: str, family: Family | None = None) -> str | None:
    """Say why a text is no address, of that family or of any that we know; None if nothing speaks against it."""
    strange = next((place for place, letter in enumerate(text) if not "!" <= letter <= "~"), None)
    if strange is not None:
        return _look_alike(text[strange], strange)
    shape = shape_of(text)
    if family is None and shape is None:
        return None  # of a chain that we know nothing about
    if family is not None and shape is not None and shape != family:
        return f"an address of {_NAMES[shape]}, but the currency is on {_NAMES[family]}"
    return _tron_problem(text) if (family or shape) == "tron" else _evm_problem(text)


def folded(text: str) -> str:
    """Return an address so that equal ones are written alike; the case of hexadecimal digits is only a checksum."""
    return text.lower() if _EVM.fullmatch(text) else text


def ends(text: str) -> str:
    """Return what two addresses have in common that a hasty eye takes for one."""
    body = folded(text).removeprefix("0x")
    return f"{body[:_ENDS]}…{body[-_ENDS:]}"


def _look_alike(letter: str, place: int) -> str:
    name = unicodedata.name(letter, "without a name")
    kind = "an invisible character" if unicodedata.category(letter) in {"Cf", "Cc", "Zs", "Mn"} else "a look-alike"
    return f"character {place + 1} is {kind}, U+{ord(letter):04X} {name}, which no address holds"


def _tron_problem(text: str) -> str | None:
    if len(text) != _TRON_LENGTH or not text.startswith("T"):
        return f"no address of Tron: that is {_TRON_LENGTH} characters and begins with T"
    wrong = next((place for place, letter in enumerate(text) if not _BASE58.fullmatch(letter)), None)
    if wrong is not None:
        return f"character {wrong + 1} is {text[wrong]!r}, which addresses of Tron leave out because it is mistaken"
    try:
        from base58 import b58decode_check
    except ImportError:
        raise _missing("base58") from None
    try:
        account = b58decode_check(text)
    except ValueError:
        account = b""
    if len(account) != 21 or account[:1] != _TRON_PREFIX:
        return "its checksum is wrong: a character was changed or swapped"
    return None


def _evm_problem(text: str) -> str | None:
    if not _EVM.fullmatch(text):
        return "no address of Ethereum: that is 0x and 40 hexadecimal digits"
    digits = text[2:]
    if not int(digits, 16):
        return "the zero address, from which nothing comes back"
    if digits in {digits.lower(), digits.upper()}:
        return None  # written without a checksum
    try:
        from Crypto.Hash import keccak
    except ImportError:
        raise _missing("pycryptodome") from None
    made = keccak.new(digest_bits=256, data=digits.lower().encode()).hexdigest()
    right = "".join(
        letter.upper() if int(nibble, 16) >= 8 else letter for letter, nibble in zip(digits.lower(), made, strict=False)
    )
    if digits != right:
        return "its checksum (EIP-55) is wrong: a character was changed, or the case of one"
    return None


def _missing(package: str) -> ConfigurationError:
    return ConfigurationError(f"checking addresses needs {package}", advice="pip install 'halopay-kit[payout]'")
