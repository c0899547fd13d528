"""Create an order once: one whose answer was lost is found again before another address is handed to a payer."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from halopay_api import codec
from halopay_api.operations import ENTRUST_PRE_CREATE, ORDER_CREATE, ORDER_DETAIL, Operation
from halopay_kit.errors import (
    ApiError,
    DataNotExist,
    HaloPayError,
    IntentMismatch,
    InvalidRequest,
    OutcomeUnknown,
    Unreachable,
)
from halopay_kit.inbox.address import require_sqlalchemy
from halopay_kit.inbox.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from halopay_kit.client import HaloPay

LEASE: Final = 300.0  # seconds; longer than HaloPay takes a request, even if clocks differ by all that it allows
_PAUSES: Final = (0.0, 0.5, 1.5)  # seconds before each query after an answer was lost


@attrs.frozen(kw_only=True)
class Made:
    """An order that HaloPay has; `url` is the page to send the payer to, `pay_address` where to pay on one's own page.

    `data` are all fields of the answer that proves it, by their names on the wire; `found` says that it was a query's.
    """

    out_trade_no: str
    trade_no: str | None
    pay_address: str | None
    url: str | None
    data: Mapping[str, Any] = attrs.field(repr=False)
    found: bool = False


class Orders:
    """Orders of one app, kept in a store like the inbox's; several processes and hosts may share it.

    `create` and `pre_create` take what the operations take, and may be called again with the same, at any time and by
    whomever: the same order comes back. An order that HaloPay did not know `settle_queries` times within
    `settle_window` seconds counts as not made, and is made then; its first address, if there ever was one, was handed
    to nobody.

    Raises:
        ConfigurationError, StoreUnavailable: as an inbox.
    """

    def __init__(
        self,
        client: HaloPay,
        url: str | os.PathLike[str],
        *,
        settle_window: float = 300.0,
        settle_queries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            require_sqlalchemy()
            from halopay_kit.orders.schema import LAYOUT

            self._store = Store(url, LAYOUT)
        finally:
            del url  # it may hold a password, and this frame may be shown in a traceback
        self._client, self._sleep = client, sleep
        self._window, self._queries = settle_window, settle_queries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store's connections."""
        self._store.close()

    def create(self, **fields: Any) -> Made:
        """Make an order with an address to pay to, once; the fields are those of `halopay.order.create`.

        Raises:
            InvalidRequest, ApiError, Unreachable: it was not made.
            IntentMismatch: the number stands for another order.
            OutcomeUnknown: it may have been made: hand out no other address; call again later.
            StoreUnavailable: the store fails.
        """
        return self._make(ORDER_CREATE, fields)

    def pre_create(self, **fields: Any) -> Made:
        """Make an order on HaloPay's page, once; the fields are those of `halopay.entrust.pre_create`.

        Raises what `create` raises.
        """
        return self._make(ENTRUST_PRE_CREATE, fields)

    def _make(self, operation: Operation[Any], fields: dict[str, Any]) -> Made:
        fields = {name: value for name, value in fields.items() if value is not None}
        try:
            wanted = json.loads(codec.encode(operation, fields))
        except codec.EncodeError as error:
            raise InvalidRequest(str(error), field=error.field, operation=operation.name) from error
        number = wanted["out_trade_no"]
        claimant = token_hex(16)
        row = self._claim(operation, number, wanted, claimant)
        if row["state"] in {"sending", "unknown"} and row["claimant"] != claimant:
            made = self._find(operation, number, wanted)
            if made is not None:
                return made
            row = self._claim(operation, number, wanted, claimant)  # it counts as not made, perhaps
        if row["state"] == "made":
            return _made(number, json.loads(row["answer"]), found=False)
        if row["claimant"] != claimant:
            raise self._unknown(operation, number)
        return self._send(operation, number, wanted, fields, row)

    def _send(
        self, operation: Operation[Any], number: str, wanted: Mapping[str, Any], fields: dict[str, Any], row: Any
    ) -> Made:
        try:
            answer = self._client.call(operation, fields, signed_at=row["changed_at"])
        except (Unreachable, InvalidRequest):
            self._note(number, row["claimant"], "not-made")
            raise
        except ApiError as refused:
            self._note(number, row["claimant"], "unknown")
            # one signed refusal could be another call's, replayed: a query has to say so too
            found = self._find(operation, number, wanted, confirms=True)
            if found is not None:
                return found
            raise refused from refused.__cause__
        except BaseException as error:
            self._note(number, row["claimant"], "unknown")
            if not isinstance(error, OutcomeUnknown):
                raise
            for pause in _PAUSES:
                if pause:
                    self._sleep(pause)
                found = self._find(operation, number, wanted)
                if found is not None:
                    return found
            raise
        data = codec.unstructure(answer.data)
        self._note(number, row["claimant"], "made", data)
        return _made(number, data, found=False)

    def _find(
        self, operation: Operation[Any], number: str, wanted: Mapping[str, Any], *, confirms: bool = False
    ) -> Made | None:
        """Ask HaloPay; None if it does not know the order, or nothing is learned."""
        try:
            answer = self._client.call(ORDER_DETAIL, {"out_trade_no": number})
        except DataNotExist:
            self._absent(number, confirms=confirms)
            return None
        except HaloPayError:
            return None
        data = codec.unstructure(answer.data)
        differing = _differing(wanted, data)
        if differing:
            raise IntentMismatch(
                f"HaloPay has another order under this number: {differing}",
                advice="Take another out_trade_no, and hand out no address of this one.",
                operation=operation.name,
                out_trade_no=number,
            )
        self._note(number, None, "made", data)
        return _made(number, data, found=True)

    # --- the store

    def _claim(self, operation: Operation[Any], number: str, wanted: Mapping[str, Any], claimant: str) -> Any:
        """Return the order's row; it is the caller's to send if the claimant is his."""
        from sqlalchemy import insert, select, update

        from halopay_kit.orders.schema import orders

        asked, app_id = json.dumps(wanted, sort_keys=True), self._client.app_id
        this = (orders.c.app_id == app_id) & (orders.c.out_trade_no == number)

        def write(connection: Connection) -> Any:
            now = float(self._client.clock())
            found = connection.execute(select(orders).where(this).with_for_update()).mappings().first()
            row = None if found is None else dict(found)
            if row is not None and (row["operation"], row["fields"]) != (operation.name, asked):
                raise IntentMismatch(
                    f"this number stands for another order already: {row['operation']} {row['fields']}; asked for is "
                    f"{operation.name} {asked}",
                    out_trade_no=number,
                )
            if row is not None and row["state"] == "sending" and row["lease_until"] <= now:
                connection.execute(update(orders).where(this).values(state="unknown", claimant=None, changed_at=now))
                row |= {"state": "unknown", "claimant": None}
            if row is not None and row["state"] != "not-made":
                return row
            values = {
                "state": "sending",
                "claimant": claimant,
                "lease_until": now + LEASE,
                "absences": 0,
                "absent_since": None,
                "absent_at": None,
                "answer": None,
                "changed_at": now,
            }
            keys = {"app_id": app_id, "out_trade_no": number, "operation": operation.name, "fields": asked}
            if row is None:
                connection.execute(insert(orders).values(**keys, **values))
            else:
                connection.execute(update(orders).where(this).values(values))
            return keys | values

        return self._store.write(write)

    def _note(self, number: str, claimant: str | None, state: str, data: Any = None) -> None:
        from sqlalchemy import update

        from halopay_kit.orders.schema import orders

        this = (orders.c.app_id == self._client.app_id) & (orders.c.out_trade_no == number) & (orders.c.state != "made")
        if claimant is not None and state != "made":
            this &= orders.c.claimant == claimant
        values = {
            "state": state,
            "claimant": None,
            "answer": None if data is None else json.dumps(data, default=str),
            "changed_at": float(self._client.clock()),
        }
        try:
            self._store.write(lambda connection: connection.execute(update(orders).where(this).values(values)))
        except HaloPayError as error:
            if state == "made":
                return  # HaloPay has it, and so it will be found again
            raise self._unknown(None, number) from error

    def _absent(self, number: str, *, confirms: bool) -> None:
        """Count that HaloPay does not know an order of which no attempt is under way."""
        from sqlalchemy import select, update

        from halopay_kit.orders.schema import orders

        this = (orders.c.app_id == self._client.app_id) & (orders.c.out_trade_no == number)

        def write(connection: Connection) -> None:
            now = float(self._client.clock())
            row = connection.execute(select(orders).where(this).with_for_update()).mappings().first()
            if row is None or row["state"] != "unknown":
                return
            apart = self._window / self._queries
            if not confirms and row["absent_at"] is not None and now - row["absent_at"] < apart:
                return
            since, absences = row["absent_since"] if row["absent_since"] is not None else now, row["absences"] + 1
            settled = confirms or (absences >= self._queries and now - since >= self._window)
            values = {
                "absences": absences,
                "absent_since": since,
                "absent_at": now,
                "state": "not-made" if settled else "unknown",
                "changed_at": now,
            }
            connection.execute(update(orders).where(this).values(values))

        self._store.write(write)

    def _unknown(self, operation: Operation[Any] | None, number: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            "whether this order was made is not known yet",
            advice="Hand no other address to the payer; call again with the same number in a minute.",
            operation=None if operation is None else operation.name,
            out_trade_no=number,
        )


def _made(number: str, data: Mapping[str, Any], *, found: bool) -> Made:
    def text(*names: str) -> str | None:
        return next((str(data[name]) for name in names if data.get(name)), None)

    return Made(
        out_trade_no=number,
        trade_no=text("trade_no"),
        pay_address=text("pay_address"),
        url=text("url", "entrust_url"),
        data=data,
        found=found,
    )


def _differing(wanted: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Say in what an order that was found differs from the one that was asked for."""
    pairs = (("currency_id", "currency_id"), ("token_amount", "amount"))
    return ", ".join(
        f"{there} {data[there]} where {wanted[here]} was asked for"
        for here, there in pairs
        if wanted.get(here) is not None and data.get(there) is not None and not _same(wanted[here], data[there])
    )


def _same(one: object, other: object) -> bool:
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False
