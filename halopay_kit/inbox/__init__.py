"""Webhooks taken in once and kept: on SQLite by default, on PostgreSQL for several hosts.

The names here are loaded when they are first used, so that `transitions` is there without a database library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from halopay_kit.extras import lazily

if TYPE_CHECKING:
    from halopay_kit.inbox.inbox import Inbox as Inbox
    from halopay_kit.inbox.intake import Arrival as Arrival
    from halopay_kit.inbox.intake import Taken as Taken
    from halopay_kit.inbox.stored import Delivery as Delivery
    from halopay_kit.inbox.stored import Stored as Stored
    from halopay_kit.inbox.tally import Stats as Stats
    from halopay_kit.inbox.transitions import Verdict as Verdict

_HOME = {
    "Arrival": "intake",
    "Delivery": "stored",
    "Inbox": "inbox",
    "Stats": "tally",
    "Stored": "stored",
    "Taken": "intake",
    "Verdict": "transitions",
}

__all__ = [*_HOME]
__getattr__, __dir__ = lazily(__name__, _HOME)
