"""What no webhook told: every order and payout that is not final is asked for.

The names here are loaded when they are first used, so that a ledger can be read without a database library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from halopay_kit.extras import lazily

if TYPE_CHECKING:
    from halopay_kit.sweep.ledger import Known as Known
    from halopay_kit.sweep.ledger import read_ledger as read_ledger
    from halopay_kit.sweep.sweeping import sweep as sweep
    from halopay_kit.sweep.swept import Swept as Swept
    from halopay_kit.sweep.swept import Unlearned as Unlearned

_HOME = {"Known": "ledger", "Swept": "swept", "Unlearned": "swept", "read_ledger": "ledger", "sweep": "sweeping"}

__all__ = [*_HOME]
__getattr__, __dir__ = lazily(__name__, _HOME)
