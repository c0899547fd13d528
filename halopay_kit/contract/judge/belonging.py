"""What belongs together: a call and its answer, an amount and its token, an order and what is told of it later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.rows import Row, Story
from halopay_kit.contract.judge.spec import Owner
from halopay_kit.contract.judge.values import amount_of

_LIFE = 30 * 60  # seconds an order lives for which nothing else is asked (native#1)


@attrs.frozen
class Pair:
    """A field of an answer that says what a field of the call said."""

    asked: str
    answered: str
    sort: Literal["id", "amount"] = "id"


def _ids(*names: str) -> tuple[Pair, ...]:
    return tuple(Pair(name, name) for name in names)


# Operation → what its answer repeats of its call.
ECHOES: Mapping[str, tuple[Pair, ...]] = {
    "order.create": (*_ids("redirect_url"), Pair("token_amount", "amount", "amount")),
    "order.detail": _ids("trade_no", "out_trade_no"),
    "order.exchange_rates": _ids("currency_id", "fiat_name"),
    "payout.create": (*_ids("out_trade_no", "currency_id", "address"), Pair("amount", "amount", "amount")),
    "payout.detail": _ids("trade_no", "out_trade_no"),
    "account.balance": _ids("currency_id"),
    "payment_qr_code.create": _ids("currency_id", "out_trade_no"),
}

# Operation or webhook → what it repeats of the call that made the order, payout or address.
LATER: Mapping[str, tuple[Pair, ...]] = {
    "order.detail": (*_ids("out_trade_no", "currency_id"), Pair("token_amount", "amount", "amount")),
    "payout.detail": (*_ids("out_trade_no", "currency_id", "address"), Pair("amount", "amount", "amount")),
    "webhook.payment": _ids("out_trade_no", "currency_id"),
    "webhook.payout": (*_ids("out_trade_no", "currency_id", "address"), Pair("amount", "amount", "amount")),
    "webhook.payment_qr_code": _ids("currency_id"),
}

_AMOUNTS = ("amount", "amount_collected", "balance")


class Belonging:
    """Judges rows whose values are what the spec says of them; of others it says nothing."""

    def __init__(self, story: Story, app_id: str | None, docket: Docket) -> None:
        self._story = story
        self._app_id = app_id
        self._docket = docket

    def judge(self, owner: Owner, rows: Sequence[Row]) -> None:
        """Judge all rows of an operation or a webhook."""
        echoes, later = ECHOES.get(owner.name, ()), LATER.get(owner.name, ())
        for row in rows:
            for pair in echoes:
                self._compare(owner, row, row.sent, pair, "not what was asked for")
            made = self._story.of(row) if later else None
            for pair in later if made is not None else ():
                self._compare(owner, row, made.row.sent if made else {}, pair, "not what it was created with")
            self._decimals(owner, row)
            if owner.name in _EXPIRIES:
                self._expiry(owner, row)
            app_id = row.clean("appid") if "appid" in owner.shape.fields else None
            if isinstance(app_id, str) and app_id and self._app_id not in (None, app_id):
                self._report("echo", owner, "appid", row)

    def _compare(self, owner: Owner, row: Row, sent: Mapping[str, object], pair: Pair, why: str) -> None:
        asked, answered, field = sent.get(pair.asked), row.clean(pair.answered), owner.shape.fields.get(pair.answered)
        if asked is None or field is None or answered in (None, "", *field.undocumented):
            return
        if pair.sort == "amount":
            one, other = amount_of(asked), amount_of(answered)
            if one is not None and other is not None and one != other:
                self._report("money-inexact", owner, pair.answered, row, why)
        elif type(asked) is type(answered) and asked != answered:
            self._report("echo", owner, pair.answered, row)

    def _decimals(self, owner: Owner, row: Row) -> None:
        """An amount has no more decimals than its token."""
        places = row.clean("decimal")
        if type(places) is not int or not 0 <= places <= 60:
            return
        for name in _AMOUNTS:
            amount = amount_of(row.clean(name))
            if (
                amount is not None
                and "." in (text := f"{amount:f}")
                and len(text.partition(".")[2].rstrip("0")) > places
            ):
                self._report("money-inexact", owner, name, row, "more decimals than the token has")

    def _expiry(self, owner: Owner, row: Row) -> None:
        asked = _second(row.sent.get(_EXPIRIES[owner.name]))
        ends, begins = _seconds(owner, row, "time_expire"), _seconds(owner, row, "create_time")
        if type(ends) is not int:
            return
        if asked is None or asked:
            if asked is not None and ends != asked:
                self._report("expiry", owner, "time_expire", row, "another time than was asked for")
        elif type(begins) is int and ends - begins != _LIFE and not self._story.was_used_twice(row):
            self._report("expiry", owner, "time_expire", row, f"not {_LIFE} seconds after the creation")

    def _report(self, kind: str, owner: Owner, name: str, row: Row, why: str | None = None) -> None:
        field = owner.shape.fields.get(name)
        self._docket.report(
            kind,
            f"{owner.name}.{name}",
            (row.evidence,),
            pointer=None if field is None else field.pointer,
            seen={} if why is None else {"why": why},
        )


# Operation → the field of its call that says when the order ends.
_EXPIRIES: Mapping[str, str] = {"order.create": "time_out", "entrust.pre_create": "time_expire"}


def _seconds(owner: Owner, row: Row, name: str) -> object:
    """Return a time in seconds, whatever unit the spec gives it."""
    value, field = row.clean(name), owner.shape.fields.get(name)
    return value // 1000 if type(value) is int and field is not None and field.unit == "milliseconds" else value


def _second(asked: object) -> int | None:
    """Return the second that a call asked for, 0 for the default, None for what is no time."""
    if asked is None:
        return 0
    if isinstance(asked, str) and asked.isascii() and asked.isdigit() and len(asked) <= 10:
        return int(asked)
    return asked if type(asked) is int else None
