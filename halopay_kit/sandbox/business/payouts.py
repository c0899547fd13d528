"""Payouts: accepted when the balance allows, then paid, or failed and given back."""

from __future__ import annotations

from halopay_kit.sandbox.business import addresses, money
from halopay_kit.sandbox.business.book import Payout
from halopay_kit.sandbox.business.orders import check_places
from halopay_kit.sandbox.gateway import Gateway, present
from halopay_kit.sandbox.webhooks import events
from halopay_kit.sandbox.wire.fields import Fields, refused
from halopay_kit.sandbox.wire.refusal import DATA_NOT_EXIST, OPERATION_FAILED, ControlError, Refused

UNDER_WAY, PAID, FAILED = "TO-BE-PAID", "PAID", "FAIL"


def create(gateway: Gateway, fields: Fields) -> Payout:
    """Accept a payout and take it from the balance."""
    token = gateway.token(fields.whole("currency_id"))
    amount, address, out_trade_no = fields.amount("amount"), fields.text("address"), fields.text("out_trade_no")
    check_places("amount", amount, token)
    if not addresses.fits(token.chain.family, address):
        raise refused("address", f"not an address on {token.chain.name}")
    earlier = gateway.earlier(gateway.book.payouts, out_trade_no)
    if earlier is not None:
        return earlier
    fee = money.round_down(money.multiply(amount, gateway.unknowns.payout_fee_rate), token.decimals)
    if money.add(amount, fee) > gateway.book.balance(token.currency_id):
        raise Refused(OPERATION_FAILED, "the balance is too small")
    now = gateway.clock.second()
    payout = Payout(
        trade_no=gateway.chance.trade_no(now),
        out_trade_no=out_trade_no,
        create_time=now,
        currency_id=token.currency_id,
        amount=amount,
        fee=fee,
        address=address,
        status=UNDER_WAY,
        callback_url=fields.optional_text("callback_url"),
    )
    gateway.book.payouts.add(payout)
    gateway.book.move("payout", token.currency_id, money.negate(amount), time=now, trade_no=payout.trade_no)
    gateway.book.move("fee", token.currency_id, money.negate(fee), time=now, trade_no=payout.trade_no)
    if gateway.payouts_settle_after is not None:
        gateway.agenda.add(now + gateway.payouts_settle_after, "settle", payout.trade_no)
    return payout


def find(gateway: Gateway, fields: Fields) -> Payout:
    """Return the payout that the fields name.

    Raises:
        Refused: there is none.
    """
    payout = gateway.book.payouts.find(fields.optional_text("trade_no"), fields.optional_text("out_trade_no"))
    if payout is None or gateway.hides(payout):
        raise Refused(DATA_NOT_EXIST, "no such payout")
    return payout


def settle(gateway: Gateway, payout: Payout) -> None:
    """Let the payout arrive, and tell."""
    _end(payout, PAID, gateway.clock.second())
    payout.txid = gateway.chance.txid()
    events.payout(gateway, payout, payout.status)


def fail(gateway: Gateway, payout: Payout) -> None:
    """Let the payout fail, give back what it took, and tell."""
    now = gateway.clock.second()
    _end(payout, FAILED, now)
    taken = money.add(payout.amount, payout.fee)
    gateway.book.move("returned", payout.currency_id, taken, time=now, trade_no=payout.trade_no)
    events.payout(gateway, payout, payout.status)


def created(gateway: Gateway, payout: Payout) -> dict[str, object]:
    """Return the payout as its creation answers it."""
    return {
        "trade_no": payout.trade_no,
        "out_trade_no": payout.out_trade_no,
        "status": payout.status,
        **gateway.summary(gateway.world.tokens[payout.currency_id]),
        "amount": money.plain(payout.amount),
        "address": payout.address,
        "create_time": payout.create_time,
    }


def detail(gateway: Gateway, payout: Payout) -> dict[str, object]:
    """Return the payout as it stands."""
    return present(
        {
            **created(gateway, payout),
            "fee": money.plain(payout.fee),
            "txid": payout.txid,
            "time": payout.time,
        }
    )


def _end(payout: Payout, status: str, now: int) -> None:
    if payout.status != UNDER_WAY:
        raise ControlError(f"the payout has come to its end, {payout.status}")
    payout.status, payout.time = status, now
