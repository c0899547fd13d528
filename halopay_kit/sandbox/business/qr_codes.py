"""Fixed addresses for repeated payments."""

from __future__ import annotations

from halopay_kit.sandbox.business.book import QrCode
from halopay_kit.sandbox.gateway import Gateway, present
from halopay_kit.sandbox.wire.fields import Fields


def create(gateway: Gateway, fields: Fields) -> QrCode:
    """Create a fixed address. The sandbox's app is of the kind "QR code" too."""
    token = gateway.token(fields.whole("currency_id"))
    out_trade_no = fields.optional_text("out_trade_no")
    earlier = gateway.earlier(gateway.book.qr_codes, out_trade_no)
    if earlier is not None:
        return earlier
    now = gateway.clock.second()
    qr_code = QrCode(
        trade_no=gateway.chance.trade_no(now),
        out_trade_no=out_trade_no,
        create_time=now,
        currency_id=token.currency_id,
        pay_address=gateway.chance.address(token.chain.family),
    )
    gateway.book.qr_codes.add(qr_code)
    gateway.book.by_address[qr_code.pay_address] = qr_code
    return qr_code


def created(gateway: Gateway, qr_code: QrCode) -> dict[str, object]:
    """Return the fixed address as its creation answers it."""
    return present(
        {
            "trade_no": qr_code.trade_no,
            "out_trade_no": qr_code.out_trade_no,
            **gateway.summary(gateway.world.tokens[qr_code.currency_id]),
            "pay_address": qr_code.pay_address,
            "create_time": qr_code.create_time,
        }
    )
