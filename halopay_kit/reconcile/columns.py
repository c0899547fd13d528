"""The columns that reconciliation knows, what each input needs of them, and by which other names they are guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import attrs

Kind = Literal["text", "int", "money", "time", "status", "kind"]
Input = Literal["ledger", "events", "payouts", "balances"]


@attrs.frozen
class Column:
    """One column: its name, what it holds, other names that people give it; `empty` allows empty cells."""

    name: str
    kind: Kind = "text"
    aliases: tuple[str, ...] = ()
    needed: bool = False
    empty: bool = True


_TRADE_NO = Column("trade_no", aliases=("halopay_no", "gateway_id", "gateway_no", "halopay_trade_no", "psp_reference"))
_OUT_TRADE_NO = Column(
    "out_trade_no",
    aliases=(
        "order_id",
        "order_no",
        "order_number",
        "merchant_order_id",
        "order",
        "reference",
        "invoice",
        "invoice_no",
    ),
)
_TXID = Column("txid", aliases=("tx_hash", "transaction_hash", "hash", "tx_id", "transaction_id"))
_APP_ID = Column("app_id", aliases=("appid", "app", "merchant_app"))
_CURRENCY = Column("currency_id", "int")
_TOKEN = Column("token", aliases=("currency", "coin", "asset", "ccy", "symbol"))
_CHAIN = Column("chain", aliases=("network", "blockchain"))
_STATUS = Column("status", "status", aliases=("state", "payment_status", "order_status"))
_ADDRESS = Column("address", aliases=("to_address", "recipient", "pay_address"))


COLUMNS: Final[Mapping[Input, tuple[Column, ...]]] = {
    "ledger": (
        Column("entry_id", aliases=("id", "entry", "line_id", "journal_id", "row_id")),
        Column("kind", "kind", aliases=("type", "direction", "entry_type")),
        _OUT_TRADE_NO,
        _TRADE_NO,
        _TXID,
        _APP_ID,
        _CURRENCY,
        _TOKEN,
        _CHAIN,
        Column(
            "amount",
            "money",
            aliases=("token_amount", "value", "sum", "paid_amount", "total", "received"),
            needed=True,
            empty=False,
        ),
        Column("fee", "money", aliases=("fees", "service_fee", "commission", "gateway_fee")),
        _STATUS,
        Column(
            "booked_at",
            "time",
            aliases=("date", "time", "timestamp", "created_at", "paid_at", "booking_date", "created", "datetime"),
        ),
    ),
    "events": (
        Column("id", "int", needed=True, empty=False),
        Column("kind", needed=True, empty=False),
        _APP_ID,
        Column("trade_no"),
        Column("out_trade_no"),
        Column("txid"),
        Column("status"),
        Column("verdict", needed=True, empty=False),
        Column("origin", needed=True, empty=False),
        Column("amount", "money"),
        Column("amount_collected", "money"),
        Column("fee", "money"),
        _CURRENCY,
        Column("token"),
        Column("chain"),
        Column("address"),
        Column("event_time", "time"),
        Column("received_at", "time", needed=True, empty=False),
    ),
    "payouts": (
        Column("app_id"),
        Column("out_trade_no", needed=True, empty=False),
        Column("trade_no"),
        _CURRENCY,
        Column("amount", "money", needed=True, empty=False),
        _ADDRESS,
        Column("state", needed=True, empty=False),
        Column("outcome"),
        Column("status"),
        Column("txid"),
        Column("created_at", "time"),
        Column("changed_at", "time"),
        Column("cause"),
        Column("reason"),
    ),
    "balances": (
        _APP_ID,
        Column("currency_id", "int", needed=True, empty=False),
        _TOKEN,
        _CHAIN,
        Column("decimals", "int"),
        Column("balance", "money", needed=True, empty=False),
        Column("at", "time", aliases=("time", "date", "timestamp", "taken_at"), needed=True, empty=False),
    ),
}

STATUSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("paid", "complete", "completed", "success", "succeeded", "settled", "confirmed"), "PAID"),
    **dict.fromkeys(
        ("to-be-paid", "open", "pending", "unpaid", "partial", "partially-paid", "waiting", "new"), "TO-BE-PAID"
    ),
    **dict.fromkeys(("time-out", "timeout", "timed-out", "expired"), "TIME-OUT"),
    **dict.fromkeys(("cancelled", "canceled", "void", "voided", "given-up", "closed"), "CANCELLED"),
    **dict.fromkeys(("fail", "failed", "rejected", "error"), "FAIL"),
}
"""A ledger's words for where an order stands, in lower case with hyphens."""

KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("payment", "order", "in", "incoming", "credit", "deposit", "sale", "payment-qr-code"), "payment"),
    **dict.fromkeys(("payout", "withdrawal", "withdraw", "out", "outgoing", "debit", "transfer"), "payout"),
}
"""A ledger's words for the direction of money."""
