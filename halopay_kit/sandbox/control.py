"""Play the payer, the chain and the clock: what the sandbox's methods and its control calls do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import attrs

from halopay_kit.sandbox.business import money, orders, payments, payouts, qr_codes
from halopay_kit.sandbox.business.book import Order, Payout, QrCode
from halopay_kit.sandbox.business.world import DEFAULT_CURRENCY, Token
from halopay_kit.sandbox.gateway import Gateway, present
from halopay_kit.sandbox.webhooks.postman import Postman
from halopay_kit.sandbox.wire.refusal import ControlError, Refused, one_number

Amount = Decimal | int | str


class Control:
    """Every method holds the gateway's lock, raises ControlError, and returns the row as the wire shows it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.postman = Postman(gateway)

    def pay(
        self,
        *,
        trade_no: str | None = None,
        out_trade_no: str | None = None,
        address: str | None = None,
        amount: Amount | None = None,
        currency_id: int | None = None,
    ) -> dict[str, object]:
        """Pay to an order or a fixed address; the rest of the order where no amount is given."""
        with self._play(
            "pay",
            trade_no=trade_no,
            out_trade_no=out_trade_no,
            address=address,
            amount=amount,
            currency_id=currency_id,
        ):
            target = self._target(trade_no, out_trade_no, address)
            if isinstance(target, Order):
                return self._pay_order(target, amount, currency_id)
            token = self._gateway.world.tokens[target.currency_id]
            if currency_id not in {None, token.currency_id}:
                raise ControlError(f"this address takes {token.symbol} on {token.chain.name}")
            if amount is None:
                raise ControlError("a fixed address has no amount of its own: say how much", status=422)
            payment = payments.receive(self._gateway, target, token, _tokens(amount, token))
            return {
                **qr_codes.created(self._gateway, target),
                "amount": money.plain(payment.amount),
                "txid": payment.txid,
            }

    def expire(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let the time of an order be over."""
        with self._play("expire", trade_no=trade_no, out_trade_no=out_trade_no):
            order = self._target(trade_no, out_trade_no, None)
            if not isinstance(order, Order):
                raise ControlError("a fixed address has no end")
            orders.expire(self._gateway, order)
            return orders.detail(self._gateway, order)

    def settle(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let a payout arrive."""
        with self._play("settle", trade_no=trade_no, out_trade_no=out_trade_no):
            payout = self._payout(trade_no, out_trade_no)
            payouts.settle(self._gateway, payout)
            return payouts.detail(self._gateway, payout)

    def fail(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let a payout fail; what it took goes back to the balance."""
        with self._play("fail", trade_no=trade_no, out_trade_no=out_trade_no):
            payout = self._payout(trade_no, out_trade_no)
            payouts.fail(self._gateway, payout)
            return payouts.detail(self._gateway, payout)

    def fund(self, currency_id: int, amount: Amount) -> dict[str, object]:
        """Add to a balance."""
        with self._play("fund", currency_id=currency_id, amount=amount):
            token = self._token(currency_id)
            tokens = _tokens(amount, token)
            self._gateway.book.move("funded", token.currency_id, tokens, time=self._gateway.clock.second())
            return {"currency_id": token.currency_id, "balance": self._gateway.held(token)}

    def state(self) -> dict[str, object]:
        """Return everything that the sandbox remembers; money as strings."""
        self._gateway.agenda.look()
        with self._gateway.lock:
            book, now = self._gateway.book, self._gateway.clock.now()
            return {
                "time": int(now),
                "balances": {
                    str(token.currency_id): self._gateway.held(token) for token in self._gateway.world.enabled()
                },
                "orders": [{**_row(order), "status": orders.status(order, now)} for order in book.orders],
                "payouts": [_row(payout) for payout in book.payouts],
                "qr_codes": [_row(qr_code) for qr_code in book.qr_codes],
                "payments": [_row(payment) for payment in book.payments],
                "entries": [_row(entry) for entry in book.entries],
            }

    def _pay_order(self, order: Order, amount: Amount | None, currency_id: int | None) -> dict[str, object]:
        if order.currency_id is None:
            chosen = self._token(DEFAULT_CURRENCY if currency_id is None else currency_id)
            tokens = None if amount is None else _tokens(amount, chosen)
            orders.choose(self._gateway, order, chosen)
        else:
            chosen = self._gateway.world.tokens[order.currency_id]
            tokens = None if amount is None else _tokens(amount, chosen)
            if currency_id not in {None, chosen.currency_id}:
                raise ControlError(f"this order is paid in {chosen.symbol} on {chosen.chain.name}")
        tokens = payments.due(self._gateway, order) if tokens is None else tokens
        if not tokens:
            raise ControlError("the order is paid in full: say an amount to overpay it")
        payments.receive(self._gateway, order, chosen, tokens)
        return orders.detail(self._gateway, order)

    @contextmanager
    def _play(self, name: str, **fields: object) -> Iterator[None]:
        """Hold the lock, write down what is done, and send the webhooks that it causes before it returns."""
        gateway = self._gateway
        gateway.record.refuse_listeners()
        gateway.agenda.catch_up()
        with gateway.lock:
            gateway.record.add("control", name=name, **present(fields))
            yield
            wait = gateway.deliveries.launch()
        wait()

    def _target(self, trade_no: str | None, out_trade_no: str | None, address: str | None) -> Order | QrCode:
        book = self._gateway.book
        if address is not None:
            if trade_no is not None or out_trade_no is not None:
                raise ControlError("give an address or a number, not both", status=422)
            row = book.by_address.get(address) if isinstance(address, str) else None
        else:
            one_number(trade_no, out_trade_no)
            row = book.orders.find(trade_no, out_trade_no) or book.qr_codes.find(trade_no, out_trade_no)
        if row is None:
            raise ControlError("there is no such order or fixed address", status=404)
        return row

    def _payout(self, trade_no: str | None, out_trade_no: str | None) -> Payout:
        one_number(trade_no, out_trade_no)
        payout = self._gateway.book.payouts.find(trade_no, out_trade_no)
        if payout is None:
            raise ControlError("there is no such payout", status=404)
        return payout

    def _token(self, currency_id: int) -> Token:
        try:
            return self._gateway.token(currency_id)
        except Refused:
            raise ControlError("no currency of that id is enabled for the app", status=404) from None


def _tokens(amount: Amount, token: Token) -> Decimal:
    exact = isinstance(amount, Decimal | int) and not isinstance(amount, bool)
    if not exact and not (isinstance(amount, str) and money.is_plain(amount)):
        raise ControlError(
            "an amount is a plain decimal number like 1.5; in Python a Decimal, an int or a str", status=422
        )
    tokens = Decimal(amount)
    if not tokens.is_finite() or tokens <= 0 or tokens.adjusted() > 30:
        raise ControlError("an amount is more than zero, and not beyond all measure", status=422)
    if money.places(tokens) > token.decimals:
        raise ControlError(f"{token.symbol} has {token.decimals} decimals", status=422)
    return tokens


def _row(row: attrs.AttrsInstance) -> dict[str, object]:
    values = attrs.asdict(row, recurse=False)
    return present(
        {name: money.plain(value) if isinstance(value, Decimal) else value for name, value in values.items()}
    )
