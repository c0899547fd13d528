"""What the merchant said is on its way, so that the sweep asks for it even if every webhook was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox.identity import column, subject_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

KINDS: Final = ("payment", "payout")
_FIELDS: Final = ("key", "app_id", "kind", "trade_no", "out_trade_no", "expected_at")


def expect(
    connection: Connection,
    now: float,
    *,
    kind: str,
    out_trade_no: str | None,
    trade_no: str | None,
    app_id: str | None,
) -> None:
    """Keep an expectation; one that is there already learns the trade_no that it lacked."""
    if kind not in KINDS:
        raise ConfigurationError(f"kind is none of {', '.join(KINDS)}")
    for name, value in (("out_trade_no", out_trade_no), ("trade_no", trade_no), ("app_id", app_id)):
        if value is not None and not (isinstance(value, str) and value):
            raise ConfigurationError(f"{name} is not a text")
    number = out_trade_no or trade_no
    if number is None:
        raise ConfigurationError("neither out_trade_no nor trade_no is given")
    key = subject_key(number, app_id or "", kind, "out_trade_no" if out_trade_no else "trade_no")
    row = (key, column(app_id or ""), kind, column(trade_no), column(out_trade_no), now)
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(
        f"INSERT INTO halopay_expected ({', '.join(_FIELDS)}) VALUES ({', '.join([mark] * len(_FIELDS))}) "  # noqa: S608  # our own names
        "ON CONFLICT (key) DO UPDATE SET trade_no = coalesce(halopay_expected.trade_no, excluded.trade_no)",
        row,
    )
