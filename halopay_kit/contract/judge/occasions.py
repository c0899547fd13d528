"""When a field that is not always there should be: only then does its absence say anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from halopay_kit.contract.judge.rows import Row, Story, collected

Occasion = Callable[[Row, Story], bool]


def _was_sent(name: str) -> Occasion:
    return lambda row, _: bool(row.sent.get(name))


def _was_asked_for(name: str) -> Occasion:
    def asked(row: Row, story: Story) -> bool:
        made = story.of(row)
        return made is not None and bool(made.row.sent.get(name))

    return asked


def _token_is_chosen(row: Row, story: Story) -> bool:
    """Say whether it is known what the payer pays in; the payer of a hosted order chooses."""
    made = story.of(row)
    return collected(row) or (made is not None and made.operation == "order.create")


def _has_status(*values: str) -> Occasion:
    return lambda row, _: row.fields.get("status") in values


def _paid(row: Row, _story: Story) -> bool:
    return collected(row)


_CHOSEN = ("currency_id", "chain", "chain_id", "token", "contract", "decimal", "amount", "mode", "pay_address")

OCCASIONS: Mapping[str, Occasion] = {
    "order.create.redirect_url": _was_sent("redirect_url"),
    "order.detail.redirect_url": _was_asked_for("redirect_url"),
    "order.detail.txid": _paid,
    **{f"order.detail.{name}": _token_is_chosen for name in _CHOSEN},
    "payment_qr_code.create.out_trade_no": _was_sent("out_trade_no"),
    "payout.detail.txid": _has_status("PAID"),
    "payout.detail.time": _has_status("PAID", "FAIL"),
    "webhook.payment.redirect_url": _was_asked_for("redirect_url"),
    "webhook.payment.txid": _paid,
    "webhook.payout.txid": _has_status("PAID"),
}
"""The place of a field to whether a row should have it; what is not here should always be there."""


def should_be_there(place: str, row: Row, story: Story) -> bool:
    """Say whether a row's lack of a field says anything."""
    occasion = OCCASIONS.get(place)
    return occasion is None or occasion(row, story)
