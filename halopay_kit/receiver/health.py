"""Whether the store answers, asked in a thread of its own: a store that hangs must hold up nobody."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

Probe = Callable[[], object]


class Health:
    """Asks once for all that want to know at one time."""

    def __init__(self, probe: Probe, patience: float = 2.0) -> None:
        self._probe = probe
        self._patience = patience
        self._asked: asyncio.Future[bool] | None = None

    async def is_good(self) -> bool:
        """Say whether the store answers in time; while one question is open no other is asked."""
        asked = self._asked  # another may take its place while this one waits
        if asked is None or asked.done():
            loop = asyncio.get_running_loop()
            asked = self._asked = loop.create_future()
            threading.Thread(target=self._ask, args=(loop, asked), name="halopay-receiver-health", daemon=True).start()
        done, _ = await asyncio.wait([asked], timeout=self._patience)
        return bool(done) and asked.result()

    def _ask(self, loop: asyncio.AbstractEventLoop, asked: asyncio.Future[bool]) -> None:
        try:
            self._probe()
        except Exception:  # noqa: BLE001  # whatever is wrong with it, it does not answer
            good = False
        else:
            good = True
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(_settle, asked, good)


def _settle(asked: asyncio.Future[bool], good: bool) -> None:
    if not asked.done():
        asked.set_result(good)
