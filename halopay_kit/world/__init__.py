"""A world to try things out on: days of business, a ledger with planted flaws, and the list of them.

Needs `pip install 'halopay-kit[sandbox,reconcile]'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from halopay_kit.extras import lazily

if TYPE_CHECKING:
    from halopay_kit.world.making import World as World
    from halopay_kit.world.making import make_world as make_world

_HOME = {"World": "making", "make_world": "making"}

__all__ = [*_HOME]
__getattr__, __dir__ = lazily(__name__, _HOME)
