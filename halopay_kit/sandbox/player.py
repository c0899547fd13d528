"""What a test plays: the payer, the chain and the post office."""

from __future__ import annotations

from halopay_kit.sandbox.control import Amount, Control


class Player:
    """The part of a sandbox by which things happen; each method returns once the webhooks that it causes were sent."""

    _control: Control

    def pay(
        self,
        *,
        trade_no: str | None = None,
        out_trade_no: str | None = None,
        address: str | None = None,
        amount: Amount | None = None,
        currency_id: int | None = None,
    ) -> dict[str, object]:
        """Pay to an order or a fixed address, also by its address; the rest of the order where no amount is given.

        Any payment counts, a late or a second one too. `currency_id` is what the payer of a hosted order chooses,
        USDT on Tron where it is not given.

        Raises:
            ControlError: there is no such order, or the amount makes no sense.
        """
        return self._control.pay(
            trade_no=trade_no, out_trade_no=out_trade_no, address=address, amount=amount, currency_id=currency_id
        )

    def expire(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let the time of an order be over.

        Raises:
            ControlError: there is no such order, or it is paid.
        """
        return self._control.expire(trade_no=trade_no, out_trade_no=out_trade_no)

    def settle(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let a payout arrive.

        Raises:
            ControlError: there is no such payout, or it has come to its end.
        """
        return self._control.settle(trade_no=trade_no, out_trade_no=out_trade_no)

    def fail(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let a payout fail; what it took goes back to the balance.

        Raises:
            ControlError: there is no such payout, or it has come to its end.
        """
        return self._control.fail(trade_no=trade_no, out_trade_no=out_trade_no)

    def fund(self, currency_id: int, amount: Amount) -> dict[str, object]:
        """Add to a balance.

        Raises:
            ControlError: the currency is not enabled, or the amount makes no sense.
        """
        return self._control.fund(currency_id, amount)

    def replay(
        self, delivery: int | None = None, *, trade_no: str | None = None, out_trade_no: str | None = None
    ) -> dict[str, object]:
        """Send a delivery once more, beside its schedule: the one of that number, or the latest of an order or payout.

        Raises:
            ControlError: there is no such delivery.
        """
        return self._control.postman.replay(delivery, trade_no=trade_no, out_trade_no=out_trade_no)

    def send(
        self,
        *,
        trade_no: str | None = None,
        out_trade_no: str | None = None,
        status: str | None = None,
        url: str | None = None,
    ) -> dict[str, object]:
        """Send a webhook by hand: where an order or payout stands, or a status that it does not have.

        Raises:
            ControlError: there is no such order or payout, or no URL for it.
        """
        return self._control.postman.send(trade_no=trade_no, out_trade_no=out_trade_no, status=status, url=url)

    def state(self) -> dict[str, object]:
        """Return everything that the sandbox remembers, as `GET /_sandbox/state` does."""
        return self._control.state()
