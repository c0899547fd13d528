"""The true way: a plan played through the sandbox's own rules, its webhooks taken into a real inbox, in one process.

Calls are signed, checked at the sandbox's desk and their answers verified; webhooks are signed, verified and taken in
as a receiver does it. Only the sockets are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import pyarrow  # type: ignore[import-untyped]  # it has none
from urllib3 import HTTPHeaderDict

from halopay_api import codec
from halopay_api.operations import OPERATIONS
from halopay_api.policy import RETRY_AFTER
from halopay_kit import signing, webhooks
from halopay_kit.answers import Answer, open_answer, trade_numbers
from halopay_kit.inbox import Arrival, Inbox
from halopay_kit.sandbox.app import App
from halopay_kit.sandbox.business import money
from halopay_kit.sandbox.business.book import Event
from halopay_kit.sandbox.business.chance import Chance
from halopay_kit.sandbox.business.unknowns import Unknowns
from halopay_kit.sandbox.clock import Clock
from halopay_kit.sandbox.control import Control
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.webhooks.fates import FATES
from halopay_kit.sandbox.wire.desk import Desk
from halopay_kit.sandbox.wire.spec import load
from halopay_kit.sweep.learned import event_of
from halopay_kit.world.book import exact
from halopay_kit.world.plan import DAY, TRADED, Scope
from halopay_kit.world.told import PAYOUT_QUERY_AFTER, QUERY_AFTER, SECOND_AFTER

_AT_ONCE: Final = 500  # arrivals in a transaction
_LOST: Final = {"lost": "PAID", "lost-payout": "PAID", "stuck": "TIME-OUT"}

Row = Mapping[str, Any]
Step = tuple[int, Callable[[], object]]
Progress = Callable[[int, int], object]


@attrs.define(eq=False)
class Stage:
    """A sandbox that stands still, and the merchant in front of it."""

    scope: Scope
    app: App
    gateway: Gateway
    control: Control
    desk: Desk
    arrivals: list[Arrival] = attrs.field(factory=list)
    numbers: dict[tuple[str, int], list[str | None]] = attrs.field(factory=dict)
    codes: dict[int, str] = attrs.field(factory=dict)
    rows: dict[str, Row] = attrs.field(factory=dict)
    told: int = 0

    def call(self, operation: str, values: Mapping[str, object]) -> Answer[Any]:
        """Call an operation at the desk; return the verified answer."""
        described, now = OPERATIONS[operation], self.gateway.clock.now()
        body, timestamp = codec.encode(described, values), f"{int(now)}"
        headers = {
            b"x-appid": self.app.id.encode(),
            b"x-timestamp": timestamp.encode(),
            b"x-sign": signing.sign(body, timestamp, self.app.key).encode(),
            b"content-type": b"application/json",
        }
        made = self.desk.answer(self.desk.take(operation, headers, body))
        return open_answer(
            described,
            trade_numbers(values),
            status=made.status or 0,
            headers=HTTPHeaderDict((name.decode(), value.decode()) for name, value in made.headers),
            body=made.body,
            app_id=self.app.id,
            app_key=self.app.key,
            now=now,
        )

    def at(self, second: int) -> None:
        """Let time pass until then, and what falls due happen."""
        self.gateway.clock.travel_to(float(second))
        self.collect()

    def collect(self) -> None:
        """Take from the sandbox what it tells, and let it arrive, as the plan says."""
        events = self.gateway.book.events
        for event in events[self.told :]:
            self._arrive(event)
        self.told = len(events)

    def _arrive(self, event: Event) -> None:
        row = self.rows[event.trade_no]
        if _LOST.get(row["fate"]) == event.status:
            return
        retries = int(row.get("retries", 0))
        self._take(event, retries, row["lag"])
        if row.get("twice"):  # our answer was lost on its way: it is sent once more
            self._take(event, retries + 1, row["lag"])

    def _take(self, event: Event, retries: int, lag: int) -> None:
        at = event.time + sum(RETRY_AFTER[:retries]) + lag / 1000
        timestamp = f"{int(at)}"
        headers = {
            "X-Appid": self.app.id,
            "X-Timestamp": timestamp,
            "X-Sign": signing.sign(event.body, timestamp, self.app.key),
            "X-EventType": event.status.title(),
        }
        verified = webhooks.verify(event.body, headers, app_key=self.app.key, now=at, app_id=self.app.id)
        self.arrivals.append(Arrival(event=verified, received_at=at, headers=tuple(headers.items())))

    # --- what happens to an order

    def create(self, row: Row, leg: int = 0) -> None:
        """Create an order; leg 1 is the second one of the same out_trade_no."""
        amount = money.plain(exact(row["amount"], row["decimals"]))
        fields = {"out_trade_no": row["out_trade_no"], "currency_id": row["currency_id"], "token_amount": amount}
        trade_no = self.call("order.create", fields).data.trade_no
        self.numbers.setdefault(("order", row["n"]), [None] * 4)[leg] = trade_no
        self.rows[trade_no] = row

    def pay(self, row: Row, units: int, leg: int = 0, place: int = 2) -> None:
        """Pay to an order."""
        numbers = self.numbers["order", row["n"]]
        tokens = exact(units, row["decimals"])
        numbers[place] = str(self.control.pay(trade_no=numbers[leg], amount=tokens)["txid"])

    def pay_code(self, row: Row) -> None:
        """Pay to the fixed address of a currency."""
        code = self.codes[row["currency_id"]]
        self.rows[code] = row
        paid = self.control.pay(trade_no=code, amount=exact(row["amount"], row["decimals"]))
        self.numbers["order", row["n"]] = [code, None, str(paid["txid"]), None]

    def pay_out(self, row: Row) -> None:
        """Make a payout."""
        amount = money.plain(exact(row["amount"], row["decimals"]))
        fields = {name: row[name] for name in ("out_trade_no", "currency_id", "address")} | {"amount": amount}
        trade_no = self.call("payout.create", fields).data.trade_no
        self.numbers["payout", row["n"]] = [trade_no, None]
        self.rows[trade_no] = row

    def end(self, row: Row) -> None:
        """Let a payout arrive, or fail."""
        numbers = self.numbers["payout", row["n"]]
        if row["fate"] == "came-back":
            self.control.fail(trade_no=numbers[0])
        else:
            numbers[1] = str(self.control.settle(trade_no=numbers[0])["txid"])

    def ask(self, row: Row, kind: str) -> None:
        """Query what no webhook told, and take the answer in."""
        trade_no = str(self.numbers["order" if kind == "payment" else kind, row["n"]][0])
        asked = {"trade_no": trade_no}
        answer = self.call("order.detail" if kind == "payment" else "payout.detail", asked)
        event = event_of(answer, "payment" if kind == "payment" else "payout", asked, None)
        at = self.gateway.clock.now() + row["lag"] / 1000
        self.arrivals.append(Arrival(event=event, received_at=at, origin="query"))


def play(connection: Any, scope: Scope, inbox_file: Path, progress: Progress) -> None:
    """Play the plan; make the tables `known_orders`, `known_payouts` and `moves`, and an inbox in that file."""
    stage = _stage(scope)
    for token in TRADED:
        made = stage.call("payment_qr_code.create", {"currency_id": token.currency_id})
        stage.codes[token.currency_id] = made.data.trade_no
    steps = [*_of_payouts(stage, _rows(connection, "payouts")), *_of_orders(stage, _rows(connection, "orders"))]
    steps.sort(key=lambda step: step[0])
    for done, (second, act) in enumerate(steps):
        if done % 100 == 0:
            progress(done, len(steps))
        stage.at(second)
        act()
        stage.collect()
    stage.at(scope.until)
    stage.arrivals.sort(key=lambda arrival: arrival.received_at)
    with Inbox(inbox_file, clock=lambda: float(scope.until)) as inbox:
        for first in range(0, len(stage.arrivals), _AT_ONCE):
            inbox.take(stage.arrivals[first : first + _AT_ONCE])
    _number(connection, stage)
    _moved(connection, stage)


def _stage(scope: Scope) -> Stage:
    chance = Chance(scope.seed)
    app = App(chance, None, None)
    gateway = Gateway(
        app_id=app.id,
        app_key=app.key,
        clock=Clock(start=float(scope.start)),
        chance=chance,
        unknowns=Unknowns(reused_out_trade_no="new"),
    )
    gateway.open(FATES)
    return Stage(scope, app, gateway, Control(gateway), Desk(gateway, load()))


def _rows(connection: Any, view: str) -> Sequence[Row]:
    found: list[Row] = connection.execute(f"SELECT * FROM {view}").to_arrow_table().to_pylist()
    return found


def _of_orders(stage: Stage, rows: Sequence[Row]) -> Iterator[Step]:
    for row in rows:
        fate, amount, at = row["fate"], row["amount"], row["created_at"]
        if fate == "invented":
            continue
        if row["qr"]:
            yield row["pay_at"], partial(stage.pay_code, row)
            continue
        yield at, partial(stage.create, row)
        if fate in ("in-parts", "underpaid", "stuck"):
            yield row["pay_at"], partial(stage.pay, row, row["part"])
        elif fate != "unpaid":
            yield row["pay_at"], partial(stage.pay, row, amount + row["excess"] * (fate == "overpaid"))
        if fate == "in-parts":
            yield row["rest_at"], partial(stage.pay, row, amount - row["part"], place=3)
        if fate == "paid-twice":
            yield at + SECOND_AFTER, partial(stage.create, row, 1)
            yield row["pay_at"] + SECOND_AFTER, partial(stage.pay, row, amount, leg=1, place=3)
        if fate == "lost":
            yield at + QUERY_AFTER, partial(stage.ask, row, "payment")


def _of_payouts(stage: Stage, rows: Sequence[Row]) -> Iterator[Step]:
    for row in rows:
        if row["fate"] in ("unknown", "review"):
            continue
        yield row["created_at"], partial(stage.pay_out, row)
        yield row["pay_at"], partial(stage.end, row)
        if row["fate"] == "lost-payout":
            yield row["created_at"] + PAYOUT_QUERY_AFTER, partial(stage.ask, row, "payout")


def _number(connection: Any, stage: Stage) -> None:
    """Put HaloPay's numbers beside the plan."""
    for kind, view, columns in (
        ("order", "orders", ("trade_no", "second_trade_no", "txid", "second_txid")),
        ("payout", "payouts", ("trade_no", "txid")),
    ):
        found = sorted((n, *numbers) for (what, n), numbers in stage.numbers.items() if what == kind)
        names = ("n", *columns)
        connection.register(
            f"numbers_of_{view}", pyarrow.table(dict(zip(names, zip(*found, strict=True), strict=True)))
        )
        connection.execute(
            f"CREATE TABLE known_{view} AS SELECT {view}.*, {', '.join(columns)}"
            f" FROM {view} LEFT JOIN numbers_of_{view} USING (n) ORDER BY n"
        )


def _moved(connection: Any, stage: Stage) -> None:
    """Keep what moved the sandbox's balances, by day."""
    moved: Counter[tuple[int, int]] = Counter()
    decimals = {token.currency_id: token.decimals for token in TRADED}
    for entry in stage.gateway.book.entries:
        if entry.why != "opening" and entry.currency_id in decimals:
            units = int(money.multiply(entry.amount, Decimal(10 ** decimals[entry.currency_id])))
            moved[entry.currency_id, entry.time // DAY] += units
    found = [(currency, day, str(units)) for (currency, day), units in sorted(moved.items())]
    names = ("currency_id", "day", "units")
    connection.register("moved", pyarrow.table(dict(zip(names, zip(*found, strict=True), strict=True))))
    connection.execute("CREATE TABLE moves AS SELECT * REPLACE (CAST(units AS HUGEINT) AS units) FROM moved")
