"""What happened, in order: calls, control calls, events and attempts to deliver them."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import attrs

from halopay_kit.sandbox.clock import Clock
from halopay_kit.sandbox.wire.refusal import ControlError

_PORT = re.compile(r"(127(?:\.[0-9]{1,3}){3}|localhost|\[::1\]):[0-9]{1,5}", re.IGNORECASE)
_log = logging.getLogger(__name__)
_MASK = r"\1:0"


@attrs.frozen
class Row:
    """One thing that happened; `time` is unix seconds of the sandbox's clock."""

    number: int
    kind: str
    time: int
    what: Mapping[str, object]

    def shown(self) -> dict[str, object]:
        """Return the row as JSON shows it: bytes as text, money as strings, ports as 0.

        A signature of something in which a port was masked is masked too, as it hangs on the port.
        """
        what = {name: _shown(value) for name, value in self.what.items()}
        masked = _masked(what)
        headers = masked.get("headers")
        if isinstance(headers, dict) and masked.get("request") != what.get("request"):
            masked["headers"] = {name: "*" if name.lower() == "x-sign" else text for name, text in headers.items()}
        return {"number": self.number, "kind": self.kind, "time": self.time, **masked}


class Record:
    """Only grows. Whoever listens is told each row as it is added, in the thread that adds it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: list[Row] = []
        self._listeners: list[Callable[[Row], object]] = []
        self._lock = threading.RLock()
        self._telling = threading.local()

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows[:])

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, kind: str, **what: object) -> None:
        """Add a row."""
        with self._lock:
            row = Row(len(self._rows) + 1, kind, self._clock.second(), what)
            self._rows.append(row)
            self._telling.now = True
            try:
                for listener in self._listeners:
                    listener(row)
            except Exception:  # noqa: BLE001  # who looks on must not change what happens
                _log.exception("a listener of the record failed")
            finally:
                self._telling.now = False

    def refuse_listeners(self) -> None:
        """Refuse an act of somebody who is just being told: the sandbox would wait for itself.

        Raises:
            ControlError: always then.
        """
        if getattr(self._telling, "now", False):
            raise ControlError("a listener of the record looks on; it cannot act on the sandbox")

    def listen(self, listener: Callable[[Row], object]) -> None:
        """Tell every later row to this callable too; it may read the sandbox and not act on it."""
        self._listeners.append(listener)

    def jsonl(self) -> bytes:
        """Return the rows as JSON, a line each. The same seed, start and steps give the same bytes."""
        return b"".join(json.dumps(row.shown(), ensure_ascii=False).encode() + b"\n" for row in self)


def _shown(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {str(name): _shown(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(inner) for inner in value]
    return f"{value:f}" if isinstance(value, Decimal) else value


def _masked(value: object) -> dict[str, object]:
    return json.loads(_PORT.sub(_MASK, json.dumps(value, ensure_ascii=False, default=str)))  # type: ignore[no-any-return]
