"""Orders of which a payer is handed one address only, whatever became of the call that made them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halopay_kit.orders.orders import Made as Made
    from halopay_kit.orders.orders import Orders as Orders

__all__ = ["Made", "Orders"]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module("halopay_kit.orders.orders"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
