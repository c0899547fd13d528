"""The world outside: chains, tokens and rates. Chain ids are those of public test networks."""

from __future__ import annotations

from decimal import Decimal

import attrs

from halopay_kit.sandbox.business import money


@attrs.frozen
class Chain:
    """A chain; `family` says what its addresses look like, `block_time` how many seconds there are between blocks."""

    name: str
    chain_id: int
    family: str
    block_time: int


@attrs.frozen
class Token:
    """A token on a chain; `enabled` says whether the app may use it."""

    currency_id: int
    symbol: str
    chain: Chain
    contract: str
    decimals: int
    enabled: bool = True


TRON = Chain("Tron", 3448148188, "tron", 3)  # Nile
ETHEREUM = Chain("ETH", 11155111, "evm", 12)  # Sepolia
BSC = Chain("BSC", 97, "evm", 3)  # its test network

# 68, 69, 70, 73 and 75 are ids seen on HaloPay's site; the others are made up.
TOKENS = (
    Token(68, "ETH", ETHEREUM, "ETH", 18),
    Token(69, "ETH", ETHEREUM, "ETH", 18),
    Token(70, "USDT", ETHEREUM, "0x7169d38820dfd117c3fa1f22a697dba58d90ba06", 6),
    Token(73, "TRX", TRON, "TRX", 6),
    Token(75, "USDT", TRON, "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf", 6),
    Token(81, "BNB", BSC, "BNB", 18, enabled=False),
    Token(82, "USDT", BSC, "0x337610d27c682e347c9cd60bd4b3b107c9d34ddd", 18, enabled=False),
)

# US dollars for one token.
PRICES = {
    "BNB": Decimal("612.4"),
    "ETH": Decimal("3150.75"),
    "TRX": Decimal("0.3145"),
    "USDT": Decimal("1"),
}

# Units of the fiat for one US dollar; in the order of HaloPay's table.
FIATS = {
    "USD": Decimal("1"),
    "USDT": Decimal("1"),
    "JPY": Decimal("148.35"),
    "CHF": Decimal("0.7995"),
    "CAD": Decimal("1.3845"),
    "NOK": Decimal("10.0425"),
    "SEK": Decimal("9.395"),
    "HKD": Decimal("7.782"),
    "SGD": Decimal("1.2875"),
    "KRW": Decimal("1392.5"),
    "TWD": Decimal("30.48"),
    "CNY": Decimal("7.1205"),
    "INR": Decimal("88.72"),
    "BRL": Decimal("5.335"),
    "MXN": Decimal("18.405"),
    "ZAR": Decimal("17.285"),
    "RUB": Decimal("82.6"),
    "TRY": Decimal("41.58"),
    "EUR": Decimal("0.8525"),
    "GBP": Decimal("0.744"),
    "AUD": Decimal("1.5125"),
    "VND": Decimal("26405"),
    "THB": Decimal("32.28"),
}

# What the payer of a hosted order chooses who does not say.
DEFAULT_CURRENCY = 75

OPENING_BALANCE = Decimal("100000")


@attrs.frozen
class World:
    """Tokens by id, and what they cost."""

    tokens: dict[int, Token] = attrs.field(factory=lambda: {token.currency_id: token for token in TOKENS})

    def enabled(self) -> list[Token]:
        """Return the tokens that the app may use."""
        return [token for token in self.tokens.values() if token.enabled]

    def rate(self, token: Token, fiat_name: str) -> Decimal:
        """Return the units of the fiat for one token, exact."""
        return money.multiply(PRICES[token.symbol], FIATS[fiat_name])

    def price(self, token: Token, fiat_name: str, fiat_amount: Decimal) -> Decimal:
        """Return how many tokens an amount of the fiat is, rounded up."""
        return money.divide_up(fiat_amount, self.rate(token, fiat_name), token.decimals)
