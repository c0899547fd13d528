"""Reconciliation: the merchant's ledger against what HaloPay told; every difference is a break with a class.

Needs `pip install 'halopay-kit[reconcile]'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from halopay_kit.extras import lazily

if TYPE_CHECKING:
    from halopay_kit.reconcile.classes import CLASSES as CLASSES
    from halopay_kit.reconcile.classes import BreakClass as BreakClass
    from halopay_kit.reconcile.mapping import Mapping as Mapping
    from halopay_kit.reconcile.reconciling import reconcile as reconcile
    from halopay_kit.reconcile.result import Break as Break
    from halopay_kit.reconcile.result import Result as Result
    from halopay_kit.reconcile.settings import Settings as Settings

_HOME = {
    "CLASSES": "classes",
    "Break": "result",
    "BreakClass": "classes",
    "Mapping": "mapping",
    "Result": "result",
    "Settings": "settings",
    "reconcile": "reconciling",
}

__all__ = [*_HOME]
__getattr__, __dir__ = lazily(__name__, _HOME)
