"""What a sandbox remembers in a file, and takes up again after its end, however it came."""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.agenda import Due
from halopay_kit.sandbox.business.book import Book, Delivery
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.state.file import Change, Key, StateFile
from halopay_kit.sandbox.state.rows import TABLES, Rows
from halopay_kit.sandbox.state.saving_lock import SavingLock
from halopay_kit.signing import AppKey

_ABOUT = "about"
_ANOTHER = "Leave it out, or use another file."


class State:
    """Keeps a gateway in a file: book, agenda, time; not faults, drift and other settings, which are given each time.

    Attributes:
        lock: the gateway's. What one holder changed is on disk, in one transaction, when it is released.
        closed: it is over.

    Raises:
        ConfigurationError: the file is damaged, in use, newer, or something else; it is left as it was.
    """

    def __init__(self, file: str | os.PathLike[str]) -> None:
        self._file = StateFile(file, (_ABOUT, *TABLES))
        self._about: dict[str, Any] = {}
        try:
            if not self._file.new:
                with self._file.judging():
                    self._about = {str(key): json.loads(text) for key, text in self._file.read(_ABOUT)}
                    _check(self._about)
        except BaseException:
            self._file.close()
            raise
        self._changed: dict[tuple[str, Key], object] = {}
        self._book = Book()
        self._saved: dict[str, int] = {}
        self._attempts: dict[int, int] = {}
        self._mark: Callable[[], tuple[float, float]] | None = None
        self._moved = False
        self.closed = False
        self.lock = cast("threading.RLock", SavingLock(self._save))  # it has what an RLock has

    def whose(self, app_id: str | None, app_key: str | AppKey | None) -> tuple[str | None, str | AppKey | None]:
        """Return the AppId and AppKey that the file holds, or else those that were given.

        Raises:
            ConfigurationError: they differ, or the file does not hold the key.
        """
        kept_id, kept_key = self._about.get("app_id"), self._about.get("app_key")
        try:
            if kept_id is None:
                return app_id, app_key
            if app_id not in {None, kept_id}:
                raise ConfigurationError("the state is that of another AppId", advice=_ANOTHER)
            if kept_key is None and app_key is None:
                raise ConfigurationError("the state does not hold the AppKey", advice="Give it, as the first time.")
            if kept_key is None or app_key is None:
                return kept_id, app_key if kept_key is None else kept_key
            if AppKey(kept_key).digest(b"") != AppKey(app_key).digest(b""):
                raise ConfigurationError("the state is that of another AppKey", advice=_ANOTHER)
            return kept_id, kept_key
        finally:
            del app_key, kept_key  # or this frame would show them in a traceback

    def attach(self, gateway: Gateway, key_text: Callable[[], str | AppKey]) -> None:
        """Give the gateway what the file holds, and keep what changes from now on; whoever calls holds the lock."""
        book, lives = gateway.book, self._about.get("lives", 0)
        self._rows = Rows(book.events)
        if lives:
            gateway.chance.renew(lives)
            gateway.clock.go_on(*self._about["clock"])
            with self._file.judging():
                self._fill(gateway)
        self._book, self._mark, self._moved = book, gateway.clock.mark, True
        self._saved = {name: len(rows) for name, rows in self._logs()}
        self._attempts = {delivery.number: len(delivery.attempts) for delivery in book.deliveries}
        for name in ("orders", "payouts", "qr_codes"):
            self._listen(name, getattr(book, name))
        for delivery in book.deliveries:
            delivery.tell = self._sends
        gateway.agenda.tell = self._plans
        gateway.clock.moved = self._moves
        text = key_text()
        self._about = {
            "app_id": gateway.app_id,
            "app_key": text if isinstance(text, str) else None,
            "lives": lives + 1,
        }
        for key, value in self._about.items():
            self._changed[_ABOUT, key] = value

    def close(self) -> None:
        """Save, and let go of the file; what is changed after that is refused."""
        with self.lock:
            if not self.closed:
                try:
                    self._save()
                finally:
                    self._settle()
                    self.closed = True
                    self._file.close()

    def _fill(self, gateway: Gateway) -> None:
        book = gateway.book
        for order in self._read("orders"):
            book.orders.add(order)
            if order.pay_address is not None:
                book.by_address[order.pay_address] = order
        for payout in self._read("payouts"):
            book.payouts.add(payout)
        for qr_code in self._read("qr_codes"):
            book.qr_codes.add(qr_code)
            book.by_address[qr_code.pay_address] = qr_code
        book.payments.extend(self._read("payments"))
        for entry in self._read("entries"):
            book.move(entry.why, entry.currency_id, entry.amount, time=entry.time, trade_no=entry.trade_no)
        book.events.extend(self._read("events"))
        book.deliveries.extend(self._read("deliveries"))
        for key, text in self._file.read("attempts"):
            number, _, _ = str(key).partition("/")
            book.deliveries[int(number) - 1].attempts.append(self._rows.read("attempts", text))
        dues: list[Due] = list(self._read("agenda"))
        payments = {payment.txid: payment for payment in book.payments}
        book.unconfirmed.update({str(due.key): payments[str(due.key)] for due in dues if due.what == "confirm"})
        gateway.agenda.put_back(dues)
        for delivery in book.deliveries:
            if delivery.next_due is not None:
                gateway.agenda.add(delivery.next_due, "attempt", delivery.number)

    def _read(self, table: str) -> Iterator[Any]:
        for _, text in self._file.read(table):
            yield self._rows.read(table, text)

    def _logs(self) -> Sequence[tuple[str, Sequence[Any]]]:
        """Return the lists that only grow."""
        book = self._book
        return (
            ("payments", book.payments),
            ("entries", book.entries),
            ("events", book.events),
            ("deliveries", book.deliveries),
        )

    def _listen(self, name: str, table: Any) -> None:
        table.tell = functools.partial(self._changes, name)
        for row in table:
            row.tell = table.tell

    def _changes(self, table: str, row: Any) -> None:
        self._changed[table, row.trade_no] = row

    def _sends(self, delivery: Delivery) -> None:
        self._changed["deliveries", delivery.number] = delivery

    def _plans(self, due: Due, there: bool) -> None:
        if due.what == "attempt":  # a delivery says itself when it is due
            return
        if there:
            self._changed["agenda", due.number] = due
        elif self._changed.pop(("agenda", due.number), None) is None:
            self._changed["agenda", due.number] = None

    def _moves(self) -> None:
        with self.lock:
            self._moved = True

    def _save(self) -> None:
        changes = self._changes_since()
        if not changes:
            return
        if self.closed:
            raise ConfigurationError("the sandbox was stopped: its state is not kept any more")
        self._file.write(changes)
        self._settle()

    def _settle(self) -> None:
        for row in self._changed.values():
            if isinstance(row, Delivery):
                self._attempts[row.number] = len(row.attempts)
        self._changed.clear()
        self._moved = False
        self._saved = {name: len(rows) for name, rows in self._logs()}

    def _changes_since(self) -> list[Change]:
        for name, rows in self._logs():
            for number, row in enumerate(rows[self._saved.get(name, 0) :], self._saved.get(name, 0) + 1):
                self._changed[name, number] = row
                if isinstance(row, Delivery):
                    row.tell = self._sends
        changes = [change for (table, key), row in self._changed.items() for change in self._change(table, key, row)]
        if (changes or self._moved) and self._mark is not None:
            changes.append((_ABOUT, "clock", json.dumps(self._mark())))
        return changes

    def _change(self, table: str, key: Key, row: object) -> Iterator[Change]:
        if table == _ABOUT:
            yield table, key, json.dumps(row)
            return
        yield table, key, None if row is None else self._rows.written(row)
        if isinstance(row, Delivery):
            made = self._attempts.get(row.number, 0)
            for place, attempt in enumerate(row.attempts[made:], made + 1):
                yield "attempts", f"{row.number}/{place}", self._rows.written(attempt)


def _check(about: Mapping[str, Any]) -> None:
    app_id, app_key, lives, clock = (about[name] for name in ("app_id", "app_key", "lives", "clock"))
    if not (isinstance(app_id, str) and isinstance(app_key, str | None) and isinstance(lives, int) and lives > 0):
        raise ValueError("it does not say whose it is")
    if not (isinstance(clock, list) and len(clock) == 2 and all(isinstance(part, int | float) for part in clock)):
        raise ValueError("it does not say when it was")
