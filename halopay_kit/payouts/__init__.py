"""Payouts that move money at most once, and the journal that they are written to before a byte is sent.

The names here are loaded when they are first used, so that the tables are there without a database library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halopay_kit.payouts.chain import Audit as Audit
    from halopay_kit.payouts.journal import Journal as Journal
    from halopay_kit.payouts.payout import Intent as Intent
    from halopay_kit.payouts.payout import Payout as Payout
    from halopay_kit.payouts.payouts import Payouts as Payouts
    from halopay_kit.payouts.policy import Policy as Policy
    from halopay_kit.payouts.resuming import Resumed as Resumed
    from halopay_kit.payouts.settings import Settings as Settings

_HOME = {
    "Audit": "chain",
    "Intent": "payout",
    "Journal": "journal",
    "Payout": "payout",
    "Payouts": "payouts",
    "Policy": "policy",
    "Resumed": "resuming",
    "Settings": "settings",
}

__all__ = [*_HOME]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"halopay_kit.payouts.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
