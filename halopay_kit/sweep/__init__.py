"""What no webhook told: every order and payout that is not final is asked for.

The names here are loaded when they are first used, so that a ledger can be read without a database library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halopay_kit.sweep.ledger import Known as Known
    from halopay_kit.sweep.ledger import read_ledger as read_ledger
    from halopay_kit.sweep.sweeping import sweep as sweep
    from halopay_kit.sweep.swept import Swept as Swept
    from halopay_kit.sweep.swept import Unlearned as Unlearned

_HOME = {"Known": "ledger", "Swept": "swept", "Unlearned": "swept", "read_ledger": "ledger", "sweep": "sweeping"}

__all__ = [*_HOME]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"halopay_kit.sweep.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
