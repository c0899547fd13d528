"""Addresses in the form of their chain: Tron's base58 with a checksum, Ethereum's hexadecimal."""

from __future__ import annotations

import re
from hashlib import sha256

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {letter: number for number, letter in enumerate(_ALPHABET)}
_TRON = re.compile(f"T[{_ALPHABET}]{{33}}")
_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_TRON_PREFIX = b"\x41"


def address(family: str, account: bytes) -> str:
    """Return the address of a 20-byte account on a chain of that family, `tron` or `evm`."""
    return _tron(account) if family == "tron" else f"0x{account.hex()}"


def fits(family: str, text: str) -> bool:
    """Say whether the text is an address of that family. The mixed-case checksum of EIP-55 is not looked at."""
    if family == "evm":
        return _EVM.fullmatch(text) is not None
    if not _TRON.fullmatch(text):
        return False
    number = 0
    for letter in text:
        number = number * 58 + _DIGITS[letter]
    if number >> 200:
        return False
    payload, check = (raw := number.to_bytes(25, "big"))[:21], raw[21:]
    return payload[:1] == _TRON_PREFIX and _checksum(payload) == check


def _tron(account: bytes) -> str:
    payload = _TRON_PREFIX + account
    number = int.from_bytes(payload + _checksum(payload), "big")
    letters = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(_ALPHABET[digit])
    return "".join(reversed(letters))


def _checksum(payload: bytes) -> bytes:
    return sha256(sha256(payload).digest()).digest()[:4]
